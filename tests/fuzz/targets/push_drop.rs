//! The SDK's reader of PushDrop tokens.
//!
//! Promised: whatever decodes is locked by its key and nothing else, so with a key of one's own in its place that key spends
//! it and another does not; and the token made again of its fields decodes to the same.
#![no_main]

use std::collections::HashMap;

use libfuzzer_sys::fuzz_target;
use trellis_fuzz::material::{material, policy, wallets};
use trellis_plugin::push_drop::{LockPosition, decode};
use trellis_spv::beef::{Beef, BeefEntry, BeefVersion};
use trellis_spv::hash::{Outpoint, Txid};
use trellis_spv::script::ScriptError;
use trellis_spv::testing::{self, Build, Coin, Wallet, build, coin, push_drop_lock};
use trellis_spv::verify::{StoredTransaction, VerifyError, verify};

/// Whether the door lets `wallet` spend an output with this script.
fn spends(wallet: &Wallet, script: &[u8]) -> Result<(), VerifyError> {
    let source = Outpoint::new(Txid::from_internal([9; 32]), 0);
    let nothing = Coin { outpoint: source, satoshis: 0, script: Vec::new() };
    let parent = build(&[nothing.with(&[])], &[(100_000, script.to_vec())]);
    // Version 2: from Chronicle on it is free of the rules on how data are pushed.
    let outputs = vec![(50_000, wallet.p2pkh())];
    let spend = Build { version: 2, inputs: vec![coin(&parent, 0).by(wallet)], outputs, lock_time: 0 }.sign();
    let beef = Beef {
        version: BeefVersion::V1,
        bumps: Vec::new(),
        subject: spend.txid(),
        transactions: vec![BeefEntry::Raw { transaction: spend, bump: None }],
        atomic: false,
    };
    let held = HashMap::from([(parent.txid(), StoredTransaction { transaction: parent, proof: None })]);
    verify(&beef, &material().chain, &held, &policy()).map(|_| ())
}

fuzz_target!(|input: &[u8]| {
    let Some(token) = decode(input) else { return };
    assert!(!token.fields.is_empty());
    let position = match token.lock_position {
        LockPosition::Before => testing::LockPosition::Before,
        LockPosition::After => testing::LockPosition::After,
    };
    let again = push_drop_lock(token.locking_public_key, &token.fields, position);
    assert_eq!(decode(&again).as_ref(), Some(&token));

    let [alice, bob, _] = wallets();
    let key = token.locking_public_key;
    if key.len() != alice.public_key().len() || input.len() > policy().max_script_bytes {
        return;
    }
    let at = key.as_ptr().addr() - input.as_ptr().addr();
    let mut ours = input.to_vec();
    ours[at..at + key.len()].copy_from_slice(&alice.public_key());
    match spends(alice, &ours) {
        Ok(()) | Err(VerifyError::Script { source: ScriptError::TooMuchMemory { .. }, .. }) => {}
        Err(error) => panic!("its key does not spend it: {error}"),
    }
    assert!(spends(bob, &ours).is_err(), "a stranger spends it");
});
