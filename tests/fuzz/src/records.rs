//! The disk records of the store, and what each kind of them must keep to.
//!
//! The store keeps its records to itself, so their source is compiled here once more.

#[expect(dead_code, reason = "only what reads and writes records is used")]
#[path = "../../../host/store/src/record/mod.rs"]
mod record;

use trellis_engine::domain::plan::Plan;
use trellis_engine::domain::row::{Row, RowKey};
use trellis_engine::domain::time::Sequence;
use trellis_engine::ports::store::RowKind;

use record::{key, log, row, stored};

/// The kinds of rows.
const KINDS: [RowKind; 13] = [
    RowKind::Transaction,
    RowKind::Spend,
    RowKind::Output,
    RowKind::Holders,
    RowKind::Applied,
    RowKind::Verdict,
    RowKind::State,
    RowKind::StateFence,
    RowKind::Number,
    RowKind::TopicHash,
    RowKind::Outbox,
    RowKind::Status,
    RowKind::Unjudged,
];

/// What a record begins with in a target's bytes, behind the kinds of rows.
const KEY: u8 = KINDS.len() as u8;
const LOG: u8 = KEY + 1;
const STORED: u8 = LOG + 1;

/// Reads a record as the kind its first byte names.
///
/// # Panics
/// What was read has a second spelling, or changes on its way to bytes and back.
pub fn check(bytes: &[u8]) {
    let Some((&kind, bytes)) = bytes.split_first() else { return };
    match kind % (STORED + 1) {
        KEY => {
            if let Ok(read) = key::decode(bytes) {
                assert_eq!(key::encode(&read), bytes, "two spellings of {read:?}");
            }
        }
        LOG => check_log(bytes),
        STORED => check_stored(bytes),
        kind => check_row(KINDS[usize::from(kind)], bytes),
    }
}

fn check_row(kind: RowKind, bytes: &[u8]) {
    let Ok(read) = row::decode(kind, bytes) else { return };
    // What follows a fence's layout is refused, like everywhere.
    assert_eq!(row::kind_of(&read), kind);
    assert_eq!(row_bytes(&read), bytes, "two spellings of {read:?}");
}

fn check_log(bytes: &[u8]) {
    let Ok(read) = log::decode(Sequence(1), bytes) else { return };
    let log::StoredLog { record, written, adjusted, rows_hash } = read;
    let keys: Vec<Vec<u8>> = record.read.iter().map(key::encode).collect();
    let plan = Plan {
        cause: record.cause,
        once: None,
        expect: Vec::new(),
        writes: Vec::new(),
        adjust: record.adjusted,
        contents: Vec::new(),
        event: record.event,
        at: record.at,
    };
    let mut out = Vec::new();
    log::put_head(&mut out, &plan, keys.iter().map(Vec::as_slice));
    for rows in [&written, &adjusted] {
        log::put_row_count(&mut out, rows.len());
        rows.iter().for_each(|row| log::put_row(&mut out, &row.key, row.live, row.previous));
    }
    out.extend_from_slice(&rows_hash);
    assert_eq!(out, bytes, "two spellings of one log record");
}

fn check_stored(bytes: &[u8]) {
    let Ok(read) = stored::Stored::parse(bytes) else { return };
    let mut out = Vec::new();
    stored::seal(read.form, read.version, read.checksum, read.body, &mut out);
    assert_eq!(out, bytes, "two spellings of one stored row");
    assert_eq!(read.overflow_length().is_some(), read.form == stored::Form::Overflow);
}

fn row_bytes(row: &Row) -> Vec<u8> {
    let mut out = Vec::new();
    row::put(&mut out, row);
    out
}

/// A row as a target's bytes.
#[must_use]
pub fn encode_row(row: &Row) -> Vec<u8> {
    let kind = KINDS.iter().position(|kind| *kind == row::kind_of(row)).unwrap_or_default();
    [&[kind as u8][..], &row_bytes(row)].concat()
}

/// The key of a row as a target's bytes.
#[must_use]
pub fn encode_key(of: &RowKey) -> Vec<u8> {
    [&[KEY][..], &key::encode(of)].concat()
}

/// The log record of a plan as a target's bytes: it read and wrote these keys.
#[must_use]
pub fn encode_log(plan: &Plan, keys: &[RowKey]) -> Vec<u8> {
    let keys: Vec<Vec<u8>> = keys.iter().map(key::encode).collect();
    let mut out = vec![LOG];
    log::put_head(&mut out, plan, keys.iter().map(Vec::as_slice));
    for _ in 0..2 {
        log::put_row_count(&mut out, keys.len());
        for (at, key) in keys.iter().enumerate() {
            let previous = log::Previous { version: Sequence(at as u64), overflow: at % 3 == 0 };
            log::put_row(&mut out, key, at % 2 == 0, (at > 0).then_some(previous));
        }
    }
    out.extend_from_slice(&log::RowsHash::default().finish());
    out
}

/// A row as it stands in the tree, as a target's bytes.
#[must_use]
pub fn encode_stored(of: &RowKey, row: &Row) -> Vec<u8> {
    let (key, record) = (key::encode(of), row_bytes(row));
    let mut out = Vec::new();
    stored::seal(
        stored::Form::Inline,
        Sequence(7),
        stored::checksum(stored::Form::Inline, &key, &record),
        &record,
        &mut out,
    );
    [&[STORED][..], &out].concat()
}
