//! Each limit exactly met works, exceeded by one it is refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use trellis_spv::script::ScriptError;
use trellis_spv::testing::{Build, Chain, Coin, Wallet, build, coin};
use trellis_spv::transaction::Transaction;
use trellis_spv::verify::{Costs, Policy, Verified, VerifyError, verify, verify_counting};

fn judge(chain: &Chain, policy: &Policy, transactions: &[&Transaction]) -> Result<Verified, VerifyError> {
    verify(&chain.beef(transactions), chain, &(), policy)
}

fn script_error(result: Result<Verified, VerifyError>) -> ScriptError {
    match result.unwrap_err() {
        VerifyError::Script { source, .. } => source,
        other => panic!("{other}"),
    }
}

#[test]
fn a_thousand_unproven_ancestors_are_judged_and_one_more_is_not() {
    let mut chain = Chain::new();
    let wallet = Wallet::from_seed(1);
    let mut last = chain.coin(&wallet, 2_000_000);
    let mut transactions = Vec::new();
    for _ in 0..1_002 {
        let next = wallet.pay(std::slice::from_ref(&last), &wallet.p2pkh(), last.satoshis - 1);
        last = coin(&next, 0);
        transactions.push(next);
    }
    let all: Vec<&Transaction> = transactions.iter().collect();
    // The subject itself is no ancestor.
    let verified = judge(&chain, &Policy::default(), &all[..1_001]).unwrap();
    assert_eq!(verified.costs.signature_checks, 1_001);
    let error = judge(&chain, &Policy::default(), &all).unwrap_err();
    assert!(matches!(error, VerifyError::TooManyAncestors { limit: 1_000, .. }), "{error}");
}

#[test]
fn twenty_thousand_inputs_are_judged_and_one_more_is_not() {
    let mut chain = Chain::new();
    let wallet = Wallet::from_seed(1);
    // Anyone can spend these; signatures have a limit of their own.
    let outputs = vec![(10, vec![0x51]); 20_001];
    let funding = chain.funding(&outputs);
    let spend = |count: u32| {
        let inputs: Vec<_> = (0..count).map(|vout| coin(&funding, vout).with(&[])).collect();
        build(&inputs, &[(u64::from(count) * 9, wallet.p2pkh())])
    };
    judge(&chain, &Policy::default(), &[&spend(20_000)]).unwrap();
    let error = judge(&chain, &Policy::default(), &[&spend(20_001)]).unwrap_err();
    assert!(matches!(error, VerifyError::TooManyInputs { limit: 20_000, .. }), "{error}");
}

#[test]
fn two_thousand_signature_checks_are_made_and_one_more_is_not() {
    let mut chain = Chain::new();
    let wallet = Wallet::from_seed(1);
    let funding = chain.funding(&vec![(10, wallet.p2pkh()); 2_001]);
    let spend = |count: u32| {
        let inputs: Vec<_> = (0..count).map(|vout| coin(&funding, vout).by(&wallet)).collect();
        build(&inputs, &[(u64::from(count) * 9, wallet.p2pkh())])
    };
    let verified = judge(&chain, &Policy::default(), &[&spend(2_000)]).unwrap();
    assert_eq!(verified.costs.signature_checks, 2_000);
    let error = judge(&chain, &Policy::default(), &[&spend(2_001)]).unwrap_err();
    assert!(matches!(error, VerifyError::TooManySignatureChecks { checks: 2_001, limit: 2_000, .. }), "{error}");
}

#[test]
fn a_refused_beef_costs_what_was_run_and_not_what_was_not() {
    let mut chain = Chain::new();
    let wallet = Wallet::from_seed(1);
    let forged = |coin: &Coin| coin.with(&[]);
    let coins: Vec<_> = (0..3).map(|_| chain.coin(&wallet, 10)).collect();
    let subject = build(&[coins[0].by(&wallet), forged(&coins[1]), coins[2].by(&wallet)], &[(9, vec![0x51])]);
    let costs_at = |max_signature_checks| {
        let mut costs = Costs::default();
        let policy = Policy { max_signature_checks, ..Policy::default() };
        verify_counting(&chain.beef(&[&subject]), &chain, &(), &policy, &mut costs).unwrap_err();
        costs
    };
    let (all, first) = (costs_at(2_000), costs_at(1));
    assert_eq!((all.signature_checks, first.signature_checks), (2, 1));
    assert_eq!(all.script_bytes - first.script_bytes, 25, "the forged input's locking script");
}

#[test]
fn keys_of_a_multisig_count_as_signature_checks() {
    let mut chain = Chain::new();
    let key = Wallet::from_seed(1).public_key();
    let lock = [&[0x00][..], &[&[33][..], &key].concat().repeat(3), &[0x53, 0xae]].concat();
    let spend = chain.coin_with(&lock, 10).with(&[0]);
    let spend = build(&[spend], &[(9, vec![0x51])]);
    let at = |max_signature_checks| Policy { max_signature_checks, ..Policy::default() };
    judge(&chain, &at(3), &[&spend]).unwrap();
    let error = judge(&chain, &at(2), &[&spend]).unwrap_err();
    assert!(matches!(error, VerifyError::TooManySignatureChecks { checks: 3, .. }));
}

fn with_data(wallet: &Wallet, size: usize) -> Vec<u8> {
    // Key push, OP_CHECKSIG, OP_PUSHDATA2 with its length, OP_DROP.
    let lock = wallet.push_drop(&[&vec![7; size - 34 - 1 - 3 - 1]]);
    assert_eq!(lock.len(), size);
    lock
}

#[test]
fn scripts_of_ten_thousand_bytes_run_and_longer_ones_do_not_whichever_way_they_go() {
    let mut chain = Chain::new();
    let wallet = Wallet::from_seed(1);
    let (at, above) = (with_data(&wallet, 10_000), with_data(&wallet, 10_001));
    let coins = [chain.coin_with(&at, 10), chain.coin_with(&above, 10)];
    judge(&chain, &Policy::default(), &[&build(&[coins[0].by(&wallet)], &[(9, vec![0x51])])]).unwrap();
    let error = script_error(judge(&chain, &Policy::default(), &[&build(&[coins[1].by(&wallet)], &[(9, vec![0x51])])]));
    assert_eq!(error, ScriptError::TooLong { which: "locking", size: 10_001, limit: 10_000 });
    // Nothing but OP_NOPs, which only the interpreter takes.
    for (size, good) in [(10_000, true), (10_001, false)] {
        let mut lock = vec![0x61; size - 1];
        lock.push(0x51);
        let spend = build(&[chain.coin_with(&lock, 10_000).with(&[])], &[(9, vec![0x51])]);
        assert_eq!(judge(&chain, &Policy::default(), &[&spend]).is_ok(), good, "{size}");
    }
    for (size, good) in [(10_000, true), (10_001, false)] {
        let push = [&[0x4d][..], &((size - 3) as u16).to_le_bytes(), &vec![7; size - 3]].concat();
        let spend = build(&[chain.coin_with(&[], 10_000).with(&push)], &[(9, vec![0x51])]);
        assert_eq!(judge(&chain, &Policy::default(), &[&spend]).is_ok(), good, "{size}");
    }
}

#[test]
fn ten_thousand_bytes_of_data_pushes_fit_the_stack_on_both_ways() {
    let mut chain = Chain::new();
    let wallet = Wallet::from_seed(1);
    let fields = vec![&[][..]; 6_640];
    let lock = wallet.push_drop(&fields);
    assert!((9_950..=10_000).contains(&lock.len()), "{}", lock.len());
    let spend = build(&[chain.coin_with(&lock, 100).by(&wallet)], &[(9, vec![0x51])]);
    judge(&chain, &Policy::default(), &[&spend]).unwrap();
    // An OP_NOP sends it to the interpreter.
    let lock = [&lock[..], &[0x61]].concat();
    let spend = build(&[chain.coin_with(&lock, 100).by(&wallet)], &[(9, vec![0x51])]);
    judge(&chain, &Policy::default(), &[&spend]).unwrap();
}

#[test]
fn ifs_may_be_nested_two_thousand_deep_and_no_deeper() {
    let mut chain = Chain::new();
    for (depth, good) in [(2_000, true), (2_001, false)] {
        let lock = [[0x51, 0x63].repeat(depth), vec![0x51], vec![0x68; depth]].concat();
        let spend = build(&[chain.coin_with(&lock, 10_000).with(&[])], &[(9, vec![0x51])]);
        let result = judge(&chain, &Policy::default(), &[&spend]);
        if good {
            result.unwrap();
        } else {
            let error = script_error(result);
            assert_eq!(error, ScriptError::TooDeep { which: "locking", depth, limit: 2_000 });
        }
    }
}

fn spend_all(coins: &[Coin]) -> Transaction {
    let inputs: Vec<_> = coins.iter().map(|coin| coin.with(&[])).collect();
    Build { version: 2, inputs, outputs: vec![(9, vec![0x51])], lock_time: 0 }.sign()
}

#[test]
fn work_is_limited_over_all_inputs_together() {
    let mut chain = Chain::new();
    // Each hashes 9,000 bytes over and over; each alone is within the limit.
    let push = [&[0x4d][..], &9_000u16.to_le_bytes(), &[7; 9_000]].concat();
    let lock = [push, [0x76, 0xa8, 0x75].repeat(300), vec![0x51]].concat();
    let coins: Vec<Coin> = (0..30).map(|_| chain.coin_with(&lock, 10_000)).collect();
    judge(&chain, &Policy::default(), &[&spend_all(&coins[..1])]).unwrap();
    let error = script_error(judge(&chain, &Policy::default(), &[&spend_all(&coins)]));
    assert_eq!(error, ScriptError::TooMuchWork { limit: 100_000_000 });
}

#[test]
fn a_script_that_doubles_its_stack_is_stopped_before_it_has_memory() {
    let mut chain = Chain::new();
    let lock = [&[0x02, 1, 1][..], &[0x76, 0x7e].repeat(60), &[0x51]].concat();
    let spend = spend_all(&[chain.coin_with(&lock, 10_000)]);
    let error = script_error(judge(&chain, &Policy::default(), &[&spend]));
    assert_eq!(error, ScriptError::TooMuchMemory { limit: 400_000 });
    // 0x01AA 0x0183 NUM2BIN and NUM2BIN of 0x7fffffff, which other interpreters fill memory with.
    for lock in [&[1, 0xaa, 1, 0x83, 0x80][..], &[0x51, 4, 0xff, 0xff, 0xff, 0x7f, 0x80]] {
        let spend = spend_all(&[chain.coin_with(lock, 10_000)]);
        let result = judge(&chain, &Policy::default(), &[&spend]);
        assert!(matches!(script_error(result), ScriptError::Refused(_) | ScriptError::TooMuchMemory { .. }));
    }
}

#[test]
fn a_signature_check_costs_work_for_every_byte_of_its_script() {
    let mut chain = Chain::new();
    let key = Wallet::from_seed(1).public_key();
    // 0 OVER CHECKSIG DROP: an empty signature is simply false, but each check takes the script apart.
    let with_checks = |checks: usize| {
        [&[33][..], &key, &[0, 0x78, 0xac, 0x75].repeat(checks), &vec![0x61; 5_000], &[0x75, 0x51]].concat()
    };
    let few = spend_all(&[chain.coin_with(&with_checks(100), 10_000)]);
    judge(&chain, &Policy::default(), &[&few]).unwrap();
    let many = spend_all(&[chain.coin_with(&with_checks(1_200), 10_000)]);
    let error = script_error(judge(&chain, &Policy::default(), &[&many]));
    assert_eq!(error, ScriptError::TooMuchWork { limit: 100_000_000 });
}
