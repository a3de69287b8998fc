//! Tokens that stand for a client where it cannot sign: a stream of events has no end, and browsers put no headers on one.
//!
//! ```text
//! 16 random bytes · 8 bytes, the second it was made, big-endian · 33 bytes, the client's identity key · 32 bytes, the seal
//! ```
//!
//! In base64 as it may stand in an address. Nothing is kept of them: the seal is all there is to check.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::IdentityKey;
use super::seal::{RANDOM, SEAL, Seal, TIME};

/// Longest time between asking for a token and opening a stream with it, in seconds. A stream that is open stays so.
pub const STREAM_TOKEN_SECONDS: u64 = 60 * 60;

/// What the seal of a token begins with; that of a nonce begins with a compressed public key, so neither can be taken for the other.
const PURPOSE: &[u8] = b"stream of events";

/// Bytes of an identity key.
const KEY: usize = 33;

/// Length of a token, as text.
const TEXT: usize = (RANDOM + TIME + KEY + SEAL).div_ceil(3) * 4;

/// Why a token opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoStreamToken {
    /// This host did not make it, or made it before it was started again.
    #[error("this token was not given by this host since it started")]
    Unknown,
    /// Its time is over.
    #[error("the time of this token is over")]
    Over,
}

/// A token for a client. `made` is seconds.
#[must_use]
pub fn make(seal: &Seal, random: [u8; RANDOM], made: u64, client: &IdentityKey) -> String {
    let said = [&random[..], &made.to_be_bytes(), client].concat();
    let sealed = seal.of(PURPOSE, &said);
    URL_SAFE_NO_PAD.encode([said, sealed.to_vec()].concat())
}

/// For whom a token was made. `now` is seconds.
///
/// # Errors
/// [`NoStreamToken`].
pub fn open(seal: &Seal, token: &str, now: u64) -> Result<IdentityKey, NoStreamToken> {
    let (made, client) = read(seal, token).ok_or(NoStreamToken::Unknown)?;
    if made > now || now - made > STREAM_TOKEN_SECONDS { Err(NoStreamToken::Over) } else { Ok(client) }
}

fn read(seal: &Seal, token: &str) -> Option<(u64, IdentityKey)> {
    if token.len() > TEXT {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (said, sealed) = bytes.split_at_checked(bytes.len().checked_sub(SEAL)?)?;
    if !seal.is_of(PURPOSE, said, sealed) {
        return None;
    }
    let (made, client) = said.get(RANDOM..)?.split_first_chunk::<TIME>()?;
    Some((u64::from_be_bytes(*made), client.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::super::seal::Session;
    use super::*;

    const CLIENT: IdentityKey = [3; 33];
    const MADE: u64 = 1_800_000_000;

    #[test]
    fn a_token_stands_for_its_client_until_its_time_is_over() {
        let seal = Seal::new([7; 32]);
        let token = make(&seal, [1; 16], MADE, &CLIENT);
        assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{token}");
        assert_eq!(open(&seal, &token, MADE), Ok(CLIENT));
        assert_eq!(open(&seal, &token, MADE + STREAM_TOKEN_SECONDS), Ok(CLIENT));
        assert_eq!(open(&seal, &token, MADE + STREAM_TOKEN_SECONDS + 1), Err(NoStreamToken::Over));
        assert_eq!(open(&seal, &token, MADE - 1), Err(NoStreamToken::Over));
        assert_eq!(open(&Seal::new([8; 32]), &token, MADE), Err(NoStreamToken::Unknown));
    }

    #[test]
    fn whatever_is_changed_in_a_token_breaks_its_seal() {
        let seal = Seal::new([7; 32]);
        let bytes = URL_SAFE_NO_PAD.decode(make(&seal, [1; 16], MADE, &CLIENT)).unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert_eq!(open(&seal, &URL_SAFE_NO_PAD.encode(changed), MADE), Err(NoStreamToken::Unknown), "byte {at}");
            assert!(open(&seal, &URL_SAFE_NO_PAD.encode(&bytes[..at]), MADE).is_err());
        }
        assert_eq!(open(&seal, &"A".repeat(10 << 20), MADE), Err(NoStreamToken::Unknown));
    }

    #[test]
    fn the_nonce_of_a_session_is_no_token() {
        let seal = Seal::new([7; 32]);
        let session = Session { made: MADE, client_nonce: "A".repeat(33) };
        let nonce = seal.make([1; 16], &session, &CLIENT);
        assert!(open(&seal, nonce.trim_end_matches('='), MADE).is_err());
    }
}
