//! Evidence as JSON, made from keys and certificates of the test's own.

use serde_json::{Value, json};
use trellis_spv::hash::Txid;
use trellis_spv::identity::certificate::{Fields, VerifiableCertificate};
use trellis_spv::identity::key::PrivateKey;
use trellis_spv::identity::submission::sign;

/// An identity key in hexadecimal.
#[must_use]
pub fn identity(key: &PrivateKey) -> String {
    hex::encode(key.public_key().serialize())
}

/// A certificate and its keyring, as `@bsv/sdk` writes them.
#[must_use]
pub fn certificate(verifiable: &VerifiableCertificate) -> Value {
    let certificate = verifiable.certificate();
    json!({
        "type": certificate.certificate_type.to_string(),
        "serialNumber": certificate.serial_number.to_string(),
        "subject": hex::encode(certificate.subject.serialize()),
        "certifier": hex::encode(certificate.certifier.serialize()),
        "revocationOutpoint": certificate.revocation.to_string(),
        "fields": texts(&certificate.fields),
        "keyring": texts(verifiable.keyring()),
        "signature": certificate.signature.as_ref().map(hex::encode),
    })
}

fn texts(fields: &Fields) -> Value {
    fields.iter().map(|(name, value)| (name.to_string(), json!(value.base64()))).collect()
}

/// What these sign for a topic, and the certificates they show.
///
/// # Panics
/// Never: every key signs.
#[must_use]
pub fn evidence<'c>(
    txid: &Txid,
    topic: &str,
    signers: &[&PrivateKey],
    certificates: impl IntoIterator<Item = &'c VerifiableCertificate>,
) -> Value {
    let signature = |key: &&PrivateKey| {
        let signature = hex::encode(sign(key, txid, topic).expect("a signature"));
        json!({ "identityKey": identity(key), "topic": topic, "signature": signature })
    };
    let signatures: Vec<_> = signers.iter().map(signature).collect();
    let certificates: Vec<_> = certificates.into_iter().map(certificate).collect();
    json!({ "signatures": signatures, "certificates": certificates })
}
