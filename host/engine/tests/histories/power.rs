//! A disk that loses what was not synced when the power fails, and remembers what anybody could see of it before.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, Weak};

use trellis_engine::domain::time::Sequence;
use trellis_engine::ports::store::Store;
use trellis_store::sled_store::{Disk, Options};
use trellis_store::{MemoryStore, SledStore};

/// Most events a subscriber could read at once.
const READ: usize = 1_000;

#[derive(Default)]
pub struct PowerDisk {
    store: Mutex<Weak<SledStore>>,
    /// While the power is failing: the last event that a subscriber could see.
    seen: Mutex<Option<Sequence>>,
}

impl PowerDisk {
    pub fn options(self: &Arc<Self>) -> Options {
        let mut options = Options::new([7; 16]);
        options.disk = self.clone();
        options.ballast_bytes = 0;
        options.free_floor_bytes = 0;
        options.cache_bytes = 16 << 20;
        options.abort = Arc::new(|_| {});
        options
    }

    pub fn looks_at(&self, store: &Arc<SledStore>) {
        *self.store.lock().unwrap() = Arc::downgrade(store);
    }

    /// From now on nothing reaches the disk.
    pub fn fail(&self) {
        *self.seen.lock().unwrap() = Some(Sequence::ZERO);
    }

    /// The power is back. Answers the last event that a subscriber could see meanwhile.
    pub fn is_back(&self) -> Sequence {
        self.seen.lock().unwrap().take().unwrap_or_default()
    }
}

impl Disk for PowerDisk {
    fn sync_data(&self, _: &File) -> io::Result<()> {
        let mut seen = self.seen.lock().unwrap();
        let Some(seen) = seen.as_mut() else { return Ok(()) };
        if let Some(store) = self.store.lock().unwrap().upgrade() {
            let after = Sequence(store.durable().0.saturating_sub(1));
            let read = store.log(after, READ).unwrap_or_default();
            *seen = read.iter().map(|record| record.sequence).fold(*seen, Sequence::max);
        }
        Err(io::Error::other("the power failed"))
    }

    fn free_bytes(&self, _: &Path) -> io::Result<u64> {
        Ok(u64::MAX)
    }
}

/// Copies a folder.
pub fn copy(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Where a history is kept.
pub enum Ground {
    Memory(Arc<MemoryStore>),
    Disk { folder: tempfile::TempDir, disk: Arc<PowerDisk> },
}

impl Ground {
    pub fn memory() -> Self {
        Self::Memory(Arc::new(MemoryStore::new()))
    }

    pub fn disk() -> Self {
        Self::Disk { folder: tempfile::tempdir().unwrap(), disk: Arc::default() }
    }

    /// Opens the store that is there.
    pub fn open(&self) -> Arc<dyn Store> {
        match self {
            Self::Memory(store) => Arc::clone(store) as Arc<dyn Store>,
            Self::Disk { folder, disk } => {
                let store = Arc::new(SledStore::open(&folder.path().join("store"), &disk.options()).unwrap());
                disk.looks_at(&store);
                store
            }
        }
    }
}
