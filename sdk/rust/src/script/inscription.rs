//! Inscriptions (1Sat Ordinals): content in an envelope that is never run, beside an ordinary lock.

use super::opcode::{OP_0, OP_ENDIF, OP_IF};
use super::{Operation, pushed, split_first};

/// What an envelope begins with.
const MARK: &[u8] = b"ord";
/// The number of the field that says what the content is.
const CONTENT_TYPE: &[u8] = &[1];

/// An inscription in a locking script. Everything borrows from the script.
///
/// ```text
/// <before> OP_FALSE OP_IF "ord" OP_1 <content type> OP_0 <content> OP_ENDIF <behind>
/// ```
///
/// ```
/// use trellis_plugin::script::{inscription, paid_key_hash};
///
/// // OP_FALSE OP_IF "ord" OP_1 "text/plain" OP_0 "hello" OP_ENDIF, and a payment to a key's hash behind it.
/// let envelope = b"\x00\x63\x03ord\x51\x0atext/plain\x00\x05hello\x68";
/// let script = [&envelope[..], &[0x76, 0xa9, 20], &[7; 20], &[0x88, 0xac]].concat();
/// let found = inscription(&script).unwrap();
/// assert_eq!(found.content, b"hello");
/// assert_eq!(paid_key_hash(found.behind), Some([7; 20]));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inscription<'a> {
    /// What the content is, as its maker says: a media type such as `text/plain`. Bytes, for nobody has checked that it is text.
    pub content_type: Option<&'a [u8]>,
    /// The content; empty where there is none.
    pub content: &'a [u8],
    /// Further fields, by their numbers, in order.
    pub fields: Vec<(&'a [u8], &'a [u8])>,
    /// The script in front of the envelope.
    pub before: &'a [u8],
    /// The script behind it: usually a payment to a key's hash, which [`paid_key_hash`](super::paid_key_hash) reads.
    pub behind: &'a [u8],
}

/// The first inscription in a locking script; `None` where there is none, or where it is cut off.
///
/// ```
/// use trellis_plugin::script::inscription;
///
/// let script = b"\x00\x63\x03ord\x51\x0atext/plain\x00\x05hello\x68\x51";
/// let found = inscription(script).unwrap();
/// assert_eq!((found.content_type, found.content), (Some(&b"text/plain"[..]), &b"hello"[..]));
/// assert_eq!((found.before, found.behind), (&b""[..], &b"\x51"[..]));
/// assert_eq!(inscription(b"\x00\x63\x03ord\x51"), None);
/// ```
pub fn inscription(script: &[u8]) -> Option<Inscription<'_>> {
    let mut rest = script;
    loop {
        if let Some((envelope, behind)) = envelope(rest) {
            let before = script.get(..script.len().checked_sub(rest.len())?)?;
            return Some(Inscription { before, behind, ..envelope });
        }
        (_, rest) = split_first(rest)?;
    }
}

/// An envelope that a script begins with, and what follows it.
fn envelope(script: &[u8]) -> Option<(Inscription<'_>, &[u8])> {
    let (Operation::Code(OP_0), rest) = split_first(script)? else { return None };
    let (Operation::Code(OP_IF), rest) = split_first(rest)? else { return None };
    let (Operation::Push(MARK), mut rest) = split_first(rest)? else { return None };
    let mut found = Inscription { content_type: None, content: &[], fields: Vec::new(), before: &[], behind: &[] };
    loop {
        let (number, behind) = split_first(rest)?;
        if number == Operation::Code(OP_ENDIF) {
            return Some((found, behind));
        }
        let (value, behind) = split_first(behind)?;
        rest = behind;
        // An empty value is written as OP_0, which elsewhere stands for the byte 0.
        let value = if value == Operation::Code(OP_0) { &[] } else { pushed(value)? };
        match number {
            Operation::Code(OP_0) => found.content = value,
            number => match pushed(number)? {
                CONTENT_TYPE => found.content_type = Some(value),
                number => found.fields.push((number, value)),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_envelope_is_found_behind_a_lock_and_its_fields_are_kept() {
        let payment = [&[0x76, 0xa9, 20][..], &[7; 20], &[0x88, 0xac]].concat();
        let envelope = b"\x00\x63\x03ord\x51\x09image/png\x52\x02xy\x00\x4c\x02\x00\x01\x68";
        let script = [&payment[..], envelope, b"\x6a\x03end"].concat();
        let found = inscription(&script).unwrap();
        assert_eq!((found.content_type, found.content), (Some(&b"image/png"[..]), &[0, 1][..]));
        assert_eq!(found.fields, [(&[2][..], &b"xy"[..])]);
        assert_eq!(super::super::paid_key_hash(found.before), Some([7; 20]));
        assert_eq!(super::super::data(found.behind), Some(vec![&b"end"[..]]));
    }

    #[test]
    fn whatever_is_cut_off_or_changed_is_no_inscription_and_no_panic() {
        let script = b"\x00\x63\x03ord\x51\x09image/png\x00\x00\x68";
        assert_eq!(inscription(script).unwrap().content, b"");
        for end in 0..script.len() {
            assert_eq!(inscription(&script[..end]), None, "{end}");
        }
        assert_eq!(inscription(b"\x00\x63\x03orb\x68"), None);
    }
}
