//! Bodies of the operator's routes.

use serde::{Deserialize, Serialize};

use super::{NetworkWordBody, SteakBody};

/// What `POST /admin/evictOutpoint` brings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct EvictBody {
    /// The output's transaction, display order.
    pub txid: String,
    /// The output's index.
    pub output_index: u32,
    /// Why; told to whoever submits it again.
    #[serde(default)]
    pub reason: Option<String>,
    /// What is to become of what depends on the transaction's bytes.
    #[serde(default)]
    pub dependents: Option<DependentsBody>,
}

/// What is to become of dependents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DependentsBody {
    /// They are named and nothing happens.
    Name,
    /// They stay, and the bytes with them.
    Keep,
    /// They go as well.
    Evict,
}

/// What was evicted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EvictedBody {
    /// Always `success`.
    pub status: String,
    /// Outputs that are in no topic any more, `txid.index`.
    pub outputs: Vec<String>,
    /// Transactions whose bytes are gone.
    pub transactions: Vec<String>,
    /// Topics that lost outputs.
    pub topics: Vec<String>,
    /// The commit.
    pub sequence: u64,
}

/// What `GET /admin/outbox` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OutboxOverviewBody {
    /// Transactions that wait for their turn or their next attempt.
    pub pending: i64,
    /// Transactions that were given up: no broadcaster's policy takes them.
    pub dead_letters: Vec<DeadLetterBody>,
    /// Broadcasters that do not answer and are left alone for a while.
    pub resting: Vec<BroadcasterBody>,
    /// Until when refusals are not acted upon, because there were too many of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storm_until: Option<String>,
}

/// A transaction that was given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetterBody {
    /// The transaction.
    pub txid: String,
    /// How often it was sent.
    pub attempts: u32,
    /// What was said of it last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<NetworkWordBody>,
}

/// A broadcaster that is left alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BroadcasterBody {
    /// Its name.
    pub name: String,
    /// Until when.
    pub resting_until: String,
    /// Its last words.
    pub message: String,
}

/// What became of a transaction that was to be tried again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TriedAgainBody {
    /// Always `success`.
    pub status: String,
    /// `to be sent again` or `submitted again`.
    pub what: String,
    /// The STEAK, where it was submitted again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steak: Option<SteakBody>,
}
