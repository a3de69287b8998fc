//! Bodies of evidence: what comes with a submission, and what is kept of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who stands behind a submission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EvidenceBody {
    /// Who signed it, for which topic. The first is the submitter.
    pub signatures: Vec<SubmissionSignatureBody>,
    /// Certificates about them.
    #[serde(default)]
    pub certificates: Vec<CertificateBody>,
}

/// A signature over a transaction and a topic (BRC-3): protocol `[2, "overlay submission"]`, key id `1`, counterparty `anyone`, over the
/// 32 bytes of the txid in display order and the topic's name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SubmissionSignatureBody {
    /// Whose identity key: compressed, hexadecimal.
    pub identity_key: String,
    /// The topic.
    pub topic: String,
    /// DER, hexadecimal.
    pub signature: String,
}

/// A certificate (BRC-52) as `@bsv/sdk` writes it, with the keys of the fields it reveals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CertificateBody {
    /// Base64 of 32 bytes.
    #[serde(rename = "type")]
    pub certificate_type: String,
    /// Base64 of 32 bytes.
    pub serial_number: String,
    /// Whom it is about: hexadecimal.
    pub subject: String,
    /// Who signed it: hexadecimal.
    pub certifier: String,
    /// The output that is spent to revoke it: `<txid>.<output index>`.
    pub revocation_outpoint: String,
    /// Encrypted values, base64.
    pub fields: BTreeMap<String, String>,
    /// Encrypted keys of fields, base64. As evidence for the counterparty `anyone`.
    #[serde(default)]
    pub keyring: BTreeMap<String, String>,
    /// DER, hexadecimal.
    #[serde(default)]
    pub signature: Option<String>,
}

/// The evidence kept with a transaction, for anyone to check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KeptEvidenceBody {
    /// Display order.
    pub txid: String,
    /// Who signed it, for which topic.
    pub signatures: Vec<SubmissionSignatureBody>,
    /// Certificates about them.
    pub certificates: Vec<KeptCertificateBody>,
}

/// A certificate that was kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeptCertificateBody {
    /// As it came.
    pub certificate: CertificateBody,
    /// What it reveals to anyone.
    pub revealed: BTreeMap<String, String>,
    /// Who vouched for it when it came, as long as it is not revoked.
    pub vouched_by: Vec<VouchingBody>,
}

/// Somebody who vouches for a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VouchingBody {
    /// The federation, by the operator's name.
    pub federation: String,
    /// The organisation whose certifier signed.
    pub organisation: String,
    /// The fields it vouches for.
    pub fields: Vec<String>,
    /// The topic that tells of revocations, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revocation_topic: Option<String>,
    /// Whether that topic must hold the revocation outpoint for the certificate to count.
    pub tracked: bool,
}
