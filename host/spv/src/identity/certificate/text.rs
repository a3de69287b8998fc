//! A certificate as texts, the members of its JSON object.

use super::error::{FormError, shown};
use super::{Certificate, Fields};
use crate::identity::key::{PublicKey, compressed_public_key};
use crate::identity::signature::is_signature;

/// The members of a certificate's JSON object.
#[derive(Debug, Clone)]
pub struct CertificateText<'a> {
    /// `type`: base64.
    pub certificate_type: &'a str,
    /// `serialNumber`: base64.
    pub serial_number: &'a str,
    /// `subject`: hexadecimal.
    pub subject: &'a str,
    /// `certifier`: hexadecimal.
    pub certifier: &'a str,
    /// `revocationOutpoint`: `<txid>.<output index>`.
    pub revocation_outpoint: &'a str,
    /// `fields`: names and base64 values.
    pub fields: Vec<(&'a str, &'a str)>,
    /// `signature`: hexadecimal; an empty one is none.
    pub signature: Option<&'a str>,
}

impl TryFrom<CertificateText<'_>> for Certificate {
    type Error = FormError;

    fn try_from(text: CertificateText<'_>) -> Result<Self, FormError> {
        let signature = text.signature.filter(|signature| !signature.is_empty());
        let signature = signature.map(|signature| hex::decode(signature).map_err(|_| FormError::Signature));
        Ok(Self {
            certificate_type: text.certificate_type.parse()?,
            serial_number: text.serial_number.parse()?,
            subject: key("subject", text.subject)?,
            certifier: key("certifier", text.certifier)?,
            revocation: text.revocation_outpoint.parse()?,
            fields: Fields::new(text.fields)?,
            signature: signature.transpose()?.map(checked_signature).transpose()?,
        })
    }
}

fn key(member: &'static str, text: &str) -> Result<PublicKey, FormError> {
    let bytes = hex::decode(text).map_err(|_| FormError::NotHexadecimal { member, text: shown(text) })?;
    compressed_public_key(&bytes).map_err(|source| FormError::Key { member, source })
}

/// The bytes, if they are a signature.
pub(super) fn checked_signature(bytes: Vec<u8>) -> Result<Vec<u8>, FormError> {
    if is_signature(&bytes) { Ok(bytes) } else { Err(FormError::Signature) }
}
