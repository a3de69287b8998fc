//! The record of one commit: what subscribers see, what undoing and pruning need, and a hash that says whether the rows the
//! commit wrote are still the ones that were written.
//!
//! `layout ‖ at ‖ cause ‖ event ‖ keys read ‖ adjustments` is known to the planner and encoded by its thread;
//! `rows written ‖ rows adjusted ‖ hash` follows from the writer.

use trellis_engine::domain::plan::{LogRecord, Plan};
use trellis_engine::domain::row::RowKey;
use trellis_engine::domain::time::Sequence;

use super::codec::{Reader, put_bytes, put_list, put_number};
use super::{RecordError, event, key};

const LAYOUT: u8 = 1;

/// Flag of a row that exists after the commit.
const LIVE: u8 = 1;
/// Flag of a row that had a version before the commit.
const SUPERSEDED: u8 = 2;
/// Flag of a row whose previous version has overflow chunks.
const SUPERSEDED_OVERFLOW: u8 = 4;

/// A row one commit wrote or adjusted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct WrittenRow {
    /// The encoded key.
    pub(crate) key: Vec<u8>,
    /// Whether the row exists after the commit; else it is a tombstone.
    pub(crate) live: bool,
    /// The version that became a before-image.
    pub(crate) previous: Option<Previous>,
}

/// The version of a row that a commit superseded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Previous {
    pub(crate) version: Sequence,
    /// Whether it has overflow chunks, to be removed with it.
    pub(crate) overflow: bool,
}

/// A commit's record as it stands on disk.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct StoredLog {
    /// What the port shows of it.
    pub(crate) record: LogRecord,
    /// The rows of the plan's writes, in its order.
    pub(crate) written: Vec<WrittenRow>,
    /// The rows it adjusted, each once.
    pub(crate) adjusted: Vec<WrittenRow>,
    /// [`RowsHash`] over written and adjusted rows, in that order.
    pub(crate) rows_hash: [u8; 32],
}

impl StoredLog {
    /// Every row the commit gave a new version.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &WrittenRow> {
        self.written.iter().chain(&self.adjusted)
    }
}

/// BLAKE3 over the checksums of a commit's rows. A checksum covers key and record, so the hash covers all bytes written.
#[derive(Default)]
pub(crate) struct RowsHash(blake3::Hasher);

impl RowsHash {
    pub(crate) fn add(&mut self, checksum: u64) {
        self.0.update(&checksum.to_be_bytes());
    }

    pub(crate) fn finish(&self) -> [u8; 32] {
        *self.0.finalize().as_bytes()
    }
}

/// The planner's part. `read` are the encoded keys the plan relied on besides those it writes.
pub(crate) fn put_head<'a>(out: &mut Vec<u8>, plan: &Plan, read: impl ExactSizeIterator<Item = &'a [u8]>) {
    out.push(LAYOUT);
    put_number(out, plan.at.0);
    event::put_cause(out, &plan.cause);
    event::put_event(out, plan.event.as_ref());
    put_number(out, read.len() as u64);
    for key in read {
        put_bytes(out, key);
    }
    put_list(out, &plan.adjust, event::put_adjust);
}

/// Appends a list of rows to the writer's part.
pub(crate) fn put_row(out: &mut Vec<u8>, key: &[u8], live: bool, previous: Option<Previous>) {
    let mut flags = if live { LIVE } else { 0 };
    if let Some(previous) = previous {
        flags |= SUPERSEDED;
        if previous.overflow {
            flags |= SUPERSEDED_OVERFLOW;
        }
    }
    out.push(flags);
    put_bytes(out, key);
    if let Some(previous) = previous {
        put_number(out, previous.version.0);
    }
}

/// Appends how many rows follow.
pub(crate) fn put_row_count(out: &mut Vec<u8>, count: usize) {
    put_number(out, count as u64);
}

fn written_row(reader: &mut Reader<'_>) -> Result<WrittenRow, RecordError> {
    let flags = reader.byte("written row")?;
    if flags > LIVE | SUPERSEDED | SUPERSEDED_OVERFLOW
        || flags & (SUPERSEDED | SUPERSEDED_OVERFLOW) == SUPERSEDED_OVERFLOW
    {
        return Err(RecordError::UnknownTag { what: "written row", tag: flags });
    }
    let key = reader.bytes("written key")?.to_vec();
    let previous = if flags & SUPERSEDED == 0 {
        None
    } else {
        Some(Previous {
            version: Sequence(reader.number("previous version")?),
            overflow: flags & SUPERSEDED_OVERFLOW != 0,
        })
    };
    Ok(WrittenRow { key, live: flags & LIVE != 0, previous })
}

/// Reads a whole record.
pub(crate) fn decode(sequence: Sequence, bytes: &[u8]) -> Result<StoredLog, RecordError> {
    let mut reader = Reader::new(bytes);
    let layout = reader.byte("log layout")?;
    if layout != LAYOUT {
        return Err(RecordError::UnknownTag { what: "log layout", tag: layout });
    }
    let at = reader.timestamp("at")?;
    let cause = event::cause(&mut reader)?;
    let event = event::event(&mut reader)?;
    let read = reader.list("keys read", |reader| key::decode(reader.bytes("key read")?))?;
    let adjusted = reader.list("adjustments", event::adjust)?;
    let written_rows = reader.list("written rows", written_row)?;
    let adjusted_rows = reader.list("adjusted rows", written_row)?;
    let rows_hash = reader.array("rows hash")?;
    reader.finish()?;
    let wrote = written_rows.iter().map(|row| key::decode(&row.key)).collect::<Result<Vec<RowKey>, _>>()?;
    let record = LogRecord { sequence, cause, at, event, wrote, read, adjusted };
    Ok(StoredLog { record, written: written_rows, adjusted: adjusted_rows, rows_hash })
}
