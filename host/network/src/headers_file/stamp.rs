//! What tells one state of a file from another without reading it.

use std::fs::Metadata;
use std::time::{SystemTime, UNIX_EPOCH};

use trellis_engine::domain::time::Timestamp;

/// File systems and kernels keep modification times as coarsely as this, in milliseconds: a file written twice within
/// it can look the same both times (FAT keeps two seconds, most kernels four milliseconds).
const COARSEST_TIME_MILLISECONDS: u64 = 2_000;

/// A file's modification time, length and, where there is one, inode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
    inode: u64,
}

impl Stamp {
    pub(super) fn of(metadata: &Metadata) -> Self {
        Self { modified: metadata.modified().ok(), length: metadata.len(), inode: inode(metadata) }
    }

    /// Whether the file was so young when it was read that a later write may have left the same stamp.
    pub(super) fn may_hide_a_change(&self, read_at: Timestamp) -> bool {
        let modified = self.modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        modified.is_none_or(|age| {
            let modified = Timestamp(u64::try_from(age.as_micros()).unwrap_or(u64::MAX));
            modified.plus_milliseconds(COARSEST_TIME_MILLISECONDS) >= read_at
        })
    }
}

#[cfg(unix)]
fn inode(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn inode(_: &Metadata) -> u64 {
    0
}
