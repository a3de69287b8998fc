//! Certificates: issued, revealed and shown (BRC-52).

use serde_json::{Value, json};
use trellis_spv::hash::{Outpoint, Txid};
use trellis_spv::identity::certificate::{CertificateType, Fields, FormError, Revocation, VerifiableCertificate};
use trellis_spv::identity::key::Counterparty;
use trellis_spv::testing::Issue;
use trellis_spv::transaction::Transaction;

use crate::party::Party;

/// A certificate (BRC-52) with a keyring that reveals fields to anyone.
///
/// ```
/// use trellis_testing::Party;
///
/// const FIRM: &str = "z40BOInXkI8m7f/wBrv4MJ09bZfzZbTj2fJqCtONqCY=";
/// let (registry, alice) = (Party::named("registry"), Party::named("alice"));
/// let certificate = registry.certifies(&alice, FIRM).field("company", "Alice Ltd").issue();
/// assert_eq!(certificate.json()["subject"], alice.key_hex());
/// assert!(certificate.json()["keyring"]["company"].is_string());
/// ```
#[derive(Clone, Debug)]
pub struct Certificate(pub(crate) VerifiableCertificate);

impl Certificate {
    /// As `@bsv/sdk` writes it, with its keyring.
    #[must_use]
    pub fn json(&self) -> Value {
        let certificate = self.0.certificate();
        let texts = |fields: &Fields| -> Value {
            fields.iter().map(|(name, value)| (name.to_string(), json!(value.base64()))).collect()
        };
        json!({
            "type": certificate.certificate_type.to_string(),
            "serialNumber": certificate.serial_number.to_string(),
            "subject": hex::encode(certificate.subject.serialize()),
            "certifier": hex::encode(certificate.certifier.serialize()),
            "revocationOutpoint": certificate.revocation.to_string(),
            "fields": texts(&certificate.fields),
            "keyring": texts(self.0.keyring()),
            "signature": certificate.signature.as_ref().map(hex::encode),
        })
    }
}

/// A certificate in the making.
///
/// ```
/// use trellis_testing::Party;
///
/// const FIRM: &str = "z40BOInXkI8m7f/wBrv4MJ09bZfzZbTj2fJqCtONqCY=";
/// let (registry, alice) = (Party::named("registry"), Party::named("alice"));
/// let making = registry.certifies(&alice, FIRM).field("company", "Alice Ltd").kept_field("turnover", "5").serial(2);
/// let json = making.issue().json();
/// assert_eq!(json["keyring"].as_object().map(|keys| keys.len()), Some(1));
/// assert_eq!(json["fields"].as_object().map(|fields| fields.len()), Some(2));
/// ```
#[derive(Clone, Debug)]
#[must_use = "a certificate is issued with `issue`"]
pub struct Certifying {
    certifier: Party,
    subject: Party,
    certificate_type: CertificateType,
    serial: u8,
    revocation: Revocation,
    revealed: Vec<(String, String)>,
    kept: Vec<(String, String)>,
}

impl Party {
    /// Certifies something about somebody; the type is base64 of 32 bytes.
    #[track_caller]
    pub fn certifies(&self, subject: &Self, certificate_type: &str) -> Certifying {
        self.try_certifies(subject, certificate_type).unwrap_or_else(|error| panic!("{certificate_type}: {error}"))
    }

    pub(crate) fn try_certifies(&self, subject: &Self, certificate_type: &str) -> Result<Certifying, FormError> {
        Ok(Certifying {
            certifier: self.clone(),
            subject: subject.clone(),
            certificate_type: certificate_type.parse()?,
            serial: 1,
            revocation: Revocation::Outpoint(Outpoint::new(Txid::from_internal([0; 32]), 0)),
            revealed: Vec::new(),
            kept: Vec::new(),
        })
    }
}

impl Certifying {
    /// A field that is revealed to anyone. Its name has 1 to 50 bytes.
    pub fn field(mut self, name: &str, value: &str) -> Self {
        self.revealed.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A field that is not revealed. Its name has 1 to 50 bytes.
    pub fn kept_field(mut self, name: &str, value: &str) -> Self {
        self.kept.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Which of the certifier's certificates it is, a byte that is repeated 32 times; 1 unless said.
    pub const fn serial(mut self, serial: u8) -> Self {
        self.serial = serial;
        self
    }

    /// Spending this output revokes it; unless said, nothing does.
    /// [`Trust::tracked_federation`](crate::Trust::tracked_federation) has an example.
    pub fn revoked_by_spending(mut self, transaction: &Transaction, output: u32) -> Self {
        self.revocation = Revocation::Outpoint(Outpoint::new(transaction.txid(), output));
        self
    }

    /// The certificate, signed by its certifier.
    #[must_use]
    pub fn issue(&self) -> Certificate {
        let all: Vec<(&str, &str)> =
            self.revealed.iter().chain(&self.kept).map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let revealed: Vec<&str> = self.revealed.iter().map(|(name, _)| name.as_str()).collect();
        let issue = Issue {
            certifier: &self.certifier.private_key(),
            subject: &self.subject.private_key(),
            certificate_type: self.certificate_type.0,
            serial_number: [self.serial; 32],
            revocation: self.revocation,
            fields: &all,
        };
        Certificate(issue.shown_to(&Counterparty::Anyone, &revealed))
    }
}
