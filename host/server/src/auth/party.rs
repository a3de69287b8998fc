//! This host as a party to messages: its identity key, what it signs for a client and what it verifies of one (BRC-3).

use trellis_spv::identity::derivation::{ProtocolId, SecurityLevel};
use trellis_spv::identity::key::{Counterparty, PrivateKey, compressed_public_key};
use trellis_spv::identity::signature::{sign_digest, verify_digest};

use super::IdentityKey;

/// The protocol messages are signed under (BRC-103), at the level of counterparties.
const PROTOCOL: &str = "auth message signature";

/// A party.
#[derive(Debug, Clone)]
pub struct Party {
    key: PrivateKey,
    identity: IdentityKey,
}

impl Party {
    /// A party with this identity.
    #[must_use]
    pub fn new(key: PrivateKey) -> Self {
        Self { identity: key.public_key().serialize(), key }
    }

    /// Its identity key.
    #[must_use]
    pub const fn identity_key(&self) -> &IdentityKey {
        &self.identity
    }

    /// Its key.
    #[must_use]
    pub const fn key(&self) -> &PrivateKey {
        &self.key
    }

    /// Signs a digest for another party; `None` where that has no key of the curve.
    #[must_use]
    pub fn sign(&self, other: &IdentityKey, key_id: &str, digest: [u8; 32]) -> Option<Vec<u8>> {
        let (other, invoice_number) = terms(other, key_id)?;
        sign_digest(&self.key, &other, &invoice_number, digest).ok()
    }

    /// Whether another party signed a digest for this one.
    #[must_use]
    pub fn verify(&self, other: &IdentityKey, key_id: &str, digest: [u8; 32], signature: &[u8]) -> bool {
        let child = terms(other, key_id).and_then(|(other, number)| self.key.child_public_key(&other, &number).ok());
        child.is_some_and(|child| verify_digest(&child, digest, signature).is_ok())
    }
}

fn terms(other: &IdentityKey, key_id: &str) -> Option<(Counterparty, String)> {
    let protocol = ProtocolId::new(SecurityLevel::Counterparty, PROTOCOL).ok()?;
    Some((Counterparty::Key(compressed_public_key(other).ok()?), protocol.invoice_number(key_id).ok()?))
}
