//! The free-space floor.

use std::path::PathBuf;
use std::sync::Arc;

use trellis_engine::ports::store::{CommitError, StoreError};

use super::disk::Disk;

/// Watches the file system of the data folder.
pub(super) struct Space {
    pub(super) folder: PathBuf,
    pub(super) disk: Arc<dyn Disk>,
    pub(super) floor: u64,
}

impl Space {
    /// Free bytes where they are below the floor. A file system that does not tell counts as having room: writing will say.
    pub(super) fn shortage(&self) -> Option<u64> {
        match self.disk.free_bytes(&self.folder) {
            Ok(free) if free < self.floor => Some(free),
            Ok(_) => None,
            Err(error) => {
                tracing::warn!(%error, folder = %self.folder.display(), "free space is not known");
                None
            }
        }
    }

    /// Refuses a write below the floor.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        match self.shortage() {
            None => Ok(()),
            Some(free) => Err(StoreError::Full { free, floor: self.floor }),
        }
    }

    /// Refuses a commit below the floor.
    pub(super) fn check_commit(&self) -> Result<(), CommitError> {
        match self.shortage() {
            None => Ok(()),
            Some(free) => Err(CommitError::Full { free, floor: self.floor }),
        }
    }
}
