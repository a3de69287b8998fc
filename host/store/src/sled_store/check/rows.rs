//! Each row, each before-image, each overflow chunk, by itself and with its neighbours.

use trellis_engine::domain::time::Sequence;

use super::{CheckReport, Scope, finding, shown};
use crate::record::stored::{Form, Stored};
use crate::record::{key, row};
use crate::sled_store::chunks;
use crate::sled_store::fault::Fault;
use crate::sled_store::read::{Record, record};
use crate::sled_store::trees::{history_key, split_history_key};

/// Reads one stored value as a reader would; answers its form and version if it is sound.
fn read(
    scope: &Scope<'_>,
    what: &str,
    row_key: &[u8],
    value: &[u8],
    report: &mut CheckReport,
) -> Result<Option<(Form, Sequence)>, Fault> {
    let decoded = match key::decode(row_key) {
        Err(error) => Err(error),
        Ok(decoded) => match Stored::parse(value) {
            Err(error) => Err(error),
            Ok(stored) => match record(scope.trees, row_key, &stored) {
                Err(error) => {
                    report.found(format!("{what} {}: {}", shown(row_key), finding(error)?));
                    return Ok(None);
                }
                Ok(None) => Ok(stored),
                Ok(Some(Record::Inline(bytes))) => row::decode(key::kind_of(&decoded), bytes).map(|_| stored),
                Ok(Some(Record::Overflow(bytes))) => row::decode(key::kind_of(&decoded), &bytes).map(|_| stored),
            },
        },
    };
    match decoded {
        Err(error) => {
            report.found(format!("{what} {}: {error}", shown(row_key)));
            Ok(None)
        }
        Ok(stored) if stored.version > scope.last || stored.version == Sequence::ZERO => {
            report.found(format!(
                "{what} {} has version {}, the last commit is {}",
                shown(row_key),
                stored.version,
                scope.last
            ));
            Ok(None)
        }
        Ok(stored) => Ok(Some((stored.form, stored.version))),
    }
}

pub(super) fn check_current(scope: &Scope<'_>, report: &mut CheckReport) -> Result<(), Fault> {
    for entry in &scope.trees.rows {
        let (row_key, value) = entry?;
        match read(scope, "the", &row_key, &value, report)? {
            None => {}
            Some((Form::Tombstone, version)) => {
                report.tombstones += 1;
                if version <= scope.pruned {
                    report.found(format!("the tombstone of {}, of commit {version}, was not pruned", shown(&row_key)));
                }
            }
            Some(_) => report.rows += 1,
        }
    }
    Ok(())
}

/// Before-images come by row, oldest first: each is compared with the one before, the last one with the row itself.
pub(super) fn check_history(scope: &Scope<'_>, report: &mut CheckReport) -> Result<(), Fault> {
    let mut open: Option<(Vec<u8>, Sequence)> = None;
    for entry in &scope.trees.history {
        let (encoded, value) = entry?;
        let Some((row_key, version)) = split_history_key(&encoded) else {
            report.found(format!("a before-image has the key {}", hex::encode(&encoded)));
            continue;
        };
        report.before_images += 1;
        if let Some((_, found)) = read(scope, "a before-image of", row_key, &value, report)?
            && found != version
        {
            report.found(format!("the before-image of {} at {version} says it is of {found}", shown(row_key)));
        }
        if let Some((of, before)) = open.replace((row_key.to_vec(), version)) {
            let superseded_by = if of == row_key { Some(version) } else { None };
            check_superseded(scope, &of, before, superseded_by, report)?;
        }
    }
    if let Some((of, before)) = open {
        check_superseded(scope, &of, before, None, report)?;
    }
    Ok(())
}

/// A before-image must have been superseded, by the next one or by the row, and not so long ago that it should be gone.
fn check_superseded(
    scope: &Scope<'_>,
    row_key: &[u8],
    version: Sequence,
    next: Option<Sequence>,
    report: &mut CheckReport,
) -> Result<(), Fault> {
    let superseded_by = match next {
        Some(next) => Some(next),
        None => match scope.trees.rows.get(row_key)? {
            Some(value) => Stored::parse(&value).ok().map(|stored| stored.version),
            None => None,
        },
    };
    match superseded_by {
        // Half-way through pruning both go, one after the other.
        None if scope.pruned < scope.oldest && version < scope.oldest => {}
        None => report.found(format!("{} has a before-image of commit {version} but no row", shown(row_key))),
        Some(by) if by <= version => {
            report.found(format!("{} is of commit {by}, its before-image of {version}", shown(row_key)));
        }
        Some(by) if by <= scope.pruned => report.found(format!(
            "the before-image of {} at {version}, superseded by commit {by}, was not pruned",
            shown(row_key)
        )),
        Some(_) => {}
    }
    Ok(())
}

/// Each chunk must belong to a version of a row, current or before-image, that is long enough.
pub(super) fn check_overflow(scope: &Scope<'_>, report: &mut CheckReport) -> Result<(), Fault> {
    for entry in scope.trees.overflow.iter().keys() {
        let encoded = entry?;
        let owner = encoded.split_last_chunk::<4>().and_then(|(owner, chunk)| {
            split_history_key(owner).map(|(row_key, version)| (row_key, version, u32::from_be_bytes(*chunk)))
        });
        let Some((row_key, version, chunk)) = owner else {
            report.found(format!("an overflow chunk has the key {}", hex::encode(&encoded)));
            continue;
        };
        let owns = |value: Option<sled::IVec>| {
            value.is_some_and(|value| {
                Stored::parse(&value).is_ok_and(|stored| {
                    stored.version == version
                        && stored.overflow_length().is_some_and(|length| chunk < chunks::count(length))
                })
            })
        };
        let current = owns(scope.trees.rows.get(row_key)?);
        if !current && !owns(scope.trees.history.get(history_key(row_key, version))?) {
            report.found(format!("chunk {chunk} of {} at {version} belongs to no version of it", shown(row_key)));
        }
    }
    Ok(())
}
