//! Bounded reading of foreign bytes.
//!
//! Nothing is allocated for a count before the bytes it promises are known to be there, so a count of 2^60 costs an
//! error and no memory. Every error names the field and the byte offset it stands at.

/// Why bytes cannot be read as the format says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The bytes end inside a field.
    #[error("the bytes end inside {field} at offset {offset}: {wanted} bytes wanted, {left} left")]
    Truncated {
        /// The field that is cut short.
        field: &'static str,
        /// Where the field starts, in bytes.
        offset: usize,
        /// Bytes the field has.
        wanted: u64,
        /// Bytes that are left.
        left: usize,
    },
    /// A count promises more elements than the remaining bytes can hold.
    #[error("{field} at offset {offset} promises {count} elements, which {left} remaining bytes cannot hold")]
    CountTooLarge {
        /// The field that counts.
        field: &'static str,
        /// Where the count starts, in bytes.
        offset: usize,
        /// The elements promised.
        count: u64,
        /// Bytes that are left after the count.
        left: usize,
    },
    /// A VarInt uses more bytes than its value needs; the network refuses that too.
    #[error("{field} at offset {offset} writes {value} in more bytes than it needs: use the shortest VarInt")]
    NonCanonicalVarInt {
        /// The field.
        field: &'static str,
        /// Where it starts, in bytes.
        offset: usize,
        /// Its value.
        value: u64,
    },
}

/// A position in foreign bytes.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Reader<'a> {
    /// At the start of `bytes`.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    /// Bytes read so far.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.position
    }

    /// Bytes that are left.
    #[must_use]
    pub const fn remaining(&self) -> usize {
        self.bytes.len().saturating_sub(self.position)
    }

    /// All bytes that are left, without reading them.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.position..).unwrap_or_default()
    }

    /// The bytes between two positions already read; empty when they are not.
    #[must_use]
    pub fn between(&self, start: usize, end: usize) -> &'a [u8] {
        self.bytes.get(start..end).unwrap_or_default()
    }

    /// The next `length` bytes.
    pub fn take(&mut self, length: u64, field: &'static str) -> Result<&'a [u8], ReadError> {
        let slice = usize::try_from(length)
            .ok()
            .and_then(|length| self.position.checked_add(length))
            .and_then(|end| self.bytes.get(self.position..end));
        let Some(slice) = slice else {
            return Err(ReadError::Truncated { field, offset: self.position, wanted: length, left: self.remaining() });
        };
        self.position += slice.len();
        Ok(slice)
    }

    /// The next `N` bytes as an array.
    pub fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], ReadError> {
        let mut array = [0u8; N];
        array.copy_from_slice(self.take(N as u64, field)?);
        Ok(array)
    }

    /// One byte.
    pub fn u8(&mut self, field: &'static str) -> Result<u8, ReadError> {
        Ok(u8::from_le_bytes(self.array(field)?))
    }

    /// Four bytes, little-endian.
    pub fn u32(&mut self, field: &'static str) -> Result<u32, ReadError> {
        Ok(u32::from_le_bytes(self.array(field)?))
    }

    /// Eight bytes, little-endian.
    pub fn u64(&mut self, field: &'static str) -> Result<u64, ReadError> {
        Ok(u64::from_le_bytes(self.array(field)?))
    }

    /// A VarInt (one, three, five or nine bytes, little-endian), in its shortest form.
    pub fn var_int(&mut self, field: &'static str) -> Result<u64, ReadError> {
        let offset = self.position;
        let (value, least) = match self.u8(field)? {
            0xfd => (u64::from(u16::from_le_bytes(self.array(field)?)), 0xfd),
            0xfe => (u64::from(self.u32(field)?), 0x1_0000),
            0xff => (self.u64(field)?, 0x1_0000_0000),
            small => (u64::from(small), 0),
        };
        if value < least {
            return Err(ReadError::NonCanonicalVarInt { field, offset, value });
        }
        Ok(value)
    }

    /// A VarInt that counts elements of at least `least_size` bytes each, all of which must still follow.
    pub fn count(&mut self, least_size: u64, field: &'static str) -> Result<u64, ReadError> {
        let offset = self.position;
        let count = self.var_int(field)?;
        let left = self.remaining();
        if count.checked_mul(least_size).is_none_or(|bytes| bytes > left as u64) {
            return Err(ReadError::CountTooLarge { field, offset, count, left });
        }
        Ok(count)
    }

    /// A VarInt and that many bytes.
    pub fn var_bytes(&mut self, field: &'static str) -> Result<&'a [u8], ReadError> {
        let length = self.var_int(field)?;
        self.take(length, field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::writer::write_var_int;

    #[test]
    fn a_var_int_round_trips_in_its_shortest_form_only() {
        for value in [0, 1, 0xfc, 0xfd, 0xffff, 0x1_0000, 0xffff_ffff, 0x1_0000_0000, u64::MAX] {
            let mut bytes = Vec::new();
            write_var_int(&mut bytes, value);
            let mut reader = Reader::new(&bytes);
            assert_eq!(reader.var_int("value").unwrap(), value);
            assert_eq!(reader.remaining(), 0);
        }
        for long in [&[0xfd, 0xfc, 0][..], &[0xfe, 0xff, 0xff, 0, 0], &[0xff, 1, 0, 0, 0, 0, 0, 0, 0]] {
            assert!(matches!(Reader::new(long).var_int("value"), Err(ReadError::NonCanonicalVarInt { .. })));
        }
    }

    #[test]
    fn a_length_no_memory_could_hold_is_an_error_that_names_field_and_offset() {
        let mut bytes = vec![7];
        write_var_int(&mut bytes, 1 << 60);
        let mut reader = Reader::new(&bytes);
        reader.u8("first").unwrap();
        let error = reader.clone().var_bytes("script").unwrap_err();
        assert_eq!(error, ReadError::Truncated { field: "script", offset: 10, wanted: 1 << 60, left: 0 });
        assert!(matches!(reader.count(41, "inputs"), Err(ReadError::CountTooLarge { offset: 1, .. })));
    }
}
