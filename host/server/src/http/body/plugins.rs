//! Bodies of `/admin/plugins`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A plugin, as `GET /admin/plugins` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PluginBody {
    /// The operator's name for it.
    pub id: String,
    /// Its own name.
    pub name: String,
    /// The author's version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// SHA-256 of the component that serves, hexadecimal.
    pub sha256: String,
    /// `uploaded`, `file …` or `built in as …`.
    pub source: String,
    /// `topic-manager`, `topic-relevance`, `lookup-service`, `basket-manager`.
    pub roles: Vec<String>,
    /// Topics it judges.
    pub topics: Vec<String>,
    /// Services it answers for.
    pub lookup_services: Vec<String>,
    /// Baskets it manages, as they are configured.
    pub baskets: Vec<String>,
    /// The limits it runs under.
    pub limits: BTreeMap<String, u64>,
    /// What calls into it came to since this component serves.
    pub record: RecordBody,
    /// Bytes of keys and values in the state of each of its topics and services.
    pub state_bytes: BTreeMap<String, u64>,
    /// Why it is not called any more, where that is so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused: Option<String>,
    /// What may take its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidate: Option<CandidateBody>,
    /// What became of the last candidate that was to take its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_change: Option<LastChangeBody>,
    /// Why its file, as it is now, is not used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_problem: Option<String>,
}

/// What calls into a plugin came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordBody {
    /// Calls.
    pub calls: u64,
    /// Calls in which it said no.
    pub refused: u64,
    /// Calls for which there was no room.
    pub busy: u64,
    /// Calls in which it broke, by kind.
    pub faults: BTreeMap<String, u64>,
    /// Calls that broke since the last one that did not.
    pub faults_in_a_row: u64,
    /// Fuel of all calls.
    pub fuel: u64,
    /// Time of all calls.
    pub microseconds: u64,
    /// Linear memory of the call that had most, in bytes.
    pub memory_high_water: u64,
}

/// What may take a plugin's place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CandidateBody {
    /// SHA-256 of the component, hexadecimal.
    pub sha256: String,
    /// The author's version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// `upload` or `configuration`.
    pub origin: String,
    /// `watching` (it judges beside the plugin), `waiting` or `building` (it is to take its place).
    pub state: String,
    /// What it said beside the plugin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shadow: Option<ShadowBody>,
}

/// What a candidate said beside its plugin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShadowBody {
    /// Verdicts of both.
    pub judged: u64,
    /// Verdicts in which they differed.
    pub disagreed: u64,
    /// The last of these, oldest first.
    pub last: Vec<DisagreementBody>,
}

/// A verdict in which a candidate and its plugin differed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DisagreementBody {
    /// The topic.
    pub topic: String,
    /// The transaction.
    pub txid: String,
    /// What the plugin said.
    pub plugin: String,
    /// What the candidate said.
    pub candidate: String,
}

/// What became of a candidate that was to take a plugin's place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LastChangeBody {
    /// SHA-256 of the component, hexadecimal.
    pub sha256: String,
    /// `promoted` or `failed`.
    pub outcome: String,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// What became of a request to change a plugin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangedBody {
    /// `same`, `passes`, `watching`, `promoting`, `dropped` or `resumed`.
    pub outcome: String,
    /// The plugin now.
    pub plugin: PluginBody,
}
