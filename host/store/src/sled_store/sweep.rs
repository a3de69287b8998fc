//! Removes contents that no row refers to.
//!
//! Candidates are the markers in `unreferenced`: contents put by someone whose commit never came (or came while the content
//! was put a second time), and contents whose row was removed. Each is compared with the rows before it goes. What this
//! process put and may still commit is left alone, and so is what readers behind the horizon may still ask for.

use std::collections::HashMap;

use trellis_engine::domain::row::{ContentId, RowKey};
use trellis_spv::hash::Txid;

use super::contents::Recent;
use super::fault::Fault;
use super::read::{Record, RecordFault, record};
use super::trees::{Trees, content_key, content_of, split_history_key};
use crate::record::stored::{Form, Stored};
use crate::record::{key, row};
use crate::references::{self, REFERRING_TO_CARRIED};

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
    let carried_in_question = candidates.iter().any(|id| matches!(id, ContentId::Carried(_)));
    let carried = if carried_in_question { referenced_carried(trees)? } else { HashMap::new() };
    for id in candidates {
        let reference = match &id {
            ContentId::Transaction(txid) => transaction_reference(trees, txid)?,
            ContentId::Carried(sha256) => carried.get(sha256).copied(),
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
    let mut reference = None;
    for row_key in [RowKey::Transaction(*txid), RowKey::Reverted(*txid)] {
        let Some(value) = trees.rows.get(key::encode(&row_key))? else { continue };
        let stored = Stored::parse(&value).map_err(|error| Fault::damaged(format_args!("row {row_key:?}"), &error))?;
        if stored.form != Form::Tombstone {
            return Ok(Some(Reference::Current));
        }
        reference = Some(Reference::Past);
    }
    Ok(reference)
}

/// Digests of all that came along with a BEEF and that a row, or an earlier version of one, refers to.
pub(super) fn referenced_carried(trees: &Trees) -> Result<HashMap<[u8; 32], Reference>, Fault> {
    let mut values = HashMap::new();
    for kind in REFERRING_TO_CARRIED.map(key::kind_byte) {
        for entry in trees.history.scan_prefix([REFERRING_KEY_BYTES, kind]) {
            let (history_key, value) = entry?;
            if let Some((row_key, _)) = split_history_key(&history_key) {
                for sha256 in carried(trees, row_key, &value)? {
                    values.entry(sha256).or_insert(Reference::Past);
                }
            }
        }
        for entry in trees.rows.scan_prefix([kind]) {
            let (row_key, value) = entry?;
            let referred = carried(trees, &row_key, &value)?;
            values.extend(referred.into_iter().map(|sha256| (sha256, Reference::Current)));
        }
    }
    Ok(values)
}

/// Length of the key of a row that refers to contents: kind and txid.
const REFERRING_KEY_BYTES: u8 = 33;

fn carried(trees: &Trees, row_key: &[u8], value: &[u8]) -> Result<Vec<[u8; 32]>, Fault> {
    let of_carried = |id| match id {
        ContentId::Carried(sha256) => Some(sha256),
        ContentId::Transaction(_) => None,
    };
    Ok(referred(trees, row_key, value)?.into_iter().filter_map(of_carried).collect())
}

/// The contents that a stored row refers to.
pub(super) fn referred(trees: &Trees, row_key: &[u8], value: &[u8]) -> Result<Vec<ContentId>, Fault> {
    let damaged = |error| Fault::damaged(format_args!("row with key {}", hex::encode(row_key)), &error);
    let decoded_key = key::decode(row_key).map_err(damaged)?;
    let kind = key::kind_of(&decoded_key);
    let stored = Stored::parse(value).map_err(damaged)?;
    let row = match record(trees, row_key, &stored) {
        Ok(None) => return Ok(Vec::new()),
        Ok(Some(Record::Inline(bytes))) => row::decode(kind, bytes),
        Ok(Some(Record::Overflow(bytes))) => row::decode(kind, &bytes),
        Err(RecordFault::Record(error)) => return Err(damaged(error)),
        Err(RecordFault::Sled(error)) => return Err(Fault::Sled(error)),
    };
    Ok(references::contents(&decoded_key, &row.map_err(damaged)?).map(|(id, _)| id).collect())
}
