//! Block headers from a JSON file, read again when the file changes.
//!
//! The file maps heights to merkle roots in display order, `{"814435": "<64 hex>"}`, or to roots and block times,
//! `{"814435": {"root": "<64 hex>", "time": 1697040000}}`. The tip is the highest height. Whoever replaces the file
//! writes a new one beside it and renames it over the old one; a file caught half written is refused and the set read
//! last stays in force.

mod parse;
mod stamp;

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, TryLockError};

use trellis_engine::domain::time::Timestamp;
use trellis_spv::verify::{HeaderInfo, Headers};

pub use parse::{HeaderSet, HeadersFormatError};
use stamp::Stamp;

/// Least time between two looks at the file, in milliseconds: blocks come every ten minutes, so a second is no delay,
/// and a look costs one system call however many submissions arrive.
pub const CHECK_INTERVAL_MILLISECONDS: u64 = 1_000;

/// Largest file that is read, in bytes: 900,000 headers with times, the main network's, measured 97 MB and took 1.1 s to
/// read in a development build.
pub const MAX_FILE_BYTES: u64 = 128 * 1024 * 1024;

/// Why a headers file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HeadersFileError {
    /// It could not be read.
    #[error("the headers file {path} cannot be read: {source}; check `[chain] path` and the file's permissions")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is larger than [`MAX_FILE_BYTES`].
    #[error("the headers file {path} has more than {MAX_FILE_BYTES} bytes: leave out headers no proof will need")]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// Its contents are not what they should be.
    #[error("the headers file {path} is refused: {source}")]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        source: HeadersFormatError,
    },
}

/// What a look at the file came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refreshed {
    /// The last look was too short a time ago.
    NotDue,
    /// The file is as it was.
    Unchanged,
    /// The file had changed and is in force now.
    Reloaded,
    /// The file cannot be used; the set read last stays in force. [`HeadersFile::health`] has the reason.
    Failed,
}

/// How the file is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadersHealth {
    /// Height of the best header in force.
    pub tip: Option<u32>,
    /// Headers in force.
    pub count: usize,
    /// When the set in force was read.
    pub read_at: Timestamp,
    /// Why the file as it is now is not in force; `None` while it is.
    pub error: Option<String>,
}

/// Headers from one file. Reading headers, and health, never wait for the file.
#[derive(Debug)]
pub struct HeadersFile {
    path: PathBuf,
    in_force: RwLock<InForce>,
    look: Mutex<Look>,
}

/// What counts now.
#[derive(Debug)]
struct InForce {
    set: Arc<HeaderSet>,
    read_at: Timestamp,
    /// Why the file as it was at the last look is not in force.
    error: Option<String>,
}

/// What the last look at the file saw; held by the one thread that looks.
#[derive(Debug)]
struct Look {
    at: Timestamp,
    /// The file as it was when it was last read, whether or not it could be used, and when that was.
    stamp: Option<(Stamp, Timestamp)>,
}

impl HeadersFile {
    /// Reads the file for the first time.
    ///
    /// # Errors
    /// The file cannot be read or is refused: a host without any header could judge no proof, so it does not start.
    pub fn open(path: impl Into<PathBuf>, now: Timestamp) -> Result<Self, HeadersFileError> {
        let path = path.into();
        let (stamp, set) = read(&path)?;
        let in_force = InForce { set: Arc::new(set), read_at: now, error: None };
        let look = Look { at: now, stamp: Some((stamp, now)) };
        Ok(Self { path, in_force: RwLock::new(in_force), look: Mutex::new(look) })
    }

    /// Looks at the file and reads it if it has changed. Does nothing within [`CHECK_INTERVAL_MILLISECONDS`] of the
    /// last look or while another thread is looking, so it may be called for every submission and every unknown height.
    pub fn refresh(&self, now: Timestamp) -> Refreshed {
        let mut look = match self.look.try_lock() {
            Ok(look) => look,
            Err(TryLockError::WouldBlock) => return Refreshed::NotDue,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
        };
        // A clock that was set back must not stop the looking.
        if now >= look.at && now < look.at.plus_milliseconds(CHECK_INTERVAL_MILLISECONDS) {
            return Refreshed::NotDue;
        }
        look.at = now;
        let seen = std::fs::metadata(&self.path).map(|metadata| Stamp::of(&metadata)).ok();
        let is_the_same = look.stamp.is_some_and(|(stamp, at)| seen == Some(stamp) && !stamp.may_hide_a_change(at));
        let failed = self.in_force().error.is_some();
        if is_the_same {
            return if failed { Refreshed::Failed } else { Refreshed::Unchanged };
        }
        match read(&self.path) {
            Ok((stamp, set)) => {
                look.stamp = Some((stamp, now));
                let is_the_same = !failed && set == *self.set();
                *self.in_force_mut() = InForce { set: Arc::new(set), read_at: now, error: None };
                if is_the_same { Refreshed::Unchanged } else { Refreshed::Reloaded }
            }
            Err(error) => {
                // A refused file is read again only once it has changed; one that cannot be read, at every look.
                let readable = !matches!(error, HeadersFileError::Read { .. });
                look.stamp = seen.filter(|_| readable).map(|stamp| (stamp, now));
                self.in_force_mut().error = Some(error.to_string());
                Refreshed::Failed
            }
        }
    }

    /// The state of the file and of the set in force.
    #[must_use]
    pub fn health(&self) -> HeadersHealth {
        let InForce { set, read_at, error } = &*self.in_force();
        HeadersHealth { tip: set.tip(), count: set.len(), read_at: *read_at, error: error.clone() }
    }

    /// The set in force: whoever asks for several headers that must fit together asks this one.
    #[must_use]
    pub fn set(&self) -> Arc<HeaderSet> {
        Arc::clone(&self.in_force().set)
    }

    // What is in force is replaced whole, so a panic elsewhere cannot have left half of it.

    fn in_force(&self) -> RwLockReadGuard<'_, InForce> {
        self.in_force.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn in_force_mut(&self) -> RwLockWriteGuard<'_, InForce> {
        self.in_force.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Headers for HeadersFile {
    fn tip(&self) -> Option<u32> {
        self.set().tip()
    }

    fn header(&self, height: u32) -> Option<HeaderInfo> {
        self.set().get(height)
    }
}

impl Headers for HeaderSet {
    fn tip(&self) -> Option<u32> {
        self.tip()
    }

    fn header(&self, height: u32) -> Option<HeaderInfo> {
        self.get(height)
    }
}

fn read(path: &Path) -> Result<(Stamp, HeaderSet), HeadersFileError> {
    let wrong = |source| HeadersFileError::Read { path: path.to_owned(), source };
    let file = std::fs::File::open(path).map_err(wrong)?;
    // Before the bytes: what is written while we read gives the file another stamp, so the next look reads again.
    let metadata = file.metadata().map_err(wrong)?;
    let stamp = Stamp::of(&metadata);
    if metadata.len() > MAX_FILE_BYTES {
        return Err(HeadersFileError::TooLarge { path: path.to_owned() });
    }
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(wrong)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(HeadersFileError::TooLarge { path: path.to_owned() });
    }
    let set = HeaderSet::parse(&bytes).map_err(|source| HeadersFileError::Format { path: path.to_owned(), source })?;
    Ok((stamp, set))
}

#[cfg(test)]
mod tests;
