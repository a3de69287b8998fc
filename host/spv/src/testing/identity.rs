//! Certificates, as certifiers issue them and their subjects show them.

use crate::identity::certificate::{
    Certificate, CertificateType, FieldValue, Fields, Revocation, SerialNumber, VerifiableCertificate,
};
use crate::identity::derivation::{ProtocolId, SecurityLevel};
use crate::identity::encryption::SymmetricKey;
use crate::identity::key::{Counterparty, PrivateKey};

/// A certificate to be issued.
#[derive(Clone, Debug)]
pub struct Issue<'i> {
    /// Who signs it.
    pub certifier: &'i PrivateKey,
    /// Whom it is about, and who shows it.
    pub subject: &'i PrivateKey,
    /// 32 bytes.
    pub certificate_type: [u8; 32],
    /// 32 bytes.
    pub serial_number: [u8; 32],
    /// The output that is spent to revoke it.
    pub revocation: Revocation,
    /// Names and values.
    pub fields: &'i [(&'i str, &'i str)],
}

impl Issue<'_> {
    /// The signed certificate with a keyring that reveals these fields to a verifier.
    #[must_use]
    pub fn shown_to(&self, verifier: &Counterparty, revealed: &[&str]) -> VerifiableCertificate {
        let serial_number = SerialNumber(self.serial_number);
        let protocol = ProtocolId::new(SecurityLevel::Counterparty, "certificate field encryption").unwrap();
        let mut fields = Fields::default();
        let mut keyring = Fields::default();
        for (position, (name, value)) in (1u8..).zip(self.fields) {
            let key = SymmetricKey::from_bytes(&[position; 32]).unwrap();
            let encrypted = key.encrypt([position; 32], value.as_bytes()).unwrap();
            fields.insert(name, FieldValue::from_bytes(encrypted).base64()).unwrap();
            if revealed.contains(name) {
                let invoice_number = protocol.invoice_number(&format!("{serial_number} {name}")).unwrap();
                let shared = SymmetricKey::shared(self.subject, verifier, &invoice_number).unwrap();
                let encrypted = shared.encrypt([position; 32], key.number()).unwrap();
                keyring.insert(name, FieldValue::from_bytes(encrypted).base64()).unwrap();
            }
        }
        let certificate = Certificate {
            certificate_type: CertificateType(self.certificate_type),
            serial_number,
            subject: self.subject.public_key(),
            certifier: self.certifier.public_key(),
            revocation: self.revocation,
            fields,
            signature: None,
        };
        VerifiableCertificate::new(certificate.signed_by(self.certifier).unwrap(), keyring).unwrap()
    }
}
