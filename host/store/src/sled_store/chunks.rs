//! Byte strings too long for one value, split into chunks and put together again.

use crate::limits::CHUNK_BYTES;

/// The chunks of `bytes`, numbered from 0; at least one.
pub(super) fn split(bytes: &[u8]) -> impl DoubleEndedIterator<Item = (u32, &[u8])> + ExactSizeIterator {
    let count = count(bytes.len());
    (0..count).map(move |chunk| {
        let start = chunk as usize * CHUNK_BYTES;
        let end = bytes.len().min(start.saturating_add(CHUNK_BYTES));
        (chunk, bytes.get(start..end).unwrap_or_default())
    })
}

/// How many chunks `length` bytes take; at least one.
pub(super) fn count(length: usize) -> u32 {
    length.div_ceil(CHUNK_BYTES).max(1) as u32
}

/// Puts `length` bytes together. `first` is chunk 0 where it was read already; `get` reads the others.
pub(super) fn join<E>(
    length: usize,
    first: Option<&[u8]>,
    mut get: impl FnMut(u32) -> Result<Option<sled::IVec>, E>,
) -> Result<Option<Vec<u8>>, E> {
    let mut out = Vec::new();
    for chunk in 0..count(length) {
        match (chunk, first) {
            (0, Some(first)) => out.extend_from_slice(first),
            _ => match get(chunk)? {
                Some(bytes) => out.extend_from_slice(&bytes),
                None => return Ok(None),
            },
        }
    }
    Ok((out.len() == length).then_some(out))
}
