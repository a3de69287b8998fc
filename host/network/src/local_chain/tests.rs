//! The chain over its life.

mod reorgs;

use std::fs;

use trellis_spv::beef::{BeefVersion, parse};
use trellis_spv::testing::{Build, Coin, Wallet, beef, build, coin};
use trellis_spv::verify::{Network, Policy, VerifyError, check_proof, verify};

use super::*;

const TIME: u32 = 1_700_000_000;

fn genesis() -> Genesis {
    Genesis { seed: [7; 32], time: TIME }
}

fn chain() -> LocalChain {
    LocalChain::in_memory(&genesis()).unwrap()
}

fn at(seconds_later: u32) -> Timestamp {
    Timestamp(u64::from(TIME + seconds_later) * 1_000_000)
}

fn policy() -> Policy {
    Policy { network: Network::Local, ..Policy::default() }
}

/// A coin of `wallet` in a block.
fn coin_of(chain: &LocalChain, wallet: &Wallet, satoshis: u64) -> Coin {
    let grant = chain.faucet(&wallet.p2pkh(), satoshis, at(1)).unwrap();
    coin(&grant.transaction, grant.vout)
}

fn submit(chain: &LocalChain, transaction: &Transaction) -> Acceptance {
    chain.submit(transaction).unwrap().acceptance
}

#[test]
fn the_faucets_beef_is_accepted_like_any_foreign_one() {
    let chain = chain();
    let wallet = Wallet::from_seed(1);
    let tip = chain.tip().unwrap();
    for (later, satoshis) in [(0, 1), (600, 12_345), (601, 70 * 100_000_000)] {
        let grant = chain.faucet(&wallet.p2pkh(), satoshis, at(later)).unwrap();
        let verified = verify(&parse(&grant.beef()).unwrap(), &chain, &(), &policy()).unwrap();
        assert_eq!(verified.subject, grant.transaction.txid());
        assert_eq!(grant.transaction.satoshis(grant.vout), Some(satoshis));
        assert_eq!(grant.transaction.locking_script(grant.vout), Some(&wallet.p2pkh()[..]));
        assert_eq!(grant.proof.offset, 1, "offset 0 is the coinbase's");
    }
    assert_eq!(chain.tip(), Some(tip + 3));
}

#[test]
fn what_the_faucet_spends_is_really_the_miners() {
    // Unproven, the grant has to stand on its own signatures and the proofs of the coins it spends.
    let chain = chain();
    let grant = chain.faucet(&Wallet::from_seed(1).p2pkh(), 70 * 100_000_000, at(0)).unwrap();
    assert!(grant.transaction.inputs().len() > 1);
    let parents = grant.transaction.inputs().iter().map(|input| {
        let parent = Stored::transaction(&chain, &input.source.txid).unwrap().unwrap();
        (parent.transaction, parent.proof)
    });
    let transactions: Vec<_> = parents.chain([(grant.transaction.clone(), None)]).collect();
    verify(&beef(BeefVersion::V1, &transactions), &chain, &(), &policy()).unwrap();
}

#[test]
fn a_chain_follows_from_its_seed_and_time() {
    let one = chain();
    let grant = |chain: &LocalChain| chain.faucet(&[0x51], 5, at(9)).unwrap().transaction.txid();
    assert_eq!(grant(&one), grant(&chain()));
    assert_eq!(one.block(201), {
        let other = chain();
        grant(&other);
        other.block(201)
    });
    let other = LocalChain::in_memory(&Genesis { seed: [8; 32], time: TIME }).unwrap();
    assert_ne!(one.block(0).unwrap().hash, other.block(0).unwrap().hash);
    assert_eq!((one.block(0).unwrap().time, one.block(200).unwrap().time), (TIME - 200 * 600, TIME));
}

#[test]
fn blocks_carry_what_was_submitted_with_proofs_that_hold() {
    let chain = chain();
    let wallet = Wallet::from_seed(1);
    let mut parent = wallet.pay(&[coin_of(&chain, &wallet, 100_000)], &wallet.p2pkh(), 99_000);
    let mut chained = vec![parent.clone()];
    for satoshis in (90..99).rev().map(|thousands| thousands * 1_000) {
        parent = wallet.pay(&[coin(&parent, 0)], &wallet.p2pkh(), satoshis);
        chained.push(parent.clone());
    }
    for transaction in &chained {
        assert!(matches!(submit(&chain, transaction), Acceptance::Accepted));
        assert!(matches!(submit(&chain, transaction), Acceptance::InMempool));
        assert_eq!(chain.place(&transaction.txid()), Place::Mempool);
        assert_eq!(chain.proof(&transaction.txid()), None);
    }
    let block = chain.mine(at(60)).unwrap();
    assert_eq!(block.txids.len(), 1 + chained.len());
    assert_eq!(chain.mempool_count(), 0);
    for (offset, transaction) in (1..).zip(&chained) {
        let txid = transaction.txid();
        assert_eq!(chain.place(&txid), Place::Block { height: block.height, offset });
        check_proof(&txid, &chain.proof(&txid).unwrap(), &chain).unwrap();
        assert!(matches!(submit(&chain, transaction), Acceptance::Mined(height) if height == block.height));
    }
    let coinbase = Stored::transaction(&chain, &block.txids[0]).unwrap().unwrap().transaction;
    assert_eq!(coinbase.satoshis(0), Some(50 * 100_000_000 + 10_000), "subsidy and fees");
}

#[test]
fn the_faucet_leaves_the_mempool_alone() {
    let chain = chain();
    let wallet = Wallet::from_seed(1);
    let waiting = wallet.pay(&[coin_of(&chain, &wallet, 1_000)], &wallet.p2pkh(), 900);
    submit(&chain, &waiting);
    coin_of(&chain, &wallet, 1_000);
    assert_eq!(chain.place(&waiting.txid()), Place::Mempool);
}

#[test]
fn the_faucet_says_what_it_cannot_give() {
    let chain = chain();
    let ask = |script: &[u8], satoshis| chain.faucet(script, satoshis, at(1)).unwrap_err();
    assert!(matches!(ask(&[0x51], 0), LocalChainError::NothingAsked));
    assert!(matches!(ask(&[0; MAX_GRANT_SCRIPT_BYTES + 1], 1), LocalChainError::ScriptTooLong(_)));
    let p2sh = [&[0xa9, 0x14][..], &[0; 20], &[0x87]].concat();
    let refused = ask(&p2sh, 1);
    assert!(matches!(&refused, LocalChainError::Refused(error) if matches!(**error, VerifyError::P2shOutput { .. })));
    let LocalChainError::NotEnough { available, .. } = ask(&[0x51], u64::MAX) else { panic!("more than there is") };
    // Heights 1 to 101 are mature for block 201.
    assert_eq!(available / 100_000_000, 101 * 50 - 1);
    assert!(matches!(ask(&[0x51], available + 1), LocalChainError::NotEnough { .. }));
    assert_eq!(chain.tip(), Some(PREMINED_BLOCKS - 1), "nothing was mined for what was not given");
    chain.faucet(&[0x51], available, at(1)).unwrap();
    // The block of that grant made the coinbase of height 102 spendable.
    chain.faucet(&[0x51], 49 * 100_000_000, at(2)).unwrap();
}

#[test]
fn one_of_two_rivals_is_taken_and_the_other_told_of_it() {
    let chain = chain();
    let wallet = Wallet::from_seed(1);
    let contested = coin_of(&chain, &wallet, 1_000);
    let first = wallet.pay(std::slice::from_ref(&contested), &wallet.p2pkh(), 900);
    let second = wallet.pay(&[contested], &wallet.p2pkh(), 800);
    assert!(matches!(submit(&chain, &first), Acceptance::Accepted));
    assert!(matches!(submit(&chain, &second), Acceptance::Conflict(rivals) if rivals == [first.txid()]));
    assert_eq!(chain.place(&second.txid()), Place::Unknown);
    chain.mine(at(9)).unwrap();
    assert!(matches!(submit(&chain, &second), Acceptance::Orphaned), "a node knows no spender of a mined coin");
}

#[test]
fn an_orphan_enters_with_its_parents() {
    let chain = chain();
    let wallet = Wallet::from_seed(1);
    let parent = wallet.pay(&[coin_of(&chain, &wallet, 1_000)], &wallet.p2pkh(), 900);
    let child = wallet.pay(&[coin(&parent, 0)], &wallet.p2pkh(), 800);
    let grandchild = wallet.pay(&[coin(&child, 0)], &wallet.p2pkh(), 700);
    let thief = Wallet::from_seed(2).pay(&[coin(&parent, 0)], &wallet.p2pkh(), 800);
    for orphan in [&grandchild, &thief, &child] {
        assert!(matches!(submit(&chain, orphan), Acceptance::Orphaned));
        assert_eq!(chain.place(&orphan.txid()), Place::Orphans);
    }
    let submitted = chain.submit(&parent).unwrap();
    assert!(matches!(submitted.acceptance, Acceptance::Accepted));
    let found: Vec<_> = submitted.orphans.iter().map(|(txid, acceptance)| (*txid, acceptance)).collect();
    assert!(
        matches!(
            found[..],
            [(one, Acceptance::Refused(_)), (two, Acceptance::Accepted), (three, Acceptance::Accepted)]
                if [one, two, three] == [thief.txid(), child.txid(), grandchild.txid()]
        ),
        "{found:?}"
    );
    assert_eq!(chain.mine(at(9)).unwrap().txids.len(), 4);
}

#[test]
fn orphans_take_bounded_memory() {
    let chain = chain();
    let nowhere =
        |n: u8| Coin { outpoint: Outpoint::new(Txid::from_internal([n; 32]), 0), satoshis: 1, script: vec![0x51] };
    let large = |n| build(&[nowhere(n).with(&vec![0; MAX_ORPHAN_BYTES / 2])], &[(1, vec![0x51])]);
    let orphans = [large(1), large(2)];
    for orphan in &orphans {
        assert!(matches!(submit(&chain, orphan), Acceptance::Orphaned));
    }
    assert_eq!(chain.place(&orphans[0].txid()), Place::Unknown, "the oldest made room");
    assert_eq!(chain.place(&orphans[1].txid()), Place::Orphans);
}

#[test]
fn a_transaction_that_breaks_a_rule_is_refused_for_it() {
    let chain = chain();
    let wallet = Wallet::from_seed(1);
    let funds = coin_of(&chain, &wallet, 1_000);
    let refused = |transaction: &Transaction| match submit(&chain, transaction) {
        Acceptance::Refused(error) => *error,
        other => panic!("{other:?}"),
    };
    let coinbase_coin = |height| {
        let txid = chain.block(height).unwrap().txids[0];
        coin(&Stored::transaction(&chain, &txid).unwrap().unwrap().transaction, 0)
    };
    let young = wallet.pay(&[coinbase_coin(150)], &wallet.p2pkh(), 1);
    assert!(matches!(refused(&young), VerifyError::ImmatureCoinbase { height: 150, .. }));
    let stolen = wallet.pay(&[coinbase_coin(1)], &wallet.p2pkh(), 1);
    assert!(matches!(refused(&stolen), VerifyError::Script { .. }));
    let free = wallet.pay(std::slice::from_ref(&funds), &wallet.p2pkh(), 1_000);
    assert!(matches!(refused(&free), VerifyError::FeeTooLow { .. }));
    let inputs = vec![funds.by(&wallet).sequence(0)];
    let later = Build { inputs, outputs: vec![(1, vec![0x51])], lock_time: TIME + 60, ..Build::default() }.sign();
    assert!(matches!(refused(&later), VerifyError::LockedUntilTime { .. }));
    for minute in 1..=6 {
        chain.mine(at(60 * minute + 1)).unwrap();
    }
    assert!(matches!(submit(&chain, &later), Acceptance::Accepted), "six of eleven blocks are past its lock time");
}

#[test]
fn block_times_pass_the_median_even_when_the_clock_does_not() {
    let chain = chain();
    let mut before = chain.block(200).unwrap().time;
    for _ in 0..15 {
        let block = chain.mine(Timestamp(0)).unwrap();
        let mut times: Vec<u32> =
            (block.height - 11..block.height).map(|height| chain.block(height).unwrap().time).collect();
        times.sort_unstable();
        assert_eq!(block.time, times[5] + 1);
        before = before.max(block.time);
    }
    assert_eq!(chain.header(215).unwrap().time, Some(chain.block(215).unwrap().time));
    assert_eq!(chain.header(216), None);
}

#[test]
fn a_chain_in_a_file_survives_restarts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chain.jsonl");
    let wallet = Wallet::from_seed(1);
    let open = || LocalChain::open(&path, &genesis()).unwrap();
    let first = open();
    let mined = wallet.pay(&[coin_of(&first, &wallet, 1_000)], &wallet.p2pkh(), 900);
    submit(&first, &mined);
    first.mine(at(60)).unwrap();
    let waiting = wallet.pay(&[coin(&mined, 0)], &wallet.p2pkh(), 800);
    submit(&first, &waiting);
    let blocks = |chain: &LocalChain| (0..=chain.tip().unwrap()).map(|height| chain.block(height)).collect::<Vec<_>>();
    let before = blocks(&first);
    drop(first);

    // Another genesis does not count for a file that has one.
    let again = LocalChain::open(&path, &Genesis { seed: [9; 32], time: 5_000_000 }).unwrap();
    assert_eq!(blocks(&again), before);
    assert_eq!(again.place(&waiting.txid()), Place::Mempool);
    check_proof(&mined.txid(), &again.proof(&mined.txid()).unwrap(), &again).unwrap();
    assert_eq!(again.mine(at(120)).unwrap().txids[1..], [waiting.txid()]);
    coin_of(&again, &wallet, 5);
    drop(again);
    assert_eq!(open().tip(), Some(PREMINED_BLOCKS - 1 + 4));
}

#[test]
fn half_a_line_left_by_a_crash_is_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chain.jsonl");
    let wallet = Wallet::from_seed(1);
    let chain = LocalChain::open(&path, &genesis()).unwrap();
    coin_of(&chain, &wallet, 5);
    drop(chain);
    let whole = fs::read(&path).unwrap();
    let last = whole[..whole.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    for end in [last + 1, whole.len() - 1] {
        fs::write(&path, &whole[..end]).unwrap();
        let chain = LocalChain::open(&path, &genesis()).unwrap();
        assert_eq!((chain.tip(), chain.mempool_count()), (Some(200), 1), "the block was never answered");
        chain.mine(at(9)).unwrap();
        drop(chain);
        assert_eq!(LocalChain::open(&path, &genesis()).unwrap().tip(), Some(201));
    }
    fs::write(&path, &whole[..10]).unwrap();
    assert_eq!(LocalChain::open(&path, &genesis()).unwrap().tip(), Some(200));
}

#[test]
fn a_file_that_is_not_this_chains_is_refused_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chain.jsonl");
    let chain = LocalChain::open(&path, &genesis()).unwrap();
    coin_of(&chain, &Wallet::from_seed(1), 5);
    drop(chain);
    let good = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = good.lines().collect();
    let cases = [
        ("hello\n".to_owned(), "line 1"),
        (good.replace("\"trellis_local_chain\":2", "\"trellis_local_chain\":3"), "format 3"),
        (good.replace("{\"trellis_local_chain\"", "{ \"trellis_local_chain\""), "line 1"),
        (good.replace("\"seed\":\"07", "\"seed\":\"08"), "line 3"),
        (format!("{}\n{}\n", lines[0], lines[2]), "line 2"),
        (format!("{}\n{}\n{}\n", lines[0], lines[1], lines[1]), "there twice"),
        (format!("{good}{{\"tx\":\"00\"}}\n"), "line 4"),
        (format!("{good}{{\"txs\":\"00\"}}\n"), "line 4"),
        (good.replace("\"hash\":\"", "\"hash\":\"f"), "comes out as"),
    ];
    for (text, expected) in cases {
        fs::write(&path, &text).unwrap();
        let error = LocalChain::open(&path, &genesis()).err().expect(&text).to_string();
        assert!(error.contains(expected) && error.contains("chain.jsonl"), "{text}\n{error}");
    }
}

#[test]
fn what_cannot_be_written_did_not_happen() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chain.jsonl");
    let wallet = Wallet::from_seed(1);
    let chain = LocalChain::open(&path, &genesis()).unwrap();
    let spend = wallet.pay(&[coin_of(&chain, &wallet, 1_000)], &wallet.p2pkh(), 900);
    let before = (chain.tip(), fs::read(&path).unwrap());
    chain.state().journal.as_mut().unwrap().fail_writes();
    assert!(matches!(chain.submit(&spend), Err(LocalChainError::Journal(JournalError::Io { .. }))));
    assert!(matches!(chain.mine(at(9)), Err(LocalChainError::Journal(JournalError::Broken { .. }))));
    assert!(matches!(chain.faucet(&[0x51], 1, at(9)), Err(LocalChainError::Journal(_))));
    assert_eq!((chain.tip(), chain.mempool_count(), chain.place(&spend.txid())), (before.0, 0, Place::Unknown));
    assert_eq!(fs::read(&path).unwrap(), before.1);
}

#[test]
fn many_threads_leave_one_consistent_chain() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chain.jsonl");
    let chain = LocalChain::open(&path, &genesis()).unwrap();
    std::thread::scope(|scope| {
        for seed in 0..4 {
            let chain = &chain;
            scope.spawn(move || {
                let wallet = Wallet::from_seed(seed);
                for round in 0..5 {
                    let spend = wallet.pay(&[coin_of(chain, &wallet, 1_000)], &wallet.p2pkh(), 900 + round);
                    assert!(matches!(submit(chain, &spend), Acceptance::Accepted));
                    chain.mine(at(60)).unwrap();
                    check_proof(&spend.txid(), &chain.proof(&spend.txid()).unwrap(), chain).unwrap();
                }
            });
        }
    });
    assert_eq!(chain.tip(), Some(200 + 40));
    let tip = chain.block(240);
    drop(chain);
    assert_eq!(LocalChain::open(&path, &genesis()).unwrap().block(240), tip);
}
