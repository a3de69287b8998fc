//! An atomic batch takes effect whole or not at all.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a failed test")]

mod support;

use std::sync::{Arc, Mutex};

use support::projection::projection;
use support::{ADMIT_ALL, COUNTER, JOURNAL, NOW, REFUSE, SHOP, Setup, SharedChain, World, world, world_set_up};
use trellis_engine::domain::event::Event;
use trellis_engine::domain::row::RowKey;
use trellis_engine::domain::status::NetworkWord;
use trellis_engine::domain::time::Sequence;
use trellis_engine::ports::store::Store;
use trellis_engine::submit::{BatchError, SubmitError};
use trellis_spv::testing::{Chain, build, coin};
use trellis_spv::transaction::Transaction;
use trellis_store::memory::MemoryStore;

/// Three payments, each spending the one before.
fn chain_of_three(world: &World) -> [Transaction; 3] {
    let first = world.pay(&[world.coin(1_000)]);
    let second = world.pay(&[coin(&first, 0)]);
    let third = world.pay(&[coin(&second, 0)]);
    [first, second, third]
}

fn member(world: &World, of: &Transaction, rules: &[&'static str]) -> (Transaction, Vec<&'static str>, Vec<u8>) {
    (of.clone(), rules.to_vec(), world.beef(&[of]))
}

#[test]
fn batch_members_that_spend_each_other_in_any_order_are_one_commit_and_one_event() {
    let world = world(&[COUNTER, SHOP]);
    let [first, second, third] = chain_of_three(&world);
    let members = [&third, &first, &second].map(|of| member(&world, of, &[COUNTER, SHOP]));
    let answer = world.submit_batch(&members).unwrap();
    assert_eq!(answer.sequence, Some(Sequence(1)));
    assert_eq!(
        answer.members.iter().map(|member| member.txid).collect::<Vec<_>>(),
        [&third, &first, &second].map(Transaction::txid)
    );
    assert!(answer.members.iter().all(|member| member.sequence == Some(Sequence(1)) && !member.repeated));
    let log = world.store.log(Sequence(0), 10).unwrap();
    let [record] = log.as_slice() else { panic!("{log:?}") };
    assert_eq!(record.submissions(), [&first, &second, &third].map(Transaction::txid));
    let Some(Event::Applied(applied)) = &record.event else { panic!("{record:?}") };
    assert!(applied.iter().all(|applied| applied.topics.len() == 2));
    // The network hears of parents first, whatever order the members came in.
    let position =
        |of: &Transaction| match world.store.get(&RowKey::Outbox(of.txid()), Sequence(1)).unwrap().unwrap().row {
            trellis_engine::domain::row::Row::Outbox(row) => row.position,
            other => panic!("{other:?}"),
        };
    assert!([&first, &second, &third].map(position).is_sorted_by(|one, next| one < next));
    assert_eq!(world.submit_batch(&members).unwrap().sequence, None, "all of it is known");
    world.assert_sound();
}

#[test]
fn batch_with_one_bad_member_stores_nothing_and_says_which_and_why() {
    let world = world(&[ADMIT_ALL, REFUSE]);
    let [first, second, third] = chain_of_three(&world);
    let rival = world.pay(&[coin(&first, 0), world.coin(500)]);
    let good = |of| member(&world, of, &[ADMIT_ALL]);
    let broken = (third.clone(), vec![ADMIT_ALL], vec![1, 2, 3]);
    let unwanted = member(&world, &third, &[REFUSE]);
    let bad = [good(&first), good(&second), good(&rival)];
    match world.submit_batch(&bad).unwrap_err() {
        BatchError::Member { member: 2, txid, error } => {
            assert_eq!(txid, Some(rival.txid()));
            assert!(matches!(*error, SubmitError::Conflict { winner, .. } if winner == second.txid()), "{error}");
        }
        other => panic!("{other}"),
    }
    let error = world.submit_batch(&[good(&first), broken]).unwrap_err();
    let BatchError::Member { member: 1, txid: None, error } = error else { panic!("{error}") };
    assert!(matches!(*error, SubmitError::Beef(_)), "{error}");
    match world.submit_batch(&[good(&first), good(&second), unwanted]).unwrap_err() {
        BatchError::NotWanted { member: 2, reasons, .. } => assert!(reasons.contains("not today"), "{reasons}"),
        other => panic!("{other}"),
    }
    let error = world.submit_batch(&[good(&first), good(&second), good(&first)]).unwrap_err();
    assert!(matches!(error, BatchError::Twice { first: 0, second: 2, .. }), "{error}");
    // A parent that no member is and nobody holds.
    let error = world.submit_batch(&[good(&third)]).unwrap_err();
    let BatchError::Member { member: 0, error, .. } = error else { panic!("{error}") };
    assert!(matches!(*error, SubmitError::Verify(_)), "{error}");
    assert!(matches!(world.submit_batch(&[]).unwrap_err(), BatchError::Members(0)));
    assert_eq!(world.store.durable(), Sequence(0));
}

#[test]
fn batch_with_two_spenders_of_one_coin_is_refused_also_where_one_of_them_is_in_a_block() {
    let world = world(&[ADMIT_ALL]);
    let fund = world.coin(1_000);
    let unproven = world.pay(std::slice::from_ref(&fund));
    let proven = world.pay(&[fund, world.coin(500)]);
    world.mine(&[&proven]);
    let members = [member(&world, &unproven, &[ADMIT_ALL]), member(&world, &proven, &[ADMIT_ALL])];
    let BatchError::Member { member: 1, error, .. } = world.submit_batch(&members).unwrap_err() else { panic!() };
    assert!(matches!(*error, SubmitError::Conflict { winner, .. } if winner == unproven.txid()), "{error}");
    assert_eq!(world.store.durable(), Sequence(0));
}

#[test]
fn batch_member_the_network_refuses_goes_with_its_descendants_and_the_event_names_the_batch() {
    let world = world(&[COUNTER, SHOP]);
    let [first, second, third] = chain_of_three(&world);
    let beside = world.pay(&[world.coin(2_000)]);
    let members = [&first, &second, &third, &beside].map(|of| member(&world, of, &[COUNTER, SHOP]));
    let sequence = world.submit_batch(&members).unwrap().sequence.unwrap();
    let word = NetworkWord { broadcaster: "arc".into(), code: 461, text: "no".into(), at: NOW };
    let taken_back = world.engine.take_back(&second.txid(), &word, NOW).unwrap();
    assert_eq!(taken_back.transactions.len(), 2);
    assert_eq!(taken_back.judged_again, [first.txid(), beside.txid()]);
    let last = world.store.log(Sequence(world.store.durable().0 - 1), 1).unwrap();
    let Some(Event::Reverted { batches, .. }) = &last[0].event else { panic!("{last:?}") };
    assert_eq!(batches, &[sequence]);
    assert_eq!(world.listed().len(), 2);
    world.assert_sound();
}

#[test]
fn batch_that_is_judged_again_is_told_of_what_a_member_brought_along_with_that_member() {
    let chain = SharedChain(Arc::new(Mutex::new(Chain::new())));
    let setup = Setup { services: &[JOURNAL], shop: false, upgraded: false };
    let host = || world_set_up(chain.clone(), Arc::new(MemoryStore::new()), &[COUNTER], &setup);
    let (world, fresh) = (host(), host());
    let refused = world.pay(&[world.coin(1_000)]);
    world.submit(&[COUNTER], &world.beef(&[&refused])).unwrap();
    // What spends the first is no member, and comes along with the last.
    let (spent, script) = (world.coin(1_000), world.alice.p2pkh());
    let first = build(&[spent.by(&world.alice)], &[(400, script.clone()), (500, script)]);
    let between = world.pay(&[coin(&first, 0)]);
    let last = world.pay(&[coin(&between, 0)]);
    let beef = world.beef(&[&first, &between, &last]);
    let members = [member(&world, &first, &[COUNTER]), (last, vec![COUNTER], beef)];
    world.submit_batch(&members).unwrap();
    fresh.submit_batch(&members).unwrap();
    let word = NetworkWord { broadcaster: "arc".into(), code: 461, text: "no".into(), at: NOW };
    world.engine.take_back(&refused.txid(), &word, NOW).unwrap();
    assert_eq!(projection(&world), projection(&fresh));
    world.assert_sound();
}
