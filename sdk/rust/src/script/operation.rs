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
    pub(crate) const OP_IF: u8 = 0x63;
    pub(crate) const OP_ENDIF: u8 = 0x68;
    pub(crate) const OP_RETURN: u8 = 0x6a;
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

/// The bytes of small numbers, where the ones an operation stands for can be borrowed from.
static SMALL_NUMBERS: [u8; 17] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];

/// The bytes an operation stands for as a field.
pub(crate) fn pushed(operation: Operation<'_>) -> Option<&[u8]> {
    match operation {
        Operation::Push(data) => Some(data),
        Operation::Code(opcode::OP_0) => SMALL_NUMBERS.get(..1),
        Operation::Code(opcode::OP_1NEGATE) => Some(&[0x81]),
        Operation::Code(code @ opcode::OP_1..=opcode::OP_16) => {
            let number = usize::from(code - opcode::OP_1) + 1;
            SMALL_NUMBERS.get(number..=number)
        }
        Operation::Code(_) => None,
    }
}
