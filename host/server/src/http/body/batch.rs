//! Bodies of `POST /v1/submit/batch`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ReceiptBody;
use super::evidence::EvidenceBody;

/// Several submissions, in any order.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchBody {
    /// The members.
    pub submissions: Vec<MemberBody>,
}

/// A submission of a batch.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct MemberBody {
    /// BEEF V1, V2 or Atomic, hexadecimal. Parents that are members too may be left out.
    pub beef: String,
    /// The topics named, or `"auto"`.
    pub topics: TopicsOfMember,
    /// What goes along, hexadecimal.
    #[serde(default)]
    pub off_chain_values: Option<String>,
    /// Who stands behind it.
    #[serde(default)]
    pub evidence: Option<EvidenceBody>,
    /// Every topic must take it.
    #[serde(default)]
    pub require_all: bool,
}

/// The topics of a member.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum TopicsOfMember {
    /// These.
    Named(Vec<String>),
    /// `auto`: those the host finds.
    Found(String),
}

/// What came of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BatchReceiptBody {
    /// Whether it took effect as one.
    pub atomic: bool,
    /// The one commit of an atomic batch; absent where nothing of it was new, and where members were submitted one by one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// What came of each member, in the order they were given.
    pub members: Vec<MemberReceiptBody>,
}

/// What came of a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum MemberReceiptBody {
    /// It was heard.
    Heard(ReceiptBody),
    /// It came to nothing.
    Failed(MemberErrorBody),
}

/// Why a member came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MemberErrorBody {
    /// Always `error`.
    pub status: String,
    /// For people.
    pub message: String,
    /// For programs: `ERR_…`.
    pub code: String,
}

/// Why nothing of an atomic batch was stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BatchErrorBody {
    /// Always `error`.
    pub status: String,
    /// For people.
    pub message: String,
    /// For programs: `ERR_…`.
    pub code: String,
    /// The member to blame, counted from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<usize>,
    /// Its transaction, if its BEEF could be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub txid: Option<String>,
}
