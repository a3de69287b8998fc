//! The folder of everything durable, and whose it is.
//!
//! ```text
//! <data-dir>/network            "main", "test" or "local": one folder never serves two
//! <data-dir>/store/             the store
//! <data-dir>/compiled/          compiled plugins, made again when missing
//! <data-dir>/plugins/           plugins that were uploaded
//! <data-dir>/identity-key       this host's identity (BRC-103); keep it with your backups
//! <data-dir>/callback-token     by what callbacks of broadcasters are known
//! <data-dir>/local-chain.json   the built-in chain, on network "local"
//! ```

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::config::file::NetworkName;

/// The folder of a host's data, of the right network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataDir(PathBuf);

/// Why a folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// It cannot be made, read or written.
    #[error("data folder {}: cannot {what}: {source}", folder.display())]
    Io {
        /// The folder.
        folder: PathBuf,
        /// What was tried.
        what: &'static str,
        /// Why it failed.
        source: io::Error,
    },
    /// It belongs to another network.
    #[error(
        "data folder {} belongs to network \"{found}\", this host is configured for \"{wanted}\": give every network a folder of its own (data-dir, or --data-dir)",
        folder.display()
    )]
    OtherNetwork {
        /// The folder.
        folder: PathBuf,
        /// Whose it is.
        found: String,
        /// Whose it should be.
        wanted: &'static str,
    },
    /// It has a store, but nothing says of which network.
    #[error(
        "data folder {} has a store but no file `network`, so whose it is cannot be known: put the file back, or use another folder",
        folder.display()
    )]
    Unmarked {
        /// The folder.
        folder: PathBuf,
    },
    /// There is nothing.
    #[error("data folder {} holds no store: check data-dir, or start the host once", folder.display())]
    Nothing {
        /// The folder.
        folder: PathBuf,
    },
}

impl DataDir {
    /// Opens the folder, and makes it where it is missing.
    ///
    /// # Errors
    /// [`DataDirError`].
    pub fn open(folder: &Path, network: NetworkName) -> Result<Self, DataDirError> {
        let io = |what| move |source| DataDirError::Io { folder: folder.to_owned(), what, source };
        fs::create_dir_all(folder).map_err(io("make it"))?;
        let data = Self(folder.to_owned());
        match fs::read_to_string(data.marker()) {
            Ok(found) if found.trim() == network.text() => Ok(data),
            Ok(found) => {
                let found = found.trim().chars().take(20).collect();
                Err(DataDirError::OtherNetwork { folder: folder.to_owned(), found, wanted: network.text() })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if data.store().exists() {
                    return Err(DataDirError::Unmarked { folder: folder.to_owned() });
                }
                data.mark(network).map_err(io("write its file `network`"))?;
                Ok(data)
            }
            Err(error) => Err(io("read its file `network`")(error)),
        }
    }

    /// Opens a folder that must hold a store already.
    ///
    /// # Errors
    /// [`DataDirError`].
    pub fn existing(folder: &Path) -> Result<Self, DataDirError> {
        let data = Self(folder.to_owned());
        if data.store().is_dir() { Ok(data) } else { Err(DataDirError::Nothing { folder: folder.to_owned() }) }
    }

    /// Where the store is.
    #[must_use]
    pub fn store(&self) -> PathBuf {
        self.0.join("store")
    }

    /// Where uploaded plugins are.
    #[must_use]
    pub fn plugins(&self) -> PathBuf {
        self.0.join("plugins")
    }

    /// Where compiled plugins are.
    #[must_use]
    pub fn compiled(&self) -> PathBuf {
        self.0.join("compiled")
    }

    /// Where this host's identity key is.
    #[must_use]
    pub fn identity_key(&self) -> PathBuf {
        self.0.join("identity-key")
    }

    /// Where the tokens of callbacks are.
    #[must_use]
    pub fn callback_token(&self) -> PathBuf {
        self.0.join("callback-token")
    }

    fn marker(&self) -> PathBuf {
        self.0.join("network")
    }

    /// Durable before the store is made: a store without the mark is refused.
    fn mark(&self, network: NetworkName) -> io::Result<()> {
        let mut file = fs::File::create(self.marker())?;
        writeln!(file, "{}", network.text())?;
        file.sync_all()?;
        fs::File::open(&self.0)?.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_serves_one_network_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("new/data");
        DataDir::open(&folder, NetworkName::Local).unwrap();
        DataDir::open(&folder, NetworkName::Local).unwrap();
        let error = DataDir::open(&folder, NetworkName::Main).unwrap_err().to_string();
        assert!(error.contains("\"local\"") && error.contains("\"main\"") && error.contains("--data-dir"), "{error}");
    }

    #[test]
    fn a_store_of_unknown_network_is_not_touched() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("store")).unwrap();
        assert!(matches!(DataDir::open(folder.path(), NetworkName::Main), Err(DataDirError::Unmarked { .. })));
        assert!(!folder.path().join("network").exists());
    }

    #[test]
    fn a_folder_without_a_store_is_nothing_to_check() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(DataDir::existing(folder.path()), Err(DataDirError::Nothing { .. })));
    }
}
