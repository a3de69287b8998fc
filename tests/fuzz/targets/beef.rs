//! A BEEF, from its bytes to a verdict by the headers of the seeds' chain.
//!
//! Promised: no bytes make it panic, hang or take memory; what is read is written and read again as the same; what is
//! accepted comes parents first, each transaction with a proof or with all it spends, is accepted again when all of it is
//! held, and makes an answer that another host accepts, and an EF for the network.
#![no_main]

use std::collections::{HashMap, HashSet};

use libfuzzer_sys::fuzz_target;
use trellis_fuzz::material::{material, policy};
use trellis_spv::assemble::assemble;
use trellis_spv::beef::{Beef, parse};
use trellis_spv::extended_format;
use trellis_spv::hash::Txid;
use trellis_spv::verify::{StoredTransaction, Verified, check_proof, verify};

fn check(beef: &Beef, verified: &Verified) {
    let chain = &material().chain;
    assert_eq!(verified.subject, beef.subject);
    assert_eq!(verified.transactions.last().map(|known| known.transaction.txid()), Some(beef.subject));
    let mut before = HashSet::new();
    for known in &verified.transactions {
        let txid = known.transaction.txid();
        match &known.proof {
            Some(proof) => check_proof(&txid, proof, chain).expect("an accepted proof"),
            None => {
                assert!(known.transaction.inputs().iter().all(|input| before.contains(&input.source.txid)));
                let source = |outpoint: &_| verified.source(outpoint).map(|(value, script)| (value, script.to_vec()));
                let extended = extended_format::encode(&known.transaction, source).expect("all it spends is known");
                let back = extended_format::decode(&extended).expect("what was encoded is decoded");
                assert_eq!(back.transaction.raw(), known.transaction.raw());
            }
        }
        assert!(before.insert(txid), "{txid} is answered twice");
    }
}

/// The answer about the subject, made of what was accepted.
fn check_answer(verified: &Verified) {
    let held: HashMap<Txid, StoredTransaction> = verified
        .transactions
        .iter()
        .map(|known| {
            let stored = StoredTransaction { transaction: known.transaction.clone(), proof: known.proof.clone() };
            (known.transaction.txid(), stored)
        })
        .collect();
    let bytes = assemble(&[(verified.subject, 0)], &held, true).expect("an answer");
    let answer = parse(&bytes).expect("the answer is a BEEF");
    let again = verify(&answer, &material().chain, &(), &policy()).expect("another host accepts the answer");
    assert_eq!((again.subject, again.transactions.len()), (verified.subject, verified.transactions.len()));
    assert_eq!(again.costs, verified.costs);
    let known = verify(&answer, &material().chain, &held, &policy()).expect("what is held is accepted");
    assert_eq!(known.costs.signature_checks, 0);
}

fuzz_target!(|input: &[u8]| {
    let Ok(beef) = parse(input) else { return };
    let bytes = beef.to_bytes();
    // A BUMP's leaves may come in any order and are written in theirs.
    assert_eq!(bytes.len(), input.len());
    assert_eq!(parse(&bytes).expect("what was written is read"), beef);

    let alone = verify(&beef, &material().chain, &(), &policy());
    let with_host = verify(&beef, &material().chain, &material().chain, &policy());
    if let Ok(verified) = &alone {
        check(&beef, verified);
        check_answer(verified);
        assert!(with_host.is_ok(), "a host that holds more accepts less: {with_host:?}");
    }
    if let Ok(verified) = &with_host {
        assert_eq!(verified.subject, beef.subject);
    }
});
