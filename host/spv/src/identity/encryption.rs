//! Encryption for a counterparty (BRC-2): AES-256-GCM with an initialization vector of 32 bytes, without associated
//! data.
//!
//! A message is the initialization vector, the encrypted bytes, and a tag of 16 bytes. The symmetric key is the x of the
//! point the two derived keys share, as `@bsv/sdk` has it; the text of BRC-2 hashes the point.

use std::fmt;

use aes_gcm::aead::Aead;
use aes_gcm::aead::consts::U32;
use aes_gcm::aes::Aes256;
use aes_gcm::{AesGcm, KeyInit};

use super::derivation::DerivationError;
use super::key::{Counterparty, PrivateKey};

/// Bytes of the initialization vector before the encrypted bytes.
pub const INITIALIZATION_VECTOR_BYTES: usize = 32;
/// Bytes of the tag behind them.
pub const TAG_BYTES: usize = 16;

/// Why a message does not decrypt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncryptionError {
    /// Too short to hold one byte of text.
    #[error(
        "{0} bytes are no encrypted message: {INITIALIZATION_VECTOR_BYTES} of initialization vector, at least one of \
         text and {TAG_BYTES} of tag are expected"
    )]
    TooShort(usize),
    /// Another key, or altered on the way.
    #[error("the message does not decrypt: it was encrypted with another key, or altered")]
    WrongKey,
    /// Longer than one initialization vector can encrypt.
    #[error("{0} bytes are too many to encrypt in one message")]
    TooLong(usize),
    /// A symmetric key of no or too many bytes.
    #[error("{0} bytes are no symmetric key: expected 1 to 32")]
    NotAKey(usize),
    /// There is no key to decrypt it with.
    #[error(transparent)]
    Derivation(#[from] DerivationError),
}

/// A symmetric key. It is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct SymmetricKey([u8; 32]);

impl SymmetricKey {
    /// From at most 32 bytes, most significant first: `@bsv/sdk` hands keys over as numbers, without leading zeros.
    ///
    /// # Errors
    /// [`EncryptionError::NotAKey`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EncryptionError> {
        let mut key = [0u8; 32];
        let start = key.len().checked_sub(bytes.len()).filter(|_| !bytes.is_empty());
        match start.and_then(|start| key.get_mut(start..)) {
            Some(tail) => tail.copy_from_slice(bytes),
            None => return Err(EncryptionError::NotAKey(bytes.len())),
        }
        Ok(Self(key))
    }

    /// The key the holder and the counterparty share under an invoice number.
    ///
    /// # Errors
    /// The invoice number leads to no key.
    pub fn shared(
        holder: &PrivateKey,
        counterparty: &Counterparty,
        invoice_number: &str,
    ) -> Result<Self, DerivationError> {
        let own = holder.child_private_key(counterparty, invoice_number)?;
        let other = holder.child_public_key(counterparty, invoice_number)?;
        let [_, x @ ..] = *own.shared_secret(&other).compressed();
        Ok(Self(x))
    }

    /// Its bytes without leading zeros, the form `@bsv/sdk` hands keys over in.
    #[must_use]
    pub fn number(&self) -> &[u8] {
        let zeros = self.0.iter().take_while(|byte| **byte == 0).count();
        self.0.get(zeros.min(31)..).unwrap_or_default()
    }

    /// Encrypts `text`. The vector must be random, and never be used twice with the same key.
    ///
    /// # Errors
    /// [`EncryptionError::TooLong`].
    pub fn encrypt(
        &self,
        initialization_vector: [u8; INITIALIZATION_VECTOR_BYTES],
        text: &[u8],
    ) -> Result<Vec<u8>, EncryptionError> {
        let encrypted = self
            .cipher()
            .encrypt(&initialization_vector.into(), text)
            .map_err(|_| EncryptionError::TooLong(text.len()))?;
        Ok([&initialization_vector[..], &encrypted].concat())
    }

    /// Decrypts a message.
    ///
    /// # Errors
    /// It is too short, or not of this key.
    pub fn decrypt(&self, message: &[u8]) -> Result<Vec<u8>, EncryptionError> {
        let (vector, encrypted) = message
            .split_first_chunk::<INITIALIZATION_VECTOR_BYTES>()
            .filter(|(_, encrypted)| encrypted.len() > TAG_BYTES)
            .ok_or(EncryptionError::TooShort(message.len()))?;
        self.cipher().decrypt(&(*vector).into(), encrypted).map_err(|_| EncryptionError::WrongKey)
    }

    fn cipher(&self) -> AesGcm<Aes256, U32> {
        AesGcm::new(&self.0.into())
    }
}

impl fmt::Debug for SymmetricKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SymmetricKey(..)")
    }
}
