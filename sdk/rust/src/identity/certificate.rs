//! Certificates (BRC-52): what a certifier says of a subject.

use super::{CertificateType, IdentityKey, SerialNumber};
use crate::Outpoint;

/// A field of a certificate and its value.
///
/// ```
/// use trellis_plugin::identity::Field;
///
/// let field = Field { name: "email".into(), value: "alice@example.com".into() };
/// assert_eq!(format!("{} is {}", field.name, field.value), "email is alice@example.com");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name, 1 to 50 bytes (BRC-52).
    pub name: String,
    /// Its value: decrypted in a [`Certificate`], in a [`VerifiableCertificate`] base64 of at most 64 KiB.
    pub value: String,
}

/// Somebody the operator trusts, who vouches for what a certificate says.
///
/// ```
/// use trellis_plugin::identity::Vouching;
///
/// /// Whether the registry itself vouches, and not another member of the chamber.
/// fn is_of_registry(by: &Vouching) -> bool {
///     by.federation == "chamber" && by.organisation == "registry"
/// }
/// let fields = vec!["company".to_owned()];
/// assert!(is_of_registry(&Vouching { federation: "chamber".into(), organisation: "registry".into(), fields }));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vouching {
    /// The federation, by the operator's name for it.
    pub federation: String,
    /// Its member, or a member of a federation it trusts, whose certifier signed the certificate.
    pub organisation: String,
    /// Those of the revealed fields that it vouches for.
    pub fields: Vec<String>,
}

/// A certificate (BRC-52) whose certifier's signature is right.
///
/// ```
/// use trellis_plugin::identity::{Certificate, CertificateType, Field, IdentityKey, SerialNumber, Vouching};
///
/// let fields = vec!["company".to_owned()];
/// let certificate = Certificate {
///     certificate_type: CertificateType([7; 32]),
///     serial_number: SerialNumber([1; 32]),
///     subject: IdentityKey([2; 33]),
///     certifier: IdentityKey([3; 33]),
///     revocation: None,
///     revealed: vec![Field { name: "company".into(), value: "Alice Ltd".into() }],
///     vouched_by: vec![Vouching { federation: "chamber".into(), organisation: "registry".into(), fields }],
/// };
/// assert_eq!(certificate.revealed("company"), Some("Alice Ltd"));
/// assert_eq!(certificate.revealed("email"), None);
/// assert!(certificate.is_vouched_for("chamber", "company"));
/// assert!(!certificate.is_vouched_for("club", "company"));
/// ```
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
    /// The value of a revealed field; `None` where its subject keeps it, or there is none.
    pub fn revealed(&self, name: &str) -> Option<&str> {
        self.revealed.iter().find(|field| field.name == name).map(|field| field.value.as_str())
    }

    /// Whether a federation vouches for a field.
    pub fn is_vouched_for(&self, federation: &str, field: &str) -> bool {
        self.vouched_by.iter().any(|by| by.federation == federation && by.fields.iter().any(|name| name == field))
    }
}

/// A certificate with the keys of the fields it reveals to anyone (BRC-52), in the texts of its JSON. Nothing of it is
/// checked before [`verify_certificate`](super::verify_certificate) is. At most 64 fields.
///
/// ```
/// use trellis_plugin::identity::{VerifiableCertificate, verify_certificate};
///
/// let offered = VerifiableCertificate { subject: "no key".into(), ..VerifiableCertificate::default() };
/// assert!(verify_certificate(&offered).is_err());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerifiableCertificate {
    /// Base64 of 32 bytes.
    pub certificate_type: String,
    /// Base64 of 32 bytes.
    pub serial_number: String,
    /// Whom it is about: a compressed public key, 66 hexadecimal digits.
    pub subject: String,
    /// Who signed it: a compressed public key, 66 hexadecimal digits.
    pub certifier: String,
    /// The output that is spent to revoke it: `<txid>.<output index>`; all zeros for none.
    pub revocation_outpoint: String,
    /// Encrypted values, base64.
    pub fields: Vec<Field>,
    /// Encrypted keys for the counterparty `anyone`, base64, by the name of the field.
    pub keyring: Vec<Field>,
    /// The certifier's, over everything but the keyring: DER, hexadecimal.
    pub signature: String,
}
