//! Data in outputs that nobody can spend.

use super::opcode::{OP_0, OP_RETURN};
use super::{Operation, pushed, split_first};

/// The fields of a data output: `OP_RETURN`, or `OP_FALSE OP_RETURN`, and nothing but pushes behind it, in order. Small numbers are
/// their bytes, as in [`push_drop`](crate::push_drop).
///
/// ```
/// use trellis_plugin::script::data;
///
/// assert_eq!(data(b"\x00\x6a\x05hello\x51"), Some(vec![&b"hello"[..], &[1]]));
/// assert_eq!(data(b"\x6a"), Some(vec![]));
/// assert_eq!(data(b"\x05hello"), None);
/// assert_eq!(data(b"\x6a\x05hell"), None);
/// ```
pub fn data(script: &[u8]) -> Option<Vec<&[u8]>> {
    let (first, rest) = split_first(script)?;
    let mut rest = match first {
        Operation::Code(OP_RETURN) => rest,
        Operation::Code(OP_0) => {
            let (Operation::Code(OP_RETURN), rest) = split_first(rest)? else { return None };
            rest
        }
        _ => return None,
    };
    let mut fields = Vec::new();
    while !rest.is_empty() {
        let (operation, behind) = split_first(rest)?;
        fields.push(pushed(operation)?);
        rest = behind;
    }
    Some(fields)
}
