//! Types as keys, so that rows sort as the types do.

use crate::identity::IdentityKey;
use crate::{Outpoint, Txid};

/// Something a row can be found by. Rows sort by it: numbers by size, texts by their bytes, tuples by their first member first.
///
/// A text or a list of bytes has no end of its own, so in a tuple it stands last.
///
/// A plugin's own type is a key by what it is made of:
///
/// ```
/// use trellis_plugin::state::Key;
///
/// /// Seats sort by their row, then by their letter.
/// #[derive(Debug, PartialEq)]
/// struct Seat {
///     row: u16,
///     letter: u8,
/// }
///
/// impl Key for Seat {
///     fn write(&self, bytes: &mut Vec<u8>) {
///         (self.row, self.letter).write(bytes);
///     }
///
///     fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
///         let ((row, letter), rest) = Key::read(bytes)?;
///         Some((Self { row, letter }, rest))
///     }
/// }
///
/// let mut key = Vec::new();
/// Seat { row: 300, letter: b'A' }.write(&mut key);
/// assert_eq!(key, [1, 44, b'A']);
/// assert_eq!(Seat::read(&key), Some((Seat { row: 300, letter: b'A' }, &[][..])));
/// ```
pub trait Key: Sized {
    /// Appends the key's bytes.
    fn write(&self, bytes: &mut Vec<u8>);

    /// Reads a key, and what follows it; `None` where the bytes are none.
    fn read(bytes: &[u8]) -> Option<(Self, &[u8])>;
}

macro_rules! numbers {
    ($($number:ty),*) => {
        $(impl Key for $number {
            fn write(&self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(&self.to_be_bytes());
            }

            fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
                let (number, rest) = bytes.split_first_chunk()?;
                Some((Self::from_be_bytes(*number), rest))
            }
        })*
    };
}

numbers!(u8, u16, u32, u64, u128);

impl<const LENGTH: usize> Key for [u8; LENGTH] {
    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(self);
    }

    fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        bytes.split_first_chunk().map(|(key, rest)| (*key, rest))
    }
}

impl Key for Txid {
    fn write(&self, bytes: &mut Vec<u8>) {
        self.0.write(bytes);
    }

    fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        Key::read(bytes).map(|(key, rest)| (Self(key), rest))
    }
}

impl Key for Outpoint {
    fn write(&self, bytes: &mut Vec<u8>) {
        self.to_bytes().write(bytes);
    }

    fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let ((txid, output_index), rest) = Key::read(bytes)?;
        Some((Self { txid, output_index }, rest))
    }
}

impl Key for IdentityKey {
    fn write(&self, bytes: &mut Vec<u8>) {
        self.0.write(bytes);
    }

    fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        Key::read(bytes).map(|(key, rest)| (Self(key), rest))
    }
}

impl Key for String {
    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(self.as_bytes());
    }

    fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        Some((Self::from_utf8(bytes.to_vec()).ok()?, &[]))
    }
}

impl Key for Vec<u8> {
    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(self);
    }

    fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        Some((bytes.to_vec(), &[]))
    }
}

impl Key for () {
    fn write(&self, _: &mut Vec<u8>) {}

    fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        Some(((), bytes))
    }
}

impl<A: Key, B: Key> Key for (A, B) {
    fn write(&self, bytes: &mut Vec<u8>) {
        self.0.write(bytes);
        self.1.write(bytes);
    }

    fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (first, rest) = A::read(bytes)?;
        let (second, rest) = B::read(rest)?;
        Some(((first, second), rest))
    }
}

impl<A: Key, B: Key, C: Key> Key for (A, B, C) {
    fn write(&self, bytes: &mut Vec<u8>) {
        self.0.write(bytes);
        self.1.write(bytes);
        self.2.write(bytes);
    }

    fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let ((first, second), rest) = Key::read(bytes)?;
        let (third, rest) = C::read(rest)?;
        Some(((first, second, third), rest))
    }
}
