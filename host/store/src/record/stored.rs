//! A row as it stands in the tree: `flags (1) ‖ version (8, big-endian) ‖ checksum (8) ‖ record`.
//!
//! The version comes early so that a reader who only needs to know whether the row is too new stops there. A before-image is
//! the superseded bytes, unchanged.

use trellis_engine::domain::time::Sequence;

use super::RecordError;

/// Bytes before the record.
pub(crate) const HEADER_BYTES: usize = 17;

const CHECKSUM_AT: usize = 9;

/// What follows the header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    /// Nothing: the row was removed by this version.
    Tombstone,
    /// The record.
    Inline,
    /// The record's length (4 bytes, big-endian); its bytes are in chunks of their own.
    Overflow,
}

impl Form {
    const fn flags(self) -> u8 {
        match self {
            Self::Tombstone => 0,
            Self::Inline => 1,
            Self::Overflow => 2,
        }
    }
}

/// Checksum of a row: 64 bits of BLAKE3 over form, key and the whole record, which overflow chunks are part of.
pub(crate) fn checksum(form: Form, key: &[u8], record: &[u8]) -> u64 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&[form.flags(), key.len() as u8]).update(key).update(record);
    let mut bytes = [0; 8];
    hasher.finalize_xof().fill(&mut bytes);
    u64::from_be_bytes(bytes)
}

/// The value to store. `body` follows the header: the record, its length, or nothing.
///
/// The checksum was taken before the version was known (by the caller's thread, not by the one writer); adding the version
/// binds it in.
pub(crate) fn seal(form: Form, version: Sequence, checksum: u64, body: &[u8], out: &mut Vec<u8>) {
    out.clear();
    out.push(form.flags());
    out.extend_from_slice(&version.0.to_be_bytes());
    out.extend_from_slice(&checksum.wrapping_add(version.0).to_be_bytes());
    out.extend_from_slice(body);
}

/// A stored value, taken apart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stored<'a> {
    pub(crate) form: Form,
    pub(crate) version: Sequence,
    /// The checksum with the version already taken out.
    pub(crate) checksum: u64,
    /// What follows the header.
    pub(crate) body: &'a [u8],
}

impl<'a> Stored<'a> {
    /// Takes a value apart, without checking its checksum.
    pub(crate) fn parse(value: &'a [u8]) -> Result<Self, RecordError> {
        let (header, body) = value.split_first_chunk::<HEADER_BYTES>().ok_or(RecordError::Truncated("row header"))?;
        let (front, sum) = header.split_last_chunk::<8>().ok_or(RecordError::Truncated("row header"))?;
        let (flags, version) = front.split_last_chunk::<8>().ok_or(RecordError::Truncated("row header"))?;
        debug_assert_eq!(front.len(), CHECKSUM_AT);
        let version = Sequence(u64::from_be_bytes(*version));
        let form = match flags {
            [0] if body.is_empty() => Form::Tombstone,
            [1] => Form::Inline,
            [2] if body.len() == 4 => Form::Overflow,
            [0 | 2] => return Err(RecordError::OutOfRange("row length")),
            other => {
                return Err(RecordError::UnknownTag { what: "row form", tag: other.first().copied().unwrap_or(0) });
            }
        };
        Ok(Self { form, version, checksum: u64::from_be_bytes(*sum).wrapping_sub(version.0), body })
    }

    /// Length of the record in overflow chunks.
    pub(crate) fn overflow_length(&self) -> Option<usize> {
        match (self.form, self.body) {
            (Form::Overflow, [a, b, c, d]) => Some(u32::from_be_bytes([*a, *b, *c, *d]) as usize),
            _ => None,
        }
    }

    /// Compares the checksum with key and record (`record` is the body unless it overflowed).
    pub(crate) fn verify(&self, key: &[u8], record: &[u8]) -> Result<(), RecordError> {
        if checksum(self.form, key, record) == self.checksum { Ok(()) } else { Err(RecordError::Checksum) }
    }
}
