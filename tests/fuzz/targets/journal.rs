//! The file of a local chain.
//!
//! Ids and hashes cannot be found by trying, so two things are put right: `"#n"` in a block stands for the id of the
//! transaction in line n, and a block's hash is replaced by the one the chain would have.
//!
//! Promised: a file is taken or refused with its line, never half; what is taken is taken again as the same chain, and the
//! chain goes on from there.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use trellis_fuzz::local::{GENESIS, NOW, journal_path};
use trellis_network::local_chain::{JournalError, LocalChain, LocalChainError};
use trellis_spv::transaction::Transaction;
use trellis_spv::verify::Headers;

/// Blocks of one file whose hashes are put right.
const MAX_MENDED: usize = 4;

/// The id of the transaction in each line, counted from 1.
fn name_transactions(text: &str) -> String {
    if !text.contains("\"#") {
        return text.to_owned();
    }
    let mut named = text.to_owned();
    for (number, line) in (1..).zip(text.lines()).take(40) {
        let raw = line.strip_prefix("{\"tx\":\"").and_then(|rest| hex::decode(rest.strip_suffix("\"}")?).ok());
        if let Some(transaction) = raw.and_then(|raw| Transaction::parse(raw).ok()) {
            named = named.replace(&format!("\"#{number}\""), &format!("\"{}\"", transaction.txid()));
        }
    }
    named
}

/// Opens the file, with the hashes of blocks put right.
fn open(path: &Path, bytes: &[u8]) -> Option<LocalChain> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=MAX_MENDED {
        std::fs::write(path, &bytes).expect("the file is written");
        let reason = match LocalChain::open(path, &GENESIS) {
            Ok(chain) => return Some(chain),
            Err(LocalChainError::Journal(JournalError::Line { line, reason, .. })) => {
                assert!(line >= 1 && line <= bytes.split(|byte| *byte == b'\n').count());
                reason
            }
            Err(other) => panic!("nothing but a line is wrong: {other}"),
        };
        let (found, given) = reason.strip_prefix("the block comes out as ")?.split_once(" instead of ")?;
        // What follows the last whole line need not be text.
        let text = String::from_utf8(bytes).ok()?;
        // What is no hash may stand anywhere else too.
        (given.len() == 64).then_some(())?;
        bytes = text.replace(given, found).into_bytes();
    }
    None
}

fn shape(chain: &LocalChain) -> (Option<u32>, usize, Vec<String>) {
    let blocks = (0..=chain.tip().unwrap_or(0)).filter_map(|height| chain.block(height));
    (chain.tip(), chain.mempool_count(), blocks.map(|block| block.hash.to_string()).collect())
}

fuzz_target!(|input: &[u8]| {
    let path = journal_path();
    let bytes = std::str::from_utf8(input).map_or_else(|_| input.to_vec(), |text| name_transactions(text).into_bytes());
    let Some(chain) = open(&path, &bytes) else { return };
    let first = shape(&chain);
    drop(chain);
    let again = LocalChain::open(&path, &GENESIS).expect("what was taken is taken again");
    assert_eq!(shape(&again), first);
    again.mine(NOW).expect("the chain goes on");
    let longer = shape(&again);
    drop(again);
    let last = LocalChain::open(&path, &GENESIS).expect("what was mined is there");
    assert_eq!(shape(&last), longer);
    assert_eq!((longer.0, longer.1), (first.0.map(|tip| tip + 1), 0));
});
