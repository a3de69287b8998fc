//! What can go wrong inside the store, before it is put into the port's words.

use trellis_engine::ports::store::StoreError;

use super::progress::Progress;
use crate::record::RecordError;

/// A failure of the storage underneath.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum Fault {
    /// sled failed. Its memory may be half-changed: nothing of it can be trusted until it is reopened.
    #[error("sled failed: {0}")]
    Sled(#[from] sled::Error),
    /// The operating system failed to write or sync.
    #[error("{0}")]
    System(String),
    /// sled answered, but with bytes that were never written like that.
    #[error("{0}")]
    Damaged(String),
    /// A key or value outside the bounds that sled can store durably: a bug of this crate.
    #[error("{0}")]
    OutOfBounds(String),
    /// sled panicked.
    #[error("sled panicked: {0}")]
    Panicked(String),
}

impl Fault {
    /// A record that cannot be read.
    pub(super) fn damaged(what: impl std::fmt::Display, error: &RecordError) -> Self {
        Self::Damaged(format!("{what}: {error}"))
    }

    /// In the port's words. Anything but damage found by ourselves poisons: no storage error may be retried in the process.
    pub(super) fn into_store_error(self, progress: &Progress) -> StoreError {
        match self {
            Self::Damaged(text) => StoreError::Corrupt(text),
            other => {
                let text = other.to_string();
                progress.poison(&text);
                StoreError::Poisoned(text)
            }
        }
    }
}

/// Runs `read`, turning a panic of sled (which it answers some damaged files with) into a fault.
pub(super) fn caught<T>(read: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(read)).unwrap_or_else(|panic| Err(panicked(panic.as_ref())))
}

/// The text of a panic.
pub(super) fn panicked(panic: &(dyn std::any::Any + Send)) -> Fault {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no text".to_owned());
    Fault::Panicked(text)
}
