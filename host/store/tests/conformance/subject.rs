//! The stores under test.

use std::sync::Arc;

use tempfile::TempDir;
use trellis_engine::ports::headers::HeaderArchive;
use trellis_engine::ports::store::Store;
use trellis_store::{MemoryStore, SledStore};

use crate::plans::options;

/// Everything a store is asked for.
pub trait Both: Store + HeaderArchive {}

impl<S: Store + HeaderArchive> Both for S {}

/// Makes a store that keeps a number of sequences readable.
type Make = fn(u64) -> (Arc<dyn Both>, Option<TempDir>);

/// A kind of store.
pub struct Subject {
    make: Make,
}

/// A store, and the folder it lies in.
pub struct Fresh {
    pub store: Arc<dyn Both>,
    _folder: Option<TempDir>,
}

impl std::ops::Deref for Fresh {
    type Target = dyn Both;
    fn deref(&self) -> &Self::Target {
        &*self.store
    }
}

impl Subject {
    pub fn sled() -> Self {
        Self {
            make: |horizon| {
                let folder = tempfile::tempdir().unwrap();
                let store = SledStore::open(&folder.path().join("store"), &options(horizon)).unwrap();
                (Arc::new(store), Some(folder))
            },
        }
    }

    pub fn twin() -> Self {
        Self { make: |horizon| (Arc::new(MemoryStore::with_horizon(horizon)), None) }
    }

    pub fn fresh(&self) -> Fresh {
        self.with_horizon(10_000)
    }

    pub fn with_horizon(&self, horizon: u64) -> Fresh {
        let (store, folder) = (self.make)(horizon);
        Fresh { store, _folder: folder }
    }
}
