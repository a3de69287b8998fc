//! The operator's configuration: one TOML file, read strictly, checked as a whole.
//!
//! | module | one job |
//! |---|---|
//! | [`mod@file`] | the file's tables and keys, as serde types |
//! | [`read`] | text to tables; unknown keys are answered with the nearest valid one |
//! | [`keys`] | the keys each table knows, taken from the serde types |
//! | [`check`] | what the tables mean together; every mistake at once |
//! | [`access`] | the rules of the access table |
//! | [`chain`] | the rules of the chain table |
//! | [`basket`] | the rules of the basket tables |
//! | [`federation`] | the file of organisations and federations, and what topics demand of them |
//! | [`plugin`] | the rules of the plugin, topic and lookup tables |
//! | [`relay`] | the rules of the relay table |
//! | [`checked`] | a configuration that passed, in the host's own types |
//! | [`problem`] | everything that can be wrong, in words |
//! | [`example`] | the commented example |

mod access;
mod basket;
mod chain;
pub mod check;
pub mod checked;
pub mod example;
pub mod federation;
pub mod file;
pub mod keys;
pub mod plugin;
pub mod problem;
pub mod read;
mod relay;

#[cfg(test)]
mod tests;

use std::path::Path;

pub use checked::Config;
use file::{NetworkName, NodeTable, Tables};
pub use problem::{ConfigError, Problem};

/// Reads and checks a configuration file. `environment` answers environment variables.
///
/// Paths in the file are relative to the file's own folder.
///
/// # Errors
/// [`ConfigError`]: the file cannot be read, its text is not understood, or what it says cannot work.
pub fn load(path: &Path, environment: &dyn Fn(&str) -> Option<String>) -> Result<Config, ConfigError> {
    check_tables(tables(path)?, path, environment)
}

/// Reads and checks what a configuration file says to host, and under which limits and policy; for a development host. All else
/// is left aside: it may be there, with secrets that are not here, and need not be.
///
/// # Errors
/// As [`load`].
pub fn load_hosting(path: &Path, environment: &dyn Fn(&str) -> Option<String>) -> Result<Config, ConfigError> {
    let Tables { policy, identity, access, limits, plugin, topic, lookup, basket, .. } = tables(path)?;
    let node = NodeTable { network: Some(NetworkName::Local), data_dir: Some("unused".into()), ..NodeTable::default() };
    let hosting = Tables { node, policy, identity, access, limits, plugin, topic, lookup, basket, ..Tables::default() };
    check_tables(hosting, path, environment)
}

fn tables(path: &Path) -> Result<Tables, ConfigError> {
    let text =
        std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
    read::read(&text, &path.display().to_string())
}

fn check_tables(
    tables: Tables,
    path: &Path,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Config, ConfigError> {
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    check::check(tables, folder, environment)
        .map_err(|problems| ConfigError::Problems { path: path.display().to_string(), problems })
}
