//! Each log record against the rows it says were written. This is what finds a store where the markers survived a power
//! cut and the rows did not.

use std::collections::HashMap;

use sled::IVec;
use trellis_engine::domain::time::Sequence;

use super::{CheckReport, Scope, shown};
use crate::record::log::{RowsHash, StoredLog, WrittenRow};
use crate::record::stored::{Form, Stored};
use crate::sled_store::fault::Fault;
use crate::sled_store::logs;
use crate::sled_store::trees::history_key;

/// Rows that are nowhere although a commit wrote them, by key: the last such commit. Legal once a later commit that removed
/// them has been pruned; what is left at the end was lost.
type Absent = HashMap<Vec<u8>, Sequence>;

pub(super) fn check(scope: &Scope<'_>, report: &mut CheckReport) -> Result<(), Fault> {
    let mut absent = Absent::new();
    let mut sequence = Sequence::ZERO.next();
    while sequence <= scope.last {
        match logs::read(scope.trees, sequence) {
            Ok(Some(log)) => {
                report.commits += 1;
                check_commit(scope, sequence, &log, &mut absent, report)?;
            }
            Ok(None) => report.found(format!("log record {sequence} is missing")),
            Err(Fault::Damaged(text)) => report.found(text),
            Err(fault) => return Err(fault),
        }
        sequence = sequence.next();
    }
    for (row_key, written_by) in absent {
        report.found(format!("{} was written by commit {written_by}, never removed, and is gone", shown(&row_key)));
    }
    Ok(())
}

fn check_commit(
    scope: &Scope<'_>,
    sequence: Sequence,
    log: &StoredLog,
    absent: &mut Absent,
    report: &mut CheckReport,
) -> Result<(), Fault> {
    let mut hash = Some(RowsHash::default());
    for written in log.rows() {
        check_previous(scope, sequence, written, report)?;
        let checksum = match scope.trees.rows.get(&written.key)? {
            Some(value) => check_present(scope, sequence, written, &value, report)?,
            None => {
                if written.live {
                    absent.insert(written.key.clone(), sequence);
                } else {
                    absent.remove(&written.key);
                    if sequence > scope.oldest {
                        report
                            .found(format!("the tombstone of {}, of commit {sequence}, is gone", shown(&written.key)));
                    }
                }
                None
            }
        };
        match checksum {
            Some(checksum) => {
                if let Some(hash) = &mut hash {
                    hash.add(checksum);
                }
            }
            // Pruned, or reported already.
            None => hash = None,
        }
    }
    if hash.is_some_and(|hash| hash.finish() != log.rows_hash) {
        report.found(format!("the rows of commit {sequence} are not the ones it wrote: their hash differs"));
    }
    Ok(())
}

/// The version before, unless it may have been pruned.
fn check_previous(
    scope: &Scope<'_>,
    sequence: Sequence,
    written: &WrittenRow,
    report: &mut CheckReport,
) -> Result<(), Fault> {
    if let Some(previous) = written.previous {
        if previous.version >= sequence {
            let previous = previous.version;
            report.found(format!("commit {sequence} says it superseded commit {previous} of {}", shown(&written.key)));
        } else if sequence > scope.oldest
            && !scope.trees.history.contains_key(history_key(&written.key, previous.version))?
        {
            let previous = previous.version;
            report.found(format!(
                "the before-image of {} at {previous}, superseded by {sequence}, is gone",
                shown(&written.key)
            ));
        }
    }
    Ok(())
}

/// The checksum of the version that commit `sequence` wrote, where it is still there.
fn check_present(
    scope: &Scope<'_>,
    sequence: Sequence,
    written: &WrittenRow,
    current: &IVec,
    report: &mut CheckReport,
) -> Result<Option<u64>, Fault> {
    let Ok(stored) = Stored::parse(current) else { return Ok(None) };
    if stored.version < sequence {
        let (row, found) = (shown(&written.key), stored.version);
        report.found(format!("commit {sequence} wrote {row}, but it is still as commit {found} left it"));
        return Ok(None);
    }
    let superseded;
    let value = if stored.version == sequence {
        current
    } else {
        match scope.trees.history.get(history_key(&written.key, sequence))? {
            Some(value) => {
                superseded = value;
                &superseded
            }
            None => return Ok(None),
        }
    };
    let Ok(stored) = Stored::parse(value) else { return Ok(None) };
    if (stored.form != Form::Tombstone) != written.live {
        report.found(format!("commit {sequence} and {} disagree on whether it was removed", shown(&written.key)));
    }
    Ok(Some(stored.checksum))
}
