//! Locking scripts: P2PKH, and PushDrop with the lock before the data.

use sha2::{Digest, Sha256};

use super::key::Key;

const OP_PUSHDATA1: u8 = 0x4c;
const OP_PUSHDATA2: u8 = 0x4d;
const OP_PUSHDATA4: u8 = 0x4e;
const OP_2DROP: u8 = 0x6d;
const OP_DROP: u8 = 0x75;
const OP_DUP: u8 = 0x76;
const OP_EQUALVERIFY: u8 = 0x88;
const OP_HASH160: u8 = 0xa9;
const OP_CHECKSIG: u8 = 0xac;

/// `OP_DUP OP_HASH160 <hash> OP_EQUALVERIFY OP_CHECKSIG`.
#[must_use]
pub fn p2pkh(hash: &[u8; 20]) -> Vec<u8> {
    let mut script = vec![OP_DUP, OP_HASH160];
    push(&mut script, hash);
    script.extend_from_slice(&[OP_EQUALVERIFY, OP_CHECKSIG]);
    script
}

/// `<key> OP_CHECKSIG <fields…> OP_2DROP… OP_DROP?`: PushDrop as `@bsv/sdk` writes it with the lock first.
#[must_use]
pub fn push_drop(public_key: &[u8; 33], fields: &[&[u8]]) -> Vec<u8> {
    let mut script = Vec::new();
    push(&mut script, public_key);
    script.push(OP_CHECKSIG);
    fields.iter().for_each(|field| push(&mut script, field));
    script.extend(std::iter::repeat_n(OP_2DROP, fields.len() / 2));
    script.extend(std::iter::repeat_n(OP_DROP, fields.len() % 2));
    script
}

/// A message for `tm_helloworld`: a PushDrop of the text and the key's signature over it.
#[must_use]
pub fn message(key: &Key, text: &str) -> Vec<u8> {
    let signature = key.sign(Sha256::digest(text).into());
    push_drop(key.public_key(), &[text.as_bytes(), &signature])
}

/// Appends a push of data, in the shortest form for data of two bytes or more.
pub fn push(script: &mut Vec<u8>, data: &[u8]) {
    let length = data.len();
    match length {
        0..0x4c => script.push(length as u8),
        0x4c..=0xff => script.extend_from_slice(&[OP_PUSHDATA1, length as u8]),
        0x100..=0xffff => {
            script.push(OP_PUSHDATA2);
            script.extend_from_slice(&(length as u16).to_le_bytes());
        }
        _ => {
            script.push(OP_PUSHDATA4);
            script.extend_from_slice(&(length as u32).to_le_bytes());
        }
    }
    script.extend_from_slice(data);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_dropped_in_pairs() {
        let script = push_drop(&[2; 33], &[b"ab", b"cd", b"ef"]);
        assert_eq!(&script[..2], &[33, 2]);
        assert_eq!(
            &script[34..],
            [&[OP_CHECKSIG, 2][..], b"ab", &[2], b"cd", &[2], b"ef", &[OP_2DROP, OP_DROP]].concat()
        );
    }

    #[test]
    fn long_fields_are_pushed_with_their_length() {
        for (length, head) in
            [(75, vec![75]), (76, vec![0x4c, 76]), (256, vec![0x4d, 0, 1]), (65_536, vec![0x4e, 0, 0, 1, 0])]
        {
            let mut script = Vec::new();
            push(&mut script, &vec![7; length]);
            assert_eq!(&script[..head.len()], head);
            assert_eq!(script.len(), head.len() + length);
        }
    }
}
