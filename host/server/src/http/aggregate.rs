//! The binary answer of a lookup, for clients that send `X-Aggregation: yes`.
//!
//! `VarInt n`, then n times {txid, 32 bytes in display order; `VarInt` output index; `VarInt` context length; context}, then
//! one BEEF that holds all of them. `VarInt` is Bitcoin's: 1, 3, 5 or 9 bytes, little-endian.

use trellis_engine::lookup::AnsweredOutput;
use trellis_spv::writer::{write_var_bytes, write_var_int};

/// Encodes an answer.
#[must_use]
pub fn encode(outputs: &[AnsweredOutput], beef: &[u8]) -> Vec<u8> {
    let contexts: usize = outputs.iter().filter_map(|output| output.context.as_ref()).map(Vec::len).sum();
    // 50: txid, and the two VarInts at their longest.
    let mut bytes = Vec::with_capacity(9 + outputs.len() * 50 + contexts + beef.len());
    write_var_int(&mut bytes, outputs.len() as u64);
    for output in outputs {
        bytes.extend_from_slice(&output.outpoint.txid.display_bytes());
        write_var_int(&mut bytes, u64::from(output.outpoint.vout));
        write_var_bytes(&mut bytes, output.context.as_deref().unwrap_or_default());
    }
    bytes.extend_from_slice(beef);
    bytes
}

#[cfg(test)]
mod tests {
    use trellis_spv::hash::{Outpoint, Txid};

    use super::*;

    fn output(vout: u32, context: Option<Vec<u8>>) -> AnsweredOutput {
        let txid = Txid::from_internal(std::array::from_fn(|index| index as u8));
        AnsweredOutput { outpoint: Outpoint::new(txid, vout), context }
    }

    #[test]
    fn nothing_found_still_ends_with_a_beef() {
        assert_eq!(encode(&[], b"beef"), b"\x00beef");
    }

    #[test]
    fn txids_are_in_display_order_and_numbers_are_var_ints() {
        let mut expected = vec![2];
        let txid: Vec<u8> = (0..32).rev().collect();
        expected.extend_from_slice(&txid);
        expected.extend_from_slice(&[0xfd, 0x2c, 0x01, 0]);
        expected.extend_from_slice(&txid);
        expected.extend_from_slice(&[0xfe, 0x70, 0x11, 0x01, 0x00, 2, 8, 9]);
        expected.extend_from_slice(b"beef");
        assert_eq!(encode(&[output(300, None), output(70_000, Some(vec![8, 9]))], b"beef"), expected);
    }

    #[test]
    fn long_contexts_have_long_lengths() {
        let bytes = encode(&[output(0, Some(vec![7; 253]))], b"");
        assert_eq!(&bytes[33..37], &[0, 0xfd, 253, 0]);
        assert_eq!(bytes.len(), 37 + 253);
    }
}
