//! Who stands behind a submission, and what others certify of them.
//!
//! **Evidence.** A submitter may send signatures over the transaction and certificates along. The host checks them and keeps
//! them with the verdict; a topic manager asks for [`signers`], the [`submitter`] and [`certificates`]. In any other call these
//! three are faults. Whom the operator trusts is in [`Certificate::vouched_by`].
//!
//! **Tokens.** What a transaction itself carries is checked with [`verify_certificate`], [`verify_signature`] and
//! [`is_locked_by`]: a token that somebody locked with a key derived from his identity key, for the counterparty `anyone`, so
//! that everybody can derive the same one (BRC-42).
//!
//! ```
//! use trellis_plugin::identity::{self, IdentityKey, Protocol, SecurityLevel};
//! use trellis_plugin::{Refusal, push_drop};
//!
//! /// Whether a token is the one of `holder`: locked with his key, and signed with it.
//! fn is_of(locking_script: &[u8], holder: &IdentityKey) -> Result<bool, Refusal> {
//!     let protocol = Protocol::new(SecurityLevel::App, "identity")?;
//!     let Some(token) = push_drop::decode(locking_script) else { return Ok(false) };
//!     Ok(identity::is_locked_by(&token, holder, &protocol, "1")? && token.is_signed())
//! }
//! ```
//!
//! Certificates in the JSON that applications write are read by `VerifiableCertificate::from_json`, with the feature `json`.

mod certificate;
mod identifier;
#[cfg(feature = "json")]
mod json;
mod key;
mod protocol;

pub use certificate::{Certificate, Field, VerifiableCertificate, Vouching};
pub use identifier::{CertificateType, MalformedBase64, SerialNumber};
pub use key::{IdentityKey, MalformedKey};
pub use protocol::{InvalidProtocol, Protocol, SecurityLevel};

use crate::push_drop::PushDrop;
use crate::{Refusal, crypto, host};

/// The identity keys that signed this transaction for this topic, in the order in which the signatures came. For
/// `identify_admissible_outputs` only, elsewhere a fault.
pub fn signers() -> Vec<IdentityKey> {
    host::signers()
}

/// Who submits: the first of the [`signers`]. `None` where nobody signed.
pub fn submitter() -> Option<IdentityKey> {
    signers().into_iter().next()
}

/// The certificates that came with the submission, each about one of the [`signers`]. For `identify_admissible_outputs` only,
/// elsewhere a fault.
pub fn certificates() -> Vec<Certificate> {
    host::certificates()
}

/// Checks the certifier's signature and decrypts what the certificate reveals to anyone. Whether it was revoked, and whether
/// its certifier is to be trusted, is not asked.
///
/// Costs two curve operations, and four more for each key of the keyring: check first what is cheaper to check.
///
/// # Errors
/// What is wrong with the certificate.
pub fn verify_certificate(certificate: &VerifiableCertificate) -> Result<Certificate, Refusal> {
    host::verify_certificate(certificate).map_err(Refusal::new)
}

/// Whether `signer` signed SHA-256 of `data` for anyone, with its key for this protocol and key id (BRC-3).
///
/// # Errors
/// The key id is none.
pub fn verify_signature(
    signer: &IdentityKey,
    protocol: &Protocol,
    key_id: &str,
    data: &[u8],
    signature: &[u8],
) -> Result<bool, InvalidProtocol> {
    Ok(crypto::verify_signature(data, signature, signer.as_bytes(), &protocol.invoice_number(key_id)?))
}

/// The key that locks what `identity_key` locks for anyone under this protocol and key id; `None` where the identity key is not
/// on the curve.
///
/// # Errors
/// The key id is none.
pub fn locking_key(
    identity_key: &IdentityKey,
    protocol: &Protocol,
    key_id: &str,
) -> Result<Option<[u8; 33]>, InvalidProtocol> {
    let child = crypto::derive_public_key(identity_key.as_bytes(), &protocol.invoice_number(key_id)?);
    Ok(child.and_then(|child| child.try_into().ok()))
}

/// Whether a token is locked with the [`locking_key`] of `identity_key`. With [`PushDrop::is_signed`] it also says that nobody
/// else made the token.
///
/// # Errors
/// The key id is none.
pub fn is_locked_by(
    token: &PushDrop<'_>,
    identity_key: &IdentityKey,
    protocol: &Protocol,
    key_id: &str,
) -> Result<bool, InvalidProtocol> {
    Ok(locking_key(identity_key, protocol, key_id)?.is_some_and(|key| token.locking_public_key == key))
}

#[cfg(test)]
mod tests;
