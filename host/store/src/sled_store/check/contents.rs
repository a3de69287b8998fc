//! Each content against its id, and against the rows that refer to it.

use std::collections::HashMap;

use trellis_engine::domain::row::{ContentId, RowKey};

use super::{CheckReport, Scope, finding};
use crate::record::stored::Stored;
use crate::record::{key, row};
use crate::references::{self, REFERRING};
use crate::sled_store::fault::Fault;
use crate::sled_store::read::{Record, record};
use crate::sled_store::sweep::referenced_carried;
use crate::sled_store::trees::{content_key, content_of};
use crate::sled_store::{chunks, contents};

pub(super) fn check(scope: &Scope<'_>, report: &mut CheckReport) -> Result<(), Fault> {
    check_stored(scope, report)?;
    check_references(scope, report)
}

/// Every chunk belongs to a content whose bytes hash to its id, and which is referred to or marked as not yet so.
fn check_stored(scope: &Scope<'_>, report: &mut CheckReport) -> Result<(), Fault> {
    let carried = match referenced_carried(scope.trees) {
        Ok(values) => values,
        // The row in question is reported by the check of rows.
        Err(Fault::Damaged(_)) => HashMap::new(),
        Err(fault) => return Err(fault),
    };
    // The content whose chunks are passing by, and how many there must be.
    let mut open: Option<(ContentId, u32)> = None;
    for entry in scope.trees.contents.iter().keys() {
        let encoded = entry?;
        let parts = encoded
            .split_last_chunk::<4>()
            .and_then(|(id, chunk)| content_of(id).map(|id| (id, u32::from_be_bytes(*chunk))));
        let Some((id, chunk)) = parts else {
            report.found(format!("a content chunk has the key {}", hex::encode(&encoded)));
            continue;
        };
        let marked = scope.trees.unreferenced.contains_key(content_key(&id))?;
        if chunk == 0 {
            let length = check_content(scope, &id, report)?;
            open = Some((id, chunks::count(length)));
            report.contents += 1;
            report.unreferenced += u64::from(marked);
            let referenced = match &id {
                ContentId::Transaction(txid) => {
                    let rows = &scope.trees.rows;
                    rows.contains_key(key::encode(&RowKey::Transaction(*txid)))?
                        || rows.contains_key(key::encode(&RowKey::Reverted(*txid)))?
                }
                ContentId::Carried(sha256) => carried.contains_key(sha256),
            };
            if !referenced && !marked {
                report.found(format!("content {id:?} has no row and is not marked as unreferenced"));
            }
        } else if !open.is_some_and(|(of, count)| of == id && chunk < count) && !marked {
            report.found(format!("chunk {chunk} of content {id:?} belongs to nothing"));
        }
    }
    Ok(())
}

/// The content's length; 0 where it is damaged.
fn check_content(scope: &Scope<'_>, id: &ContentId, report: &mut CheckReport) -> Result<usize, Fault> {
    match contents::get(scope.trees, id) {
        Ok(bytes) => Ok(bytes.map_or(0, |bytes| bytes.len())),
        Err(Fault::Damaged(text)) => {
            report.found(text);
            Ok(0)
        }
        Err(fault) => Err(fault),
    }
}

/// Every row that refers to a content finds it, in the length it says.
fn check_references(scope: &Scope<'_>, report: &mut CheckReport) -> Result<(), Fault> {
    for kind in REFERRING {
        for entry in scope.trees.rows.scan_prefix([key::kind_byte(kind)]) {
            let (row_key, value) = entry?;
            let Ok(stored) = Stored::parse(&value) else { continue };
            let bytes = match record(scope.trees, &row_key, &stored) {
                Ok(None) => continue,
                Ok(Some(Record::Inline(bytes))) => bytes.to_vec(),
                Ok(Some(Record::Overflow(bytes))) => bytes,
                Err(error) => {
                    // Reported by the check of rows.
                    finding(error)?;
                    continue;
                }
            };
            // What does not decode is reported by the check of rows.
            if let (Ok(decoded_key), Ok(row)) = (key::decode(&row_key), row::decode(kind, &bytes)) {
                for wanted in references::contents(&decoded_key, &row) {
                    check_reference(scope, wanted, report)?;
                }
            }
        }
    }
    Ok(())
}

fn check_reference(scope: &Scope<'_>, (id, length): (ContentId, u32), report: &mut CheckReport) -> Result<(), Fault> {
    match contents::length(scope.trees, &id)? {
        None => report.found(format!("a row refers to content {id:?}, which is not there")),
        Some(found) if found != length as usize => {
            report.found(format!("a row says content {id:?} has {length} bytes, it has {found}"));
        }
        Some(_) => {}
    }
    Ok(())
}
