//! The in-memory twin of the sled store: the same port over domain rows, every version kept, nothing encoded.
//!
//! What it has in common with the sled store is what decides whether a request is legal: plans are checked by
//! [`prepare`](crate::prepare), scans by [`Span`], sequences by [`Pins`]. Its commits are durable at once, as far as
//! anything in memory is.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use trellis_engine::domain::name::{NameId, NameKind};
use trellis_engine::domain::plan::{Adjust, Expected, LogRecord, Plan, TopicHash};
use trellis_engine::domain::row::{ContentId, Row, RowKey, Versioned};
use trellis_engine::domain::time::Sequence;
use trellis_engine::ports::headers::{HeaderArchive, RawHeader};
use trellis_engine::ports::store::{CommitError, Health, Page, Pin, Receipt, Scan, Store, StoreError};

use crate::limits::{DEFAULT_HORIZON, MAX_INTERNED_NAME_BYTES};
use crate::pins::{Pins, readable};
use crate::prepare::{check_key, prepare};
use crate::record::key;
use crate::sled_store::check_content;
use crate::span::Span;

/// A row's versions, oldest first; `None` is a removal.
type History = Vec<(Sequence, Option<Row>)>;

#[derive(Default)]
struct State {
    /// By encoded key, so that scans cover the same ranges as on disk.
    rows: BTreeMap<Vec<u8>, (RowKey, History)>,
    contents: HashMap<ContentId, Vec<u8>>,
    log: Vec<LogRecord>,
    names: Vec<(NameKind, String)>,
    headers: BTreeMap<u32, RawHeader>,
}

/// A store that forgets everything when dropped.
pub struct MemoryStore {
    state: Mutex<State>,
    committed: Condvar,
    pins: Arc<Pins>,
    horizon: u64,
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryStore {
    /// An empty store with the default horizon.
    #[must_use]
    pub fn new() -> Self {
        Self::with_horizon(DEFAULT_HORIZON)
    }

    /// An empty store that keeps `horizon` sequences readable.
    #[must_use]
    pub fn with_horizon(horizon: u64) -> Self {
        Self { state: Mutex::default(), committed: Condvar::new(), pins: Pins::new(Sequence::ZERO), horizon }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn as_of(history: &History, at: Sequence) -> Option<Versioned> {
    let (version, row) = history.iter().rev().find(|(version, _)| *version <= at)?;
    Some(Versioned { row: row.clone()?, version: *version })
}

impl State {
    fn last(&self) -> Sequence {
        Sequence(self.log.len() as u64)
    }

    fn current(&self, key: &RowKey) -> Option<Versioned> {
        as_of(&self.rows.get(&key::encode(key))?.1, self.last())
    }

    fn last_change(&self, key: &RowKey) -> Sequence {
        let newest = self.rows.get(&key::encode(key)).and_then(|(_, history)| history.last());
        newest.map_or(self.last(), |(version, _)| *version)
    }

    fn write(&mut self, key: &RowKey, version: Sequence, row: Option<Row>) {
        let (_, history) = self.rows.entry(key::encode(key)).or_insert_with(|| (key.clone(), Vec::new()));
        history.push((version, row));
    }

    fn refusal(&self, plan: &Plan) -> Option<CommitError> {
        if let Some(applied) = plan.once.as_ref().and_then(|once| self.current(once)) {
            return Some(CommitError::AlreadyApplied(Receipt { sequence: applied.version }));
        }
        for (key, expected) in &plan.expect {
            let found = self.current(key).map(|row| row.version);
            let holds = match expected {
                Expected::Absent => found.is_none(),
                Expected::Version(version) => found == Some(*version),
            };
            if !holds {
                let changed_by = self.last_change(key);
                return Some(CommitError::Conflict { key: Box::new(key.clone()), changed_by });
            }
        }
        let missing = plan.contents.iter().find(|id| !self.contents.contains_key(id))?;
        Some(CommitError::Malformed(format!("{missing:?} was not stored before the plan that refers to it")))
    }

    /// The rows that the plan's adjustments lead to.
    fn adjusted(&self, plan: &Plan) -> Result<BTreeMap<RowKey, Row>, CommitError> {
        let mut rows = BTreeMap::new();
        for adjust in &plan.adjust {
            let key = match adjust {
                Adjust::Number(number, _) => RowKey::Number(*number),
                Adjust::TopicHash(topic, _) => RowKey::TopicHash(*topic),
            };
            let before = rows.remove(&key).or_else(|| self.current(&key).map(|found| found.row));
            let after = match (adjust, before) {
                (Adjust::Number(_, delta), before) => {
                    let number = if let Some(Row::Number(number)) = before { number } else { 0 };
                    let sum = number.checked_add(*delta);
                    Row::Number(
                        sum.ok_or_else(|| CommitError::Malformed(format!("{key:?} would overflow by {delta}")))?,
                    )
                }
                (Adjust::TopicHash(_, change), before) => {
                    let mut hash =
                        if let Some(Row::TopicHash(hash)) = before { hash } else { Box::<TopicHash>::default() };
                    hash.apply(change);
                    Row::TopicHash(hash)
                }
            };
            rows.insert(key, after);
        }
        Ok(rows)
    }

    fn apply(&mut self, plan: Plan) -> Result<Receipt, CommitError> {
        let adjusted = self.adjusted(&plan)?;
        let sequence = self.last().next();
        let wrote: Vec<RowKey> = plan.writes.iter().map(|(key, _)| key.clone()).collect();
        let mut read: Vec<RowKey> = Vec::new();
        for (key, _) in plan.expect {
            let is_news = !wrote.contains(&key) || matches!(key, RowKey::StateFence(_));
            if is_news && !read.contains(&key) {
                read.push(key);
            }
        }
        for (key, row) in plan.writes {
            self.write(&key, sequence, row);
        }
        for (key, row) in adjusted {
            self.write(&key, sequence, Some(row));
        }
        let Plan { cause, at, event, adjust: adjusted, .. } = Plan { writes: Vec::new(), expect: Vec::new(), ..plan };
        self.log.push(LogRecord { sequence, cause, at, event, wrote, read, adjusted });
        Ok(Receipt { sequence })
    }

    /// Drops the versions that no reader at `oldest` or later sees.
    fn prune(&mut self, oldest: Sequence) {
        self.rows.retain(|_, (_, history)| {
            let newest_needed = history.iter().rposition(|(version, _)| *version <= oldest).unwrap_or(0);
            history.drain(..newest_needed);
            !matches!(history.as_slice(), [(version, None)] if *version <= oldest)
        });
    }
}

impl Store for MemoryStore {
    fn durable(&self) -> Sequence {
        self.lock().last()
    }

    fn pin(&self) -> Pin {
        let state = self.lock();
        self.pins.pin(|| state.last())
    }

    fn pin_at(&self, sequence: Sequence) -> Result<Pin, StoreError> {
        let state = self.lock();
        self.pins.pin_at(sequence, state.last())
    }

    fn get(&self, key: &RowKey, at: Sequence) -> Result<Option<Versioned>, StoreError> {
        check_key(key).map_err(StoreError::Malformed)?;
        let state = self.lock();
        readable(at, self.pins.oldest(), state.last())?;
        Ok(state.rows.get(&key::encode(key)).and_then(|(_, history)| as_of(history, at)))
    }

    fn scan(&self, scan: &Scan, at: Sequence) -> Result<Page, StoreError> {
        let span = Span::of(scan)?;
        let state = self.lock();
        readable(at, self.pins.oldest(), state.last())?;
        if span.is_empty() {
            return Ok(Page::default());
        }
        let mut walk = state.rows.range((span.start.clone(), span.end.clone()));
        let mut page = Page::default();
        while let Some((_, (key, history))) = if span.reverse { walk.next_back() } else { walk.next() } {
            let Some(found) = as_of(history, at) else { continue };
            if page.rows.len() == span.limit {
                page.more = true;
                break;
            }
            page.rows.push((key.clone(), found));
        }
        Ok(page)
    }

    fn commit(&self, plan: Plan) -> Result<Receipt, CommitError> {
        // The encoding is not used, only its verdict on the plan.
        prepare(&plan)?;
        let mut state = self.lock();
        if let Some(refusal) = state.refusal(&plan) {
            return Err(refusal);
        }
        let receipt = state.apply(plan)?;
        let before = self.pins.oldest();
        let oldest = self.pins.raise_oldest(Sequence(receipt.sequence.0.saturating_sub(self.horizon)));
        if oldest > before {
            state.prune(oldest);
        }
        drop(state);
        self.committed.notify_all();
        Ok(receipt)
    }

    fn put_contents(&self, contents: &[(ContentId, &[u8])]) -> Result<(), StoreError> {
        let mut state = self.lock();
        for (id, bytes) in contents {
            check_content(id, bytes)?;
            state.contents.insert(*id, bytes.to_vec());
        }
        Ok(())
    }

    fn content(&self, id: &ContentId) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.lock().contents.get(id).cloned())
    }

    fn log(&self, after: Sequence, limit: usize) -> Result<Vec<LogRecord>, StoreError> {
        let skipped = usize::try_from(after.0).unwrap_or(usize::MAX);
        Ok(self.lock().log.iter().skip(skipped).take(limit).cloned().collect())
    }

    fn intern(&self, kind: NameKind, name: &str) -> Result<NameId, StoreError> {
        if name.is_empty() || name.len() > MAX_INTERNED_NAME_BYTES {
            let text = format!("a name has 1 to {MAX_INTERNED_NAME_BYTES} bytes, this one {}", name.len());
            return Err(StoreError::Malformed(text));
        }
        let mut state = self.lock();
        let known = state.names.iter().position(|(of, known)| *of == kind && known == name);
        let index = known.unwrap_or(state.names.len());
        if known.is_none() {
            state.names.push((kind, name.to_owned()));
        }
        Ok(NameId(index as u32))
    }

    fn names(&self, kind: NameKind) -> Result<Vec<(NameId, String)>, StoreError> {
        let state = self.lock();
        let numbered = state.names.iter().enumerate().filter(|(_, (of, _))| *of == kind);
        Ok(numbered.map(|(index, (_, name))| (NameId(index as u32), name.clone())).collect())
    }

    fn wait_durable(&self, sequence: Sequence) -> Result<(), StoreError> {
        let last = self.lock().last();
        if sequence > last { Err(StoreError::NotYet { asked: sequence, last }) } else { Ok(()) }
    }

    fn wait_beyond(&self, sequence: Sequence, timeout: Duration) -> Result<Sequence, StoreError> {
        let waited = self.committed.wait_timeout_while(self.lock(), timeout, |state| state.last() <= sequence);
        Ok(waited.unwrap_or_else(PoisonError::into_inner).0.last())
    }

    fn health(&self) -> Health {
        Health::Ok
    }
}

impl HeaderArchive for MemoryStore {
    fn headers(&self, from: u32, limit: usize) -> Result<Vec<(u32, RawHeader)>, StoreError> {
        let state = self.lock();
        Ok(state.headers.range(from..).take(limit).map(|(height, header)| (*height, *header)).collect())
    }

    fn replace_headers(&self, first: u32, headers: &[RawHeader]) -> Result<(), StoreError> {
        let mut state = self.lock();
        state.headers.split_off(&first);
        state.headers.extend((first..=u32::MAX).zip(headers.iter().copied()));
        Ok(())
    }
}

impl std::fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemoryStore").field("last", &self.lock().last()).finish_non_exhaustive()
    }
}
