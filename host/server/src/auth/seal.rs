//! The nonces this host hands out in handshakes, and what it finds in them again.
//!
//! ```text
//! 16 random bytes · 8 bytes, the second it was made, big-endian · the client's nonce, as text · 32 bytes, the seal
//! ```
//!
//! The seal is an HMAC-SHA256 over the identity key of the client and all that comes before it. The same key seals what else this
//! host hands out, for purposes of their own.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{IdentityKey, MAX_NONCE_BYTES};

/// Random bytes of a nonce: enough that no two are the same.
pub(super) const RANDOM: usize = 16;

/// Bytes of a time.
pub(super) const TIME: usize = 8;

/// Bytes of a seal.
pub(super) const SEAL: usize = 32;

/// Longest nonce of this host, as text: a longer one cannot be its own.
pub const MAX_SEALED_BYTES: usize = (RANDOM + TIME + MAX_NONCE_BYTES + SEAL).div_ceil(3) * 4;

/// The key that nonces are sealed with.
#[derive(Clone)]
pub struct Seal([u8; 32]);

/// What a nonce of this host says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The second it was made.
    pub made: u64,
    /// The nonce of the client, as it sent it.
    pub client_nonce: String,
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Seal")
    }
}

impl Seal {
    /// A key of random bytes.
    #[must_use]
    pub const fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// A nonce for a client, in base64.
    #[must_use]
    pub fn make(&self, random: [u8; RANDOM], session: &Session, client: &IdentityKey) -> String {
        let mut bytes = random.to_vec();
        bytes.extend_from_slice(&session.made.to_be_bytes());
        bytes.extend_from_slice(session.client_nonce.as_bytes());
        let seal = self.mac(client, &bytes).finalize().into_bytes();
        bytes.extend_from_slice(&seal);
        STANDARD.encode(bytes)
    }

    /// What a nonce says, if this host made it for that client.
    #[must_use]
    pub fn open(&self, nonce: &str, client: &IdentityKey) -> Option<Session> {
        if nonce.len() > MAX_SEALED_BYTES {
            return None;
        }
        let bytes = STANDARD.decode(nonce).ok()?;
        let (said, seal) = bytes.split_at_checked(bytes.len().checked_sub(SEAL)?)?;
        self.mac(client, said).verify_slice(seal).ok()?;
        let (made, client_nonce) = said.get(RANDOM..)?.split_first_chunk::<TIME>()?;
        let client_nonce = String::from_utf8(client_nonce.to_vec()).ok()?;
        Some(Session { made: u64::from_be_bytes(*made), client_nonce })
    }

    /// A seal for something else than a nonce: of no purpose that could be an identity key.
    pub(super) fn of(&self, purpose: &[u8], said: &[u8]) -> [u8; SEAL] {
        self.mac(purpose, said).finalize().into_bytes().into()
    }

    /// Whether that is the seal.
    pub(super) fn is_of(&self, purpose: &[u8], said: &[u8], seal: &[u8]) -> bool {
        self.mac(purpose, said).verify_slice(seal).is_ok()
    }

    fn mac(&self, of: &[u8], said: &[u8]) -> Hmac<Sha256> {
        // 32 bytes are one block at most: the fallible constructor is for keys of any length.
        <Hmac<Sha256> as KeyInit>::new((&self.block()).into()).chain_update(of).chain_update(said)
    }

    /// The key as a block of SHA-256: shorter keys stand for themselves and zeros (RFC 2104).
    fn block(&self) -> [u8; 64] {
        let mut block = [0; 64];
        for (to, from) in block.iter_mut().zip(self.0) {
            *to = from;
        }
        block
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENT: IdentityKey = [2; 33];

    fn session() -> Session {
        Session { made: 1_800_000_000, client_nonce: "bm9uY2U=".to_owned() }
    }

    #[test]
    fn a_nonce_says_what_it_was_made_with_to_the_key_and_client_it_was_made_for() {
        let seal = Seal::new([7; 32]);
        let nonce = seal.make([1; 16], &session(), &CLIENT);
        assert_eq!(seal.open(&nonce, &CLIENT), Some(session()));
        assert_eq!(seal.open(&nonce, &[3; 33]), None, "another client");
        assert_eq!(Seal::new([8; 32]).open(&nonce, &CLIENT), None, "another host, or this one after a restart");
    }

    #[test]
    fn whatever_is_changed_in_a_nonce_breaks_its_seal() {
        let seal = Seal::new([7; 32]);
        let nonce = seal.make([1; 16], &session(), &CLIENT);
        let bytes = STANDARD.decode(&nonce).unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert_eq!(seal.open(&STANDARD.encode(changed), &CLIENT), None, "byte {at}");
        }
        for length in 0..bytes.len() {
            assert_eq!(seal.open(&STANDARD.encode(&bytes[..length]), &CLIENT), None, "{length} bytes");
        }
        assert_eq!(seal.open(&"A".repeat(10 << 20), &CLIENT), None);
    }

    #[test]
    fn the_longest_nonce_of_a_client_fits() {
        let seal = Seal::new([7; 32]);
        let session = Session { made: u64::MAX, client_nonce: "A".repeat(MAX_NONCE_BYTES) };
        let nonce = seal.make([1; 16], &session, &CLIENT);
        assert!(nonce.len() <= MAX_SEALED_BYTES);
        assert_eq!(seal.open(&nonce, &CLIENT), Some(session));
    }
}
