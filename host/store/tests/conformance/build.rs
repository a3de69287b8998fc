//! Stores under test, and short ways to write plans.

use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use trellis_engine::domain::name::{NameId, TopicId};
use trellis_engine::domain::plan::{Adjust, Cause, Expected, Plan};
use trellis_engine::domain::row::{ContentId, Namespace, Row, RowKey};
use trellis_engine::domain::time::{Sequence, Timestamp};
use trellis_engine::ports::store::{CommitError, Receipt, Store};
use trellis_spv::hash::{Outpoint, Txid};
use trellis_store::{MemoryStore, Options, SledStore};

/// Makes a store that keeps a number of sequences readable.
type Make = fn(u64) -> (Arc<dyn Store>, Option<TempDir>);

/// A kind of store.
pub struct Subject {
    make: Make,
}

/// A store, and the folder it lies in.
pub struct Fresh {
    pub store: Arc<dyn Store>,
    _folder: Option<TempDir>,
}

impl std::ops::Deref for Fresh {
    type Target = dyn Store;
    fn deref(&self) -> &Self::Target {
        &*self.store
    }
}

pub fn options(horizon: u64) -> Options {
    let mut options = Options::new([7; 16]);
    options.cache_bytes = 16 << 20;
    options.ballast_bytes = 1 << 20;
    options.free_floor_bytes = 1 << 20;
    options.lock_wait = Duration::from_secs(5);
    options.horizon = horizon;
    options
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

pub const TOPIC: TopicId = TopicId(NameId(3));
pub const SPACE: Namespace = Namespace::Topic(TOPIC);

pub fn txid(seed: u64) -> Txid {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    Txid::from_internal(bytes)
}

pub fn outpoint(seed: u64) -> Outpoint {
    Outpoint::new(txid(seed), 0)
}

pub fn state_key(key: &[u8]) -> RowKey {
    RowKey::State(SPACE, key.to_vec())
}

pub fn state(value: &[u8]) -> Option<Row> {
    Some(Row::State(value.to_vec()))
}

/// A plan in the making.
pub struct Planned(pub Plan);

pub fn plan() -> Planned {
    Planned(Plan {
        cause: Cause::Submission(txid(0)),
        once: None,
        expect: vec![],
        writes: vec![],
        adjust: vec![],
        contents: vec![],
        event: None,
        at: Timestamp(0),
    })
}

impl Planned {
    pub fn once(mut self, key: RowKey) -> Self {
        self.0.once = Some(key);
        self
    }
    pub fn absent(mut self, key: RowKey) -> Self {
        self.0.expect.push((key, Expected::Absent));
        self
    }
    pub fn version(mut self, key: RowKey, version: Sequence) -> Self {
        self.0.expect.push((key, Expected::Version(version)));
        self
    }
    pub fn write(mut self, key: RowKey, row: Option<Row>) -> Self {
        self.0.writes.push((key, row));
        self
    }
    pub fn adjust(mut self, adjust: Adjust) -> Self {
        self.0.adjust.push(adjust);
        self
    }
    pub fn content(mut self, id: ContentId) -> Self {
        self.0.contents.push(id);
        self
    }
    pub fn commit(self, store: &dyn Store) -> Result<Receipt, CommitError> {
        store.commit(self.0)
    }
    pub fn ok(self, store: &dyn Store) -> Sequence {
        store.commit(self.0).unwrap().sequence
    }
}

/// A row's content at a sequence.
pub fn row(store: &dyn Store, key: &RowKey, at: Sequence) -> Option<Row> {
    store.get(key, at).unwrap().map(|found| found.row)
}
