//! Bodies of what topics hold.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::baskets::is_zero;

/// `GET /v1/topics`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TopicsBody {
    /// The durable sequence all of it is true of.
    pub sequence: u64,
    /// The topics, by name.
    pub topics: Vec<TopicBody>,
    /// Topics that whoever asks may not read.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub withheld: u64,
}

/// A topic at a glance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TopicBody {
    /// Its name.
    pub topic: String,
    /// The plugin that judges it, by the operator's name.
    pub plugin: String,
    /// Unspent outputs.
    pub live_outputs: u64,
    /// All outputs it knows, spent ones included.
    pub outputs: u64,
    /// Satoshis in the unspent ones.
    pub live_satoshis: u64,
    /// Rows of its state.
    pub state_rows: u64,
    /// 32 bytes, hexadecimal: over outputs, spends and state, whatever their order. Two hosts that agree have the same.
    pub hash: String,
}

/// `GET /v1/topics/{topic}/state`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TopicStateBody {
    /// The topic.
    pub topic: String,
    /// The durable sequence all of it is true of.
    pub sequence: u64,
    /// As in [`TopicBody::hash`].
    pub hash: String,
    /// Rows by key, ascending.
    pub rows: Vec<StateRowBody>,
    /// Pass it as `after` for the next page, with `at` this page's sequence; null at the end.
    pub next: Option<String>,
}

/// A row of a topic's state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StateRowBody {
    /// Hexadecimal.
    pub key: String,
    /// Hexadecimal.
    pub value: String,
}

/// `GET /v1/topics/{topic}/outputs`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TopicOutputsBody {
    /// The topic.
    pub topic: String,
    /// The durable sequence all of it is true of.
    pub sequence: u64,
    /// As in [`TopicBody::hash`].
    pub hash: String,
    /// Outputs by txid and index.
    pub outputs: Vec<TopicOutputBody>,
    /// Pass it as `after` for the next page, with `at` this page's sequence; null at the end.
    pub next: Option<String>,
}

/// An output of a topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TopicOutputBody {
    /// `txid.index`
    pub outpoint: String,
    /// Its value.
    pub satoshis: u64,
    /// The commit that admitted it.
    pub sequence: u64,
    /// RFC 3339.
    pub admitted_at: String,
    /// The transaction that spends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spent_by: Option<String>,
    /// Whether the topic keeps the spent output for its history.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retained: bool,
}
