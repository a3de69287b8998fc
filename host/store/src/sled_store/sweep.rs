//! Removes contents that no row refers to.
//!
//! Candidates are the markers in `unreferenced`: contents put by someone whose commit never came (or whose commit came while
//! the content was put a second time). Each is compared with the rows before it goes. What this process put and may still
//! commit is left alone.

use std::collections::HashSet;

use trellis_engine::domain::row::{ContentId, Row, RowKey};
use trellis_engine::ports::store::RowKind;

use super::contents::Recent;
use super::fault::Fault;
use super::read::{Record, RecordFault, record};
use super::trees::{Trees, content_key, content_of};
use crate::record::stored::Stored;
use crate::record::{key, row};

/// What a sweep did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SweepReport {
    /// Contents removed.
    pub removed: usize,
    /// Contents without a row that were put by this process and may still be committed.
    pub spared: usize,
}

/// Removes what nothing refers to. Only the writer calls this, between commits.
pub(super) fn sweep(trees: &Trees, recent: &Recent) -> Result<SweepReport, Fault> {
    let mut candidates = Vec::new();
    let mut report = SweepReport::default();
    for marker in trees.unreferenced.iter().keys() {
        let marker = marker?;
        let id = content_of(&marker)
            .ok_or_else(|| Fault::Damaged(format!("`unreferenced` has a key {}", hex::encode(&marker))))?;
        if recent.contains(&id) { report.spared += 1 } else { candidates.push(id) }
    }
    let values_in_question = candidates.iter().any(|id| matches!(id, ContentId::OffChainValues(_)));
    let values = if values_in_question { referenced_values(trees)? } else { HashSet::new() };
    for id in candidates {
        let referenced = match &id {
            // A removed row counts: until its tombstone is pruned, readers behind the horizon may want the bytes.
            ContentId::Transaction(txid) => trees.rows.contains_key(key::encode(&RowKey::Transaction(*txid)))?,
            ContentId::OffChainValues(sha256) => values.contains(sha256),
        };
        if !referenced {
            // The marker goes last: where this is cut short, the next sweep finds the rest.
            for chunk in trees.contents.scan_prefix(content_key(&id)).keys() {
                trees.contents.remove(chunk?)?;
            }
            report.removed += 1;
        }
        trees.unreferenced.remove(content_key(&id))?;
    }
    Ok(report)
}

/// Digests of all off-chain values that a submission's row, or an earlier version of one, refers to.
pub(super) fn referenced_values(trees: &Trees) -> Result<HashSet<[u8; 32]>, Fault> {
    let mut values = HashSet::new();
    let kind = key::kind_byte(RowKind::Applied);
    for entry in trees.rows.scan_prefix([kind]) {
        let (row_key, value) = entry?;
        collect(trees, &row_key, &value, &mut values)?;
    }
    for entry in trees.history.scan_prefix([APPLIED_KEY_BYTES, kind]) {
        let (history_key, value) = entry?;
        let row_key = history_key.get(1..1 + usize::from(APPLIED_KEY_BYTES)).unwrap_or_default();
        collect(trees, row_key, &value, &mut values)?;
    }
    Ok(values)
}

/// Length of a submission row's key: kind and txid.
const APPLIED_KEY_BYTES: u8 = 33;

fn collect(trees: &Trees, row_key: &[u8], value: &[u8], values: &mut HashSet<[u8; 32]>) -> Result<(), Fault> {
    let damaged = |error| Fault::damaged(format_args!("row with key {}", hex::encode(row_key)), &error);
    let stored = Stored::parse(value).map_err(damaged)?;
    let bytes = match record(trees, row_key, &stored) {
        Ok(None) => return Ok(()),
        Ok(Some(Record::Inline(bytes))) => bytes.to_vec(),
        Ok(Some(Record::Overflow(bytes))) => bytes,
        Err(RecordFault::Record(error)) => return Err(damaged(error)),
        Err(RecordFault::Sled(error)) => return Err(Fault::Sled(error)),
    };
    if let Row::Applied(applied) = row::decode(RowKind::Applied, &bytes).map_err(damaged)?
        && let Some(off_chain) = applied.off_chain_values
    {
        values.insert(off_chain.sha256);
    }
    Ok(())
}
