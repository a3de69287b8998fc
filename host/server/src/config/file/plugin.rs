//! The tables of plugins and of those who publish them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

/// `[[publisher]]`: somebody whose signed plugins this host takes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PublisherTable {
    /// The operator's name for it.
    pub name: String,
    /// Its identity key, 66 hexadecimal digits.
    pub key: String,
}

/// What a plugin gets only if the operator says so. What topics it may read, and which baskets are its, is said where those are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GrantName {
    /// Who stands behind a submission: signers and certificates.
    Identity,
}

/// `[[plugin]]`: one component.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PluginTable {
    /// The operator's name for it.
    pub id: String,
    /// The component's file.
    #[serde(default)]
    pub file: Option<PathBuf>,
    /// Or one that is built into this program.
    #[serde(default)]
    pub builtin: Option<String>,
    /// SHA-256 of the component, 64 hexadecimal digits.
    #[serde(default)]
    pub sha256: Option<String>,
    /// The [`PublisherTable::name`] that must have signed the component.
    #[serde(default)]
    pub publisher: Option<String>,
    /// What it may use that others are kept from.
    #[serde(default)]
    pub grants: Vec<GrantName>,
    /// Limits that differ from the defaults, by the names of [`super::super::keys::limit_keys`].
    #[serde(default)]
    pub limits: BTreeMap<String, u64>,
    /// What the plugin reads through its `config` import.
    #[serde(default)]
    pub config: BTreeMap<String, toml::Value>,
}
