//! Bodies of `/admin/identity/explain`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::evidence::CertificateBody;

/// What is to be explained.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ExplainBody {
    /// An identity key: compressed, hexadecimal.
    Key(String),
    /// A certificate, with a keyring for anyone.
    Certificate(CertificateBody),
}

/// What is known of it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ExplainedBody {
    /// Of a key.
    Key(ExplainedKeyBody),
    /// Of a certificate.
    Certificate(Box<ExplainedCertificateBody>),
}

/// What is known of a key.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExplainedKeyBody {
    /// Hexadecimal.
    pub key: String,
    /// Whether it is this host's own.
    pub is_this_host: bool,
    /// For whom it certifies.
    pub certifies_for: Vec<CertifiesForBody>,
}

/// For whom a key certifies.
#[derive(Debug, Serialize, Deserialize)]
pub struct CertifiesForBody {
    /// A federation that trusts it.
    pub federation: String,
    /// The organisation.
    pub organisation: String,
    /// The operator's name for the certifier.
    pub certifier: String,
}

/// What is known of a certificate.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExplainedCertificateBody {
    /// Base64.
    #[serde(rename = "type")]
    pub certificate_type: String,
    /// Base64.
    pub serial_number: String,
    /// Hexadecimal.
    pub subject: String,
    /// Hexadecimal.
    pub certifier: String,
    /// Whether the two are one.
    pub is_self_signed: bool,
    /// `<txid>.<output index>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revocation_outpoint: Option<String>,
    /// What it reveals to anyone.
    pub revealed: BTreeMap<String, String>,
    /// What each federation says of it.
    pub federations: Vec<FederationWordBody>,
}

/// What a federation says of a certificate.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FederationWordBody {
    /// The federation.
    pub federation: String,
    /// Who vouches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
    /// For which fields.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
    /// Why nobody does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why_not: Option<String>,
}
