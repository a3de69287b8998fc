//! Removes contents that no row refers to.
//!
//! Candidates are the markers in `unreferenced`: contents put by someone whose commit never came (or came while the content
//! was put a second time), and contents whose row was removed. Each is compared with the rows before it goes. What this
//! process put and may still commit is left alone, and so is what readers behind the horizon may still ask for.

use std::collections::HashMap;

use trellis_engine::domain::row::{ContentId, Row, RowKey};
use trellis_engine::ports::store::RowKind;
use trellis_spv::hash::Txid;

use super::contents::Recent;
use super::fault::Fault;
use super::read::{Record, RecordFault, record};
use super::trees::{Trees, content_key, content_of, split_history_key};
use crate::record::stored::{Form, Stored};
use crate::record::{key, row};

/// What a sweep did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SweepReport {
    /// Contents removed.
    pub removed: usize,
    /// Contents without a row that stay for now: put by this process, or of a row removed within the horizon.
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
    let values = if values_in_question { referenced_values(trees)? } else { HashMap::new() };
    for id in candidates {
        let reference = match &id {
            ContentId::Transaction(txid) => transaction_reference(trees, txid)?,
            ContentId::OffChainValues(sha256) => values.get(sha256).copied(),
        };
        match reference {
            Some(Reference::Current) => {}
            Some(Reference::Past) => {
                report.spared += 1;
                continue;
            }
            None => {
                // The marker goes last: where this is cut short, the next sweep finds the rest.
                for chunk in trees.contents.scan_prefix(content_key(&id)).keys() {
                    trees.contents.remove(chunk?)?;
                }
                report.removed += 1;
            }
        }
        trees.unreferenced.remove(content_key(&id))?;
    }
    Ok(report)
}

/// Who refers to a content.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Reference {
    /// A row as it is now.
    Current,
    /// Only a version that readers behind may still ask for.
    Past,
}

fn transaction_reference(trees: &Trees, txid: &Txid) -> Result<Option<Reference>, Fault> {
    let row_key = key::encode(&RowKey::Transaction(*txid));
    let Some(value) = trees.rows.get(&row_key)? else { return Ok(None) };
    let stored = Stored::parse(&value).map_err(|error| Fault::damaged(format_args!("transaction {txid}"), &error))?;
    Ok(Some(if stored.form == Form::Tombstone { Reference::Past } else { Reference::Current }))
}

/// Digests of all off-chain values that a submission's row, or an earlier version of one, refers to.
pub(super) fn referenced_values(trees: &Trees) -> Result<HashMap<[u8; 32], Reference>, Fault> {
    let mut values = HashMap::new();
    let kind = key::kind_byte(RowKind::Applied);
    for entry in trees.history.scan_prefix([APPLIED_KEY_BYTES, kind]) {
        let (history_key, value) = entry?;
        if let Some((row_key, _)) = split_history_key(&history_key)
            && let Some(sha256) = off_chain_values(trees, row_key, &value)?
        {
            values.insert(sha256, Reference::Past);
        }
    }
    for entry in trees.rows.scan_prefix([kind]) {
        let (row_key, value) = entry?;
        if let Some(sha256) = off_chain_values(trees, &row_key, &value)? {
            values.insert(sha256, Reference::Current);
        }
    }
    Ok(values)
}

/// Length of a submission row's key: kind and txid.
const APPLIED_KEY_BYTES: u8 = 33;

/// The off-chain values that a stored submission row refers to.
pub(super) fn off_chain_values(trees: &Trees, row_key: &[u8], value: &[u8]) -> Result<Option<[u8; 32]>, Fault> {
    let damaged = |error| Fault::damaged(format_args!("row with key {}", hex::encode(row_key)), &error);
    let stored = Stored::parse(value).map_err(damaged)?;
    let row = match record(trees, row_key, &stored) {
        Ok(None) => return Ok(None),
        Ok(Some(Record::Inline(bytes))) => row::decode(RowKind::Applied, bytes),
        Ok(Some(Record::Overflow(bytes))) => row::decode(RowKind::Applied, &bytes),
        Err(RecordFault::Record(error)) => return Err(damaged(error)),
        Err(RecordFault::Sled(error)) => return Err(Fault::Sled(error)),
    };
    match row.map_err(damaged)? {
        Row::Applied(applied) => Ok(applied.off_chain_values.map(|values| values.sha256)),
        _ => Ok(None),
    }
}
