//! Certificates in the JSON of `@bsv/sdk`, as tokens and applications carry them.

use serde_json::{Map, Value};

use super::{Field, VerifiableCertificate};
use crate::Refusal;

impl VerifiableCertificate {
    /// Reads a certificate with its keyring. Members it does not know are left alone: wallets add their own. With the
    /// feature `json`.
    ///
    /// ```
    /// use trellis_plugin::identity::VerifiableCertificate;
    ///
    /// let json = r#"{"type": "z40B", "serialNumber": "AGfk", "subject": "02ab", "certifier": "03cd",
    ///     "revocationOutpoint": "00.0", "fields": {"email": "c2VjcmV0"}, "keyring": {}, "signature": "3045"}"#;
    /// let offered = VerifiableCertificate::from_json(json.as_bytes())?;
    /// assert_eq!(offered.fields[0].name, "email");
    /// assert!(VerifiableCertificate::from_json(b"{}").unwrap_err().text().contains("\"type\""));
    /// # Ok::<(), trellis_plugin::Refusal>(())
    /// ```
    pub fn from_json(json: &[u8]) -> Result<Self, Refusal> {
        let Ok(Value::Object(members)) = serde_json::from_slice(json) else {
            return Err("not the JSON of a certificate".into());
        };
        Ok(Self {
            certificate_type: text(&members, "type")?,
            serial_number: text(&members, "serialNumber")?,
            subject: text(&members, "subject")?,
            certifier: text(&members, "certifier")?,
            revocation_outpoint: text(&members, "revocationOutpoint")?,
            fields: texts(&members, "fields")?,
            keyring: texts(&members, "keyring")?,
            signature: text(&members, "signature")?,
        })
    }
}

fn text(members: &Map<String, Value>, name: &str) -> Result<String, Refusal> {
    match members.get(name) {
        Some(Value::String(text)) => Ok(text.clone()),
        _ => Err(format!("the certificate's \"{name}\" is not there, or no text").into()),
    }
}

fn texts(members: &Map<String, Value>, name: &str) -> Result<Vec<Field>, Refusal> {
    let Some(Value::Object(fields)) = members.get(name) else {
        return Err(format!("the certificate's \"{name}\" is not there, or no object").into());
    };
    fields.keys().map(|field| Ok(Field { name: field.clone(), value: text(fields, field)? })).collect()
}
