//! Scripts as a sequence of operations. Reads foreign bytes: a push that runs past the end is an end, never a panic.

/// The operations this crate knows by name.
pub(crate) mod opcode {
    pub(crate) const OP_0: u8 = 0x00;
    pub(crate) const OP_PUSHDATA1: u8 = 0x4c;
    pub(crate) const OP_PUSHDATA2: u8 = 0x4d;
    pub(crate) const OP_PUSHDATA4: u8 = 0x4e;
    pub(crate) const OP_1NEGATE: u8 = 0x4f;
    pub(crate) const OP_1: u8 = 0x51;
    pub(crate) const OP_16: u8 = 0x60;
    pub(crate) const OP_2DROP: u8 = 0x6d;
    pub(crate) const OP_DROP: u8 = 0x75;
    pub(crate) const OP_CHECKSIG: u8 = 0xac;
}

/// One operation of a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation<'a> {
    /// Bytes that follow their length in the script.
    Push(&'a [u8]),
    /// Anything else, the one-byte pushes of small numbers included.
    Code(u8),
}

/// The first operation of a script and what follows it; `None` at the end and where a push runs past it.
pub(crate) fn split_first(script: &[u8]) -> Option<(Operation<'_>, &[u8])> {
    let (&code, rest) = script.split_first()?;
    let (length, rest) = match code {
        0x01..=0x4b => (usize::from(code), rest),
        opcode::OP_PUSHDATA1 => rest.split_first().map(|(length, rest)| (usize::from(*length), rest))?,
        opcode::OP_PUSHDATA2 => {
            rest.split_first_chunk().map(|(length, rest)| (usize::from(u16::from_le_bytes(*length)), rest))?
        }
        opcode::OP_PUSHDATA4 => {
            let (length, rest) = rest.split_first_chunk()?;
            (usize::try_from(u32::from_le_bytes(*length)).ok()?, rest)
        }
        _ => return Some((Operation::Code(code), rest)),
    };
    let (data, rest) = rest.split_at_checked(length)?;
    Some((Operation::Push(data), rest))
}
