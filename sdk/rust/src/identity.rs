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

/// The identity keys that signed this transaction for this topic (BRC-3), in the order in which the signatures came: at
/// most 128. For `identify_admissible_outputs` only, elsewhere a fault.
///
/// ```
/// use trellis_plugin::identity::{IdentityKey, signers};
/// use trellis_plugin::stand_in;
///
/// let (alice, bob) = (IdentityKey([2; 33]), IdentityKey([3; 33]));
/// stand_in::reset();
/// stand_in::set_signers([alice]);
/// assert!(signers().contains(&alice));
/// assert!(!signers().contains(&bob));
/// ```
pub fn signers() -> Vec<IdentityKey> {
    host::signers()
}

/// Who submits: the first of the [`signers`]. `None` where nobody signed. For `identify_admissible_outputs` only,
/// elsewhere a fault.
///
/// ```
/// use trellis_plugin::Refusal;
/// use trellis_plugin::identity::{IdentityKey, submitter};
/// use trellis_plugin::stand_in;
///
/// fn author() -> Result<IdentityKey, Refusal> {
///     Ok(submitter().ok_or("a message is signed by its author")?)
/// }
/// stand_in::reset();
/// assert_eq!(author().unwrap_err().text(), "a message is signed by its author");
/// stand_in::set_signers([IdentityKey([2; 33])]);
/// assert_eq!(author(), Ok(IdentityKey([2; 33])));
/// ```
pub fn submitter() -> Option<IdentityKey> {
    signers().into_iter().next()
}

/// The certificates that came with the submission (BRC-52), each about one of the [`signers`] and checked by the host: at
/// most 32. For `identify_admissible_outputs` only, elsewhere a fault.
///
/// ```
/// use trellis_plugin::identity::certificates;
///
/// /// Whether a member of the federation "press" vouches that somebody who signed is of this newspaper.
/// fn is_signed_by_paper(name: &str) -> bool {
///     certificates().iter().any(|shown| shown.revealed("paper") == Some(name) && shown.is_vouched_for("press", "paper"))
/// }
/// # trellis_plugin::stand_in::reset();
/// assert!(!is_signed_by_paper("The Daily"), "nobody has shown a certificate");
/// ```
pub fn certificates() -> Vec<Certificate> {
    host::certificates()
}

/// Checks the certifier's signature and decrypts what the certificate reveals to anyone (BRC-52, BRC-2). Whether it was
/// revoked, and whether its certifier is to be trusted, is not asked.
///
/// Costs two curve operations (40 µs each), and four more for each key of the keyring: check first what is cheaper to check.
///
/// ```
/// use trellis_plugin::Refusal;
/// use trellis_plugin::identity::{VerifiableCertificate, verify_certificate};
///
/// /// The e-mail address that a certificate reveals to anyone.
/// fn email(offered: &VerifiableCertificate) -> Result<String, Refusal> {
///     let certificate = verify_certificate(offered)?;
///     Ok(certificate.revealed("email").ok_or("the certificate reveals no e-mail address")?.to_owned())
/// }
/// # use trellis_plugin::identity::Field;
/// # let json = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../host/spv/tests/vectors/identity.json"));
/// # let vectors: serde_json::Value = serde_json::from_str(json).unwrap();
/// # let vectors = vectors["certificates"].as_array().unwrap();
/// # let shown = vectors.iter().find(|one| one["verifier"].is_null() && !one["revealed"]["email"].is_null()).unwrap();
/// # let text = |name: &str| shown["certificate"][name].as_str().unwrap().to_owned();
/// # let texts = |value: &serde_json::Value| value.as_object().unwrap().iter().map(|(name, value)|
/// #     Field { name: name.clone(), value: value.as_str().unwrap().to_owned() }).collect::<Vec<_>>();
/// # let offered = VerifiableCertificate {
/// #     certificate_type: text("type"), serial_number: text("serialNumber"), subject: text("subject"),
/// #     certifier: text("certifier"), revocation_outpoint: text("revocationOutpoint"),
/// #     fields: texts(&shown["certificate"]["fields"]), keyring: texts(&shown["keyring"]), signature: text("signature"),
/// # };
/// assert!(email(&offered).unwrap().contains('@'));
/// let of_another = VerifiableCertificate { subject: offered.certifier.clone(), ..offered };
/// assert!(email(&of_another).unwrap_err().text().contains("signature"));
/// ```
pub fn verify_certificate(certificate: &VerifiableCertificate) -> Result<Certificate, Refusal> {
    host::verify_certificate(certificate).map_err(Refusal::new)
}

/// Whether `signer` signed SHA-256 of `data` for anyone, with its key for this protocol and key id (BRC-3). The signature
/// is DER. Two curve operations.
///
/// ```
/// use trellis_plugin::identity::{IdentityKey, Protocol, SecurityLevel, verify_signature};
/// # use secp256k1::{Message, PublicKey, SECP256K1, Scalar, SecretKey};
/// # use trellis_plugin::crypto::{hmac_sha256, sha256};
/// # let secret = SecretKey::from_byte_array([7; 32]).unwrap();
/// # let alice = IdentityKey(PublicKey::from_secret_key(SECP256K1, &secret).serialize());
/// # let tweak = Scalar::from_be_bytes(hmac_sha256(alice.as_bytes(), b"1-tickets-42")).unwrap();
/// # let digest = Message::from_digest(sha256(b"seat 12A"));
/// # let signature = SECP256K1.sign_ecdsa(digest, &secret.add_tweak(&tweak).unwrap()).serialize_der();
///
/// // `signature` is what Alice's wallet made over "seat 12A" for anyone.
/// let protocol = Protocol::new(SecurityLevel::App, "tickets")?;
/// assert!(verify_signature(&alice, &protocol, "42", b"seat 12A", &signature)?);
/// assert!(!verify_signature(&alice, &protocol, "43", b"seat 12A", &signature)?);
/// # Ok::<(), trellis_plugin::identity::InvalidProtocol>(())
/// ```
pub fn verify_signature(
    signer: &IdentityKey,
    protocol: &Protocol,
    key_id: &str,
    data: &[u8],
    signature: &[u8],
) -> Result<bool, InvalidProtocol> {
    Ok(crypto::verify_signature(data, signature, signer.as_bytes(), &protocol.invoice_number(key_id)?))
}

/// The key that locks what `identity_key` locks for anyone under this protocol and key id (BRC-42): 33 bytes, compressed.
/// `None` where the identity key is not on the curve. One curve operation.
///
/// ```
/// use trellis_plugin::identity::{IdentityKey, Protocol, SecurityLevel, locking_key};
///
/// let alice: IdentityKey = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798".parse().unwrap();
/// let protocol = Protocol::new(SecurityLevel::App, "tickets")?;
/// let key = locking_key(&alice, &protocol, "42")?.expect("a key on the curve");
/// assert_ne!(key, alice.0);
/// assert_ne!(Some(key), locking_key(&alice, &protocol, "43")?);
/// # Ok::<(), trellis_plugin::identity::InvalidProtocol>(())
/// ```
pub fn locking_key(
    identity_key: &IdentityKey,
    protocol: &Protocol,
    key_id: &str,
) -> Result<Option<[u8; 33]>, InvalidProtocol> {
    let child = crypto::derive_public_key(identity_key.as_bytes(), &protocol.invoice_number(key_id)?);
    Ok(child.and_then(|child| child.try_into().ok()))
}

/// Whether a token is locked with the [`locking_key`] of `identity_key`. With [`PushDrop::is_signed`] it also says that nobody
/// else made the token. One curve operation.
///
/// ```
/// use trellis_plugin::identity::{IdentityKey, Protocol, SecurityLevel, is_locked_by, locking_key};
/// use trellis_plugin::push_drop;
///
/// let alice: IdentityKey = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798".parse().unwrap();
/// let protocol = Protocol::new(SecurityLevel::App, "tickets")?;
/// let key = locking_key(&alice, &protocol, "42")?.unwrap();
/// // <key> OP_CHECKSIG "12A" OP_DROP
/// let script = [&[33][..], &key, &[0xac, 3], b"12A", &[0x75]].concat();
/// let token = push_drop::decode(&script).unwrap();
/// assert!(is_locked_by(&token, &alice, &protocol, "42")?);
/// assert!(!is_locked_by(&token, &alice, &protocol, "43")?);
/// # Ok::<(), trellis_plugin::identity::InvalidProtocol>(())
/// ```
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
