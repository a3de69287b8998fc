//! Submissions that name no topics: the host finds those they are for.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a failed test")]

mod support;

use support::*;
use trellis_engine::submit::{Submission, SubmitError, TopicChoice};
use trellis_spv::testing::coin;

fn says(world: &World, rule: &str, relevance: Relevance) {
    world.plugins.relevance.lock().unwrap().insert(rule.to_owned(), relevance);
}

#[test]
fn topics_that_hold_a_spent_coin_and_topics_that_say_so_are_found() {
    let world = world(&[ADMIT_ALL, RETAIN, RELEVANT, RELEVANT_TOO]);
    says(&world, RELEVANT_TOO, Relevance::No);
    let first = world.pay(&[world.coin(1_000)]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&first])).unwrap();
    let second = world.pay(&[coin(&first, 0)]);
    let answer = world.submit_auto(&world.beef(&[&first, &second])).unwrap();
    let steak: Vec<_> = answer.steak.into_iter().collect();
    assert_eq!(steak, [(topic(ADMIT_ALL), entry(&[0], &[], &[0])), (topic(RELEVANT), entry(&[0], &[], &[]))]);
    world.assert_sound();
}

#[test]
fn a_resubmission_is_recognised_although_its_coins_are_gone() {
    let world = world(&[ADMIT_ALL, RELEVANT]);
    says(&world, RELEVANT, Relevance::No);
    let first = world.pay(&[world.coin(1_000)]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&first])).unwrap();
    let beef = world.beef(&[&first, &world.pay(&[coin(&first, 0)])]);
    let answer = world.submit_auto(&beef).unwrap();
    let again = world.submit_auto(&beef).unwrap();
    assert!(again.repeated && !answer.repeated);
    assert_eq!((again.steak, again.sequence), (answer.steak, answer.sequence));
}

#[test]
fn what_concerns_no_topic_is_refused_and_not_stored() {
    let world = world(&[ADMIT_ALL, RELEVANT]);
    says(&world, RELEVANT, Relevance::No);
    let paid = world.pay(&[world.coin(1_000)]);
    let error = world.submit_auto(&world.beef(&[&paid])).unwrap_err();
    assert!(matches!(error, SubmitError::NoTopicFound(txid) if txid == paid.txid()), "{error}");
    assert!(world.engine.transaction_report(&paid.txid()).unwrap().is_none());
}

#[test]
fn where_nobody_else_takes_it_a_plugin_that_will_not_say_or_breaks_is_named() {
    let world = world(&[RELEVANT, RELEVANT_TOO]);
    says(&world, RELEVANT_TOO, Relevance::No);
    let paid = world.pay(&[world.coin(1_000)]);
    let beef = world.beef(&[&paid]);
    says(&world, RELEVANT, Relevance::Refuses);
    let error = world.submit_auto(&beef).unwrap_err().to_string();
    for part in ["`relevant`", "`tm_relevant`", "ask me tomorrow"] {
        assert!(error.contains(part), "{error}");
    }
    says(&world, RELEVANT, Relevance::Breaks);
    let error = world.submit_auto(&beef).unwrap_err();
    assert!(matches!(&error, SubmitError::Fault(fault) if &*fault.plugin.0 == RELEVANT), "{error}");
    world.plugins.relevance.lock().unwrap().remove(RELEVANT_TOO);
    let everybody = Submission {
        beef: &beef,
        off_chain_values: None,
        topics: TopicChoice::Auto,
        require_all: true,
        evidence: None,
    };
    let error = world.engine.submit(&everybody, NOW).unwrap_err();
    assert!(matches!(&error, SubmitError::Fault(_)), "who wants all topics does without none: {error}");
    assert!(world.engine.transaction_report(&paid.txid()).unwrap().is_none());
}

#[test]
fn a_plugin_that_will_not_say_or_breaks_keeps_its_own_topic_out_and_no_other_one() {
    for relevance in [Relevance::Refuses, Relevance::Breaks] {
        let world = world(&[RELEVANT, RELEVANT_TOO, BURN]);
        says(&world, RELEVANT, relevance);
        let beef = world.beef(&[&world.pay(&[world.coin(1_000)])]);
        for repeated in [false, true] {
            let answer = world.submit_auto(&beef).unwrap();
            assert_eq!((answer.repeated, answer.steak.len()), (repeated, 1), "{answer:?}");
            assert_eq!(answer.steak[&topic(RELEVANT_TOO)], entry(&[0], &[], &[]));
            assert_eq!(answer.left_out.keys().collect::<Vec<_>>(), [&topic(RELEVANT)]);
            assert!(answer.left_out[&topic(RELEVANT)].contains("relevant"), "{answer:?}");
        }
        world.assert_sound();
    }
}

#[test]
fn who_is_asked_for_relevance_writes_nothing() {
    let world = world(&[RELEVANT]);
    says(&world, RELEVANT, Relevance::Writes);
    let error = world.submit_auto(&world.beef(&[&world.pay(&[world.coin(1_000)])])).unwrap_err();
    assert!(error.to_string().contains("state is read-only in is-relevant"), "{error}");
}

#[test]
fn relevance_follows_from_state_as_it_stands() {
    let world = world(&[RELEVANT]);
    let submit = |values: Option<&[u8]>| {
        let beef = world.beef(&[&world.pay(&[world.coin(1_000)])]);
        let topics = TopicChoice::Auto;
        let submission =
            Submission { beef: &beef, off_chain_values: values, topics, require_all: false, evidence: None };
        world.engine.submit(&submission, NOW)
    };
    assert_eq!(submit(Some(b"off")).unwrap().steak[&topic(RELEVANT)], entry(&[0], &[], &[]));
    let error = submit(None).unwrap_err();
    assert!(matches!(error, SubmitError::NoTopicFound(_)), "{error}");
}

#[test]
fn every_topic_found_must_take_it_where_all_are_required() {
    let world = world(&[BURN, RELEVANT]);
    let first = world.pay(&[world.coin(1_000)]);
    world.submit(&[BURN], &world.beef(&[&first])).unwrap();
    let second = world.pay(&[coin(&first, 0)]);
    let beef = world.beef(&[&first, &second]);
    world.plugins.broken.lock().unwrap().insert(RELEVANT.into(), true);
    let topics = TopicChoice::Auto;
    let submission = Submission { beef: &beef, off_chain_values: None, topics, require_all: true, evidence: None };
    assert!(matches!(world.engine.submit(&submission, NOW), Err(SubmitError::Fault(_))));
    world.plugins.broken.lock().unwrap().clear();
    let answer = world.engine.submit(&submission, NOW).unwrap();
    assert_eq!(answer.steak[&topic(BURN)], entry(&[], &[], &[0]));
    assert_eq!(answer.steak[&topic(RELEVANT)], entry(&[0], &[], &[]));
    world.assert_sound();
}
