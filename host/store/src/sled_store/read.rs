//! Rows as of a pinned sequence.
//!
//! A read at S takes the current row if its version is at most S, else the newest before-image with a version of at most
//! S. Nothing is locked; it is correct under concurrent commits and pruning because:
//!
//! 1. A commit puts the new version and the before-image of the old one in one sled transaction, and sled applies it under
//!    a lock that every single read takes shared. So whoever sees a version above S and looks into `history` *afterwards*
//!    finds the before-image.
//! 2. S is durable and pinned, so all commits up to S were applied before the read began: no version of at most S can appear
//!    later. A row found with a version of at most S is therefore the newest such.
//! 3. Pruning removes a before-image only when the commit that superseded it, and a tombstone only when the commit that
//!    wrote it, is at or before the oldest readable sequence, which never passes a pin ([`crate::pins`]). So nothing a read
//!    at S could need goes away, and a missing row means no row at S.
//! 4. A scan walks `rows`, tombstones included, and resolves each as above. sled's iterator reads leaf by leaf, not a
//!    snapshot; but a key that has a version at S is in `rows` throughout (a removed row stays as tombstone while S is
//!    pinned), and a leaf loaded earlier only shows older versions, never older than S by 2. Rows that appear during the scan
//!    resolve to nothing. So the rows of a scan are exactly those of S, whatever half of a commit the walk passes.

use std::ops::Bound;

use sled::IVec;
use trellis_engine::domain::row::{Row, RowKey, Versioned};
use trellis_engine::domain::time::Sequence;
use trellis_engine::ports::store::Page;

use super::chunks;
use super::fault::Fault;
use super::trees::{Trees, history_key, overflow_key};
use crate::record::stored::{Form, Stored};
use crate::record::{RecordError, key, row};
use crate::span::Span;

fn damaged(row_key: &RowKey, error: &RecordError) -> Fault {
    Fault::damaged(format_args!("row {row_key:?}"), error)
}

/// The row under `row_key` as of `at`.
pub(super) fn get(trees: &Trees, row_key: &RowKey, at: Sequence) -> Result<Option<Versioned>, Fault> {
    let encoded = key::encode(row_key);
    match trees.rows.get(&encoded)? {
        None => Ok(None),
        Some(value) => resolve(trees, row_key, &encoded, &value, at),
    }
}

/// What `value`, found under `encoded` in `rows`, means at `at`.
fn resolve(
    trees: &Trees,
    row_key: &RowKey,
    encoded: &[u8],
    value: &[u8],
    at: Sequence,
) -> Result<Option<Versioned>, Fault> {
    let current = Stored::parse(value).map_err(|error| damaged(row_key, &error))?;
    if current.version <= at {
        return open(trees, row_key, encoded, &current);
    }
    match before_image(trees, encoded, at)? {
        None => Ok(None),
        Some(value) => {
            let stored = Stored::parse(&value).map_err(|error| damaged(row_key, &error))?;
            open(trees, row_key, encoded, &stored)
        }
    }
}

/// The newest before-image with a version of at most `at`.
fn before_image(trees: &Trees, encoded: &[u8], at: Sequence) -> Result<Option<IVec>, Fault> {
    let oldest = history_key(encoded, Sequence::ZERO);
    let newest = history_key(encoded, at);
    Ok(trees.history.range(oldest..=newest).next_back().transpose()?.map(|(_, value)| value))
}

/// The row of a stored value; `None` for a tombstone.
fn open(trees: &Trees, row_key: &RowKey, encoded: &[u8], stored: &Stored<'_>) -> Result<Option<Versioned>, Fault> {
    let decoded = match record(trees, encoded, stored).map_err(|error| named(row_key, error))? {
        None => return Ok(None),
        Some(Record::Inline(bytes)) => row::decode(key::kind_of(row_key), bytes),
        Some(Record::Overflow(bytes)) => row::decode(key::kind_of(row_key), &bytes),
    };
    let row: Row = decoded.map_err(|error| damaged(row_key, &error))?;
    Ok(Some(Versioned { row, version: stored.version }))
}

/// Where a record's bytes are.
pub(super) enum Record<'a> {
    Inline(&'a [u8]),
    Overflow(Vec<u8>),
}

/// Why a record could not be had.
pub(super) enum RecordFault {
    Record(RecordError),
    Sled(sled::Error),
}

fn named(row_key: &RowKey, error: RecordFault) -> Fault {
    match error {
        RecordFault::Record(error) => damaged(row_key, &error),
        RecordFault::Sled(error) => Fault::Sled(error),
    }
}

/// The checked record of a stored value; `None` for a tombstone.
pub(super) fn record<'a>(
    trees: &Trees,
    encoded: &[u8],
    stored: &Stored<'a>,
) -> Result<Option<Record<'a>>, RecordFault> {
    let verify = |bytes: &[u8]| stored.verify(encoded, bytes).map_err(RecordFault::Record);
    match (stored.form, stored.overflow_length()) {
        (_, Some(length)) => {
            let get = |chunk| trees.overflow.get(overflow_key(encoded, stored.version, chunk));
            let bytes = chunks::join(length, None, get)
                .map_err(RecordFault::Sled)?
                .ok_or(RecordFault::Record(RecordError::Truncated("an overflow chunk")))?;
            verify(&bytes)?;
            Ok(Some(Record::Overflow(bytes)))
        }
        (Form::Tombstone, _) => verify(&[]).map(|()| None),
        _ => verify(stored.body).map(|()| Some(Record::Inline(stored.body))),
    }
}

/// A page of the rows of `span` as of `at`.
pub(super) fn scan(trees: &Trees, span: &Span, at: Sequence) -> Result<Page, Fault> {
    if span.is_empty() {
        return Ok(Page::default());
    }
    let range = (span.start.clone(), span.end.clone());
    let mut walk = trees.rows.range::<Vec<u8>, (Bound<Vec<u8>>, Bound<Vec<u8>>)>(range);
    let mut page = Page::default();
    while let Some(entry) = if span.reverse { walk.next_back() } else { walk.next() } {
        let (encoded, value) = entry?;
        let row_key = key::decode(&encoded)
            .map_err(|error| Fault::damaged(format_args!("row with key {}", hex::encode(&encoded)), &error))?;
        if let Some(versioned) = resolve(trees, &row_key, &encoded, &value, at)? {
            if page.rows.len() == span.limit {
                page.more = true;
                break;
            }
            page.rows.push((row_key, versioned));
        }
    }
    Ok(page)
}
