//! What a script can cost at most, read off it without running it.
//!
//! Script has no loops, so the opcodes that stand there bound what is executed. The walk follows the interpreter's: a
//! push skips its data, and what follows an `OP_RETURN` outside any IF is data.

const OP_PUSHDATA1: u8 = 0x4c;
const OP_PUSHDATA2: u8 = 0x4d;
const OP_PUSHDATA4: u8 = 0x4e;
const OP_1: u8 = 0x51;
const OP_16: u8 = 0x60;
const OP_ENDIF: u8 = 0x68;
const OP_RETURN: u8 = 0x6a;
const OP_CHECKSIG: u8 = 0xac;
const OP_CHECKSIGVERIFY: u8 = 0xad;
const OP_CHECKMULTISIG: u8 = 0xae;
const OP_CHECKMULTISIGVERIFY: u8 = 0xaf;

/// Items one opcode can put on the stack at most (`OP_3DUP`).
const MAX_ITEMS_OF_AN_OPCODE: u64 = 3;

/// The upper bounds of one script's costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Survey {
    /// Signature checks, one for each key of a multisig.
    pub(super) signature_checks: u64,
    /// Opcodes that are no pushes.
    pub(super) opcodes: u64,
    /// Opcodes that multiply, divide or shift numbers.
    pub(super) number_opcodes: u64,
    /// Depth to which IFs are nested.
    pub(super) if_depth: usize,
    /// Opcodes and pushes, those of the scripts before included: what may have put something on the stack.
    pub(super) elements: u64,
}

/// What stood right before an opcode: only a literal number tells how many keys a multisig has.
#[derive(Clone, Copy)]
enum Before {
    Number(u64),
    Other,
}

/// Surveys a script that runs after others of `elements` opcodes and pushes.
pub(super) fn survey(script: &[u8], elements: u64) -> Survey {
    let mut found = Survey { elements, ..Survey::default() };
    let mut rest = script;
    let mut depth = 0usize;
    let mut before = Before::Other;
    while let Some((&opcode, tail)) = rest.split_first() {
        rest = tail;
        found.elements += 1;
        let mut now = Before::Other;
        match opcode {
            0 => now = Before::Number(0),
            1..=OP_PUSHDATA4 => {
                let data = push(opcode, &mut rest);
                if let [] | [_] | [_, _] = data {
                    now = Before::Number(data.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)));
                }
            }
            OP_1..=OP_16 => now = Before::Number(u64::from(opcode - OP_1 + 1)),
            OP_RETURN if depth == 0 => break,
            // OP_IF, OP_NOTIF, OP_VERIF, OP_VERNOTIF
            0x63..=0x66 => {
                depth += 1;
                found.if_depth = found.if_depth.max(depth);
            }
            OP_ENDIF => depth = depth.saturating_sub(1),
            OP_CHECKSIG | OP_CHECKSIGVERIFY => found.signature_checks += 1,
            OP_CHECKMULTISIG | OP_CHECKMULTISIGVERIFY => {
                found.signature_checks += match before {
                    Before::Number(keys) => keys,
                    Before::Other => found.elements.saturating_mul(MAX_ITEMS_OF_AN_OPCODE),
                }
            }
            // OP_MUL, OP_DIV, OP_MOD, OP_LSHIFT, OP_RSHIFT, OP_LSHIFTNUM, OP_RSHIFTNUM
            0x95..=0x99 | 0xb6 | 0xb7 => found.number_opcodes += 1,
            _ => {}
        }
        if opcode > OP_16 {
            found.opcodes += 1;
        }
        before = now;
    }
    found
}

/// Takes the data of a push off `rest`; as much as there is where it is cut short, like the interpreter.
fn push<'a>(opcode: u8, rest: &mut &'a [u8]) -> &'a [u8] {
    let width = match opcode {
        OP_PUSHDATA1 => 1,
        OP_PUSHDATA2 => 2,
        OP_PUSHDATA4 => 4,
        _ => 0,
    };
    let (size, tail) = rest.split_at(rest.len().min(width));
    let length = match width {
        0 => usize::from(opcode),
        _ => size.iter().rev().fold(0usize, |length, byte| length << 8 | usize::from(*byte)),
    };
    let (data, tail) = tail.split_at(tail.len().min(length));
    *rest = tail;
    data
}

#[cfg(test)]
mod tests {
    use super::*;

    fn survey(script: &[u8]) -> Survey {
        super::survey(script, 0)
    }

    #[test]
    fn multisig_counts_its_keys_and_an_unknown_number_counts_all_it_could_be() {
        assert_eq!(survey(&[0x52, 0x53, 0xae]).signature_checks, 3);
        assert_eq!(survey(&[0x01, 21, 0xaf]).signature_checks, 21);
        assert_eq!(survey(&[0x76, 0x76, 0xae]).signature_checks, 9);
        assert_eq!(survey(&[0xac, 0xad]).signature_checks, 2);
        assert_eq!(super::survey(&[0xae], 40).signature_checks, 123);
    }

    #[test]
    fn data_is_not_counted() {
        assert_eq!(survey(&[0x02, 0xac, 0xac, 0x4c, 1, 0xac, 0x4d, 1, 0, 0xac]).signature_checks, 0);
        assert_eq!(survey(&[0x6a, 0xac, 0xac]).signature_checks, 0);
        assert_eq!(survey(&[0x63, 0x6a, 0x68, 0xac]).signature_checks, 1);
    }

    #[test]
    fn nesting_is_the_deepest_point() {
        assert_eq!(survey(&[0x63, 0x64, 0x68, 0x68, 0x63, 0x68]).if_depth, 2);
        assert_eq!(survey(&[0x63; 2_001]).if_depth, 2_001);
    }

    #[test]
    fn a_cut_push_ends_the_script() {
        for script in [&[0x05, 1][..], &[0x4c], &[0x4d, 1], &[0x4e, 0xff, 0xff, 0xff, 0xff, 1]] {
            assert_eq!(survey(script), Survey { elements: 1, ..Survey::default() });
        }
    }
}
