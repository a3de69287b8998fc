//! A plan, checked against the port's rules and encoded, by the thread that wants it committed.
//!
//! All that does not depend on the commit's number or on the rows it meets happens here, so that the one writer has little
//! left to do.

use std::collections::HashMap;

use sled::IVec;
use trellis_engine::domain::plan::{Adjust, Expected, MAX_PLAN_WRITES, Plan, TopicHash};
use trellis_engine::domain::row::{ContentId, MAX_STATE_KEY_BYTES, MAX_STATE_VALUE_BYTES, Row, RowKey};
use trellis_engine::ports::store::{CommitError, RowKind};

use crate::limits::{MAX_PLAN_BYTES, MAX_VALUE_BYTES};
use crate::record::stored::{Form, HEADER_BYTES, checksum};
use crate::record::{key, log, row};

/// A plan ready for the writer. Slots index `keys`.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// Every key the plan touches, encoded, each once.
    pub(crate) keys: Vec<IVec>,
    pub(crate) once: Option<usize>,
    pub(crate) expect: Vec<(usize, Expected)>,
    pub(crate) writes: Vec<(usize, Encoded)>,
    /// The sum of each number's changes.
    pub(crate) numbers: Vec<(usize, i128)>,
    /// The sum of each topic hash's changes.
    pub(crate) hashes: Vec<(usize, Box<TopicHash>)>,
    pub(crate) contents: Vec<ContentId>,
    /// The planner's part of the log record.
    pub(crate) log_head: Vec<u8>,
}

/// A row to be written, all but its version.
#[derive(Debug)]
pub(crate) struct Encoded {
    pub(crate) form: Form,
    pub(crate) checksum: u64,
    /// The record; empty for a tombstone.
    pub(crate) record: Vec<u8>,
}

impl Encoded {
    /// What `record`, under `key`, is stored as.
    pub(crate) fn live(key: &[u8], record: Vec<u8>) -> Self {
        let form = if record.len() + HEADER_BYTES <= MAX_VALUE_BYTES { Form::Inline } else { Form::Overflow };
        Self { form, checksum: checksum(form, key, &record), record }
    }

    /// A removed row.
    pub(crate) fn tombstone(key: &[u8]) -> Self {
        Self { form: Form::Tombstone, checksum: checksum(Form::Tombstone, key, &[]), record: Vec::new() }
    }
}

/// The distinct keys of a plan.
#[derive(Default)]
struct Slots {
    keys: Vec<IVec>,
    by_key: HashMap<IVec, usize>,
    scratch: Vec<u8>,
    bytes: usize,
}

impl Slots {
    /// The slot of a key, and whether it is new.
    fn slot(&mut self, row_key: &RowKey) -> Result<(usize, bool), CommitError> {
        check_key(row_key).map_err(CommitError::Malformed)?;
        self.scratch.clear();
        key::put(&mut self.scratch, row_key);
        if let Some(slot) = self.by_key.get(self.scratch.as_slice()) {
            return Ok((*slot, false));
        }
        let encoded = IVec::from(self.scratch.as_slice());
        let slot = self.keys.len();
        self.bytes += encoded.len();
        self.by_key.insert(encoded.clone(), slot);
        self.keys.push(encoded);
        Ok((slot, true))
    }
}

/// A key the port allows.
pub(crate) fn check_key(key: &RowKey) -> Result<(), String> {
    match key {
        RowKey::State(_, key) if key.is_empty() || key.len() > MAX_STATE_KEY_BYTES => {
            Err(format!("a state key has 1 to {MAX_STATE_KEY_BYTES} bytes, this one {}", key.len()))
        }
        _ => Ok(()),
    }
}

fn check_row(key: &RowKey, row: Option<&Row>) -> Result<(), CommitError> {
    let malformed = |text: String| Err(CommitError::Malformed(text));
    if matches!(key, RowKey::Number(_) | RowKey::TopicHash(_)) {
        return malformed(format!("{key:?} can only be adjusted, not written"));
    }
    match row {
        Some(row) if row::kind_of(row) != key::kind_of(key) => {
            malformed(format!("{key:?} cannot hold a row of kind {:?}", row::kind_of(row)))
        }
        Some(Row::State(value)) if value.len() > MAX_STATE_VALUE_BYTES => malformed(format!(
            "a state value has at most {MAX_STATE_VALUE_BYTES} bytes, the one under {key:?} has {}",
            value.len()
        )),
        _ => Ok(()),
    }
}

/// Checks and encodes a plan.
pub(crate) fn prepare(plan: &Plan) -> Result<Prepared, CommitError> {
    let actual = plan.writes.len().saturating_add(plan.adjust.len());
    if actual > MAX_PLAN_WRITES {
        return Err(CommitError::TooLarge { what: "writes", limit: MAX_PLAN_WRITES, actual });
    }
    let mut slots = Slots::default();
    let mut record_bytes = 0usize;
    let mut writes = Vec::with_capacity(plan.writes.len());
    for (row_key, new_row) in &plan.writes {
        check_row(row_key, new_row.as_ref())?;
        let (slot, new) = slots.slot(row_key)?;
        if !new {
            return Err(CommitError::Malformed(format!("{row_key:?} is written twice")));
        }
        let encoded_key = slots.scratch.as_slice();
        let encoded = match new_row {
            None => Encoded::tombstone(encoded_key),
            Some(new_row) => {
                let mut record = Vec::with_capacity(128);
                row::put(&mut record, new_row);
                Encoded::live(encoded_key, record)
            }
        };
        record_bytes = record_bytes.saturating_add(encoded.record.len());
        writes.push((slot, encoded));
    }
    let written = slots.keys.len();
    let expect = plan
        .expect
        .iter()
        .map(|(row_key, expected)| Ok((slots.slot(row_key)?.0, *expected)))
        .collect::<Result<Vec<_>, CommitError>>()?;
    // Whoever writes a fence need not have read it, so the log says who did.
    let fence = key::kind_byte(RowKind::StateFence);
    let is_fence = |key: &&[u8]| key.first() == Some(&fence);
    let keys = |slot: usize| slots.keys.get(slot).map(AsRef::<[u8]>::as_ref);
    let written_too = expect.iter().filter(|(slot, _)| *slot < written);
    let mut read: Vec<&[u8]> = written_too.filter_map(|(slot, _)| keys(*slot)).filter(is_fence).collect();
    read.extend((written..slots.keys.len()).filter_map(keys));
    let mut log_head = Vec::with_capacity(512);
    log::put_head(&mut log_head, plan, read.iter().copied());
    let once = plan.once.as_ref().map(|row_key| created(row_key, written, &mut slots)).transpose()?;
    let (numbers, hashes) = sum_adjustments(&plan.adjust, &mut slots)?;
    let actual = slots.bytes.saturating_add(record_bytes).saturating_add(log_head.len());
    if actual > MAX_PLAN_BYTES {
        return Err(CommitError::TooLarge { what: "bytes", limit: MAX_PLAN_BYTES, actual });
    }
    Ok(Prepared { keys: slots.keys, once, expect, writes, numbers, hashes, contents: plan.contents.clone(), log_head })
}

/// The slot of the row that only this plan creates.
fn created(row_key: &RowKey, written: usize, slots: &mut Slots) -> Result<usize, CommitError> {
    match slots.slot(row_key)? {
        (slot, false) if slot < written => Ok(slot),
        _ => Err(CommitError::Malformed(format!("{row_key:?} is to be created once, but the plan does not write it"))),
    }
}

type Sums = (Vec<(usize, i128)>, Vec<(usize, Box<TopicHash>)>);

/// One sum per number and per topic hash: both commute, so the order within the plan does not matter.
fn sum_adjustments(adjust: &[Adjust], slots: &mut Slots) -> Result<Sums, CommitError> {
    let mut numbers: Vec<(usize, i128)> = Vec::new();
    let mut number_at: HashMap<usize, usize> = HashMap::new();
    let mut hashes: Vec<(usize, Box<TopicHash>)> = Vec::new();
    for change in adjust {
        match change {
            Adjust::Number(number, delta) => {
                let (slot, _) = slots.slot(&RowKey::Number(*number))?;
                let at = *number_at.entry(slot).or_insert(numbers.len());
                match numbers.get_mut(at) {
                    None => numbers.push((slot, *delta)),
                    Some((_, sum)) => {
                        *sum = sum
                            .checked_add(*delta)
                            .ok_or_else(|| CommitError::Malformed(format!("the changes of {number:?} overflow")))?;
                    }
                }
            }
            Adjust::TopicHash(topic, change) => {
                let (slot, _) = slots.slot(&RowKey::TopicHash(*topic))?;
                match hashes.iter_mut().find(|(at, _)| *at == slot) {
                    Some((_, sum)) => sum.apply(change),
                    None => {
                        let mut sum = Box::<TopicHash>::default();
                        sum.apply(change);
                        hashes.push((slot, sum));
                    }
                }
            }
        }
    }
    Ok((numbers, hashes))
}
