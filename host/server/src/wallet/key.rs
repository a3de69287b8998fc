//! A private key and what follows from it.

use ripemd::Ripemd160;
use secp256k1::{Message, SECP256K1, SecretKey};
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
