//! A private key and what follows from it.

use hmac::{Hmac, KeyInit, Mac};
use ripemd::Ripemd160;
use secp256k1::ecdsa::Signature;
use secp256k1::{Message, PublicKey, SECP256K1, Scalar, SecretKey};
use sha2::{Digest, Sha256};

/// A private key with its compressed public key.
#[derive(Clone)]
pub struct Key {
    secret: SecretKey,
    public: [u8; 33],
}

/// Why bytes are no private key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("these 32 bytes are no private key: zero, or not below the order of the curve")]
pub struct NotAKey;

impl Key {
    /// The key with these 32 bytes, big-endian.
    ///
    /// # Errors
    /// Zero, or not below the order of the curve: one of 2^128 random texts.
    pub fn from_bytes(bytes: [u8; 32]) -> Result<Self, NotAKey> {
        let secret = SecretKey::from_byte_array(bytes).map_err(|_| NotAKey)?;
        Ok(Self { public: secret.public_key(SECP256K1).serialize(), secret })
    }

    /// The public key, compressed.
    #[must_use]
    pub const fn public_key(&self) -> &[u8; 33] {
        &self.public
    }

    /// RIPEMD-160 of SHA-256 of the public key.
    #[must_use]
    pub fn hash(&self) -> [u8; 20] {
        // The two crates are at different versions of their shared trait.
        <Ripemd160 as ripemd::Digest>::digest(Sha256::digest(self.public)).into()
    }

    /// The child key for a counterparty (BRC-42), which that one knows the public key of.
    #[must_use]
    pub fn child_for(&self, counterparty: &[u8; 33], invoice_number: &str) -> Option<Self> {
        let tweak = self.tweak(&PublicKey::from_slice(counterparty).ok()?, invoice_number)?;
        let secret = self.secret.add_tweak(&tweak).ok()?;
        Some(Self { public: secret.public_key(SECP256K1).serialize(), secret })
    }

    /// Whether the child key of a counterparty for this one (BRC-42) signed a digest; `None` where there is no such key.
    #[must_use]
    pub fn verifies(
        &self,
        counterparty: &[u8; 33],
        invoice_number: &str,
        digest: [u8; 32],
        signature: &[u8],
    ) -> Option<bool> {
        let counterparty = PublicKey::from_slice(counterparty).ok()?;
        let tweak = self.tweak(&counterparty, invoice_number)?;
        let child = counterparty.add_exp_tweak(SECP256K1, &tweak).ok()?;
        let mut signature = Signature::from_der(signature).ok()?;
        signature.normalize_s();
        Some(SECP256K1.verify_ecdsa(Message::from_digest(digest), &signature, &child).is_ok())
    }

    /// HMAC of the invoice number, keyed with the secret that both share.
    fn tweak(&self, counterparty: &PublicKey, invoice_number: &str) -> Option<Scalar> {
        let shared = counterparty.mul_tweak(SECP256K1, &Scalar::from(self.secret)).ok()?;
        let mac = Hmac::<Sha256>::new_from_slice(&shared.serialize()).ok()?;
        Scalar::from_be_bytes(mac.chain_update(invoice_number).finalize().into_bytes().into()).ok()
    }

    /// Signs a 32-byte digest: DER, low S.
    #[must_use]
    pub fn sign(&self, digest: [u8; 32]) -> Vec<u8> {
        SECP256K1.sign_ecdsa(Message::from_digest(digest), &self.secret).serialize_der().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_key_and_its_hash_are_those_the_network_knows() {
        let mut one = [0; 32];
        one[31] = 1;
        let key = Key::from_bytes(one).unwrap();
        assert_eq!(hex::encode(key.public_key()), "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798");
        assert_eq!(hex::encode(key.hash()), "751e76e8199196d454941c45d1b3a323f1433bd6");
    }

    #[test]
    fn zero_and_numbers_beyond_the_curve_are_no_keys() {
        assert!(Key::from_bytes([0; 32]).is_err());
        assert!(Key::from_bytes([0xff; 32]).is_err());
    }
}
