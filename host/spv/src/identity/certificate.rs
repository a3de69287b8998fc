//! What a certifier says of a subject (BRC-52): fields that are encrypted one by one, signed as a whole, and shown to a
//! verifier as far as the subject likes.
//!
//! Whether the revocation outpoint is still unspent is not decided here, nor whether the certifier is to be trusted.

mod binary;
mod error;
mod field;
mod identifier;
mod revocation;
mod text;
mod verifiable;

pub use error::{CertificateError, FormError};
pub use field::{FieldName, FieldValue, Fields};
pub use identifier::{CertificateType, SerialNumber};
pub use revocation::Revocation;
pub use text::CertificateText;
pub use verifiable::{Revealed, VerifiableCertificate};

use super::derivation::{DerivationError, ProtocolId, SecurityLevel};
use super::key::{Counterparty, PrivateKey, PublicKey};
use super::signature::{self, SignatureError};

const SIGNATURE_PROTOCOL: &str = "certificate signature";

/// A certificate whose form is right. [`Certificate::verify`] tells whether it may be believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// What the fields mean.
    pub certificate_type: CertificateType,
    /// Which of the certifier's certificates it is.
    pub serial_number: SerialNumber,
    /// Whom it is about.
    pub subject: PublicKey,
    /// Who signs it.
    pub certifier: PublicKey,
    /// The output that is spent to revoke it.
    pub revocation: Revocation,
    /// What it says, encrypted.
    pub fields: Fields,
    /// The certifier's signature, in DER.
    pub signature: Option<Vec<u8>>,
}

/// Who stands behind a certificate whose signature is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The subject itself: it says what somebody says of himself.
    SelfSigned,
    /// Somebody else.
    Certified,
}

impl Certificate {
    /// Checks that the certificate is about `subject`.
    ///
    /// # Errors
    /// [`CertificateError::WrongSubject`].
    pub fn check_subject(&self, subject: &PublicKey) -> Result<(), CertificateError> {
        if self.subject == *subject {
            return Ok(());
        }
        Err(CertificateError::WrongSubject { expected: Box::new(*subject), found: Box::new(self.subject) })
    }

    /// Checks the certifier's signature, over the fields in the order of `@bsv/sdk` or in that of their bytes, in which
    /// other libraries sign.
    ///
    /// # Errors
    /// The certificate is unsigned, or its signature is not the certifier's over these very values.
    pub fn verify(&self) -> Result<Standing, CertificateError> {
        let signature = self.signature.as_deref().ok_or(CertificateError::Unsigned)?;
        let invoice_number = self.signature_invoice_number()?;
        let check = |data: &[u8]| signature::verify_for_anyone(&self.certifier, &invoice_number, data, signature);
        let signed = self.unsigned_bytes();
        let mut outcome = check(&signed);
        if outcome == Err(SignatureError::Forged) {
            let by_bytes = self.unsigned_bytes_by(self.fields.in_order_of_bytes());
            if by_bytes != signed {
                outcome = check(&by_bytes);
            }
        }
        match outcome {
            Ok(()) if self.subject == self.certifier => Ok(Standing::SelfSigned),
            Ok(()) => Ok(Standing::Certified),
            Err(SignatureError::Malformed) => Err(FormError::Signature.into()),
            Err(SignatureError::Derivation(error)) => Err(error.into()),
            Err(SignatureError::Forged) => Err(CertificateError::Forged { certifier: Box::new(self.certifier) }),
        }
    }

    /// The certificate with the certifier's signature, which replaces any other.
    ///
    /// # Errors
    /// The key is not the certifier's.
    pub fn signed_by(self, certifier: &PrivateKey) -> Result<Self, CertificateError> {
        let found = certifier.public_key();
        if found != self.certifier {
            return Err(CertificateError::WrongCertifier {
                expected: Box::new(self.certifier),
                found: Box::new(found),
            });
        }
        let invoice_number = self.signature_invoice_number()?;
        let signature = signature::sign(certifier, &Counterparty::Anyone, &invoice_number, &self.unsigned_bytes())?;
        Ok(Self { signature: Some(signature), ..self })
    }

    fn signature_invoice_number(&self) -> Result<String, DerivationError> {
        ProtocolId::new(SecurityLevel::Counterparty, SIGNATURE_PROTOCOL)?
            .invoice_number(&format!("{} {}", self.certificate_type, self.serial_number))
    }
}
