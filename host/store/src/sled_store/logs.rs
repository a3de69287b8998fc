//! Log records in the `log` tree: writing their first chunk, reading one, reading on.

use trellis_engine::domain::time::Sequence;

use super::chunks;
use super::fault::Fault;
use super::trees::{Trees, log_key};
use crate::record::RecordError;
use crate::record::log::{StoredLog, decode};

/// Bytes of length and checksum in chunk 0.
const HEADER_BYTES: usize = 12;

fn checksum(sequence: Sequence, record: &[u8]) -> [u8; 8] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&sequence.0.to_be_bytes()).update(record);
    let mut out = [0; 8];
    hasher.finalize_xof().fill(&mut out);
    out
}

/// Chunk 0: length (4 bytes, big-endian), checksum (8), first bytes.
pub(super) fn first_chunk(sequence: Sequence, record: &[u8], first: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEADER_BYTES + first.len());
    out.extend_from_slice(&(record.len() as u32).to_be_bytes());
    out.extend_from_slice(&checksum(sequence, record));
    out.extend_from_slice(first);
    out
}

/// The record of a commit, `None` where there is none.
pub(super) fn read(trees: &Trees, sequence: Sequence) -> Result<Option<StoredLog>, Fault> {
    let damaged = |error: RecordError| Fault::damaged(format_args!("log record {sequence}"), &error);
    let Some(first) = trees.log.get(log_key(sequence, 0))? else { return Ok(None) };
    let (length, rest) = first.split_first_chunk::<4>().ok_or(damaged(RecordError::Truncated("log header")))?;
    let (sum, bytes) = rest.split_first_chunk::<8>().ok_or(damaged(RecordError::Truncated("log header")))?;
    let length = u32::from_be_bytes(*length) as usize;
    let record = chunks::join(length, Some(bytes), |chunk| trees.log.get(log_key(sequence, chunk)))?
        .ok_or(damaged(RecordError::Truncated("a chunk")))?;
    if checksum(sequence, &record) != *sum {
        return Err(damaged(RecordError::Checksum));
    }
    decode(sequence, &record).map(Some).map_err(damaged)
}

/// Records after `after` up to `through`, at most `limit`. Sequences have no gaps, so a missing record is damage.
pub(super) fn read_range(
    trees: &Trees,
    after: Sequence,
    through: Sequence,
    limit: usize,
) -> Result<Vec<StoredLog>, Fault> {
    let mut out = Vec::new();
    let mut sequence = after.next();
    while sequence <= through && out.len() < limit {
        let record = read(trees, sequence)?
            .ok_or_else(|| Fault::Damaged(format!("log record {sequence} is missing; the last one is {through}")))?;
        out.push(record);
        sequence = sequence.next();
    }
    Ok(out)
}
