//! The digest a signature signs (BIP-143 with FORKID), with the hashes all inputs share computed once.

use std::cell::OnceCell;

use crate::hash::double_sha256;
use crate::transaction::{Input, Transaction};
use crate::writer::{write_var_bytes, write_var_int};

/// Hash type: signs all outputs.
pub const SIGHASH_ALL: u8 = 0x01;
/// Hash type: signs no outputs.
pub const SIGHASH_NONE: u8 = 0x02;
/// Hash type: signs the output with the input's own index.
pub const SIGHASH_SINGLE: u8 = 0x03;
/// Modifier every signature on this network carries.
pub const SIGHASH_FORKID: u8 = 0x40;
/// Modifier: signs no other inputs.
pub const SIGHASH_ANYONECANPAY: u8 = 0x80;

/// The bits of a hash type that say which outputs are signed.
const BASE_MASK: u8 = 0x1f;

/// The digests of one transaction's inputs. Without the shared hashes a transaction of n inputs would hash n² outpoints.
pub struct Sighash<'a> {
    transaction: &'a Transaction,
    outpoints: OnceCell<[u8; 32]>,
    sequences: OnceCell<[u8; 32]>,
    outputs: OnceCell<[u8; 32]>,
}

impl<'a> Sighash<'a> {
    /// For the inputs of `transaction`; nothing is hashed yet.
    #[must_use]
    pub const fn new(transaction: &'a Transaction) -> Self {
        Self { transaction, outpoints: OnceCell::new(), sequences: OnceCell::new(), outputs: OnceCell::new() }
    }

    /// What a signature of input `index` with this hash type signs, when the input spends an output of `satoshis` whose
    /// locking script is `script_code`; `None` where there is no such input. The hash type must carry FORKID and not
    /// Chronicle's bit 0x20, which selects another digest.
    #[must_use]
    pub fn digest(&self, index: u32, script_code: &[u8], satoshis: u64, hash_type: u8) -> Option<[u8; 32]> {
        let input = self.transaction.inputs().get(index as usize)?;
        let base = hash_type & BASE_MASK;
        let alone = hash_type & SIGHASH_ANYONECANPAY != 0;
        let all_outputs = base != SIGHASH_SINGLE && base != SIGHASH_NONE;
        let outpoints = if alone { [0; 32] } else { *self.outpoints.get_or_init(|| self.hash_outpoints()) };
        let sequences =
            if alone || !all_outputs { [0; 32] } else { *self.sequences.get_or_init(|| self.hash_sequences()) };
        let outputs = match base {
            SIGHASH_NONE => [0; 32],
            SIGHASH_SINGLE => self.hash_output(index),
            _ => *self.outputs.get_or_init(|| self.hash_outputs()),
        };
        let mut image = Vec::with_capacity(script_code.len() + 165);
        image.extend_from_slice(&self.transaction.version().to_le_bytes());
        image.extend_from_slice(&outpoints);
        image.extend_from_slice(&sequences);
        write_outpoint(&mut image, input);
        write_var_bytes(&mut image, script_code);
        image.extend_from_slice(&satoshis.to_le_bytes());
        image.extend_from_slice(&input.sequence.to_le_bytes());
        image.extend_from_slice(&outputs);
        image.extend_from_slice(&self.transaction.lock_time().to_le_bytes());
        image.extend_from_slice(&u32::from(hash_type).to_le_bytes());
        Some(double_sha256(&image))
    }

    fn hash_outpoints(&self) -> [u8; 32] {
        let mut bytes = Vec::with_capacity(36 * self.transaction.inputs().len());
        self.transaction.inputs().iter().for_each(|input| write_outpoint(&mut bytes, input));
        double_sha256(&bytes)
    }

    fn hash_sequences(&self) -> [u8; 32] {
        let sequences = self.transaction.inputs().iter().flat_map(|input| input.sequence.to_le_bytes());
        double_sha256(&sequences.collect::<Vec<u8>>())
    }

    fn hash_outputs(&self) -> [u8; 32] {
        let mut bytes = Vec::new();
        (0..self.transaction.outputs().len() as u32).for_each(|vout| self.write_output(&mut bytes, vout));
        double_sha256(&bytes)
    }

    /// SINGLE of an input that has no output of its own signs zeros.
    fn hash_output(&self, vout: u32) -> [u8; 32] {
        let mut bytes = Vec::new();
        self.write_output(&mut bytes, vout);
        if bytes.is_empty() { [0; 32] } else { double_sha256(&bytes) }
    }

    fn write_output(&self, out: &mut Vec<u8>, vout: u32) {
        if let (Some(satoshis), Some(script)) = (self.transaction.satoshis(vout), self.transaction.locking_script(vout))
        {
            out.extend_from_slice(&satoshis.to_le_bytes());
            write_var_int(out, script.len() as u64);
            out.extend_from_slice(script);
        }
    }
}

fn write_outpoint(out: &mut Vec<u8>, input: &Input) {
    out.extend_from_slice(input.source.txid.internal());
    out.extend_from_slice(&input.source.vout.to_le_bytes());
}
