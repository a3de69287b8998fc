//! What a request says of its sender: the headers of BRC-104.

use axum::http::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::seal::MAX_SEALED_BYTES;
use super::{IdentityKey, MAX_NONCE_BYTES, VERSION};

/// The header by which a request is known as one that says who sent it.
pub const REQUEST_ID: &str = "x-bsv-auth-request-id";
/// The version of the protocol.
pub const AUTH_VERSION: &str = "x-bsv-auth-version";
/// The sender's identity key.
pub const IDENTITY_KEY: &str = "x-bsv-auth-identity-key";
/// The sender's nonce of this message.
pub const NONCE: &str = "x-bsv-auth-nonce";
/// The receiver's nonce of the session.
pub const YOUR_NONCE: &str = "x-bsv-auth-your-nonce";
/// The sender's signature.
pub const SIGNATURE: &str = "x-bsv-auth-signature";

/// Longest signature, in bytes: DER of two numbers of 33 bytes.
const MAX_SIGNATURE_BYTES: usize = 72;

/// Bytes of the id of a request.
const ID_BYTES: usize = 32;

/// What a request says of its sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Who sent it, as it says.
    pub client: IdentityKey,
    /// Its id, which the reply repeats.
    pub request_id: [u8; ID_BYTES],
    /// The nonce of the request.
    pub nonce: String,
    /// This host's nonce of the session.
    pub session_nonce: String,
    /// DER.
    pub signature: Vec<u8>,
}

/// Which header cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the header {header} {trouble}")]
pub struct CredentialsError {
    header: &'static str,
    trouble: &'static str,
}

impl Credentials {
    /// Reads the headers; `None` where the request does not say who sent it.
    ///
    /// # Errors
    /// [`CredentialsError`].
    pub fn read(headers: &HeaderMap) -> Result<Option<Self>, CredentialsError> {
        if !headers.contains_key(REQUEST_ID) {
            return Ok(None);
        }
        let wrong = |header, trouble| move || CredentialsError { header, trouble };
        let text = |header: &'static str| {
            headers.get(header).and_then(|value| value.to_str().ok()).ok_or_else(wrong(header, "is missing"))
        };
        if text(AUTH_VERSION)? != VERSION {
            return Err(wrong(AUTH_VERSION, "names a version other than 0.1")());
        }
        let nonce = |header, most: usize| {
            let nonce = text(header)?;
            let fits = !nonce.is_empty() && nonce.len() <= most;
            fits.then(|| nonce.to_owned()).ok_or_else(wrong(header, "is no nonce: it is empty or too long"))
        };
        let signature = text(SIGNATURE)?;
        let signature = (signature.len() <= 2 * MAX_SIGNATURE_BYTES).then(|| hex::decode(signature).ok()).flatten();
        let request_id = STANDARD.decode(text(REQUEST_ID)?).ok().and_then(|bytes| bytes.try_into().ok());
        Ok(Some(Self {
            client: identity_key(text(IDENTITY_KEY)?)
                .ok_or_else(wrong(IDENTITY_KEY, "is no compressed public key in hexadecimal"))?,
            request_id: request_id.ok_or_else(wrong(REQUEST_ID, "is not 32 bytes in base64"))?,
            nonce: nonce(NONCE, MAX_NONCE_BYTES)?,
            session_nonce: nonce(YOUR_NONCE, MAX_SEALED_BYTES)?,
            signature: signature.ok_or_else(wrong(SIGNATURE, "is no signature in hexadecimal"))?,
        }))
    }
}

/// An identity key from its hexadecimal text; whether it is on the curve shows when it is used.
#[must_use]
pub fn identity_key(text: &str) -> Option<IdentityKey> {
    let mut key = [0; 33];
    hex::decode_to_slice(text, &mut key).ok()?;
    matches!(key.first(), Some(2 | 3)).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers() -> HeaderMap {
        let key = format!("02{}", "11".repeat(32));
        let id = STANDARD.encode([9; 32]);
        let all = [
            (REQUEST_ID, &*id),
            (AUTH_VERSION, "0.1"),
            (IDENTITY_KEY, &*key),
            (NONCE, "bm9uY2U="),
            (YOUR_NONCE, "c2Vzc2lvbg=="),
            (SIGNATURE, "3006"),
        ];
        all.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_request_that_says_nothing_of_its_sender_is_anonymous() {
        assert_eq!(Credentials::read(&HeaderMap::new()), Ok(None));
        assert!(matches!(Credentials::read(&headers()), Ok(Some(Credentials { request_id: [9, ..], .. }))));
    }

    #[test]
    fn a_header_that_is_missing_or_wrong_is_named() {
        for name in [AUTH_VERSION, IDENTITY_KEY, NONCE, YOUR_NONCE, SIGNATURE] {
            let mut without = headers();
            without.remove(name);
            assert_eq!(Credentials::read(&without).unwrap_err().header, name);
        }
        let huge = "A".repeat(16 << 10);
        for (name, value) in [
            (REQUEST_ID, "AAAA"),
            (AUTH_VERSION, "0.2"),
            (IDENTITY_KEY, "04"),
            (NONCE, &*huge),
            (YOUR_NONCE, &*huge),
            (SIGNATURE, &*huge),
            (SIGNATURE, "zz"),
        ] {
            let mut wrong = headers();
            wrong.insert(name, value.parse().unwrap());
            assert_eq!(Credentials::read(&wrong).unwrap_err().header, name);
        }
    }
}
