//! One output and the input that spends it, out of a target's bytes.
//!
//! ```text
//! shape (1) || hash type (1) || length of the locking script (2, little-endian) || locking script || unlocking script
//! ```
//!
//! A signature cannot be found by trying, so the shape says how many are appended to the unlocking script, and whether a
//! key follows: bits 0 and 1 signatures, bit 2 key, bits 3 and 4 version, bit 5 a final sequence number or none, bits 6 and
//! 7 where the output was made.

use std::collections::HashMap;

use trellis_spv::hash::Txid;
use trellis_spv::merkle::MerkleProof;
use trellis_spv::script::Sighash;
use trellis_spv::testing::{Build, Coin, build, coin, push};
use trellis_spv::transaction::Transaction;
use trellis_spv::verify::StoredTransaction;

use crate::material::wallets;

/// Satoshis of the output.
pub const SATOSHIS: u64 = 100_000;

const VERSIONS: [u32; 4] = [1, 2, 0x8000_0001, 0];

/// Heights at which the output was made: unproven, before Genesis, right after it, and lately.
const HEIGHTS: [Option<u32>; 4] = [None, Some(500_000), Some(620_538), Some(999_000)];

/// An output and its spend.
pub struct ScriptCase {
    /// The script that is spent.
    pub locking: Vec<u8>,
    /// Height of the output's block.
    pub height: Option<u32>,
    /// The transaction whose only input spends it.
    pub spend: Transaction,
    /// The transaction with the output, as a host holds it.
    pub held: HashMap<Txid, StoredTransaction>,
}

/// The bytes of a case.
#[must_use]
pub fn encode(shape: u8, hash_type: u8, locking: &[u8], unlocking: &[u8]) -> Vec<u8> {
    let length = u16::try_from(locking.len()).unwrap_or(u16::MAX);
    [&[shape, hash_type][..], &length.to_le_bytes(), locking, unlocking].concat()
}

/// Takes the bytes of a case apart; `None` where they are too short.
#[must_use]
pub fn decode(bytes: &[u8]) -> Option<ScriptCase> {
    let [shape, hash_type, low, high, rest @ ..] = bytes else { return None };
    let (locking, unlocking) = rest.split_at_checked(usize::from(u16::from_le_bytes([*low, *high])))?;
    let choice = |shift: u8| usize::from(shape >> shift & 3);
    let nothing = Coin {
        outpoint: trellis_spv::hash::Outpoint::new(Txid::from_internal([9; 32]), 0),
        satoshis: 0,
        script: Vec::new(),
    };
    let parent = build(&[nothing.with(&[])], &[(SATOSHIS, locking.to_vec())]);
    let coin = coin(&parent, 0);
    let version = VERSIONS[choice(3)];
    let sequence = if shape >> 5 & 1 == 1 { 0 } else { u32::MAX };
    let sign = |script: &[u8]| {
        let inputs = vec![coin.with(script).sequence(sequence)];
        let outputs = vec![(SATOSHIS / 2, wallets()[0].p2pkh()), (1, vec![0x51])];
        Build { version, inputs, outputs, lock_time: 0 }.sign()
    };
    let unsigned = sign(&[]);
    let mut script = unlocking.to_vec();
    for wallet in wallets().iter().take(choice(0)) {
        let digest = Sighash::new(&unsigned).digest(0, locking, SATOSHIS, *hash_type)?;
        let mut signature = wallet.sign_digest(digest);
        signature.push(*hash_type);
        script.extend(push(&signature));
    }
    if shape >> 2 & 1 == 1 {
        script.extend(push(&wallets()[0].public_key()));
    }
    let height = HEIGHTS[choice(6)];
    let proof = height.map(|height| MerkleProof { height, offset: 1, levels: Vec::new() });
    let held = HashMap::from([(parent.txid(), StoredTransaction { transaction: parent, proof })]);
    Some(ScriptCase { locking: locking.to_vec(), height, spend: sign(&script), held })
}
