//! Extended Format (BRC-30).
//!
//! Promised: what is read is written again as the same bytes, and so is the transaction in it.
#![no_main]

use std::cell::Cell;

use libfuzzer_sys::fuzz_target;
use trellis_spv::extended_format::{decode, encode};
use trellis_spv::transaction::Transaction;

fuzz_target!(|input: &[u8]| {
    let Ok(extended) = decode(input) else { return };
    let transaction = &extended.transaction;
    assert_eq!(extended.sources.len(), transaction.inputs().len());
    assert_eq!(Transaction::parse(transaction.raw()).expect("a transaction").txid(), transaction.txid());
    // By place and not by outpoint: an input may be given twice, with two claims.
    let next = Cell::new(0);
    let source = |_: &_| extended.sources.get(next.replace(next.get() + 1)).cloned();
    assert_eq!(encode(transaction, source).expect("every source is there"), input);
});
