//! What a submission does, and what it never does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a failed test")]

mod support;

use std::sync::Arc;

use support::{ADMIT_ALL, BREAK, BURN, COUNTER, NOTHING, NOW, REFUSE, RETAIN, World, entry, topic, world, world_over};
use trellis_engine::domain::plan::{Cause, Plan};
use trellis_engine::domain::status::Status;
use trellis_engine::domain::time::Sequence;
use trellis_engine::ports::store::Store;
use trellis_engine::submit::{Submission, SubmitError, TopicChoice};
use trellis_spv::hash::Outpoint;
use trellis_spv::testing::coin;

fn sequence(world: &World) -> Sequence {
    world.store.durable()
}

#[test]
fn every_output_enters_the_topic_and_the_index_in_one_commit() {
    let world = world(&[ADMIT_ALL]);
    let paid = world.pay(&[world.coin(1000)]);
    let before = sequence(&world);
    let answer = world.submit(&[ADMIT_ALL], &world.beef(&[&paid])).unwrap();
    assert_eq!(answer.steak[&topic(ADMIT_ALL)], entry(&[0], &[], &[]));
    assert_eq!(sequence(&world), before.next(), "one submission is one commit");
    assert_eq!(answer.sequence, Some(sequence(&world)));
    assert_eq!(world.listed()[0].outpoint, Outpoint::new(paid.txid(), 0));
    world.assert_sound();
}

#[test]
fn a_resubmission_repeats_the_original_answer_and_changes_nothing() {
    let world = world(&[RETAIN]);
    let first = world.pay(&[world.coin(1000)]);
    world.submit(&[RETAIN], &world.beef(&[&first])).unwrap();
    let second = world.pay(&[coin(&first, 0)]);
    let beef = world.beef(&[&first, &second]);
    let original = world.submit(&[RETAIN], &beef).unwrap();
    assert_eq!(original.steak[&topic(RETAIN)], entry(&[0], &[0], &[]));
    let before = sequence(&world);
    let again = world.submit(&[RETAIN], &beef).unwrap();
    assert_eq!(again.steak, original.steak);
    assert_eq!(again.sequence, original.sequence);
    assert!(again.repeated);
    assert_eq!(sequence(&world), before);
    world.assert_sound();
}

#[test]
fn a_burn_is_stored_and_says_which_coins_were_removed() {
    let world = world(&[BURN]);
    let first = world.pay(&[world.coin(1000)]);
    world.submit(&[BURN], &world.beef(&[&first])).unwrap();
    let second = world.pay(&[coin(&first, 0)]);
    let answer = world.submit(&[BURN], &world.beef(&[&first, &second])).unwrap();
    assert_eq!(answer.steak[&topic(BURN)], entry(&[], &[], &[0]));
    assert!(world.listed().is_empty());
    assert!(world.engine.transaction_report(&second.txid()).unwrap().is_some());
    world.assert_sound();
}

#[test]
fn what_no_topic_wants_is_answered_and_not_stored() {
    let world = world(&[NOTHING, REFUSE]);
    let paid = world.pay(&[world.coin(1000)]);
    let before = sequence(&world);
    let answer = world.submit(&[NOTHING, REFUSE], &world.beef(&[&paid])).unwrap();
    assert!(answer.steak.values().all(|entry| entry.is_empty()));
    assert_eq!(answer.refusals[&topic(REFUSE)], "not today");
    assert_eq!((answer.sequence, sequence(&world)), (None, before));
    assert!(world.engine.transaction_report(&paid.txid()).unwrap().is_none());
}

#[test]
fn a_fault_in_one_topic_fails_the_submission_whole() {
    let world = world(&[ADMIT_ALL, BREAK]);
    let paid = world.pay(&[world.coin(1000)]);
    let before = sequence(&world);
    let error = world.submit(&[ADMIT_ALL, BREAK], &world.beef(&[&paid])).unwrap_err();
    assert!(matches!(&error, SubmitError::Fault(fault) if &*fault.plugin.0 == BREAK), "{error}");
    assert_eq!(sequence(&world), before);
    assert!(world.listed().is_empty());
    world.assert_sound();
}

#[test]
fn a_refusal_in_one_topic_leaves_the_others_alone() {
    let world = world(&[ADMIT_ALL, REFUSE]);
    let paid = world.pay(&[world.coin(1000)]);
    let answer = world.submit(&[ADMIT_ALL, REFUSE], &world.beef(&[&paid])).unwrap();
    assert_eq!(answer.steak[&topic(ADMIT_ALL)], entry(&[0], &[], &[]));
    assert!(answer.steak[&topic(REFUSE)].is_empty());
    world.assert_sound();
}

#[test]
fn require_all_stores_nothing_unless_every_topic_takes_it() {
    let world = world(&[ADMIT_ALL, REFUSE]);
    let paid = world.pay(&[world.coin(1000)]);
    let beef = world.beef(&[&paid]);
    let topics = [topic(ADMIT_ALL), topic(REFUSE), topic("unhosted")];
    let submission = Submission {
        beef: &beef,
        off_chain_values: None,
        topics: TopicChoice::Named(&topics),
        require_all: true,
        evidence: None,
    };
    let error = world.engine.submit(&submission, NOW).unwrap_err();
    let SubmitError::NotTakenByAll { reasons_by_topic, .. } = error else { panic!("{error}") };
    assert_eq!(reasons_by_topic.keys().collect::<Vec<_>>(), [&topics[1], &topics[2]]);
    assert!(world.engine.transaction_report(&paid.txid()).unwrap().is_none());
    let both = [topic(ADMIT_ALL)];
    let submission = Submission { topics: TopicChoice::Named(&both), ..submission };
    world.engine.submit(&submission, NOW).unwrap();
}

#[test]
fn require_all_holds_for_resubmissions_too() {
    let world = world(&[ADMIT_ALL]);
    let paid = world.pay(&[world.coin(1000)]);
    let beef = world.beef(&[&paid]);
    world.submit(&[ADMIT_ALL], &beef).unwrap();
    let topics = [topic(ADMIT_ALL), topic("unhosted")];
    let submission = Submission {
        beef: &beef,
        off_chain_values: None,
        topics: TopicChoice::Named(&topics),
        require_all: true,
        evidence: None,
    };
    let error = world.engine.submit(&submission, NOW).unwrap_err();
    let SubmitError::NotTakenByAll { reasons_by_topic, .. } = error else { panic!("{error}") };
    assert_eq!(reasons_by_topic.keys().collect::<Vec<_>>(), [&topics[1]]);
    let submission = Submission { topics: TopicChoice::Named(&topics[..1]), ..submission };
    assert!(world.engine.submit(&submission, NOW).unwrap().repeated);
}

#[test]
fn of_two_spenders_of_a_coin_the_first_stays_and_is_named() {
    let world = world(&[ADMIT_ALL, RETAIN]);
    let shared = world.coin(1000);
    let first = world.pay(std::slice::from_ref(&shared));
    let rival = world.pay(&[shared.clone(), world.coin(500)]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&first])).unwrap();
    // Another topic, and only the fee coin in common: still one live spender.
    let error = world.submit(&[RETAIN], &world.beef(&[&rival])).unwrap_err();
    let SubmitError::Conflict { outpoint, winner, spender } = error else { panic!("{error}") };
    assert_eq!((outpoint, winner, spender), (shared.outpoint, first.txid(), rival.txid()));
    // Hidden as an ancestor.
    let child = world.pay(&[coin(&rival, 0)]);
    let error = world.submit(&[RETAIN], &world.beef(&[&rival, &child])).unwrap_err();
    assert!(matches!(error, SubmitError::Conflict { spender, .. } if spender == rival.txid()));
    world.assert_sound();
}

#[test]
fn a_coin_of_an_unnamed_topic_is_spent_and_that_topic_may_judge_later() {
    let world = world(&[RETAIN, ADMIT_ALL]);
    let first = world.pay(&[world.coin(1000)]);
    world.submit(&[RETAIN], &world.beef(&[&first])).unwrap();
    let second = world.pay(&[coin(&first, 0)]);
    let beef = world.beef(&[&first, &second]);
    world.notices();
    world.submit(&[ADMIT_ALL], &beef).unwrap();
    assert!(!world.listed().iter().any(|output| output.outpoint.txid == first.txid()), "spent is spent everywhere");
    let told = world.notices();
    assert!(told.contains(&format!("ls_index tm_retain spent {}.0 retained=false", first.txid())), "{told:?}");
    world.assert_sound();

    let later = world.submit(&[RETAIN], &beef).unwrap();
    assert_eq!(later.steak[&topic(RETAIN)], entry(&[0], &[0], &[]), "its coin is a previous coin of that very spender");
    world.assert_sound();
}

#[test]
fn an_output_spent_before_its_topic_heard_of_it_is_admitted_as_spent() {
    let world = world(&[ADMIT_ALL]);
    let parent = world.pay(&[world.coin(1000)]);
    let child = world.pay(&[coin(&parent, 0)]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&parent, &child])).unwrap();
    let answer = world.submit(&[ADMIT_ALL], &world.beef(&[&parent])).unwrap();
    assert_eq!(answer.steak[&topic(ADMIT_ALL)], entry(&[0], &[], &[]));
    let listed: Vec<_> = world.listed().iter().map(|output| output.outpoint.txid).collect();
    assert_eq!(listed, [child.txid()]);
    world.assert_sound();
}

#[test]
fn a_proof_that_comes_with_a_resubmission_is_stitched() {
    let world = world(&[ADMIT_ALL]);
    let paid = world.pay(&[world.coin(1000)]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&paid])).unwrap();
    assert_eq!(world.engine.transaction_report(&paid.txid()).unwrap().unwrap().status, Status::Admitted);
    world.mine(&[&paid]);
    let answer = world.submit(&[ADMIT_ALL], &world.beef(&[&paid])).unwrap();
    assert!(answer.repeated);
    let report = world.engine.transaction_report(&paid.txid()).unwrap().unwrap();
    assert!(matches!(report.status, Status::Mined(_)) && report.outbox.is_none());
    world.assert_sound();
}

#[test]
fn proofs_of_ancestors_that_come_with_a_resubmission_are_stitched() {
    let world = world(&[ADMIT_ALL]);
    let parent = world.pay(&[world.coin(1000)]);
    let child = world.pay(&[coin(&parent, 0)]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&parent, &child])).unwrap();
    world.mine(&[&parent]);
    let beef = world.beef(&[&parent, &child]);
    assert!(world.submit(&[ADMIT_ALL], &beef).unwrap().repeated);
    let report = world.engine.transaction_report(&parent.txid()).unwrap().unwrap();
    assert!(matches!(report.status, Status::Mined(_)) && report.outbox.is_none(), "{report:?}");
    let before = sequence(&world);
    assert!(world.submit(&[ADMIT_ALL], &beef).unwrap().repeated);
    assert_eq!(sequence(&world), before);
    world.assert_sound();
}

#[test]
fn a_proven_submission_is_stored_and_never_queued_for_broadcast() {
    let world = world(&[ADMIT_ALL]);
    let paid = world.pay(&[world.coin(1000)]);
    world.mine(&[&paid]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&paid])).unwrap();
    let report = world.engine.transaction_report(&paid.txid()).unwrap().unwrap();
    assert!(report.outbox.is_none());
    world.assert_sound();
}

#[test]
fn a_proven_spend_stands_although_its_topic_broke_and_is_judged_when_it_works_again() {
    let world = world(&[ADMIT_ALL]);
    let first = world.pay(&[world.coin(1000)]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&first])).unwrap();
    let second = world.pay(&[coin(&first, 0)]);
    world.mine(&[&first, &second]);
    world.plugins.broken.lock().unwrap().insert(ADMIT_ALL.into(), true);
    let answer = world.submit(&[ADMIT_ALL], &world.beef(&[&second])).unwrap();
    assert!(answer.steak.is_empty());
    assert!(answer.unjudged[&topic(ADMIT_ALL)].text.contains("it broke"));
    assert!(world.listed().is_empty(), "the coin is spent");
    assert_eq!(world.engine.unjudged().unwrap().len(), 1);
    assert_eq!(world.engine.retry_unjudged(NOW).unwrap(), 0);
    assert_eq!(world.engine.unjudged().unwrap()[0].2.attempts, 2);
    world.assert_sound();

    world.plugins.broken.lock().unwrap().clear();
    assert_eq!(world.engine.retry_unjudged(NOW).unwrap(), 1);
    assert!(world.engine.unjudged().unwrap().is_empty());
    assert_eq!(world.listed()[0].outpoint.txid, second.txid());
    world.assert_sound();
}

#[test]
fn a_proven_spend_stands_although_a_service_refuses_to_index_it() {
    let world = world(&[ADMIT_ALL]);
    let first = world.pay(&[world.coin(1000)]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&first])).unwrap();
    let second = world.pay(&[coin(&first, 0)]);
    let beef = world.beef(&[&first, &second]);
    *world.plugins.index_refuses.lock().unwrap() = true;
    let error = world.submit(&[ADMIT_ALL], &beef).unwrap_err();
    assert!(matches!(&error, SubmitError::IndexRefused { text, .. } if text == "no room"), "{error}");
    world.mine(&[&first, &second]);
    let answer = world.submit(&[ADMIT_ALL], &world.beef(&[&second])).unwrap();
    assert_eq!(answer.steak[&topic(ADMIT_ALL)], entry(&[0], &[], &[0]));
    assert!(world.listed().is_empty(), "the coin is spent");
    assert!(world.engine.unjudged().unwrap()[0].2.fault.contains("no room"));
    world.assert_sound();
}

#[test]
fn a_proven_transaction_enters_the_topics_that_work_although_another_broke() {
    let world = world(&[ADMIT_ALL, BREAK]);
    let paid = world.pay(&[world.coin(1000)]);
    world.mine(&[&paid]);
    let beef = world.beef(&[&paid]);
    let error = world.submit(&[BREAK], &beef).unwrap_err();
    assert!(matches!(error, SubmitError::Fault(_)), "nothing here depends on it: {error}");
    let answer = world.submit(&[ADMIT_ALL, BREAK], &beef).unwrap();
    assert_eq!(answer.steak[&topic(ADMIT_ALL)], entry(&[0], &[], &[]));
    assert!(answer.unjudged.contains_key(&topic(BREAK)));
    // It spends no coin of the topic that broke; breaking again is no error all the same.
    assert_eq!(world.engine.retry_unjudged(NOW).unwrap(), 0);
    assert_eq!(world.engine.unjudged().unwrap()[0].2.attempts, 2);
    world.assert_sound();
}

#[test]
fn what_cannot_be_judged_does_not_keep_the_rest_from_being_judged() {
    let world = world(&[ADMIT_ALL]);
    let mut children = Vec::new();
    for _ in 0..3 {
        let first = world.pay(&[world.coin(1000)]);
        world.submit(&[ADMIT_ALL], &world.beef(&[&first])).unwrap();
        let second = world.pay(&[coin(&first, 0)]);
        world.mine(&[&first, &second]);
        children.push(second);
    }
    world.plugins.broken.lock().unwrap().insert(ADMIT_ALL.into(), true);
    for child in &children {
        world.submit(&[ADMIT_ALL], &world.beef(&[child])).unwrap();
    }
    world.plugins.broken.lock().unwrap().clear();
    // The header one of the proofs needs is gone.
    let lowest = children.iter().map(trellis_spv::transaction::Transaction::txid).min().unwrap();
    let height = world.engine.transaction_report(&lowest).unwrap().unwrap().proof_height.unwrap();
    world.chain.0.lock().unwrap().forget_header(height);
    assert_eq!(world.engine.retry_unjudged(NOW).unwrap(), 2);
    assert_eq!(world.engine.unjudged().unwrap().len(), 1);
    world.assert_sound();
}

#[test]
fn off_chain_values_wait_for_the_topic_that_broke() {
    let world = world(&[ADMIT_ALL]);
    let first = world.pay(&[world.coin(1000)]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&first])).unwrap();
    let second = world.pay(&[coin(&first, 0)]);
    world.mine(&[&first, &second]);
    world.plugins.broken.lock().unwrap().insert(ADMIT_ALL.into(), true);
    let (beef, topics) = (world.beef(&[&second]), [topic(ADMIT_ALL)]);
    let submission = Submission {
        beef: &beef,
        off_chain_values: Some(b"mine"),
        topics: TopicChoice::Named(&topics),
        require_all: false,
        evidence: None,
    };
    world.engine.submit(&submission, NOW).unwrap();
    world.assert_sound();
    world.plugins.broken.lock().unwrap().clear();
    assert_eq!(world.engine.retry_unjudged(NOW).unwrap(), 1);
    assert_eq!(world.listed()[0].context.as_deref(), Some(b"mine".as_slice()));
    world.assert_sound();
}

#[test]
fn the_first_off_chain_values_stay() {
    let world = world(&[ADMIT_ALL, RETAIN]);
    let paid = world.pay(&[world.coin(1000)]);
    let beef = world.beef(&[&paid]);
    let topics = [topic(ADMIT_ALL)];
    let first = Submission {
        beef: &beef,
        off_chain_values: Some(b"first"),
        topics: TopicChoice::Named(&topics),
        require_all: false,
        evidence: None,
    };
    world.engine.submit(&first, NOW).unwrap();
    let topics = [topic(RETAIN)];
    let second = Submission { off_chain_values: Some(b"second"), topics: TopicChoice::Named(&topics), ..first };
    world.engine.submit(&second, NOW).unwrap();
    assert_eq!(world.listed()[0].context.as_deref(), Some(b"first".as_slice()));
    world.assert_sound();
}

#[test]
fn submissions_that_write_one_state_row_at_once_are_all_counted() {
    let world = world(&[COUNTER]);
    let beefs: Vec<_> = (0..40).map(|_| world.beef(&[&world.pay(&[world.coin(1000)])])).collect();
    std::thread::scope(|scope| {
        for chunk in beefs.chunks(5) {
            let world = &world;
            scope.spawn(move || {
                for beef in chunk {
                    world.submit(&[COUNTER], beef).unwrap();
                }
            });
        }
    });
    let log = world.store.log(Sequence::ZERO, 1000).unwrap();
    assert_eq!(log.iter().filter(|record| matches!(record.cause, Cause::Submission(_))).count(), 40);
    world.assert_sound();
    let paid = world.pay(&[world.coin(1000)]);
    world.submit(&[COUNTER], &world.beef(&[&paid])).unwrap();
    let view = world.store.pin();
    let namespace =
        trellis_engine::domain::row::Namespace::Topic(world.engine.hosting().topic(&topic(COUNTER)).unwrap().id);
    let key = trellis_engine::domain::row::RowKey::State(namespace, b"count".to_vec());
    let row = world.store.get(&key, view.sequence()).unwrap().unwrap().row;
    assert_eq!(row, trellis_engine::domain::row::Row::State(vec![41]));
}

#[test]
fn times_rise_over_restarts_whatever_order_they_were_committed_in_and_whatever_the_clock_says() {
    let world = world(&[ADMIT_ALL]);
    let txid = world.coin(1).outpoint.txid;
    let later = NOW.plus_milliseconds(3_600_000);
    // The first to take its time was the last to be committed, and the clock went back afterwards.
    for at in [later, NOW] {
        let plan = Plan {
            cause: Cause::Proof(txid),
            once: None,
            expect: Vec::new(),
            writes: Vec::new(),
            adjust: Vec::new(),
            contents: Vec::new(),
            event: None,
            at,
        };
        world.store.commit(plan).unwrap();
    }
    let world = world_over(Arc::clone(&world.store), &[ADMIT_ALL]);
    let paid = world.pay(&[world.coin(1000)]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&paid])).unwrap();
    assert!(world.store.log(Sequence::ZERO, 100).unwrap().last().unwrap().at > later);
}

#[test]
fn topics_are_checked_before_anything_is_read() {
    let world = world(&[ADMIT_ALL]);
    let submit = |topics: &[_]| {
        let submission = Submission {
            beef: b"",
            off_chain_values: None,
            topics: TopicChoice::Named(topics),
            require_all: false,
            evidence: None,
        };
        world.engine.submit(&submission, NOW).unwrap_err()
    };
    assert!(matches!(submit(&[]), SubmitError::Topics(_)));
    assert!(matches!(submit(&[topic(ADMIT_ALL), topic(ADMIT_ALL)]), SubmitError::Topics(_)));
    let many: Vec<_> = (0..65).map(|i| topic(&format!("t{i}"))).collect();
    assert!(matches!(submit(&many), SubmitError::Topics(_)));
    assert!(matches!(submit(&many[..64]), SubmitError::NotHosted { .. }));
    assert!(matches!(submit(&[topic(ADMIT_ALL)]), SubmitError::Beef(_)));
}

#[test]
fn a_proof_of_the_new_chain_replaces_one_whose_block_is_gone() {
    let world = world(&[ADMIT_ALL]);
    let paid = world.pay(&[world.coin(1000)]);
    world.mine(&[&paid]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&paid])).unwrap();
    let height = |world: &World| world.engine.transaction_report(&paid.txid()).unwrap().unwrap().proof_height.unwrap();
    let old = height(&world);
    let sequence_before = sequence(&world);
    world.submit(&[ADMIT_ALL], &world.beef(&[&paid])).unwrap();
    assert_eq!(sequence(&world), sequence_before, "the same proof is no news");
    // Another block takes the place of the one it was in, and a later one has it.
    world.chain.0.lock().unwrap().forget_header(old);
    world.mine(&[&paid]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&paid])).unwrap();
    assert!(height(&world) > old);
    assert_eq!(world.engine.transaction_report(&paid.txid()).unwrap().unwrap().status, Status::Mined(height(&world)));
    world.assert_sound();
}
