//! Blocks that leave the chain: their proofs go, what they held waits for another block, and what only they could hold goes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a failed test")]

mod support;

use support::projection::projection;
use support::*;
use trellis_engine::chain::{ChainWatch, MAX_REORGANISATION, Reorganisation};
use trellis_engine::domain::event::Event;
use trellis_engine::domain::row::RowKey;
use trellis_engine::domain::status::{BLOCK_CHAIN, NetworkWord, Status};
use trellis_engine::domain::time::{Sequence, Timestamp};
use trellis_engine::ports::store::Store;
use trellis_engine::submit::SubmitError;
use trellis_spv::hash::Txid;
use trellis_spv::testing::coin;
use trellis_spv::transaction::Transaction;

fn follow(world: &World, watch: &mut ChainWatch) -> Reorganisation {
    world.engine.follow_chain(watch, NOW).unwrap()
}

fn status(world: &World, transaction: &Transaction) -> Status {
    world.engine.transaction_report(&transaction.txid()).unwrap().unwrap().status
}

fn reorganise(world: &World, depth: u32) {
    world.chain.0.lock().unwrap().reorganise(depth);
}

/// A proven submission.
fn proven(world: &World, rules: &[&str]) -> Transaction {
    let transaction = world.pay(&[world.coin(1_000)]);
    world.mine(&[&transaction]);
    world.submit(rules, &world.beef(&[&transaction])).unwrap();
    transaction
}

#[test]
fn a_proof_of_a_block_that_left_the_chain_is_dropped_and_one_of_the_new_chain_taken() {
    let world = world(&[ADMIT_ALL]);
    let transaction = proven(&world, &[ADMIT_ALL]);
    let mut watch = ChainWatch::default();
    assert_eq!(follow(&world, &mut watch), Reorganisation::default());
    let before = projection(&world);
    let Status::Mined(height) = status(&world, &transaction) else { panic!("not mined") };

    reorganise(&world, 1);
    let found = follow(&world, &mut watch);
    assert_eq!(found.orphaned, [transaction.txid()]);
    assert_eq!(status(&world, &transaction), Status::Seen);
    let report = world.engine.transaction_report(&transaction.txid()).unwrap().unwrap();
    assert_eq!(report.proof_height, None);
    let word = report.word.unwrap();
    assert_eq!((word.broadcaster.as_str(), word.text.contains(&height.to_string())), (BLOCK_CHAIN, true));
    let last = world.store.log(Sequence(world.store.durable().0 - 1), 1).unwrap();
    assert_eq!(last[0].event, Some(Event::Orphaned { transactions: vec![(transaction.txid(), height)] }));
    assert_eq!(projection(&world), before, "topics have nothing to do with blocks");
    world.assert_sound();

    world.mine(&[&transaction]);
    let again = world.submit(&[ADMIT_ALL], &world.beef(&[&transaction])).unwrap();
    assert!(again.repeated);
    assert_eq!(status(&world, &transaction), Status::Mined(height + 2));
    assert_eq!(follow(&world, &mut watch), Reorganisation::default());
    world.assert_sound();
}

#[test]
fn a_reorganisation_while_the_host_was_away_is_found_at_the_first_look() {
    let world = world(&[ADMIT_ALL]);
    let transaction = proven(&world, &[ADMIT_ALL]);
    reorganise(&world, 1);
    assert_eq!(follow(&world, &mut ChainWatch::default()).orphaned, [transaction.txid()]);
    world.assert_sound();
}

#[test]
fn a_chain_that_became_shorter_says_nothing_until_another_block_stands_there() {
    let world = world(&[ADMIT_ALL]);
    let transaction = proven(&world, &[ADMIT_ALL]);
    let mut watch = ChainWatch::default();
    follow(&world, &mut watch);
    let shorter = world.chain.0.lock().unwrap().shortened(2);
    let longer = std::mem::replace(&mut *world.chain.0.lock().unwrap(), shorter);
    assert_eq!(follow(&world, &mut watch), Reorganisation::default());
    assert!(matches!(status(&world, &transaction), Status::Mined(_)));
    *world.chain.0.lock().unwrap() = longer;
    assert_eq!(follow(&world, &mut watch), Reorganisation::default());
    reorganise(&world, 2);
    assert_eq!(follow(&world, &mut watch).orphaned, [transaction.txid()]);
}

#[test]
fn headers_of_another_chain_drop_nothing_deeper_than_a_thousand_blocks() {
    let world = world(&[ADMIT_ALL]);
    let transaction = proven(&world, &[ADMIT_ALL]);
    world.chain.0.lock().unwrap().mine_empty(MAX_REORGANISATION);
    let mut watch = ChainWatch::default();
    follow(&world, &mut watch);
    reorganise(&world, MAX_REORGANISATION + 1);
    let found = follow(&world, &mut watch);
    assert_eq!((found.orphaned.len(), found.too_deep), (0, 1));
    assert!(matches!(status(&world, &transaction), Status::Mined(_)));
}

#[test]
fn a_submission_whose_proof_was_checked_just_before_is_found_by_a_second_look() {
    let world = world(&[ADMIT_ALL]);
    let mut watch = ChainWatch::default();
    follow(&world, &mut watch);
    world.coin(1);
    let late = world.pay(&[world.coin(1_000)]);
    world.mine(&[&late]);
    let old = world.chain.0.lock().unwrap().clone();
    let beef = world.beef(&[&late]);
    follow(&world, &mut watch);
    reorganise(&world, 1);
    let new = world.chain.0.lock().unwrap().clone();
    assert_eq!(follow(&world, &mut watch).orphaned, []);
    // As if its proof had been checked before, and its commit had taken until now.
    *world.chain.0.lock().unwrap() = old;
    world.submit(&[ADMIT_ALL], &beef).unwrap();
    *world.chain.0.lock().unwrap() = new;
    assert_eq!(follow(&world, &mut watch).orphaned, []);
    let later = Timestamp(NOW.0 + 3_600_000_000);
    assert_eq!(world.engine.follow_chain(&mut watch, later).unwrap().orphaned, [late.txid()]);
}

#[test]
fn a_coinbase_goes_with_its_block_and_takes_along_what_spends_it() {
    let world = world(&[ADMIT_ALL, COUNTER]);
    let kept = proven(&world, &[ADMIT_ALL]);
    let before = projection(&world);
    let reward = world.chain.0.lock().unwrap().coinbase(&world.alice, 5_000);
    world.chain.0.lock().unwrap().mine_empty(100);
    let spending = world.pay(&[reward]);
    world.submit(&[ADMIT_ALL, COUNTER], &world.beef(&[&spending])).unwrap();
    let mut watch = ChainWatch::default();
    follow(&world, &mut watch);

    reorganise(&world, 101);
    let found = follow(&world, &mut watch);
    assert_eq!((found.orphaned.len(), found.taken_back.len()), (1, 1));
    assert_eq!(projection(&world), before);
    assert_eq!(status(&world, &spending), Status::Rejected);
    assert!(matches!(status(&world, &kept), Status::Mined(_)));
    world.assert_sound();
}

#[test]
fn of_two_rivals_the_one_in_the_new_chain_wins_before_anybody_noticed_the_reorganisation() {
    let world = world(&[ADMIT_ALL, REFUSE]);
    let token = proven(&world, &[ADMIT_ALL]);
    let first = world.pay(&[coin(&token, 0)]);
    world.mine(&[&first]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&first])).unwrap();
    let rival = world.alice.pay(&[coin(&token, 0)], &world.alice.p2pkh(), 900);
    reorganise(&world, 1);
    world.mine(&[&rival]);
    world.submit(&[REFUSE], &world.beef(&[&rival])).unwrap();
    assert_eq!(status(&world, &first), Status::Rejected);
    assert!(matches!(status(&world, &rival), Status::Mined(_)));
    world.assert_sound();
}

#[test]
fn answers_leave_out_what_nothing_proves_until_a_block_does_again() {
    let world = world(&[ADMIT_ALL]);
    let orphan = proven(&world, &[ADMIT_ALL]);
    let mut watch = ChainWatch::default();
    follow(&world, &mut watch);
    let listed = |world: &World| -> Vec<Txid> { world.listed().iter().map(|found| found.outpoint.txid).collect() };
    reorganise(&world, 1);
    let other = proven(&world, &[ADMIT_ALL]);
    follow(&world, &mut watch);
    // The coin it spends was never needed here, so nothing stands behind it now.
    assert_eq!(listed(&world), [other.txid()]);
    world.mine(&[&orphan]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&orphan])).unwrap();
    assert_eq!(listed(&world).len(), 2);
}

#[test]
fn an_orphaned_transaction_can_be_refused_and_goes_then_as_any_other() {
    let world = world(&[ADMIT_ALL, COUNTER]);
    let before = projection(&world);
    let orphan = proven(&world, &[ADMIT_ALL, COUNTER]);
    let child = world.pay(&[coin(&orphan, 0)]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&orphan, &child])).unwrap();
    reorganise(&world, 1);
    follow(&world, &mut ChainWatch::default());
    let word = NetworkWord { broadcaster: "arc".into(), code: 461, text: "no".into(), at: NOW };
    let taken_back = world.engine.take_back(&orphan.txid(), &word, NOW).unwrap();
    assert_eq!(taken_back.transactions.len(), 2);
    assert_eq!(projection(&world), before);
    let refused = world.submit(&[ADMIT_ALL], &world.beef(&[&orphan]));
    assert!(matches!(refused, Err(SubmitError::RejectedByNetwork { .. })), "{refused:?}");
    world.assert_sound();
}

#[test]
fn what_was_taken_back_is_kept_for_a_thousand_blocks_and_remembered_as_refused_after_that() {
    let world = world(&[ADMIT_ALL]);
    let refused = world.pay(&[world.coin(1_000)]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&refused])).unwrap();
    let word = NetworkWord { broadcaster: "arc".into(), code: 461, text: "no".into(), at: NOW };
    world.engine.take_back(&refused.txid(), &word, NOW).unwrap();
    let kept = || {
        let key = RowKey::Reverted(refused.txid());
        world.store.get(&key, world.store.durable()).unwrap().is_some()
    };
    world.chain.0.lock().unwrap().mine_empty(MAX_REORGANISATION - 1);
    assert_eq!(world.engine.forget_reverted(NOW).unwrap(), 0);
    assert!(kept());
    world.chain.0.lock().unwrap().mine_empty(2);
    assert_eq!(world.engine.forget_reverted(NOW).unwrap(), 1);
    assert!(!kept());
    let again = world.submit(&[ADMIT_ALL], &world.beef(&[&refused]));
    assert!(matches!(again, Err(SubmitError::RejectedByNetwork { .. })), "{again:?}");
    world.mine(&[&refused]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&refused])).unwrap();
    world.assert_sound();
}

#[test]
fn what_rests_on_a_rival_does_not_come_along_with_its_proof_of_the_old_chain() {
    let world = world(&[ADMIT_ALL]);
    let shared = world.coin(1_000);
    let old = world.pay(std::slice::from_ref(&shared));
    let child = world.pay(&[coin(&old, 0)]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&old])).unwrap();
    world.mine(&[&child]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&old, &child])).unwrap();
    reorganise(&world, 1);
    let rival = world.alice.pay(&[shared], &world.alice.p2pkh(), 900);
    world.mine(&[&rival]);
    let both = world.pay(&[coin(&rival, 0), coin(&child, 0)]);
    // The host holds a proof of the child that does not hold any more, and has not noticed.
    let refused = world.submit(&[ADMIT_ALL], &world.beef(&[&rival, &old, &child, &both]));
    assert!(refused.is_err(), "{refused:?}");
    assert_eq!(status(&world, &child), Status::Rejected);
    world.assert_sound();
}
