//! This host as a party to messages: its identity key, what it signs for a client and what it verifies of one (BRC-3).

use super::IdentityKey;
use crate::wallet::key::Key;

/// The protocol messages are signed under, with its security level (BRC-43).
const PROTOCOL: &str = "2-auth message signature";

/// A party.
#[derive(Clone)]
pub struct Party(Key);

impl std::fmt::Debug for Party {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Party").field(&hex::encode(self.identity_key())).finish()
    }
}

impl Party {
    /// A party with this identity.
    #[must_use]
    pub const fn new(key: Key) -> Self {
        Self(key)
    }

    /// Its identity key.
    #[must_use]
    pub const fn identity_key(&self) -> &IdentityKey {
        self.0.public_key()
    }

    /// Signs a digest for another party; `None` where that has no key of the curve.
    #[must_use]
    pub fn sign(&self, other: &IdentityKey, key_id: &str, digest: [u8; 32]) -> Option<Vec<u8>> {
        Some(self.0.child_for(other, &invoice_number(key_id))?.sign(digest))
    }

    /// Whether another party signed a digest for this one.
    #[must_use]
    pub fn verify(&self, other: &IdentityKey, key_id: &str, digest: [u8; 32], signature: &[u8]) -> bool {
        self.0.verifies(other, &invoice_number(key_id), digest, signature).unwrap_or(false)
    }
}

fn invoice_number(key_id: &str) -> String {
    format!("{PROTOCOL}-{key_id}")
}
