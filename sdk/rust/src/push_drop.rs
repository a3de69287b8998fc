//! PushDrop tokens (BRC-48): data fields in a locking script, dropped again, and a key that locks the output.
//!
//! ```text
//! lock before:  <key> OP_CHECKSIG <field> … <field> OP_2DROP … OP_DROP
//! lock after:   <field> … <field> OP_2DROP … OP_DROP <key> OP_CHECKSIG
//! ```
//!
//! What `@bsv/sdk` writes is read with the same fields as there, small numbers included (`OP_0` is the byte 0,
//! `OP_1NEGATE` the byte 0x81, `OP_1` to `OP_16` the bytes 1 to 16). Unlike there, a script is only a token if it has
//! exactly this form: fields that are pushes, as many drops as fields, the key's check, and nothing else. So whatever
//! decodes is indeed locked by its key.

use crate::script::opcode::{OP_2DROP, OP_CHECKSIG, OP_DROP};
use crate::script::{Operation, pushed, split_first};

/// A token read from a locking script (BRC-48). The fields borrow from the script.
///
/// ```
/// use trellis_plugin::push_drop::{PushDrop, decode};
///
/// /// The seat on a ticket: its second field.
/// fn seat<'s>(ticket: &PushDrop<'s>) -> Option<&'s [u8]> {
///     ticket.fields.get(1).copied()
/// }
/// // <key> OP_CHECKSIG "concert" "12A" OP_2DROP
/// let script = [&[33, 2][..], &[7; 32], &[0xac, 7], b"concert", &[3], b"12A", &[0x6d]].concat();
/// let ticket = decode(&script).unwrap();
/// assert_eq!(seat(&ticket), Some(&b"12A"[..]));
/// assert_eq!(ticket.locking_public_key.len(), 33);
/// assert!(!ticket.is_signed());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushDrop<'a> {
    /// The key that locks the output, 33 bytes compressed or 65 uncompressed. Its form is checked, not that it is on
    /// the curve; a key that is not verifies no signature.
    pub locking_public_key: &'a [u8],
    /// The data, at least one field. A token made with a signature has it as its last field.
    pub fields: Vec<&'a [u8]>,
    /// Where the lock stands.
    pub lock_position: LockPosition,
}

/// Where a token's lock stands in the script.
///
/// ```
/// use trellis_plugin::push_drop::{LockPosition, decode};
///
/// // "hi" OP_DROP <key> OP_CHECKSIG
/// let script = [&[2][..], b"hi", &[0x75, 33, 2], &[7; 32], &[0xac]].concat();
/// assert_eq!(decode(&script).map(|token| token.lock_position), Some(LockPosition::After));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockPosition {
    /// In front of the fields, what `@bsv/sdk` writes unless told otherwise.
    Before,
    /// Behind the drops.
    After,
}

impl PushDrop<'_> {
    /// Whether the last field is a signature (DER) of the locking key over all fields before it, run together and hashed once
    /// with SHA-256. One host call each for the hash and the signature, one curve operation.
    ///
    /// ```
    /// use trellis_plugin::push_drop::{LockPosition, PushDrop};
    /// # use secp256k1::{Message, PublicKey, SECP256K1, SecretKey};
    /// # let secret = SecretKey::from_byte_array([7; 32]).unwrap();
    /// # let key = PublicKey::from_secret_key(SECP256K1, &secret).serialize();
    /// # let digest = Message::from_digest(trellis_plugin::crypto::sha256(b"concert12A"));
    /// # let signature = SECP256K1.sign_ecdsa(digest, &secret).serialize_der();
    ///
    /// // `signature` is what the holder of `key` made over "concert12A".
    /// let token = |fields| PushDrop { locking_public_key: &key, fields, lock_position: LockPosition::Before };
    /// assert!(token(vec![b"concert", b"12A", &signature]).is_signed());
    /// assert!(!token(vec![b"concert", b"12B", &signature]).is_signed());
    /// ```
    pub fn is_signed(&self) -> bool {
        let Some((signature, signed)) = self.fields.split_last() else { return false };
        let digest = match signed {
            [] => return false,
            [only] => crate::crypto::sha256(only),
            several => crate::crypto::sha256(&several.concat()),
        };
        crate::crypto::verify_ecdsa(&digest, signature, self.locking_public_key)
    }
}

/// Reads a locking script as a token; `None` where it is none.
///
/// ```
/// use trellis_plugin::push_drop::{LockPosition, decode};
///
/// let script = [&[33, 2][..], &[7; 32], &[0xac, 2], b"hi", &[0x75]].concat();
/// let token = decode(&script).unwrap();
/// assert_eq!((token.fields.as_slice(), token.lock_position), (&[&b"hi"[..]][..], LockPosition::Before));
/// assert_eq!(decode(&script[..37]), None);
/// ```
pub fn decode(script: &[u8]) -> Option<PushDrop<'_>> {
    lock_before(script)
        .or_else(|| lock_after(script))
        .filter(|token| has_the_form_of_a_public_key(token.locking_public_key))
}

fn lock_before(script: &[u8]) -> Option<PushDrop<'_>> {
    let (locking_public_key, rest) = lock(script)?;
    let (fields, rest) = dropped_fields(rest)?;
    rest.is_empty().then_some(PushDrop { locking_public_key, fields, lock_position: LockPosition::Before })
}

fn lock_after(script: &[u8]) -> Option<PushDrop<'_>> {
    let (fields, rest) = dropped_fields(script)?;
    let (locking_public_key, rest) = lock(rest)?;
    rest.is_empty().then_some(PushDrop { locking_public_key, fields, lock_position: LockPosition::After })
}

/// A key and its check, and what follows them.
fn lock(script: &[u8]) -> Option<(&[u8], &[u8])> {
    let (Operation::Push(key), rest) = split_first(script)? else { return None };
    let (Operation::Code(OP_CHECKSIG), rest) = split_first(rest)? else { return None };
    Some((key, rest))
}

/// Fields and as many drops, and what follows them.
fn dropped_fields(mut script: &[u8]) -> Option<(Vec<&[u8]>, &[u8])> {
    let mut fields = Vec::new();
    while let Some((field, rest)) = split_first(script).and_then(|(operation, rest)| Some((pushed(operation)?, rest))) {
        fields.push(field);
        script = rest;
    }
    let mut dropped = 0;
    while dropped < fields.len() {
        let (operation, rest) = split_first(script)?;
        dropped += drops(operation)?;
        script = rest;
    }
    (dropped == fields.len() && dropped > 0).then_some((fields, script))
}

fn has_the_form_of_a_public_key(key: &[u8]) -> bool {
    matches!((key.len(), key.first()), (33, Some(2 | 3)) | (65, Some(4)))
}

/// How many fields an operation drops.
fn drops(operation: Operation<'_>) -> Option<usize> {
    match operation {
        Operation::Code(OP_DROP) => Some(1),
        Operation::Code(OP_2DROP) => Some(2),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::opcode::OP_1;

    const KEY: [u8; 33] = [2; 33];

    /// As the minimal encoding of `@bsv/sdk` has it.
    fn push(field: &[u8]) -> Vec<u8> {
        let length = field.len();
        let mut script = match field {
            [] | [0] => return vec![0],
            [0x81] => return vec![0x4f],
            [number @ 1..=16] => return vec![0x50 + number],
            _ if length <= 75 => vec![length as u8],
            _ if length <= 0xff => vec![0x4c, length as u8],
            _ if length <= 0xffff => [&[0x4d][..], &(length as u16).to_le_bytes()].concat(),
            _ => [&[0x4e][..], &(length as u32).to_le_bytes()].concat(),
        };
        script.extend_from_slice(field);
        script
    }

    fn lock() -> Vec<u8> {
        [&push(&KEY)[..], &[OP_CHECKSIG]].concat()
    }

    fn body(fields: &[&[u8]]) -> Vec<u8> {
        let mut script: Vec<u8> = fields.iter().flat_map(|field| push(field)).collect();
        script.extend(std::iter::repeat_n(OP_2DROP, fields.len() / 2));
        script.extend(std::iter::repeat_n(OP_DROP, fields.len() % 2));
        script
    }

    #[test]
    fn every_size_of_field_is_read_from_both_lock_positions() {
        let long = vec![7; 70_000];
        let sizes = [1, 2, 75, 76, 255, 256, 65_535, 65_536, 70_000];
        for count in 1..=5 {
            for size in sizes {
                let fields = vec![long.get(..size).unwrap(); count];
                let before = [lock(), body(&fields)].concat();
                let after = [body(&fields), lock()].concat();
                let token =
                    |lock_position| PushDrop { locking_public_key: &KEY, fields: fields.clone(), lock_position };
                assert_eq!(decode(&before), Some(token(LockPosition::Before)), "{count} of {size}");
                assert_eq!(decode(&after), Some(token(LockPosition::After)), "{count} of {size}");
            }
        }
    }

    #[test]
    fn small_numbers_are_read_as_their_bytes() {
        let bytes: Vec<[u8; 1]> = (0..=255).map(|byte| [byte]).collect();
        let fields: Vec<&[u8]> = bytes.iter().map(|byte| byte.as_slice()).collect();
        let script = [lock(), body(&fields)].concat();
        assert_eq!(decode(&script).unwrap().fields, fields);
        // An empty field is written as OP_0 and comes back as the byte 0, as in @bsv/sdk.
        assert_eq!(decode(&[lock(), body(&[b""])].concat()).unwrap().fields, [[0]]);
    }

    #[test]
    fn a_key_between_the_fields_is_no_lock() {
        let fields: [&[u8]; 3] = [b"data", &KEY, b"more"];
        let script = [body(&fields), lock()].concat();
        assert_eq!(decode(&script).unwrap().fields, fields);
    }

    #[test]
    fn scripts_of_another_form_are_no_tokens() {
        let good = body(&[b"one", b"two"]);
        let uncompressed = [vec![65, 4], vec![1; 64], vec![OP_CHECKSIG], good.clone()].concat();
        assert!(decode(&uncompressed).is_some());
        let others: Vec<(&str, Vec<u8>)> = vec![
            ("empty", vec![]),
            ("only a lock", lock()),
            ("no lock", good.clone()),
            ("both locks", [lock(), good.clone(), lock()].concat()),
            ("drops without fields", [lock(), vec![OP_DROP]].concat()),
            ("one drop short", [lock(), push(b"one"), push(b"two"), vec![OP_DROP]].concat()),
            ("one drop too many", [lock(), good.clone(), vec![OP_DROP]].concat()),
            ("something behind", [lock(), good.clone(), vec![OP_1]].concat()),
            ("an operation between fields", [lock(), push(b"one"), vec![0x76], push(b"two"), vec![OP_2DROP]].concat()),
            ("a field behind a drop", [lock(), push(b"one"), vec![OP_DROP], push(b"two"), vec![OP_DROP]].concat()),
            ("OP_RESERVED as a field", [lock(), vec![0x50, OP_DROP]].concat()),
            ("another check", [push(&KEY), vec![0xad], good.clone()].concat()),
            ("a short key", [push(&KEY[1..]), vec![OP_CHECKSIG], good.clone()].concat()),
            ("a key of no known kind", [push(&[5; 33]), vec![OP_CHECKSIG], good].concat()),
        ];
        for (what, script) in others {
            assert_eq!(decode(&script), None, "{what}");
        }
    }

    #[test]
    fn cut_and_garbled_scripts_never_panic() {
        let whole = [lock(), body(&[b"one", &[1], &[7; 300]])].concat();
        for length in 0..whole.len() {
            assert_eq!(decode(&whole[..length]), None, "cut at {length}");
        }
        for prefix in [&[0x4c][..], &[0x4d, 1], &[0x4e, 1, 2, 3], &[0x4e, 0xff, 0xff, 0xff, 0xff], &[75]] {
            assert_eq!(decode(prefix), None);
        }
        let mut state = 1u32;
        for _ in 0..20_000 {
            let mut script = whole.clone();
            for _ in 0..3 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let at = state as usize >> 8;
                let length = script.len();
                script[at % length] = state as u8;
            }
            decode(&script);
        }
    }

    #[test]
    fn only_the_locking_key_signs_a_token() {
        use secp256k1::{Message, PublicKey, SECP256K1, SecretKey};
        let secret = SecretKey::from_byte_array([7; 32]).unwrap();
        let key = PublicKey::from_secret_key(SECP256K1, &secret).serialize();
        let digest = Message::from_digest(crate::crypto::sha256(b"hello world"));
        let signature = SECP256K1.sign_ecdsa(digest, &secret).serialize_der();
        let token = |fields| PushDrop { locking_public_key: &key, fields, lock_position: LockPosition::Before };
        assert!(token(vec![b"hello ", b"world", &signature]).is_signed());
        assert!(token(vec![b"hello world", &signature]).is_signed());
        assert!(!token(vec![b"hello worlds", &signature]).is_signed());
        assert!(!token(vec![&signature]).is_signed());
        assert!(!token(vec![b"hello world", b"no signature"]).is_signed());
        let other = PushDrop { locking_public_key: &KEY, ..token(vec![b"hello world", &signature]) };
        assert!(!other.is_signed());
    }
}
