//! Recognising the standard scripts, exactly.
//!
//! P2PKH, P2PK and PushDrop (lock before or after the data) are recognised only with the shortest pushes, exactly as
//! many drops as data, and an unlocking script of exactly the pushes they ask for. Such scripts leave the stack with the
//! one result of their one signature check and nothing else, so that result is the interpreter's verdict.

use ripemd::{Digest, Ripemd160};
use sha2::Sha256;

const OP_PUSHDATA1: u8 = 0x4c;
const OP_PUSHDATA2: u8 = 0x4d;
const OP_1NEGATE: u8 = 0x4f;
const OP_1: u8 = 0x51;
const OP_16: u8 = 0x60;
const OP_2DROP: u8 = 0x6d;
const OP_DROP: u8 = 0x75;
const OP_CHECKSIG: u8 = 0xac;

/// A locking and an unlocking script that fit together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Match<'a> {
    /// The verdict is that of this signature, hash type included, and this key.
    Checked { signature: &'a [u8], key: &'a [u8] },
    /// The output pays to the hash of another key.
    WrongKey,
}

/// Reads both scripts as one of the standard forms.
pub(super) fn read<'a>(locking: &'a [u8], unlocking: &'a [u8]) -> Option<Match<'a>> {
    let (signature, rest) = signature_push(unlocking)?;
    if let [0x76, 0xa9, 0x14, hash @ .., 0x88, OP_CHECKSIG] = locking
        && hash.len() == 20
    {
        let (key, []) = key_push(rest)? else { return None };
        let hashed = Ripemd160::digest(Sha256::digest(key));
        return Some(if hashed[..] == *hash { Match::Checked { signature, key } } else { Match::WrongKey });
    }
    let key = key_of(locking)?;
    rest.is_empty().then_some(Match::Checked { signature, key })
}

/// Whether one signature of this key, 33 or 65 bytes, spends the output: P2PKH, P2PK and PushDrop.
pub(super) fn pays_to(locking: &[u8], key: &[u8]) -> bool {
    if let [0x76, 0xa9, 0x14, hash @ .., 0x88, OP_CHECKSIG] = locking
        && hash.len() == 20
    {
        return Ripemd160::digest(Sha256::digest(key))[..] == *hash;
    }
    key_of(locking) == Some(key)
}

/// The key of a P2PK or PushDrop script.
fn key_of(locking: &[u8]) -> Option<&[u8]> {
    if let Some((key, [OP_CHECKSIG, data @ ..])) = key_push(locking) {
        return is_dropped_data(data)?.is_empty().then_some(key);
    }
    match key_push(is_dropped_data(locking)?)? {
        (key, [OP_CHECKSIG]) => Some(key),
        _ => None,
    }
}

/// Takes pushes and exactly as many drops off; answers what follows.
fn is_dropped_data(script: &[u8]) -> Option<&[u8]> {
    let mut rest = script;
    let mut data = 0usize;
    while let Some(after) = shortest_push(rest) {
        rest = after;
        data += 1;
    }
    while data > 0 {
        let (dropped, after) = match rest {
            [OP_2DROP, after @ ..] => (2, after),
            [OP_DROP, after @ ..] => (1, after),
            _ => return None,
        };
        data = data.checked_sub(dropped)?;
        rest = after;
    }
    Some(rest)
}

/// Takes one push off if it is written the shortest way there is; answers what follows.
fn shortest_push(script: &[u8]) -> Option<&[u8]> {
    let (&opcode, rest) = script.split_first()?;
    let (length, rest, least) = match opcode {
        0 | OP_1NEGATE | OP_1..=OP_16 => return Some(rest),
        OP_PUSHDATA1 => {
            let (&length, rest) = rest.split_first()?;
            (usize::from(length), rest, 76)
        }
        OP_PUSHDATA2 => {
            let (length, rest) = rest.split_first_chunk::<2>()?;
            (usize::from(u16::from_le_bytes(*length)), rest, 256)
        }
        1..OP_PUSHDATA1 => (usize::from(opcode), rest, 1),
        _ => return None,
    };
    let (data, after) = rest.split_at_checked(length)?;
    // These single bytes have opcodes of their own.
    let has_opcode = matches!(data, [1..=16] | [0x81]);
    (length >= least && !has_opcode).then_some(after)
}

/// Takes a push off that could be a signature with its hash type.
fn signature_push(script: &[u8]) -> Option<(&[u8], &[u8])> {
    match script {
        [length @ 9..=73, rest @ ..] => rest.split_at_checked(usize::from(*length)),
        _ => None,
    }
}

/// Takes a push off that could be a key.
fn key_push(script: &[u8]) -> Option<(&[u8], &[u8])> {
    match script {
        [length @ (33 | 65), rest @ ..] => rest.split_at_checked(usize::from(*length)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signature() -> Vec<u8> {
        let mut unlocking = vec![71];
        unlocking.extend_from_slice(&[0x30; 71]);
        unlocking
    }

    fn lock(before: &[u8], after: &[u8]) -> Vec<u8> {
        [before, &[33], &[2; 33][..], &[OP_CHECKSIG], after].concat()
    }

    #[test]
    fn data_must_be_dropped_exactly() {
        let unlocking = signature();
        for data in [
            &[][..],
            &[0, OP_DROP],
            &[0x51, 0x60, OP_2DROP],
            &[2, 1, 1, 0x4f, 0, OP_2DROP, OP_DROP],
            &[2, 1, 1, 0x4f, 0, OP_DROP, OP_2DROP],
        ] {
            assert!(read(&lock(&[], data), &unlocking).is_some(), "before {data:02x?}");
            assert!(read(&lock(data, &[]), &unlocking).is_some(), "after {data:02x?}");
        }
        for data in [
            &[0][..],
            &[OP_DROP],
            &[0, OP_2DROP],
            &[0, 0, OP_DROP],
            &[0, OP_DROP, OP_DROP],
            &[0x50, OP_DROP],
            &[0, OP_DROP, 0, OP_DROP],
            &[0, 0x61, OP_DROP],
        ] {
            assert_eq!(read(&lock(&[], data), &unlocking), None, "before {data:02x?}");
            assert_eq!(read(&lock(data, &[]), &unlocking), None, "after {data:02x?}");
        }
    }

    #[test]
    fn longer_pushes_than_needed_are_left_to_the_interpreter() {
        let unlocking = signature();
        let data = |push: &[u8]| [push, &[OP_DROP][..]].concat();
        let long = [&[OP_PUSHDATA1, 76][..], &[7; 76]].concat();
        assert!(read(&lock(&[], &data(&long)), &unlocking).is_some());
        let longer = [&[OP_PUSHDATA2, 0, 1][..], &[7; 256]].concat();
        assert!(read(&lock(&[], &data(&longer)), &unlocking).is_some());
        for push in [&[1, 5][..], &[1, 0x81], &[OP_PUSHDATA1, 1, 7], &[OP_PUSHDATA2, 1, 0, 7], &[0x4e, 1, 0, 0, 0, 7]] {
            assert_eq!(read(&lock(&[], &data(push)), &unlocking), None, "{push:02x?}");
        }
        assert!(read(&lock(&[], &data(&[1, 0])), &unlocking).is_some(), "a zero byte has no opcode of its own");
    }

    #[test]
    fn the_unlocking_script_is_one_push_and_nothing_else() {
        let lock = lock(&[], &[]);
        let mut extra = signature();
        extra.push(0);
        assert_eq!(read(&lock, &extra), None);
        extra.insert(0, 0);
        assert_eq!(read(&lock, &extra), None);
        assert_eq!(read(&lock, &[]), None);
        assert_eq!(read(&lock, &signature()[..71]), None);
        let long_form = [&[OP_PUSHDATA1][..], &signature()].concat();
        assert_eq!(read(&lock, &long_form), None);
    }
}
