//! One plan against the rows as they are: refused, recognised as applied, or turned into a batch and applied.

use std::time::Instant;

use sled::IVec;
use trellis_engine::domain::plan::{Expected, TopicHash};
use trellis_engine::domain::row::{ContentId, Row, RowKey};
use trellis_engine::domain::time::Sequence;
use trellis_engine::ports::store::{CommitError, RowKind};

use super::batch::{Batch, Fence};
use super::fault::Fault;
use super::trees::{Trees, content_chunk_key, content_key, history_key, log_key, meta, number, overflow_key};
use super::{chunks, logs, sweep};
use crate::prepare::{Encoded, Prepared};
use crate::record::log::{Previous, RowsHash, put_row, put_row_count};
use crate::record::stored::{Form, Stored, seal};
use crate::record::{key, row};

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

/// A row a plan touches, as it is now.
struct Current {
    value: Option<IVec>,
    version: Sequence,
    form: Form,
}

impl Current {
    fn live_version(&self) -> Option<Sequence> {
        (self.value.is_some() && self.form != Form::Tombstone).then_some(self.version)
    }

    fn previous(&self) -> Option<Previous> {
        self.value.as_ref().map(|_| Previous { version: self.version, overflow: self.form == Form::Overflow })
    }
}

/// Applies a plan on top of commit `last`, in memory; whoever calls flushes and syncs.
pub(super) fn apply(trees: &Trees, last: Sequence, plan: &Prepared) -> Result<(Outcome, u64), Fault> {
    let started = Instant::now();
    let outcome = apply_untimed(trees, last, plan)?;
    Ok((outcome, started.elapsed().as_nanos() as u64))
}

fn apply_untimed(trees: &Trees, last: Sequence, plan: &Prepared) -> Result<Outcome, Fault> {
    let current = plan.keys.iter().map(|key| read(trees, key)).collect::<Result<Vec<_>, Fault>>()?;
    if let Some(outcome) = compare(trees, last, plan, &current)? {
        return Ok(outcome);
    }
    let sequence = last.next();
    let mut building = Building {
        trees,
        sequence,
        batch: Batch::default(),
        log: plan.log_head.clone(),
        hash: RowsHash::default(),
        scratch: Vec::with_capacity(2_200),
    };
    put_row_count(&mut building.log, plan.writes.len());
    for (slot, encoded) in &plan.writes {
        building.row(plan, *slot, &current, encoded)?;
        if encoded.form == Form::Tombstone {
            building.release_content(plan, *slot, &current)?;
        }
    }
    put_row_count(&mut building.log, plan.numbers.len().saturating_add(plan.hashes.len()));
    for (slot, delta) in &plan.numbers {
        match adjusted_number(plan, *slot, &current, *delta)? {
            Some(encoded) => building.row(plan, *slot, &current, &encoded)?,
            None => {
                let text = format!("a number would overflow by {delta}");
                return Ok(Outcome::Refused(CommitError::Malformed(text)));
            }
        }
    }
    for (slot, delta) in &plan.hashes {
        let encoded = adjusted_hash(plan, *slot, &current, delta)?;
        building.row(plan, *slot, &current, &encoded)?;
    }
    building.finish(plan).apply(trees, Fence(last))?;
    Ok(Outcome::Committed(sequence))
}

fn read(trees: &Trees, key: &IVec) -> Result<Current, Fault> {
    let value = trees.rows.get(key)?;
    let (version, form) = match &value {
        None => (Sequence::ZERO, Form::Tombstone),
        Some(value) => {
            let stored = Stored::parse(value).map_err(|error| damaged(key, &error))?;
            (stored.version, stored.form)
        }
    };
    Ok(Current { value, version, form })
}

fn damaged(key: &[u8], error: &crate::record::RecordError) -> Fault {
    match key::decode(key) {
        Ok(key) => Fault::damaged(format_args!("row {key:?}"), error),
        Err(_) => Fault::damaged(format_args!("row with key {}", hex::encode(key)), error),
    }
}

fn missing_slot() -> Fault {
    Fault::OutOfBounds("a prepared plan refers to a key it does not have".to_owned())
}

/// The reasons not to apply a plan.
fn compare(trees: &Trees, last: Sequence, plan: &Prepared, current: &[Current]) -> Result<Option<Outcome>, Fault> {
    if let Some(slot) = plan.once
        && let Some(version) = current.get(slot).ok_or_else(missing_slot)?.live_version()
    {
        return Ok(Some(Outcome::Already(version)));
    }
    for (slot, expected) in &plan.expect {
        let found = current.get(*slot).ok_or_else(missing_slot)?;
        let holds = match (expected, found.live_version()) {
            (Expected::Absent, None) => true,
            (Expected::Version(expected), Some(version)) => *expected == version,
            _ => false,
        };
        if !holds {
            let encoded = plan.keys.get(*slot).ok_or_else(missing_slot)?;
            let row_key = key::decode(encoded).map_err(|error| damaged(encoded, &error))?;
            // Where even the tombstone is gone, whoever removed the row did so before the horizon: any later plan sees that.
            let changed_by = if found.value.is_some() { found.version } else { last };
            return Ok(Some(Outcome::Refused(CommitError::Conflict { key: Box::new(row_key), changed_by })));
        }
    }
    for id in &plan.contents {
        if !trees.contents.contains_key(content_chunk_key(id, 0))? {
            let text = format!("{id:?} was not stored before the plan that refers to it");
            return Ok(Some(Outcome::Refused(CommitError::Malformed(text))));
        }
    }
    Ok(None)
}

/// The record of a stored row that has no overflow.
fn inline_record<'a>(key: &[u8], found: &'a Current) -> Result<Option<&'a [u8]>, Fault> {
    let Some(value) = &found.value else { return Ok(None) };
    let stored = Stored::parse(value).map_err(|error| damaged(key, &error))?;
    stored.verify(key, stored.body).map_err(|error| damaged(key, &error))?;
    Ok((stored.form == Form::Inline).then_some(stored.body))
}

fn adjusted_number(plan: &Prepared, slot: usize, current: &[Current], delta: i128) -> Result<Option<Encoded>, Fault> {
    let encoded_key = plan.keys.get(slot).ok_or_else(missing_slot)?;
    let before = match inline_record(encoded_key, current.get(slot).ok_or_else(missing_slot)?)? {
        None => 0,
        Some(record) => match row::decode(RowKind::Number, record).map_err(|error| damaged(encoded_key, &error))? {
            Row::Number(number) => number,
            _ => 0,
        },
    };
    Ok(before.checked_add(delta).map(|after| {
        let mut record = Vec::with_capacity(24);
        row::put(&mut record, &Row::Number(after));
        Encoded::live(encoded_key, record)
    }))
}

fn adjusted_hash(plan: &Prepared, slot: usize, current: &[Current], delta: &TopicHash) -> Result<Encoded, Fault> {
    let encoded_key = plan.keys.get(slot).ok_or_else(missing_slot)?;
    let mut after = Box::new(delta.clone());
    if let Some(record) = inline_record(encoded_key, current.get(slot).ok_or_else(missing_slot)?)? {
        let before = row::decode(RowKind::TopicHash, record).map_err(|error| damaged(encoded_key, &error))?;
        if let Row::TopicHash(before) = before {
            for (lane, added) in after.0.iter_mut().zip(&before.0) {
                *lane = lane.wrapping_add(*added);
            }
        }
    }
    let mut record = Vec::with_capacity(row::TOPIC_HASH_RECORD_BYTES);
    row::put(&mut record, &Row::TopicHash(after));
    Ok(Encoded::live(encoded_key, record))
}

/// The batch of one commit, in the making.
struct Building<'a> {
    trees: &'a Trees,
    sequence: Sequence,
    batch: Batch,
    log: Vec<u8>,
    hash: RowsHash,
    scratch: Vec<u8>,
}

impl Building<'_> {
    /// A new version of a row: the version before becomes a before-image, the bytes unchanged.
    fn row(&mut self, plan: &Prepared, slot: usize, current: &[Current], encoded: &Encoded) -> Result<(), Fault> {
        let row_key = plan.keys.get(slot).ok_or_else(missing_slot)?;
        let found = current.get(slot).ok_or_else(missing_slot)?;
        if let Some(value) = &found.value {
            Batch::put(&mut self.batch.history, history_key(row_key, found.version), value.clone());
        }
        let length = (encoded.record.len() as u32).to_be_bytes();
        let body = match encoded.form {
            Form::Tombstone => &[],
            Form::Inline => encoded.record.as_slice(),
            Form::Overflow => length.as_slice(),
        };
        seal(encoded.form, self.sequence, encoded.checksum, body, &mut self.scratch);
        Batch::put(&mut self.batch.rows, row_key.clone(), self.scratch.as_slice());
        if encoded.form == Form::Overflow {
            for (chunk, bytes) in chunks::split(&encoded.record) {
                Batch::put(&mut self.batch.overflow, overflow_key(row_key, self.sequence, chunk), bytes);
            }
        }
        put_row(&mut self.log, row_key, encoded.form != Form::Tombstone, found.previous());
        self.hash.add(encoded.checksum);
        Ok(())
    }

    /// Marks the content that a removed row referred to: once the removal is beyond the horizon, the sweep takes it.
    fn release_content(&mut self, plan: &Prepared, slot: usize, current: &[Current]) -> Result<(), Fault> {
        let row_key = plan.keys.get(slot).ok_or_else(missing_slot)?;
        let Some(before) = current.get(slot).and_then(|found| found.value.as_ref()) else { return Ok(()) };
        let id = match key::decode(row_key).map_err(|error| damaged(row_key, &error))? {
            RowKey::Transaction(txid) => Some(ContentId::Transaction(txid)),
            RowKey::Applied(_) => sweep::off_chain_values(self.trees, row_key, before)?.map(ContentId::OffChainValues),
            _ => None,
        };
        if let Some(id) = id {
            Batch::put(&mut self.batch.unreferenced, &content_key(&id)[..], &[][..]);
        }
        Ok(())
    }

    fn finish(mut self, plan: &Prepared) -> Batch {
        self.log.extend_from_slice(&self.hash.finish());
        for (chunk, bytes) in chunks::split(&self.log) {
            let key = log_key(self.sequence, chunk);
            if chunk == 0 {
                Batch::put(&mut self.batch.log, key, logs::first_chunk(self.sequence, &self.log, bytes));
            } else {
                Batch::put(&mut self.batch.log, key, bytes);
            }
        }
        for id in &plan.contents {
            let key = content_key(id);
            // Read outside the transaction like everything else: only the writer removes these keys, and a key that
            // appears in between stays as a candidate of the sweep, which looks for referring rows itself.
            if self.trees.unreferenced.contains_key(key).unwrap_or(true) {
                Batch::remove(&mut self.batch.unreferenced, &key[..]);
            }
        }
        Batch::put(&mut self.batch.meta, meta::LAST, number(self.sequence.0));
        self.batch
    }
}
