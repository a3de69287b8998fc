//! What an operator evicts is in no topic, in no index and in no answer, and nobody brings it back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a failed test")]

mod support;

use support::projection::projection;
use support::*;
use trellis_engine::domain::event::Event;
use trellis_engine::domain::row::{ContentId, Namespace, Row, RowKey};
use trellis_engine::domain::status::NetworkWord;
use trellis_engine::domain::time::Sequence;
use trellis_engine::evict::{Dependents, EvictError, Evicted, Eviction};
use trellis_engine::ports::store::Store;
use trellis_engine::submit::SubmitError;
use trellis_spv::hash::Outpoint;
use trellis_spv::testing::{build, coin};
use trellis_spv::transaction::Transaction;

fn evict(world: &World, outpoint: Outpoint, dependents: Dependents) -> Result<Evicted, EvictError> {
    world.engine.evict(&Eviction { outpoint, reason: "court order 7", dependents }, NOW)
}

fn row(world: &World, key: &RowKey) -> Option<Row> {
    world.store.get(key, world.store.durable()).unwrap().map(|found| found.row)
}

/// Pays to two outputs.
fn pay_two(world: &World) -> Transaction {
    let coin = world.coin(1_000);
    let script = world.alice.p2pkh();
    build(&[coin.by(&world.alice)], &[(400, script.clone()), (500, script)])
}

#[test]
fn an_evicted_output_leaves_its_topics_and_indices_and_its_bytes_go() {
    let world = world(&[ADMIT_ALL, RETAIN]);
    let empty = projection(&world);
    let paid = world.pay(&[world.coin(1_000)]);
    world.submit(&[ADMIT_ALL, RETAIN], &world.beef(&[&paid])).unwrap();
    world.notices();
    let outpoint = Outpoint::new(paid.txid(), 0);
    let evicted = evict(&world, outpoint, Dependents::Name).unwrap();
    assert_eq!((evicted.topics.len(), evicted.outputs, evicted.transactions), (2, vec![outpoint], vec![paid.txid()]));
    assert_eq!(world.notices().len(), 2, "the index is told once for each topic");
    assert_eq!(world.listed(), []);
    assert_eq!(projection(&world), empty);
    assert_eq!(row(&world, &RowKey::Transaction(paid.txid())), None);
    let last = world.store.log(Sequence(world.store.durable().0 - 1), 1).unwrap();
    assert!(matches!(&last[0].event, Some(Event::Evicted { topics, .. }) if topics.len() == 2), "{last:?}");
    world.assert_sound();

    let again = world.submit(&[ADMIT_ALL], &world.beef(&[&paid]));
    assert!(matches!(&again, Err(SubmitError::Evicted { reason, .. }) if reason == "court order 7"), "{again:?}");
    world.mine(&[&paid]);
    let proven = world.submit(&[ADMIT_ALL], &world.beef(&[&paid]));
    assert!(matches!(proven, Err(SubmitError::Evicted { .. })), "{proven:?}");
    let child = world.pay(&[coin(&paid, 0)]);
    let built_on = world.submit(&[ADMIT_ALL], &world.beef(&[&paid, &child]));
    assert!(matches!(built_on, Err(SubmitError::Evicted { .. })), "{built_on:?}");
    assert!(matches!(evict(&world, outpoint, Dependents::Name), Err(EvictError::NotHeld(_))));
    let report = world.engine.transaction_report(&paid.txid()).unwrap().unwrap();
    assert_eq!(report.evicted.as_deref(), Some("court order 7"));
    world.assert_sound();
}

#[test]
fn what_depends_on_the_bytes_is_named_and_the_operator_decides() {
    let world = world(&[ADMIT_ALL]);
    let paid = pay_two(&world);
    let child = world.pay(&[coin(&paid, 1)]);
    let grandchild = world.pay(&[coin(&child, 0)]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&paid])).unwrap();
    let bad = Outpoint::new(paid.txid(), 0);
    let sibling = Outpoint::new(paid.txid(), 1);
    match evict(&world, bad, Dependents::Name) {
        Err(EvictError::Depended { outputs, transactions, .. }) => {
            assert_eq!((outputs, transactions), (vec![sibling], vec![]))
        }
        other => panic!("{other:?}"),
    }
    world.submit(&[ADMIT_ALL], &world.beef(&[&paid, &child])).unwrap();
    world.submit(&[ADMIT_ALL], &world.beef(&[&paid, &child, &grandchild])).unwrap();
    match evict(&world, bad, Dependents::Name) {
        Err(EvictError::Depended { outputs, mut transactions, .. }) => {
            let mut expected = vec![child.txid(), grandchild.txid()];
            expected.sort_unstable();
            transactions.sort_unstable();
            assert_eq!((outputs, transactions), (vec![], expected));
        }
        other => panic!("{other:?}"),
    }

    let kept = evict(&world, bad, Dependents::Keep).unwrap();
    assert_eq!((kept.outputs, kept.transactions), (vec![bad], vec![]));
    assert!(row(&world, &RowKey::Transaction(paid.txid())).is_some());
    assert_eq!(world.listed().len(), 1, "the grandchild's");
    world.assert_sound();

    let all = evict(&world, bad, Dependents::Evict).unwrap();
    assert_eq!(all.transactions.len(), 3);
    assert_eq!(world.listed(), []);
    for gone in [&paid, &child, &grandchild] {
        assert_eq!(row(&world, &RowKey::Transaction(gone.txid())), None);
        assert_eq!(row(&world, &RowKey::Outbox(gone.txid())), None);
    }
    world.assert_sound();
}

#[test]
fn a_topic_that_judges_later_does_not_take_what_was_evicted() {
    let world = world(&[ADMIT_ALL, RETAIN]);
    let paid = pay_two(&world);
    world.submit(&[ADMIT_ALL], &world.beef(&[&paid])).unwrap();
    evict(&world, Outpoint::new(paid.txid(), 0), Dependents::Keep).unwrap();
    let answer = world.submit(&[RETAIN], &world.beef(&[&paid])).unwrap();
    assert_eq!(answer.steak[&topic(RETAIN)], entry(&[1], &[], &[]));
    world.assert_sound();
}

#[test]
fn the_coins_of_what_was_evicted_stay_spent_unless_a_block_says_otherwise() {
    let world = world(&[ADMIT_ALL]);
    let token = world.pay(&[world.coin(1_000)]);
    world.mine(&[&token]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&token])).unwrap();
    let spending = world.pay(&[coin(&token, 0)]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&spending])).unwrap();
    evict(&world, Outpoint::new(spending.txid(), 0), Dependents::Name).unwrap();
    world.assert_sound();
    let rival = world.alice.pay(&[coin(&token, 0)], &world.alice.p2pkh(), 900);
    let refused = world.submit(&[ADMIT_ALL], &world.beef(&[&rival]));
    assert!(matches!(refused, Err(SubmitError::Conflict { .. })), "{refused:?}");
    world.mine(&[&rival]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&rival])).unwrap();
    assert_eq!(world.listed().len(), 1);
    world.assert_sound();
}

#[test]
fn a_revert_does_not_bring_back_what_was_evicted() {
    let rules = [COUNTER, ADMIT_ALL];
    let (with, without) = (world(&rules), world(&rules));
    let mut refused = None;
    for (world, with) in [(&with, true), (&without, false)] {
        let first = world.pay(&[world.coin(1_000)]);
        if with {
            world.submit(&[COUNTER], &world.beef(&[&first])).unwrap();
            refused = Some(first.txid());
        }
        // Judged again when the first one goes, because it counts after it.
        let second = pay_two(world);
        world.submit(&rules, &world.beef(&[&second])).unwrap();
        evict(world, Outpoint::new(second.txid(), 0), Dependents::Keep).unwrap();
    }
    let word = NetworkWord { broadcaster: "arc".into(), code: 461, text: "no".into(), at: NOW };
    let taken_back = with.engine.take_back(&refused.unwrap(), &word, NOW).unwrap();
    assert_eq!(taken_back.judged_again.len(), 1);
    let (mut shown, mut expected) = (projection(&with), projection(&without));
    // What the verdict admitted at the time, and what it may admit now.
    shown.retain(|key, _| !key.starts_with("Verdict"));
    expected.retain(|key, _| !key.starts_with("Verdict"));
    assert_eq!(shown, expected);
    with.assert_sound();
}

#[test]
fn what_was_taken_back_can_be_evicted_too() {
    let world = world(&[ADMIT_ALL]);
    let refused = world.pay(&[world.coin(1_000)]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&refused])).unwrap();
    let word = NetworkWord { broadcaster: "arc".into(), code: 461, text: "no".into(), at: NOW };
    world.engine.take_back(&refused.txid(), &word, NOW).unwrap();
    evict(&world, Outpoint::new(refused.txid(), 0), Dependents::Name).unwrap();
    assert_eq!(row(&world, &RowKey::Reverted(refused.txid())), None);
    assert!(world.store.content(&ContentId::Transaction(refused.txid())).is_ok());
    world.mine(&[&refused]);
    let again = world.submit(&[ADMIT_ALL], &world.beef(&[&refused]));
    assert!(matches!(again, Err(SubmitError::Evicted { .. })), "{again:?}");
    world.assert_sound();
}

#[test]
fn an_output_that_an_evicted_transaction_spends_enters_a_topic_as_spent() {
    let world = world(&[ADMIT_ALL, RETAIN]);
    let paid = pay_two(&world);
    let child = world.pay(&[coin(&paid, 0)]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&paid])).unwrap();
    world.submit(&[ADMIT_ALL], &world.beef(&[&paid, &child])).unwrap();
    evict(&world, Outpoint::new(child.txid(), 0), Dependents::Name).unwrap();
    world.submit(&[RETAIN], &world.beef(&[&paid])).unwrap();
    let listed: Vec<_> = world.listed().iter().map(|found| found.outpoint).collect();
    assert_eq!(listed, [Outpoint::new(paid.txid(), 1)]);
    world.assert_sound();
}

#[test]
fn a_revert_leaves_the_coins_of_what_was_evicted_spent() {
    let world = world(&[COUNTER, ADMIT_ALL]);
    let (refused, paid) = (world.pay(&[world.coin(1_000)]), pay_two(&world));
    world.submit(&[COUNTER], &world.beef(&[&refused])).unwrap();
    world.submit(&[ADMIT_ALL], &world.beef(&[&paid])).unwrap();
    let child = world.pay(&[coin(&paid, 0)]);
    world.submit(&[COUNTER, ADMIT_ALL], &world.beef(&[&paid, &child])).unwrap();
    evict(&world, Outpoint::new(child.txid(), 0), Dependents::Name).unwrap();
    let word = NetworkWord { broadcaster: "arc".into(), code: 461, text: "no".into(), at: NOW };
    world.engine.take_back(&refused.txid(), &word, NOW).unwrap();
    let listed: Vec<_> = world.listed().iter().map(|found| found.outpoint).collect();
    assert_eq!(listed, [Outpoint::new(paid.txid(), 1)]);
    world.assert_sound();
}

#[test]
fn who_took_the_place_of_what_was_evicted_keeps_it_in_a_revert_and_leaves_it_when_taken_back() {
    let world = world(&[COUNTER, ADMIT_ALL]);
    let (refused, paid) = (world.pay(&[world.coin(1_000)]), pay_two(&world));
    world.submit(&[COUNTER], &world.beef(&[&refused])).unwrap();
    world.submit(&[ADMIT_ALL], &world.beef(&[&paid])).unwrap();
    let child = world.pay(&[coin(&paid, 0)]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&paid, &child])).unwrap();
    evict(&world, Outpoint::new(child.txid(), 0), Dependents::Name).unwrap();
    let rival = world.alice.pay(&[coin(&paid, 0)], &world.alice.p2pkh(), 300);
    world.mine(&[&paid, &rival]);
    world.submit(&[COUNTER], &world.beef(&[&rival])).unwrap();
    let spender = |world: &World| match row(world, &RowKey::Spend(coin(&paid, 0).outpoint)) {
        Some(Row::Spend(spend)) => spend.spender,
        other => panic!("{other:?}"),
    };
    let word = NetworkWord { broadcaster: "arc".into(), code: 461, text: "no".into(), at: NOW };
    world.engine.take_back(&refused.txid(), &word, NOW).unwrap();
    assert_eq!(spender(&world), rival.txid());
    world.assert_sound();
    world.chain.0.lock().unwrap().reorganise(1);
    world.engine.take_back(&rival.txid(), &word, NOW).unwrap();
    assert_eq!(spender(&world), child.txid());
    world.assert_sound();
}

#[test]
fn what_was_evicted_waits_for_no_topic_any_more() {
    let world = world(&[ADMIT_ALL, COUNTER]);
    let paid = world.pay(&[world.coin(1_000)]);
    world.mine(&[&paid]);
    world.plugins.broken.lock().unwrap().insert(COUNTER.into(), true);
    world.submit(&[ADMIT_ALL, COUNTER], &world.beef(&[&paid])).unwrap();
    assert_eq!(world.engine.unjudged().unwrap().len(), 1);
    evict(&world, Outpoint::new(paid.txid(), 0), Dependents::Name).unwrap();
    assert_eq!(world.engine.unjudged().unwrap(), []);
}

#[test]
fn a_revert_leaves_no_trace_in_an_index_of_an_evicted_output_that_an_evicted_transaction_spent() {
    let world = world(&[ADMIT_ALL]);
    let paid = pay_two(&world);
    let refused = world.pay(&[coin(&paid, 1)]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&paid])).unwrap();
    world.submit(&[ADMIT_ALL], &world.beef(&[&paid, &refused])).unwrap();
    let evicted = Outpoint::new(paid.txid(), 0);
    evict(&world, evicted, Dependents::Keep).unwrap();
    let child = world.pay(&[coin(&paid, 0), world.coin(500)]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&paid, &child])).unwrap();
    evict(&world, Outpoint::new(child.txid(), 0), Dependents::Name).unwrap();
    let index = Namespace::Service(world.engine.hosting().service("ls_index").unwrap().id);
    let trace = || row(&world, &RowKey::State(index, evicted.to_string().into_bytes()));
    assert_eq!(trace(), None);
    let word = NetworkWord { broadcaster: "arc".into(), code: 461, text: "no".into(), at: NOW };
    world.engine.take_back(&refused.txid(), &word, NOW).unwrap();
    assert_eq!(trace(), None);
    world.assert_sound();
}

#[test]
fn a_revert_puts_no_token_back_into_its_basket_that_an_evicted_transaction_spent() {
    let world = world(&[SHOP]);
    let bought = world.pay(&[world.coin(1_000)]);
    world.submit(&[SHOP], &world.beef(&[&bought])).unwrap();
    let refused = world.pay(&[world.coin(1_000)]);
    let child = world.pay(&[coin(&bought, 0), coin(&refused, 0)]);
    world.submit(&[SHOP], &world.beef(&[&bought, &refused, &child])).unwrap();
    evict(&world, Outpoint::new(child.txid(), 0), Dependents::Name).unwrap();
    let manager = world.engine.hosting().managers().next().unwrap().id;
    let token = || row(&world, &RowKey::Token(manager, Outpoint::new(bought.txid(), 0)));
    assert_eq!(token(), None);
    let word = NetworkWord { broadcaster: "arc".into(), code: 461, text: "no".into(), at: NOW };
    world.engine.take_back(&refused.txid(), &word, NOW).unwrap();
    assert_eq!(token(), None);
    world.assert_sound();
}
