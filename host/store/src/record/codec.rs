//! Numbers, byte strings and lists, as they stand in records.
//!
//! Numbers are LEB128 (7 bits per byte, lowest first) in their shortest form; fixed-width numbers in keys are big-endian so
//! that byte order is numeric order.

use trellis_engine::domain::name::{NameId, TopicId};
use trellis_engine::domain::time::{Sequence, Stamp, Timestamp};
use trellis_spv::hash::{Outpoint, Txid};

use super::RecordError;

/// Appends a number.
pub(crate) fn put_number(out: &mut Vec<u8>, value: impl Into<u128>) {
    let mut value: u128 = value.into();
    while value >= 0x80 {
        out.push((value as u8 & 0x7f) | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a signed number: 0, -1, 1, -2, … become 0, 1, 2, 3, ….
pub(crate) fn put_signed(out: &mut Vec<u8>, value: i128) {
    put_number(out, ((value << 1) ^ (value >> 127)) as u128);
}

/// Appends a length and that many bytes.
pub(crate) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_number(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Appends a count and each item.
pub(crate) fn put_list<T>(out: &mut Vec<u8>, items: &[T], mut put: impl FnMut(&mut Vec<u8>, &T)) {
    put_number(out, items.len() as u64);
    for item in items {
        put(out, item);
    }
}

/// Appends 0, or 1 and the value.
pub(crate) fn put_option<T>(out: &mut Vec<u8>, value: Option<&T>, put: impl FnOnce(&mut Vec<u8>, &T)) {
    match value {
        None => out.push(0),
        Some(value) => {
            out.push(1);
            put(out, value);
        }
    }
}

/// Appends txid and index.
pub(crate) fn put_outpoint(out: &mut Vec<u8>, outpoint: &Outpoint) {
    out.extend_from_slice(outpoint.txid.internal());
    put_number(out, outpoint.vout);
}

/// Appends a stamp.
pub(crate) fn put_stamp(out: &mut Vec<u8>, stamp: Stamp) {
    match stamp {
        Stamp::ThisCommit => out.push(0),
        Stamp::At(sequence) => {
            out.push(1);
            put_number(out, sequence.0);
        }
    }
}

/// Reads a record from front to back.
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Everything not read yet.
    pub(crate) fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.rest)
    }

    /// Refuses what is left over.
    pub(crate) fn finish(self) -> Result<(), RecordError> {
        if self.rest.is_empty() { Ok(()) } else { Err(RecordError::TrailingBytes(self.rest.len())) }
    }

    pub(crate) fn take(&mut self, length: usize, what: &'static str) -> Result<&'a [u8], RecordError> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(RecordError::Truncated(what))?;
        self.rest = rest;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], RecordError> {
        let (taken, rest) = self.rest.split_first_chunk::<N>().ok_or(RecordError::Truncated(what))?;
        self.rest = rest;
        Ok(*taken)
    }

    pub(crate) fn byte(&mut self, what: &'static str) -> Result<u8, RecordError> {
        let [byte] = self.array(what)?;
        Ok(byte)
    }

    /// A number of at most 128 bits.
    pub(crate) fn wide_number(&mut self, what: &'static str) -> Result<u128, RecordError> {
        let mut value = 0u128;
        let mut shift = 0u32;
        loop {
            let byte = self.byte(what)?;
            let bits = u128::from(byte & 0x7f);
            // The 19th byte carries the two highest bits of 128.
            if shift > 126 || (shift == 126 && bits > 3) {
                return Err(RecordError::OutOfRange(what));
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return if byte == 0 && shift > 0 { Err(RecordError::NotCanonical(what)) } else { Ok(value) };
            }
            shift += 7;
        }
    }

    /// A number that fits its field.
    pub(crate) fn number<T: TryFrom<u128>>(&mut self, what: &'static str) -> Result<T, RecordError> {
        T::try_from(self.wide_number(what)?).map_err(|_| RecordError::OutOfRange(what))
    }

    pub(crate) fn signed(&mut self, what: &'static str) -> Result<i128, RecordError> {
        let value = self.wide_number(what)?;
        Ok(((value >> 1) as i128) ^ -((value & 1) as i128))
    }

    pub(crate) fn bytes(&mut self, what: &'static str) -> Result<&'a [u8], RecordError> {
        let length = self.number(what)?;
        self.take(length, what)
    }

    pub(crate) fn text(&mut self, what: &'static str) -> Result<String, RecordError> {
        let bytes = self.bytes(what)?;
        std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| RecordError::OutOfRange(what))
    }

    pub(crate) fn list<T>(
        &mut self,
        what: &'static str,
        mut read: impl FnMut(&mut Self) -> Result<T, RecordError>,
    ) -> Result<Vec<T>, RecordError> {
        let count: usize = self.number(what)?;
        // Every item has at least one byte: a count beyond that is a lie and must not become an allocation.
        if count > self.rest.len() {
            return Err(RecordError::Truncated(what));
        }
        (0..count).map(|_| read(self)).collect()
    }

    pub(crate) fn option<T>(
        &mut self,
        what: &'static str,
        read: impl FnOnce(&mut Self) -> Result<T, RecordError>,
    ) -> Result<Option<T>, RecordError> {
        match self.byte(what)? {
            0 => Ok(None),
            1 => read(self).map(Some),
            tag => Err(RecordError::UnknownTag { what, tag }),
        }
    }

    pub(crate) fn boolean(&mut self, what: &'static str) -> Result<bool, RecordError> {
        match self.byte(what)? {
            0 => Ok(false),
            1 => Ok(true),
            tag => Err(RecordError::UnknownTag { what, tag }),
        }
    }

    pub(crate) fn txid(&mut self, what: &'static str) -> Result<Txid, RecordError> {
        Ok(Txid::from_internal(self.array(what)?))
    }

    pub(crate) fn outpoint(&mut self, what: &'static str) -> Result<Outpoint, RecordError> {
        Ok(Outpoint::new(self.txid(what)?, self.number(what)?))
    }

    pub(crate) fn topic(&mut self, what: &'static str) -> Result<TopicId, RecordError> {
        Ok(TopicId(NameId(self.number(what)?)))
    }

    pub(crate) fn timestamp(&mut self, what: &'static str) -> Result<Timestamp, RecordError> {
        Ok(Timestamp(self.number(what)?))
    }

    pub(crate) fn stamp(&mut self, what: &'static str) -> Result<Stamp, RecordError> {
        match self.byte(what)? {
            0 => Ok(Stamp::ThisCommit),
            1 => Ok(Stamp::At(Sequence(self.number(what)?))),
            tag => Err(RecordError::UnknownTag { what, tag }),
        }
    }
}
