//! The vectors of `@bsv/sdk`, and the keys they were made with.

use std::collections::BTreeMap;

use serde::Deserialize;
use trellis_spv::identity::certificate::{
    Certificate, CertificateError, CertificateText, FieldValue, Fields, FormError, Revealed, VerifiableCertificate,
};
use trellis_spv::identity::derivation::{ProtocolId, SecurityLevel};
use trellis_spv::identity::encryption::SymmetricKey;
use trellis_spv::identity::key::{Counterparty, PrivateKey};

#[derive(Deserialize)]
pub(crate) struct Vectors {
    pub(crate) certificates: Vec<Vector>,
    pub(crate) order: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Vector {
    pub(crate) label: String,
    pub(crate) certificate: Wire,
    pub(crate) keyring: BTreeMap<String, String>,
    pub(crate) verifier: Option<String>,
    pub(crate) self_signed: bool,
    pub(crate) signed: String,
    pub(crate) unsigned: String,
    pub(crate) revealed: BTreeMap<String, String>,
}

/// The JSON object of a certificate.
#[derive(Deserialize, Clone)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Wire {
    #[serde(rename = "type")]
    pub(crate) certificate_type: String,
    pub(crate) serial_number: String,
    pub(crate) subject: String,
    pub(crate) certifier: String,
    pub(crate) revocation_outpoint: String,
    pub(crate) fields: BTreeMap<String, String>,
    pub(crate) signature: Option<String>,
}

impl Wire {
    pub(crate) fn read(&self) -> Result<Certificate, FormError> {
        CertificateText {
            certificate_type: &self.certificate_type,
            serial_number: &self.serial_number,
            subject: &self.subject,
            certifier: &self.certifier,
            revocation_outpoint: &self.revocation_outpoint,
            fields: self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect(),
            signature: self.signature.as_deref(),
        }
        .try_into()
    }
}

impl Vector {
    pub(crate) fn shown(&self) -> Result<VerifiableCertificate, FormError> {
        VerifiableCertificate::new(self.certificate.read()?, self.keyring()?)
    }

    pub(crate) fn keyring(&self) -> Result<Fields, FormError> {
        Fields::new(self.keyring.iter().map(|(name, value)| (name.as_str(), value.as_str())))
    }

    pub(crate) fn reveal(&self) -> Result<Revealed, CertificateError> {
        match &self.verifier {
            Some(key) => self.shown()?.reveal(&private(key)),
            None => self.shown()?.reveal_to_anyone(),
        }
    }

    /// Signs what the certificate says now.
    pub(crate) fn sign(&mut self) {
        let signed = self.certificate.read().unwrap().signed_by(&bob()).unwrap();
        self.certificate.signature = Some(hex::encode(signed.signature.unwrap()));
    }
}

pub(crate) fn vectors() -> Vectors {
    serde_json::from_str(include_str!("../vectors/identity.json")).unwrap()
}

/// Of Alice, certified by Bob, with two of its fields shown to Carol.
pub(crate) fn certified() -> Vector {
    vectors().certificates.into_iter().find(|vector| vector.label == "certified").unwrap()
}

pub(crate) fn private(text: &str) -> PrivateKey {
    PrivateKey::from_bytes(hex::decode(text).unwrap().try_into().unwrap()).unwrap()
}

pub(crate) fn alice() -> PrivateKey {
    private(&"11".repeat(32))
}

pub(crate) fn bob() -> PrivateKey {
    private(&"c3".repeat(32))
}

pub(crate) fn carol() -> PrivateKey {
    private(&"5a".repeat(32))
}

/// A keyring's key of a field, from Alice to Carol.
pub(crate) fn field_key(serial_number: &str, field: &str, key: &[u8]) -> String {
    let protocol = ProtocolId::new(SecurityLevel::Counterparty, "certificate field encryption").unwrap();
    let number = protocol.invoice_number(&format!("{serial_number} {field}")).unwrap();
    let shared = SymmetricKey::shared(&alice(), &Counterparty::Key(carol().public_key()), &number).unwrap();
    FieldValue::from_bytes(shared.encrypt([7; 32], key).unwrap()).base64().to_owned()
}

pub(crate) fn encrypted(key: &[u8], text: &[u8]) -> String {
    let key = SymmetricKey::from_bytes(key).unwrap();
    FieldValue::from_bytes(key.encrypt([9; 32], text).unwrap()).base64().to_owned()
}
