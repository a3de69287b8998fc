//! Bodies of `/admin/rebuild`.

use serde::{Deserialize, Serialize};

/// What `POST /admin/rebuild` brings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct RebuildBody {
    /// A lookup service, or the plugin of a basket manager.
    pub name: String,
}

/// What `/admin/rebuild` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RebuildsBody {
    /// All lookup services, then all basket managers.
    pub all: Vec<GenerationBody>,
}

/// A lookup service or basket manager, and what it was built with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GenerationBody {
    /// The service's name, or the manager's plugin.
    pub name: String,
    /// `lookup-service` or `basket-manager`.
    pub role: String,
    /// Its plugin.
    pub plugin: String,
    /// Its topics.
    pub topics: Vec<String>,
    /// SHA-256 of the component it was built with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub built_with: Option<String>,
    /// SHA-256 of the component that is loaded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loaded: Option<String>,
    /// The commit with which what serves began to serve; absent while nothing does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serving_since: Option<u64>,
    /// Transactions it broke on or refused.
    pub unjudged: u64,
    /// `complete`, `waiting` or `rebuilding`.
    pub state: String,
    /// How far the rebuild is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<ProgressBody>,
}

/// How far a rebuild is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProgressBody {
    /// Outputs it was told.
    pub done: u64,
    /// Outputs there are.
    pub all: u64,
}
