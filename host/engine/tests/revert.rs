//! What the network refuses is taken back: afterwards the host is as if it had never been there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a failed test")]

mod support;

use support::projection::projection;
use support::*;
use trellis_engine::domain::event::Event;
use trellis_engine::domain::row::{Row, RowKey};
use trellis_engine::domain::status::{NetworkWord, Status};
use trellis_engine::domain::time::Sequence;
use trellis_engine::ports::store::Store;
use trellis_engine::revert::{RevertError, TakenBack};
use trellis_engine::submit::{Submission, SubmitError, TopicChoice};
use trellis_spv::hash::Txid;
use trellis_spv::testing::coin;
use trellis_spv::transaction::Transaction;

fn word() -> NetworkWord {
    NetworkWord { broadcaster: "arc".into(), code: 461, text: "malformed".into(), at: NOW }
}

impl World {
    fn take_back(&self, transaction: &Transaction) -> Result<TakenBack, RevertError> {
        self.engine.take_back(&transaction.txid(), &word(), NOW)
    }
}

/// Tells a history twice, with and without what is taken back in the end: both hosts must show the same.
fn same_with_and_without(rules: &[&str], history: impl Fn(&World, bool) -> Option<Transaction>) -> World {
    let (with, without) = (world(rules), world(rules));
    let refused = history(&with, true).unwrap();
    with.take_back(&refused).unwrap();
    history(&without, false);
    assert_eq!(projection(&with), projection(&without));
    with.assert_sound();
    without.assert_sound();
    with
}

/// Whether anything of a transaction is left that another one could meet.
fn is_held(world: &World, transaction: &Transaction) -> bool {
    let pin = world.store.pin();
    let held = |key: RowKey| world.store.get(&key, pin.sequence()).unwrap().is_some();
    let spends = transaction.inputs().iter().any(|input| held(RowKey::Spend(input.source)));
    held(RowKey::Transaction(transaction.txid())) || held(RowKey::Outbox(transaction.txid())) || spends
}

#[test]
fn a_refused_submission_leaves_nothing_behind() {
    let mut refused = None;
    let world = same_with_and_without(&[ADMIT_ALL, COUNTER], |world, with| {
        let paid = world.pay(&[world.coin(1_000)]);
        if with {
            world.submit(&[ADMIT_ALL, COUNTER], &world.beef(&[&paid])).unwrap();
            assert_eq!(world.listed().len(), 1);
        }
        Some(paid)
    });
    assert_eq!(world.listed().len(), 0);
    let txid = world.engine.store().log(Sequence(0), 10).unwrap().iter().find_map(|record| match &record.event {
        Some(Event::Applied(applied)) => Some(applied[0].txid),
        _ => None,
    });
    refused.replace(txid.unwrap());
    let report = world.engine.transaction_report(&refused.unwrap()).unwrap().unwrap();
    assert!(report.taken_back && report.status == Status::Rejected, "{report:?}");
    assert_eq!(report.word.unwrap().text, "malformed");
    assert_eq!(report.topics, [topic(ADMIT_ALL), topic(COUNTER)]);
}

#[test]
fn everything_that_spends_what_was_refused_goes_with_it() {
    let world = world(&[RETAIN, ADMIT_ALL]);
    let empty = projection(&world);
    let first = world.pay(&[world.coin(1_000)]);
    let second = world.pay(&[coin(&first, 0)]);
    let third = world.pay(&[coin(&second, 0), world.coin(500)]);
    world.submit(&[RETAIN], &world.beef(&[&first])).unwrap();
    world.submit(&[RETAIN, ADMIT_ALL], &world.beef(&[&first, &second])).unwrap();
    world.submit(&[ADMIT_ALL], &world.beef(&[&first, &second, &third])).unwrap();
    let taken_back = world.take_back(&first).unwrap();
    assert_eq!(taken_back.transactions.len(), 3);
    assert_eq!(taken_back.judged_again, []);
    assert_eq!(projection(&world), empty);
    for gone in [&first, &second, &third] {
        assert!(!is_held(&world, gone), "{} is still there", gone.txid());
    }
    world.assert_sound();
}

#[test]
fn the_coin_a_refused_transaction_took_is_there_again_and_can_be_spent() {
    let world = world(&[RETAIN, ADMIT_ALL]);
    let token = world.pay(&[world.coin(1_000)]);
    world.submit(&[RETAIN, ADMIT_ALL], &world.beef(&[&token])).unwrap();
    let before = projection(&world);
    let refused = world.pay(&[coin(&token, 0), world.coin(400)]);
    // Only one of the two topics is named: the other one loses its coin all the same.
    world.submit(&[RETAIN], &world.beef(&[&token, &refused])).unwrap();
    assert_ne!(projection(&world), before);
    world.take_back(&refused).unwrap();
    assert_eq!(projection(&world), before);
    let rival = world.pay(&[coin(&token, 0), world.coin(300)]);
    world.submit(&[RETAIN, ADMIT_ALL], &world.beef(&[&token, &rival])).unwrap();
    world.assert_sound();
}

#[test]
fn who_read_what_is_undone_is_judged_again_in_order() {
    let world = same_with_and_without(&[COUNTER, ADMIT_ALL], |world, with| {
        let pays: Vec<_> = (0..6).map(|_| world.pay(&[world.coin(1_000)])).collect();
        for (number, pay) in pays.iter().enumerate() {
            if with || number != 2 {
                let rules: &[&str] = if number == 4 { &[ADMIT_ALL] } else { &[COUNTER, ADMIT_ALL] };
                world.submit(rules, &world.beef(&[pay])).unwrap();
            }
        }
        // Two that build on one of the later ones.
        let child = world.pay(&[coin(&pays[3], 0)]);
        world.submit(&[COUNTER], &world.beef(&[&pays[3], &child])).unwrap();
        Some(pays[2].clone())
    });
    let log = world.store.log(Sequence(0), 100).unwrap();
    let Some(Event::Reverted { judged_again, topics, .. }) = &log.last().unwrap().event else { panic!("no event") };
    // 3, 5 and the child counted after it; 0, 1 and 4 have nothing to do with it.
    assert_eq!(judged_again.len(), 3);
    let removed: usize = topics.iter().map(|topic| topic.removed.len()).sum();
    assert_eq!(removed, 2, "one output in each of two topics: {topics:?}");
    assert!(topics.iter().all(|topic| topic.admitted.is_empty() && topic.spent.is_empty() && topic.unspent.is_empty()));
    // And each is still said to have been applied by the commit whose event tells what it did.
    let applied_by = |txid: &Txid| {
        let tells = |event: &Event| match event {
            Event::Applied(applied) => applied.iter().any(|one| one.txid == *txid),
            _ => false,
        };
        log.iter().find(|record| record.event.as_ref().is_some_and(tells)).map(|record| record.sequence)
    };
    for txid in judged_again {
        let report = world.engine.transaction_report(txid).unwrap().unwrap();
        assert!(report.sequence.is_some() && report.sequence == applied_by(txid), "{txid}: {:?}", report.sequence);
    }
}

#[test]
fn an_earlier_one_refused_after_a_later_one_unwinds_the_revert_as_well() {
    let rules = &[COUNTER, RETAIN];
    let (with, without) = (world(rules), world(rules));
    for (world, with) in [(&with, true), (&without, false)] {
        let pays: Vec<_> = (0..6).map(|_| world.pay(&[world.coin(1_000)])).collect();
        for (number, pay) in pays.iter().enumerate() {
            if with || ![1, 3].contains(&number) {
                world.submit(rules, &world.beef(&[pay])).unwrap();
            }
        }
        if with {
            assert_eq!(world.take_back(&pays[3]).unwrap().judged_again.len(), 2);
            world.assert_sound();
            let again = world.take_back(&pays[1]).unwrap().judged_again;
            assert_eq!(again, [&pays[2], &pays[4], &pays[5]].map(Transaction::txid));
        }
    }
    assert_eq!(projection(&with), projection(&without));
    with.assert_sound();
}

#[test]
fn what_was_refused_stays_refused_until_a_proof_brings_it_back() {
    let world = world(&[COUNTER]);
    let refused = world.pay(&[world.coin(1_000)]);
    let child = world.pay(&[coin(&refused, 0)]);
    let beef = world.beef(&[&refused]);
    world.submit(&[COUNTER], &beef).unwrap();
    let before = projection(&world);
    world.take_back(&refused).unwrap();
    let last = world.store.durable();
    assert!(matches!(world.submit(&[COUNTER], &beef), Err(SubmitError::RejectedByNetwork { .. })));
    assert!(matches!(
        world.submit(&[COUNTER], &world.beef(&[&refused, &child])),
        Err(SubmitError::RejectedByNetwork { .. })
    ));
    assert_eq!(world.store.durable(), last, "answered from what is stored, without judging");
    world.mine(&[&refused]);
    world.submit(&[COUNTER], &world.beef(&[&refused])).unwrap();
    assert_eq!(projection(&world), before);
    let report = world.engine.transaction_report(&refused.txid()).unwrap().unwrap();
    assert!(!report.taken_back && matches!(report.status, Status::Mined(_)), "{report:?}");
    world.submit(&[COUNTER], &world.beef(&[&refused, &child])).unwrap();
    world.assert_sound();
}

#[test]
fn a_proven_spender_takes_an_unproven_rivals_coin_whatever_topics_say() {
    for rule in [ADMIT_ALL, REFUSE, BREAK] {
        let rules = if rule == ADMIT_ALL { vec![ADMIT_ALL] } else { vec![ADMIT_ALL, rule] };
        let world = world(&rules);
        let token = world.pay(&[world.coin(1_000)]);
        world.submit(&[ADMIT_ALL], &world.beef(&[&token])).unwrap();
        let rival = world.pay(&[coin(&token, 0), world.coin(400)]);
        let child = world.pay(&[coin(&rival, 0)]);
        world.submit(&[ADMIT_ALL], &world.beef(&[&token, &rival])).unwrap();
        world.submit(&[ADMIT_ALL], &world.beef(&[&token, &rival, &child])).unwrap();
        let winner = world.pay(&[coin(&token, 0), world.coin(300)]);
        world.mine(&[&token, &winner]);
        world.submit(&[rule], &world.beef(&[&winner])).unwrap();
        for gone in [&rival, &child] {
            let report = world.engine.transaction_report(&gone.txid()).unwrap().unwrap();
            assert!(report.taken_back && report.word.unwrap().text.contains(&winner.txid().to_string()));
        }
        let pin = world.store.pin();
        let spend = world.store.get(&RowKey::Spend(coin(&token, 0).outpoint), pin.sequence()).unwrap().unwrap().row;
        assert!(matches!(spend, Row::Spend(spend) if spend.spender == winner.txid()));
        world.assert_sound();
    }
}

#[test]
fn what_is_proven_or_lies_under_a_proof_is_not_taken_back() {
    let world = world(&[ADMIT_ALL]);
    let parent = world.pay(&[world.coin(1_000)]);
    let child = world.pay(&[coin(&parent, 0)]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&parent])).unwrap();
    world.submit(&[ADMIT_ALL], &world.beef(&[&parent, &child])).unwrap();
    world.mine(&[&child]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&child])).unwrap();
    let before = projection(&world);
    assert!(matches!(world.take_back(&parent), Err(RevertError::Proven(txid)) if txid == child.txid()));
    assert!(matches!(world.take_back(&child), Err(RevertError::Proven(_))));
    let stranger = world.pay(&[world.coin(700)]);
    assert!(matches!(world.take_back(&stranger), Err(RevertError::NotHeld(_))));
    assert_eq!(projection(&world), before);
    world.assert_sound();
}

#[test]
fn a_topic_that_breaks_when_it_must_judge_again_is_asked_later() {
    let world = world(&[COUNTER]);
    let pays: Vec<_> = (0..3).map(|_| world.pay(&[world.coin(1_000)])).collect();
    for pay in &pays {
        world.submit(&[COUNTER], &world.beef(&[pay])).unwrap();
    }
    world.plugins.broken.lock().unwrap().insert(COUNTER.into(), true);
    world.take_back(&pays[0]).unwrap();
    assert_eq!(world.listed().len(), 0, "what cannot be judged is taken out");
    assert_eq!(world.engine.unjudged().unwrap().len(), 2);
    world.assert_sound();
    world.plugins.broken.lock().unwrap().clear();
    assert_eq!(world.engine.retry_unjudged(NOW).unwrap(), 2);
    assert_eq!(world.listed().len(), 2);
    world.assert_sound();
}

/// Submissions that count in one state row after the one that is taken back; `TRELLIS_SOAK_COUNTED` asks for more.
const WRITTEN_BY_EVERYONE: usize = 5_000;

#[test]
fn a_row_that_everyone_writes_is_unwound_while_others_go_on() {
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    let counted = std::env::var("TRELLIS_SOAK_COUNTED").ok().and_then(|count| count.parse().ok());
    let written_by_everyone: usize = counted.unwrap_or(WRITTEN_BY_EVERYONE);
    let (world, without) = (world(&[COUNTER, ADMIT_ALL]), world(&[COUNTER, ADMIT_ALL]));
    let funding = |world: &World| {
        let outputs = vec![(1_000, world.alice.p2pkh()); written_by_everyone + 1];
        world.chain.0.lock().unwrap().funding(&outputs)
    };
    let (coins, others) = (funding(&world), funding(&without));
    assert_eq!(coins.txid(), others.txid());
    let pay = |vout: usize| world.pay(&[coin(&coins, vout as u32)]);
    let refused = pay(0);
    world.submit(&[COUNTER], &world.beef(&[&refused])).unwrap();
    for vout in 1..=written_by_everyone {
        let beef = world.beef(&[&pay(vout)]);
        world.submit(&[COUNTER], &beef).unwrap();
        without.submit(&[COUNTER], &beef).unwrap();
    }
    // More that everybody counts after, and others that have nothing to do with it, all the while.
    let counted: Vec<_> = (0..50).map(|_| world.beef(&[&world.pay(&[world.coin(1_000)])])).collect();
    let unrelated: Vec<_> = (0..5_000).map(|_| world.beef(&[&world.pay(&[world.coin(1_000)])])).collect();
    let (done, served) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for beef in &counted {
                world.submit(&[COUNTER], beef).unwrap();
            }
        });
        scope.spawn(|| {
            for beef in &unrelated {
                world.submit(&[ADMIT_ALL], beef).unwrap();
                if !done.load(Ordering::SeqCst) {
                    served.fetch_add(1, Ordering::SeqCst);
                }
            }
        });
        let taken_back = world.take_back(&refused).unwrap();
        done.store(true, Ordering::SeqCst);
        assert!(taken_back.judged_again.len() >= written_by_everyone);
    });
    assert!(served.load(Ordering::SeqCst) > 0, "other topics are served meanwhile");
    let served = served.load(Ordering::SeqCst);
    eprintln!("{served} submissions to another topic while {written_by_everyone} were judged again");
    let count = |world: &World| {
        let topic = world.engine.hosting().topic(&topic(COUNTER)).unwrap().id;
        let key = RowKey::State(trellis_engine::domain::row::Namespace::Topic(topic), b"count".to_vec());
        world.store.get(&key, world.store.durable()).unwrap().map(|found| found.row)
    };
    assert_eq!(count(&world), Some(Row::State(vec![((written_by_everyone + counted.len()) % 256) as u8])));
    assert_eq!(count(&without), Some(Row::State(vec![(written_by_everyone % 256) as u8])));
    world.assert_sound();
}

#[test]
fn off_chain_values_that_came_later_are_not_those_of_the_first_judgement() {
    same_with_and_without(&[COUNTER, ADMIT_ALL, BURN], |world, with| {
        let (first, token) = (world.pay(&[world.coin(1_000)]), world.pay(&[world.coin(2_000)]));
        if with {
            world.submit(&[COUNTER], &world.beef(&[&first])).unwrap();
        }
        world.submit(&[BURN], &world.beef(&[&token])).unwrap();
        let second = world.pay(&[coin(&token, 0)]);
        let beef = world.beef(&[&token, &second]);
        world.submit(&[COUNTER, ADMIT_ALL], &beef).unwrap();
        // A verdict of its own, and no output for the index.
        let topics = [topic(BURN)];
        let later = Submission {
            beef: &beef,
            off_chain_values: Some(b"later"),
            topics: TopicChoice::Named(&topics),
            require_all: false,
            evidence: None,
        };
        world.engine.submit(&later, NOW).unwrap();
        Some(first)
    });
}

#[test]
fn what_was_brought_back_is_judged_again_only_where_it_came_back() {
    let world = world(&[COUNTER, ADMIT_ALL]);
    let (first, other) = (world.pay(&[world.coin(1_000)]), world.pay(&[world.coin(2_000)]));
    world.submit(&[COUNTER], &world.beef(&[&first])).unwrap();
    world.submit(&[COUNTER], &world.beef(&[&other])).unwrap();
    world.take_back(&first).unwrap();
    world.mine(&[&first]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&first])).unwrap();
    let brought_back = world.listed().len();
    world.take_back(&other).unwrap();
    assert_eq!((brought_back, world.listed().len()), (2, 1));
    let id = world.engine.hosting().topic(&topic(COUNTER)).unwrap().id;
    let verdict = world.store.get(&RowKey::Verdict(first.txid(), id), world.store.durable()).unwrap();
    assert_eq!(verdict, None, "that topic's verdict was taken back, and nobody asked it again");
    world.assert_sound();
}

#[test]
fn a_topic_that_broke_and_judged_later_judges_once_when_it_judges_again() {
    let world = world(&[COUNTER]);
    let (first, second) = (world.pay(&[world.coin(1_000)]), world.pay(&[world.coin(2_000)]));
    world.submit(&[COUNTER], &world.beef(&[&first])).unwrap();
    world.submit(&[COUNTER], &world.beef(&[&second])).unwrap();
    let third = world.pay(&[world.coin(3_000)]);
    world.submit(&[COUNTER], &world.beef(&[&third])).unwrap();
    world.plugins.broken.lock().unwrap().insert(COUNTER.into(), true);
    world.take_back(&first).unwrap();
    world.plugins.broken.lock().unwrap().clear();
    assert_eq!(world.engine.retry_unjudged(NOW).unwrap(), 2);
    let before = projection(&world);
    // Undoes the revert, and what was judged late, as well.
    world.take_back(&third).unwrap();
    world.assert_sound();
    let count = |rows: &std::collections::BTreeMap<String, String>| {
        rows.iter().find(|(key, _)| key.starts_with("State(Topic") && key.contains("[99, 111")).unwrap().1.clone()
    };
    assert_eq!((count(&before), count(&projection(&world))), ("State([2])".to_owned(), "State([1])".to_owned()));
}

#[test]
fn an_output_a_topic_takes_later_is_no_coin_of_an_earlier_judgement_when_that_is_done_again() {
    same_with_and_without(&[COUNTER, ADMIT_ALL, RETAIN], |world, with| {
        let refused = world.pay(&[world.coin(1_000)]);
        if with {
            world.submit(&[COUNTER], &world.beef(&[&refused])).unwrap();
        }
        let parent = world.pay(&[world.coin(2_000)]);
        let child = world.pay(&[coin(&parent, 0)]);
        world.submit(&[COUNTER, RETAIN], &world.beef(&[&parent, &child])).unwrap();
        world.submit(&[RETAIN], &world.beef(&[&parent])).unwrap();
        Some(refused)
    });
}

#[test]
fn a_topic_that_broke_at_the_time_is_asked_when_its_turn_comes_whatever_is_judged_again() {
    let world = world(&[ADMIT_ALL, COUNTER]);
    let broken = world.pay(&[world.coin(1_000)]);
    let refused = world.pay(&[coin(&broken, 0)]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&broken, &refused])).unwrap();
    world.mine(&[&broken]);
    world.plugins.broken.lock().unwrap().insert(COUNTER.into(), true);
    world.submit(&[ADMIT_ALL, COUNTER], &world.beef(&[&broken])).unwrap();
    world.plugins.broken.lock().unwrap().clear();
    let later = world.pay(&[world.coin(2_000)]);
    world.submit(&[COUNTER], &world.beef(&[&later])).unwrap();
    // What it spent is not spent any more, so the first is judged again; who counted meanwhile counted without it.
    assert_eq!(world.take_back(&refused).unwrap().judged_again, [broken.txid()]);
    assert_eq!(world.engine.unjudged().unwrap().len(), 1);
    assert_eq!(world.engine.retry_unjudged(NOW).unwrap(), 1);
    let id = world.engine.hosting().topic(&topic(COUNTER)).unwrap().id;
    let read = |txid| match world.store.get(&RowKey::Verdict(txid, id), world.store.durable()).unwrap().unwrap().row {
        Row::Verdict(verdict) => verdict.reads[0].value.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!((read(later.txid()), read(broken.txid())), (None, Some(vec![1])));
    world.assert_sound();
}

#[test]
fn a_topic_that_breaks_again_waits_again_although_it_gave_an_answer_in_between() {
    let world = world(&[COUNTER]);
    let pays: Vec<_> = (0..3).map(|_| world.pay(&[world.coin(1_000)])).collect();
    for pay in &pays {
        world.submit(&[COUNTER], &world.beef(&[pay])).unwrap();
    }
    let broken = |broken| world.plugins.broken.lock().unwrap().insert(COUNTER.into(), broken);
    broken(true);
    world.take_back(&pays[0]).unwrap();
    broken(false);
    assert_eq!(world.engine.retry_unjudged(NOW).unwrap(), 2);
    broken(true);
    world.take_back(&pays[1]).unwrap();
    assert_eq!(world.engine.unjudged().unwrap().len(), 1);
    world.assert_sound();
}

#[test]
fn who_read_what_another_topic_loses_is_judged_again() {
    let world = same_with_and_without(&[COUNTER, READER], |world, with| {
        let refused = world.pay(&[world.coin(1_000)]);
        if with {
            world.submit(&[COUNTER], &world.beef(&[&refused])).unwrap();
        }
        let counted = world.pay(&[world.coin(2_000)]);
        world.submit(&[COUNTER], &world.beef(&[&counted])).unwrap();
        world.submit(&[READER], &world.beef(&[&counted, &world.pay(&[coin(&counted, 0)])])).unwrap();
        Some(refused)
    });
    let seen = projection(&world).into_values().find(|shown| shown.contains("TopicOutput")).unwrap();
    assert!(seen.contains("value: Some([1])"), "the count without what was refused: {seen}");
}

#[test]
fn who_found_a_row_of_another_topic_missing_is_not_judged_again_for_another_row() {
    let world = world(&[COUNTER, RETAIN, READER]);
    let refused = world.pay(&[world.coin(1_000)]);
    world.submit(&[RETAIN], &world.beef(&[&refused])).unwrap();
    world.submit(&[READER], &world.beef(&[&world.pay(&[world.coin(2_000)])])).unwrap();
    assert_eq!(world.take_back(&refused).unwrap().judged_again, []);
    world.assert_sound();
}
