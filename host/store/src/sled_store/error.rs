//! Why a store does not open.

use std::path::PathBuf;

use trellis_engine::domain::time::Sequence;

/// Why a store does not open, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it.
    #[error("the store in {} is in use by {owner}; stop that process or give this one another data folder", folder.display())]
    Locked {
        /// The store's folder.
        folder: PathBuf,
        /// `process <id>`, or `another process`.
        owner: String,
    },
    /// The file system refused.
    #[error("{action} {} failed: {source}", path.display())]
    System {
        /// What was attempted.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// There was a store here, and its database is gone.
    #[error(
        "{} says that this store had reached sequence {high_water}, but there is no database in {}. Restore that folder from \
         a backup. To begin an empty store instead, and lose everything, delete {}",
        identity.display(), database.display(), identity.display()
    )]
    Missing {
        /// The identity file.
        identity: PathBuf,
        /// Where the database should be.
        database: PathBuf,
        /// How far it had come.
        high_water: Sequence,
    },
    /// The database is older than what was acknowledged.
    #[error(
        "the database in {} ends at sequence {found}, but sequence {high_water} was durable once: it is an old copy or lost \
         data. Restore a newer backup. To accept the loss of the commits between, delete {}",
        database.display(), identity.display()
    )]
    Behind {
        /// The identity file.
        identity: PathBuf,
        /// The database.
        database: PathBuf,
        /// Its last sequence.
        found: Sequence,
        /// How far it had come.
        high_water: Sequence,
    },
    /// The database belongs to another store.
    #[error(
        "the database in {} belongs to node {found}, the identity file {} to node {expected}: their folders were mixed up. \
         Put back the database that belongs here, or delete the identity file to keep this one",
        database.display(), identity.display()
    )]
    Foreign {
        /// The identity file.
        identity: PathBuf,
        /// The database.
        database: PathBuf,
        /// The database's node, hexadecimal.
        found: String,
        /// The identity file's node, hexadecimal.
        expected: String,
    },
    /// A later or earlier version wrote it.
    #[error(
        "the store in {} has disk format {found}, this version reads format {supported}: {}",
        folder.display(),
        if found > supported { "it was written by a newer version; run that one, or restore a backup made before the update" }
        else { "it was written by an older version; export it with that version and import it with this one" }
    )]
    Format {
        /// The store's folder.
        folder: PathBuf,
        /// Its format.
        found: u64,
        /// The format of this version.
        supported: u64,
    },
    /// sled cannot read its files, not even without its snapshot.
    #[error(
        "the database in {} cannot be opened: {first}; without its snapshot files: {second}. A copy from before the attempt \
         is in {}. Restore {} from a backup",
        database.display(), copy.display(), database.display()
    )]
    Unreadable {
        /// The database.
        database: PathBuf,
        /// The untouched copy.
        copy: PathBuf,
        /// The first failure.
        first: String,
        /// The second one.
        second: String,
    },
    /// The database opens, but what it holds does not fit together.
    #[error("the database in {} is damaged: {what}. Restore it from a backup", database.display())]
    Damaged {
        /// The database.
        database: PathBuf,
        /// What does not fit.
        what: String,
    },
}
