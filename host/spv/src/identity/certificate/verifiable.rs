//! A certificate as its subject shows it to a verifier: with the keys of the fields the verifier may read.

use std::collections::BTreeMap;

use super::error::{CertificateError, FormError};
use super::{Certificate, FieldName, FieldValue, Fields, Standing};
use crate::identity::derivation::{ProtocolId, SecurityLevel};
use crate::identity::encryption::SymmetricKey;
use crate::identity::key::{Counterparty, PrivateKey};

const FIELD_PROTOCOL: &str = "certificate field encryption";

/// A certificate and its keyring for one verifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiableCertificate {
    certificate: Certificate,
    keyring: Fields,
}

/// What a certificate reveals to a verifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revealed {
    /// Who stands behind it.
    pub standing: Standing,
    /// The fields the verifier may read.
    pub fields: BTreeMap<FieldName, String>,
}

impl VerifiableCertificate {
    /// A certificate and the keys of some of its fields, encrypted for the verifier. An empty keyring reveals nothing.
    ///
    /// # Errors
    /// The keyring has a key for a field that is not there.
    pub fn new(certificate: Certificate, keyring: Fields) -> Result<Self, FormError> {
        if let Some((name, _)) = keyring.iter().find(|(name, _)| certificate.fields.get(name).is_none()) {
            return Err(FormError::KeyWithoutField(name.clone()));
        }
        Ok(Self { certificate, keyring })
    }

    /// The certificate.
    #[must_use]
    pub const fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The keyring.
    #[must_use]
    pub const fn keyring(&self) -> &Fields {
        &self.keyring
    }

    /// Checks the certifier's signature and decrypts the fields that have a key, as the verifier with this private key.
    ///
    /// # Errors
    /// The certificate proves nothing, or a field does not decrypt.
    pub fn reveal(&self, verifier: &PrivateKey) -> Result<Revealed, CertificateError> {
        let standing = self.certificate.verify()?;
        let protocol = ProtocolId::new(SecurityLevel::Counterparty, FIELD_PROTOCOL)?;
        let mut fields = BTreeMap::new();
        for (name, key) in self.keyring.iter() {
            fields.insert(name.clone(), self.decrypt(verifier, &protocol, name, key)?);
        }
        Ok(Revealed { standing, fields })
    }

    /// What the certificate reveals to everybody: its keyring is for `anyone`.
    ///
    /// # Errors
    /// As [`VerifiableCertificate::reveal`].
    pub fn reveal_to_anyone(&self) -> Result<Revealed, CertificateError> {
        self.reveal(&PrivateKey::anyone()?)
    }

    fn decrypt(
        &self,
        verifier: &PrivateKey,
        protocol: &ProtocolId,
        name: &FieldName,
        key: &FieldValue,
    ) -> Result<String, CertificateError> {
        let field = || name.clone();
        let Some(value) = self.certificate.fields.get(name) else {
            return Err(FormError::KeyWithoutField(field()).into());
        };
        let invoice_number = protocol.invoice_number(&format!("{} {name}", self.certificate.serial_number))?;
        let subject = Counterparty::Key(self.certificate.subject);
        let field_key = SymmetricKey::shared(verifier, &subject, &invoice_number)?
            .decrypt(key.bytes())
            .and_then(|key| SymmetricKey::from_bytes(&key))
            .map_err(|source| CertificateError::FieldKey { field: field(), source })?;
        let text =
            field_key.decrypt(value.bytes()).map_err(|source| CertificateError::Field { field: field(), source })?;
        String::from_utf8(text).map_err(|_| CertificateError::FieldNotText(field()))
    }
}
