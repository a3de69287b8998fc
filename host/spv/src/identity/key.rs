//! Public and private keys, and their children (BRC-42).
//!
//! Two parties derive children of each other's keys from the secret they share and an invoice number: the child of a
//! public key is known to both, its private key to the key's holder alone.

use std::fmt;

use secp256k1::{SECP256K1, Scalar, SecretKey, constants, ecdh};

pub use secp256k1::PublicKey;

use super::derivation::DerivationError;
use crate::hash::hmac_sha256;

/// Why bytes are no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Neither length nor first byte of a public key.
    #[error(
        "{0} bytes that are no public key: expected 33 bytes that begin with 02 or 03, or, where the uncompressed form \
         is accepted, 65 that begin with 04"
    )]
    NotAPublicKey(usize),
    /// No point of the curve.
    #[error("{} is no point of the curve secp256k1", hex::encode(.0))]
    OffCurve(Vec<u8>),
    /// Zero, or the curve's order and more.
    #[error("these 32 bytes are no private key: they must be above zero and below the order of secp256k1")]
    NotAPrivateKey,
}

/// A key of 33 bytes, or of 65 in uncompressed form. The hybrid form libsecp256k1 also reads is none.
///
/// # Errors
/// The bytes are no such key.
pub fn public_key(bytes: &[u8]) -> Result<PublicKey, KeyError> {
    match bytes {
        [4, ..] if bytes.len() == constants::UNCOMPRESSED_PUBLIC_KEY_SIZE => point(bytes),
        _ => compressed_public_key(bytes),
    }
}

/// A key of 33 bytes, the one form of identity keys.
///
/// # Errors
/// The bytes are no such key.
pub fn compressed_public_key(bytes: &[u8]) -> Result<PublicKey, KeyError> {
    match bytes {
        [2 | 3, ..] if bytes.len() == constants::PUBLIC_KEY_SIZE => point(bytes),
        _ => Err(KeyError::NotAPublicKey(bytes.len())),
    }
}

fn point(bytes: &[u8]) -> Result<PublicKey, KeyError> {
    PublicKey::from_slice(bytes).map_err(|_| KeyError::OffCurve(bytes.to_vec()))
}

/// The other party of a derivation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counterparty {
    /// Nobody in particular: private key 1, which everybody knows.
    Anyone,
    /// The holder of the private key, `self` of the standards.
    Holder,
    /// Somebody with this identity key.
    Key(PublicKey),
}

/// The child of `key` that anyone can derive.
///
/// `anyone` has private key 1, so the shared secret is `key` itself.
///
/// # Errors
/// [`DerivationError::NoSuchChild`].
pub fn child_for_anyone(key: &PublicKey, invoice_number: &str) -> Result<PublicKey, DerivationError> {
    SharedSecret(key.serialize()).child(key, invoice_number)
}

/// The point two parties share, compressed: each multiplies the other's public key by its own private key.
#[derive(Clone, PartialEq, Eq)]
pub struct SharedSecret([u8; 33]);

impl SharedSecret {
    /// The point, compressed.
    #[must_use]
    pub const fn compressed(&self) -> &[u8; 33] {
        &self.0
    }

    fn tweak(&self, invoice_number: &str) -> Result<Scalar, DerivationError> {
        Scalar::from_be_bytes(hmac_sha256(&self.0, invoice_number.as_bytes())).map_err(|_| DerivationError::NoSuchChild)
    }

    /// `key` + HMAC-SHA256(shared secret, invoice number)·G.
    fn child(&self, key: &PublicKey, invoice_number: &str) -> Result<PublicKey, DerivationError> {
        key.add_exp_tweak(SECP256K1, &self.tweak(invoice_number)?).map_err(|_| DerivationError::NoSuchChild)
    }
}

impl fmt::Debug for SharedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedSecret(..)")
    }
}

/// A private key. It is never shown, and overwritten when it is dropped.
#[derive(Clone)]
pub struct PrivateKey(SecretKey);

impl PrivateKey {
    /// From its 32 bytes.
    ///
    /// # Errors
    /// [`KeyError::NotAPrivateKey`].
    pub fn from_bytes(bytes: [u8; 32]) -> Result<Self, KeyError> {
        SecretKey::from_byte_array(bytes).map(Self).map_err(|_| KeyError::NotAPrivateKey)
    }

    /// The key of `anyone`: 1.
    ///
    /// # Errors
    /// None: 1 is a private key.
    pub fn anyone() -> Result<Self, KeyError> {
        Self::from_bytes(constants::ONE)
    }

    /// Its 32 bytes, for the one who keeps it.
    #[must_use]
    pub fn secret_bytes(&self) -> [u8; 32] {
        self.0.secret_bytes()
    }

    /// Its public key.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        self.0.public_key(SECP256K1)
    }

    /// What this key shares with `key`.
    #[must_use]
    pub fn shared_secret(&self, key: &PublicKey) -> SharedSecret {
        let point = ecdh::shared_secret_point(key, &self.0);
        let mut compressed = [0u8; 33];
        if let ([parity, x @ ..], Some((from, y))) = (&mut compressed, point.split_first_chunk::<32>()) {
            *x = *from;
            *parity = 2 | (y.last().copied().unwrap_or_default() & 1);
        }
        SharedSecret(compressed)
    }

    fn shared_with(&self, counterparty: &Counterparty) -> SharedSecret {
        match counterparty {
            Counterparty::Anyone => SharedSecret(self.public_key().serialize()),
            Counterparty::Holder => self.shared_secret(&self.public_key()),
            Counterparty::Key(key) => self.shared_secret(key),
        }
    }

    /// The child of the counterparty's public key.
    ///
    /// # Errors
    /// [`DerivationError::NoSuchChild`].
    pub fn child_public_key(
        &self,
        counterparty: &Counterparty,
        invoice_number: &str,
    ) -> Result<PublicKey, DerivationError> {
        let secret = self.shared_with(counterparty);
        let key = match counterparty {
            Counterparty::Anyone => Self::anyone().map_err(|_| DerivationError::NoSuchChild)?.public_key(),
            Counterparty::Holder => self.public_key(),
            Counterparty::Key(key) => *key,
        };
        secret.child(&key, invoice_number)
    }

    /// The child of this key for the counterparty, who knows its public key.
    ///
    /// # Errors
    /// [`DerivationError::NoSuchChild`].
    pub fn child_private_key(
        &self,
        counterparty: &Counterparty,
        invoice_number: &str,
    ) -> Result<Self, DerivationError> {
        let tweak = self.shared_with(counterparty).tweak(invoice_number)?;
        self.0.add_tweak(&tweak).map(Self).map_err(|_| DerivationError::NoSuchChild)
    }

    pub(super) const fn secret(&self) -> &SecretKey {
        &self.0
    }
}

impl Drop for PrivateKey {
    fn drop(&mut self) {
        self.0.non_secure_erase();
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(..)")
    }
}
