//! A store that can be cut off in the middle of whatever goes on, as by the end of the process.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use trellis_engine::domain::name::{NameId, NameKind};
use trellis_engine::domain::plan::{LogRecord, Plan};
use trellis_engine::domain::row::{ContentId, RowKey, Versioned};
use trellis_engine::domain::time::Sequence;
use trellis_engine::ports::store::{CommitError, Health, Page, Pin, Receipt, Scan, Store, StoreError};

/// What is left until the store is cut off.
#[derive(Clone, Copy, Debug)]
pub struct Left {
    pub commits: usize,
    /// Whether one more is applied, and nobody hears of it.
    pub unheard: bool,
}

pub struct CutStore {
    store: Arc<dyn Store>,
    left: Mutex<Option<Left>>,
    /// Done once, at the next commit.
    pub meanwhile: Mutex<Option<Meanwhile>>,
}

/// Something to be done while a commit is on its way.
pub type Meanwhile = Box<dyn FnOnce() + Send>;

impl CutStore {
    pub fn new(store: Arc<dyn Store>, left: Option<Left>) -> Self {
        Self { store, left: Mutex::new(left), meanwhile: Mutex::new(None) }
    }

    /// From now on.
    pub fn cut_after(&self, left: Left) {
        *self.left.lock().unwrap() = Some(left);
    }
}

impl Store for CutStore {
    fn commit(&self, plan: Plan) -> Result<Receipt, CommitError> {
        let meanwhile = self.meanwhile.lock().unwrap().take();
        meanwhile.into_iter().for_each(|meanwhile| meanwhile());
        let mut left = self.left.lock().unwrap();
        let Some(now) = *left else {
            drop(left);
            return self.store.commit(plan);
        };
        if now.commits == 0 && !now.unheard {
            return Err(CommitError::Poisoned("cut off".into()));
        }
        let answer = self.store.commit(plan);
        if answer.is_ok() {
            let commits = now.commits.saturating_sub(1);
            *left = Some(Left { commits, unheard: now.unheard && now.commits > 0 });
            if now.commits == 0 {
                return Err(CommitError::OutcomeUnknown);
            }
        }
        answer
    }

    fn durable(&self) -> Sequence {
        self.store.durable()
    }
    fn pin(&self) -> Pin {
        self.store.pin()
    }
    fn pin_at(&self, sequence: Sequence) -> Result<Pin, StoreError> {
        self.store.pin_at(sequence)
    }
    fn get(&self, key: &RowKey, at: Sequence) -> Result<Option<Versioned>, StoreError> {
        self.store.get(key, at)
    }
    fn scan(&self, scan: &Scan, at: Sequence) -> Result<Page, StoreError> {
        self.store.scan(scan, at)
    }
    fn put_contents(&self, contents: &[(ContentId, &[u8])]) -> Result<(), StoreError> {
        self.store.put_contents(contents)
    }
    fn content(&self, id: &ContentId) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.content(id)
    }
    fn log(&self, after: Sequence, limit: usize) -> Result<Vec<LogRecord>, StoreError> {
        self.store.log(after, limit)
    }
    fn intern(&self, kind: NameKind, name: &str) -> Result<NameId, StoreError> {
        self.store.intern(kind, name)
    }
    fn names(&self, kind: NameKind) -> Result<Vec<(NameId, String)>, StoreError> {
        self.store.names(kind)
    }
    fn wait_durable(&self, sequence: Sequence) -> Result<(), StoreError> {
        self.store.wait_durable(sequence)
    }
    fn wait_beyond(&self, sequence: Sequence, timeout: Duration) -> Result<Sequence, StoreError> {
        self.store.wait_beyond(sequence, timeout)
    }
    fn health(&self) -> Health {
        self.store.health()
    }
}
