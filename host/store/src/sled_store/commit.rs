//! One plan against the rows as they are: refused, recognised as applied, or applied, in one sled transaction.
//!
//! Inside sled's transaction closure only the transaction's own views are touched (anything else deadlocks), each tree occurs
//! once (a second view would not see the first), and nothing is scanned. What the plan needs encoded was encoded by its
//! caller; pages that may be cold were read by it ([`warm`]): the closure runs under the one lock that sled has.

use std::time::Instant;

use sled::IVec;
use sled::transaction::{ConflictableTransactionError, TransactionError, Transactional, TransactionalTree};
use trellis_engine::domain::plan::{Expected, TopicHash};
use trellis_engine::domain::row::{ContentId, Row};
use trellis_engine::domain::time::Sequence;
use trellis_engine::ports::store::{CommitError, RowKind};

use super::fault::Fault;
use super::trees::{Trees, content_chunk_key, content_key, history_key, log_key, overflow_key};
use super::{chunks, logs, sweep};
use crate::limits::{MAX_KEY_BYTES, MAX_VALUE_BYTES};
use crate::prepare::{Encoded, Prepared};
use crate::record::log::{Previous, RowsHash, put_row, put_row_count};
use crate::record::stored::{Form, Stored, seal};
use crate::record::{RecordError, key, row};
use crate::references::REFERRING;

/// What became of a plan.
#[derive(Debug)]
pub(super) enum Outcome {
    /// Applied as this commit.
    Committed(Sequence),
    /// Its `once` row was written by this commit.
    Already(Sequence),
    /// Not applied, and why.
    Refused(CommitError),
}

/// Why a transaction stops without effect.
enum Stop {
    Outcome(Outcome),
    Fault(Fault),
}

type InTransaction<T> = Result<T, ConflictableTransactionError<Stop>>;

fn stop<T>(outcome: Outcome) -> InTransaction<T> {
    Err(ConflictableTransactionError::Abort(Stop::Outcome(outcome)))
}

fn fault(fault: Fault) -> ConflictableTransactionError<Stop> {
    ConflictableTransactionError::Abort(Stop::Fault(fault))
}

fn missing_slot() -> Fault {
    Fault::OutOfBounds("a prepared plan refers to a key it does not have".to_owned())
}

fn damaged(key: &[u8], error: &RecordError) -> Fault {
    match key::decode(key) {
        Ok(key) => Fault::damaged(format_args!("row {key:?}"), error),
        Err(_) => Fault::damaged(format_args!("row with key {}", hex::encode(key)), error),
    }
}

/// Reads every key of a plan once, so that its transaction finds the pages in memory. For stores larger than the cache; on
/// the caller's thread, many at a time.
pub(super) fn warm(trees: &Trees, plan: &Prepared) -> Result<(), Fault> {
    for key in &plan.keys {
        trees.rows.get(key)?;
    }
    Ok(())
}

/// Applies a plan on top of commit `last`, in memory; whoever calls flushes and syncs. Also answers the nanoseconds it took.
pub(super) fn apply(trees: &Trees, last: Sequence, plan: &Prepared) -> Result<(Outcome, u64), Fault> {
    let started = Instant::now();
    let outcome = match missing_content(trees, plan)? {
        Some(refused) => refused,
        None => transact(trees, last, plan)?,
    };
    Ok((outcome, started.elapsed().as_nanos() as u64))
}

/// Contents are outside the transaction: they only ever come, and go only by the sweep, which this same thread runs.
fn missing_content(trees: &Trees, plan: &Prepared) -> Result<Option<Outcome>, Fault> {
    for id in &plan.contents {
        if !trees.contents.contains_key(content_chunk_key(id, 0))? {
            let text = format!("{id:?} was not stored before the plan that refers to it");
            return Ok(Some(Outcome::Refused(CommitError::Malformed(text))));
        }
    }
    Ok(None)
}

fn transact(trees: &Trees, last: Sequence, plan: &Prepared) -> Result<Outcome, Fault> {
    let released = released_contents(trees, plan)?;
    let all = (&trees.rows, &trees.history, &trees.log, &trees.overflow, &trees.unreferenced);
    let result = all.transaction(|(rows, history, log, overflow, unreferenced)| {
        let found = plan.keys.iter().map(|key| read(rows, key)).collect::<InTransaction<Vec<_>>>()?;
        compare(last, plan, &found)?;
        let mut writing = Writing {
            rows,
            history,
            overflow,
            plan,
            found: &found,
            sequence: last.next(),
            log: plan.log_head.clone(),
            hash: RowsHash::default(),
            scratch: Vec::with_capacity(row::TOPIC_HASH_RECORD_BYTES + 32),
        };
        writing.all_rows()?;
        for id in &released {
            put(unreferenced, &content_key(id)[..], &[][..])?;
        }
        let record = writing.finish();
        write_log(log, last.next(), &record)
    });
    match result {
        Ok(()) => Ok(Outcome::Committed(last.next())),
        Err(TransactionError::Abort(Stop::Outcome(outcome))) => Ok(outcome),
        Err(TransactionError::Abort(Stop::Fault(fault))) => Err(fault),
        Err(TransactionError::Storage(error)) => Err(Fault::Sled(error)),
    }
}

/// Contents that rows which the plan removes refer to: once the removal is beyond the horizon, the sweep takes them. Read
/// before the transaction, whose rows only this thread changes.
fn released_contents(trees: &Trees, plan: &Prepared) -> Result<Vec<ContentId>, Fault> {
    let mut released = Vec::new();
    for (slot, _) in plan.writes.iter().filter(|(_, encoded)| encoded.form == Form::Tombstone) {
        let row_key = plan.keys.get(*slot).ok_or_else(missing_slot)?;
        let decoded = key::decode(row_key).map_err(|error| damaged(row_key, &error))?;
        if REFERRING.contains(&key::kind_of(&decoded))
            && let Some(value) = trees.rows.get(row_key)?
        {
            released.extend(sweep::referred(trees, row_key, &value)?);
        }
    }
    Ok(released)
}

/// A row a plan touches, as it is now.
struct Found {
    value: Option<IVec>,
    version: Sequence,
    form: Form,
}

impl Found {
    fn live_version(&self) -> Option<Sequence> {
        (self.form != Form::Tombstone).then_some(self.version)
    }

    fn previous(&self) -> Option<Previous> {
        self.value.as_ref().map(|_| Previous { version: self.version, overflow: self.form == Form::Overflow })
    }

    /// The record of an adjusted row, which is always short.
    fn record(&self, row_key: &[u8]) -> Result<Option<&[u8]>, Fault> {
        let Some(value) = &self.value else { return Ok(None) };
        let stored = Stored::parse(value).map_err(|error| damaged(row_key, &error))?;
        stored.verify(row_key, stored.body).map_err(|error| damaged(row_key, &error))?;
        Ok((stored.form == Form::Inline).then_some(stored.body))
    }
}

fn read(rows: &TransactionalTree, key: &IVec) -> InTransaction<Found> {
    let value = rows.get(key)?;
    let (version, form) = match &value {
        None => (Sequence::ZERO, Form::Tombstone),
        Some(value) => {
            let stored = Stored::parse(value).map_err(|error| fault(damaged(key, &error)))?;
            (stored.version, stored.form)
        }
    };
    Ok(Found { value, version, form })
}

/// Stops where the plan was applied before, or something it relies on changed.
fn compare(last: Sequence, plan: &Prepared, found: &[Found]) -> InTransaction<()> {
    let at = |slot: usize| found.get(slot).ok_or_else(|| fault(missing_slot()));
    if let Some(slot) = plan.once
        && let Some(version) = at(slot)?.live_version()
    {
        return stop(Outcome::Already(version));
    }
    for (slot, expected) in &plan.expect {
        let now = at(*slot)?;
        let holds = match expected {
            Expected::Absent => now.live_version().is_none(),
            Expected::Version(version) => now.live_version() == Some(*version),
        };
        #[cfg(feature = "mutations")]
        let holds = holds || trellis_engine::mutation::is(trellis_engine::mutation::Bug::ReadsNotCompared);
        if !holds {
            let encoded = plan.keys.get(*slot).ok_or_else(|| fault(missing_slot()))?;
            let row_key = key::decode(encoded).map_err(|error| fault(damaged(encoded, &error)))?;
            // Where even the tombstone is gone, whoever removed the row did so before the horizon: any later plan sees that.
            let changed_by = if now.value.is_some() { now.version } else { last };
            return stop(Outcome::Refused(CommitError::Conflict { key: Box::new(row_key), changed_by }));
        }
    }
    Ok(())
}

/// Puts a value that is within what sled keeps in its one synced file; answers the value before.
fn put(tree: &TransactionalTree, key: impl Into<IVec>, value: impl Into<IVec>) -> InTransaction<Option<IVec>> {
    let (key, value) = (key.into(), value.into());
    if key.len() > MAX_KEY_BYTES || value.len() > MAX_VALUE_BYTES {
        return Err(fault(Fault::OutOfBounds(format!(
            "a key of {} bytes with a value of {} bytes exceeds what sled keeps out of its unsynced files \
             ({MAX_KEY_BYTES} and {MAX_VALUE_BYTES})",
            key.len(),
            value.len()
        ))));
    }
    Ok(tree.insert(key, value)?)
}

/// Writes the commit's record. That none is there yet is the proof that nobody else commits to this store.
fn write_log(log: &TransactionalTree, sequence: Sequence, record: &[u8]) -> InTransaction<()> {
    for (chunk, bytes) in chunks::split(record) {
        let key = log_key(sequence, chunk);
        let before =
            if chunk == 0 { put(log, key, logs::first_chunk(sequence, record, bytes))? } else { put(log, key, bytes)? };
        if before.is_some() {
            let text = format!("someone else wrote to this store: commit {sequence} is there already");
            return Err(fault(Fault::System(text)));
        }
    }
    Ok(())
}

/// The rows of one commit, being written.
struct Writing<'a> {
    rows: &'a TransactionalTree,
    history: &'a TransactionalTree,
    overflow: &'a TransactionalTree,
    plan: &'a Prepared,
    found: &'a [Found],
    sequence: Sequence,
    log: Vec<u8>,
    hash: RowsHash,
    scratch: Vec<u8>,
}

impl<'a> Writing<'a> {
    fn all_rows(&mut self) -> InTransaction<()> {
        let plan = self.plan;
        put_row_count(&mut self.log, plan.writes.len());
        for (slot, encoded) in &plan.writes {
            self.row(*slot, encoded)?;
        }
        put_row_count(&mut self.log, plan.numbers.len().saturating_add(plan.hashes.len()));
        for (slot, delta) in &plan.numbers {
            let encoded = self.number(*slot, *delta)?;
            self.row(*slot, &encoded)?;
        }
        for (slot, delta) in &plan.hashes {
            let encoded = self.topic_hash(*slot, delta)?;
            self.row(*slot, &encoded)?;
        }
        Ok(())
    }

    fn slot(&self, slot: usize) -> InTransaction<(&'a IVec, &'a Found)> {
        let (plan, found) = (self.plan, self.found);
        plan.keys.get(slot).zip(found.get(slot)).ok_or_else(|| fault(missing_slot()))
    }

    /// A new version of a row: the version before becomes a before-image, its bytes unchanged.
    fn row(&mut self, slot: usize, encoded: &Encoded) -> InTransaction<()> {
        let (row_key, found) = self.slot(slot)?;
        if let Some(value) = &found.value {
            put(self.history, history_key(row_key, found.version), value)?;
        }
        let length = (encoded.record.len() as u32).to_be_bytes();
        let body = match encoded.form {
            Form::Tombstone => &[],
            Form::Inline => encoded.record.as_slice(),
            Form::Overflow => length.as_slice(),
        };
        seal(encoded.form, self.sequence, encoded.checksum, body, &mut self.scratch);
        put(self.rows, row_key, self.scratch.as_slice())?;
        if encoded.form == Form::Overflow {
            for (chunk, bytes) in chunks::split(&encoded.record) {
                put(self.overflow, overflow_key(row_key, self.sequence, chunk), bytes)?;
            }
        }
        put_row(&mut self.log, row_key, encoded.form != Form::Tombstone, found.previous());
        self.hash.add(encoded.checksum);
        Ok(())
    }

    fn number(&self, slot: usize, delta: i128) -> InTransaction<Encoded> {
        let (row_key, found) = self.slot(slot)?;
        let before = match found.record(row_key).map_err(fault)? {
            None => 0,
            Some(record) => match row::decode(RowKind::Number, record) {
                Ok(Row::Number(number)) => number,
                Ok(_) => 0,
                Err(error) => return Err(fault(damaged(row_key, &error))),
            },
        };
        let Some(after) = before.checked_add(delta) else {
            let text = format!("a number would overflow by {delta}");
            return stop(Outcome::Refused(CommitError::Malformed(text)));
        };
        let mut record = Vec::with_capacity(24);
        row::put(&mut record, &Row::Number(after));
        Ok(Encoded::live(row_key, record))
    }

    fn topic_hash(&self, slot: usize, delta: &TopicHash) -> InTransaction<Encoded> {
        let (row_key, found) = self.slot(slot)?;
        let mut after = Box::new(delta.clone());
        if let Some(record) = found.record(row_key).map_err(fault)? {
            let before = row::decode(RowKind::TopicHash, record).map_err(|error| fault(damaged(row_key, &error)))?;
            if let Row::TopicHash(before) = before {
                for (lane, added) in after.0.iter_mut().zip(&before.0) {
                    *lane = lane.wrapping_add(*added);
                }
            }
        }
        let mut record = Vec::with_capacity(row::TOPIC_HASH_RECORD_BYTES);
        row::put(&mut record, &Row::TopicHash(after));
        Ok(Encoded::live(row_key, record))
    }

    /// The commit's log record.
    fn finish(mut self) -> Vec<u8> {
        self.log.extend_from_slice(&self.hash.finish());
        self.log
    }
}
