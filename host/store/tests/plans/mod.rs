//! Short ways to write plans and read rows, for all tests of this crate.

use std::time::Duration;

use trellis_engine::domain::name::{NameId, TopicId};
use trellis_engine::domain::plan::{Adjust, Cause, Expected, Plan};
use trellis_engine::domain::row::{ContentId, Namespace, Row, RowKey};
use trellis_engine::domain::time::{Sequence, Timestamp};
use trellis_engine::ports::store::{CommitError, Receipt, Store};
use trellis_spv::hash::{Outpoint, Txid};
use trellis_store::Options;

pub fn options(horizon: u64) -> Options {
    let mut options = Options::new([7; 16]);
    options.cache_bytes = 16 << 20;
    options.ballast_bytes = 1 << 20;
    options.free_floor_bytes = 1 << 20;
    options.lock_wait = Duration::from_secs(5);
    options.horizon = horizon;
    options
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
