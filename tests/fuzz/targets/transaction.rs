//! One raw transaction.
//!
//! Promised: what is read has exactly the bytes its fields say, and the same id for an independent reader; Extended Format
//! carries it there and back; behind it, the reader stands at the next byte.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trellis_spv::extended_format;
use trellis_spv::hash::{Txid, double_sha256};
use trellis_spv::reader::Reader;
use trellis_spv::transaction::Transaction;
use trellis_spv::writer::{write_var_bytes, write_var_int};

/// The bytes the fields say.
fn bytes(transaction: &Transaction) -> Vec<u8> {
    let mut out = transaction.version().to_le_bytes().to_vec();
    write_var_int(&mut out, transaction.inputs().len() as u64);
    for (index, input) in (0..).zip(transaction.inputs()) {
        out.extend_from_slice(input.source.txid.internal());
        out.extend_from_slice(&input.source.vout.to_le_bytes());
        write_var_bytes(&mut out, transaction.unlocking_script(index).expect("an input has a script"));
        out.extend_from_slice(&input.sequence.to_le_bytes());
    }
    write_var_int(&mut out, transaction.outputs().len() as u64);
    for (vout, output) in (0..).zip(transaction.outputs()) {
        out.extend_from_slice(&output.satoshis.to_le_bytes());
        write_var_bytes(&mut out, transaction.locking_script(vout).expect("an output has a script"));
    }
    out.extend_from_slice(&transaction.lock_time().to_le_bytes());
    out
}

fuzz_target!(|input: &[u8]| {
    let mut reader = Reader::new(input);
    if let Ok(first) = Transaction::read(&mut reader) {
        assert_eq!(first.raw(), &input[..reader.position()]);
        let alone = Transaction::parse(first.raw()).expect("what was read in front of other bytes is read alone");
        assert_eq!(alone.txid(), first.txid());
        assert_eq!(Transaction::parse(input).is_ok(), reader.remaining() == 0);
    }
    let Ok(transaction) = Transaction::parse(input) else { return };
    assert_eq!(bytes(&transaction), input);
    assert_eq!(transaction.raw(), input);
    assert_eq!(transaction.txid(), Txid::from_internal(double_sha256(input)));
    let other = bsv_rs::transaction::Transaction::from_binary(input).expect("an independent reader takes it");
    assert_eq!(other.id(), transaction.txid().to_string());
    assert_eq!((other.inputs.len(), other.outputs.len()), (transaction.inputs().len(), transaction.outputs().len()));

    let source =
        |outpoint: &trellis_spv::hash::Outpoint| Some((u64::from(outpoint.vout), outpoint.txid.internal().to_vec()));
    let extended = extended_format::encode(&transaction, source).expect("every source is known");
    let back = extended_format::decode(&extended).expect("what was encoded is decoded");
    assert_eq!(back.transaction.raw(), input);
    assert_eq!(back.sources.len(), transaction.inputs().len());
});
