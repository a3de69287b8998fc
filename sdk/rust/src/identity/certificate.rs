//! Certificates (BRC-52): what a certifier says of a subject.

use super::{CertificateType, IdentityKey, SerialNumber};
use crate::Outpoint;

/// A field of a certificate and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// Somebody the operator trusts, who vouches for what a certificate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vouching {
    /// The federation, by the operator's name for it.
    pub federation: String,
    /// Its member, or a member of a federation it trusts, whose certifier signed the certificate.
    pub organisation: String,
    /// Those of the revealed fields that it vouches for.
    pub fields: Vec<String>,
}

/// A certificate whose certifier's signature is right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// What the fields mean.
    pub certificate_type: CertificateType,
    /// Which of the certifier's certificates it is.
    pub serial_number: SerialNumber,
    /// Whom it is about.
    pub subject: IdentityKey,
    /// Who signed it. Where that is the subject, it says what somebody says of himself.
    pub certifier: IdentityKey,
    /// The output that is spent to revoke it.
    pub revocation: Option<Outpoint>,
    /// The fields whose values its subject reveals to anyone, decrypted, in the order of their names' bytes.
    pub revealed: Vec<Field>,
    /// Who vouches for it and holds it to be unrevoked. Empty in the answer of
    /// [`verify_certificate`](super::verify_certificate).
    pub vouched_by: Vec<Vouching>,
}

impl Certificate {
    /// The value of a revealed field.
    pub fn revealed(&self, name: &str) -> Option<&str> {
        self.revealed.iter().find(|field| field.name == name).map(|field| field.value.as_str())
    }

    /// Whether a federation vouches for a field.
    pub fn is_vouched_for(&self, federation: &str, field: &str) -> bool {
        self.vouched_by.iter().any(|by| by.federation == federation && by.fields.iter().any(|name| name == field))
    }
}

/// A certificate with the keys of the fields it reveals to anyone, in the texts of its JSON. Nothing of it is checked before
/// [`verify_certificate`](super::verify_certificate) is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerifiableCertificate {
    /// Base64 of 32 bytes.
    pub certificate_type: String,
    /// Base64 of 32 bytes.
    pub serial_number: String,
    /// Hexadecimal.
    pub subject: String,
    /// Hexadecimal.
    pub certifier: String,
    /// `<txid>.<output index>`.
    pub revocation_outpoint: String,
    /// Encrypted values, base64.
    pub fields: Vec<Field>,
    /// Encrypted keys for the counterparty `anyone`, base64, by the name of the field.
    pub keyring: Vec<Field>,
    /// DER, hexadecimal.
    pub signature: String,
}
