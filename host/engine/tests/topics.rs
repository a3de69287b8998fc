//! What a plugin reads of other topics: what they held before the submission, remembered, and only where it is granted.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a failed test")]

mod support;

use std::sync::Arc;

use support::*;
use trellis_engine::domain::row::{Namespace, ReadRow, Row, RowKey, StateRead};
use trellis_engine::lookup::{AnswerShape, LookupError, Question, Standing};
use trellis_engine::ports::store::Store;
use trellis_engine::submit::{Submission, TopicChoice};
use trellis_spv::testing::coin;
use trellis_spv::transaction::Transaction;

/// What the reader saw when it judged a transaction.
fn saw(world: &World, transaction: &Transaction) -> String {
    let reader = world.engine.hosting().topic(&topic(READER)).unwrap().id;
    let key = RowKey::State(Namespace::Topic(reader), transaction.txid().internal().to_vec());
    match world.store.get(&key, world.store.durable()).unwrap().unwrap().row {
        Row::State(value) => String::from_utf8(value).unwrap(),
        other => panic!("{other:?}"),
    }
}

fn reads(world: &World, transaction: &Transaction) -> Vec<StateRead> {
    let reader = world.engine.hosting().topic(&topic(READER)).unwrap().id;
    let key = RowKey::Verdict(transaction.txid(), reader);
    match world.store.get(&key, world.store.durable()).unwrap().unwrap().row {
        Row::Verdict(verdict) => verdict.reads,
        other => panic!("{other:?}"),
    }
}

#[test]
fn another_topic_is_seen_as_it_was_before_the_submission_also_where_both_judge_it() {
    let world = world(&[COUNTER, READER]);
    let first = world.pay(&[world.coin(1_000)]);
    world.submit(&[COUNTER, READER], &world.beef(&[&first])).unwrap();
    assert_eq!(saw(&world, &first), "None 0 None");
    let second = world.pay(&[coin(&first, 0)]);
    world.submit(&[COUNTER, READER], &world.beef(&[&first, &second])).unwrap();
    // The output it spends was there to be spent.
    assert_eq!(saw(&world, &second), "Some([1]) 2 Some((999, 25, false))");
    let third = world.pay(&[coin(&second, 0)]);
    world.submit(&[READER], &world.beef(&[&first, &second, &third])).unwrap();
    assert_eq!(saw(&world, &third), "Some([2]) 3 Some((998, 25, false))");
    world.assert_sound();
}

#[test]
fn a_verdict_remembers_what_it_read_of_whom() {
    let world = world(&[COUNTER, READER]);
    let first = world.pay(&[world.coin(1_000)]);
    world.submit(&[COUNTER], &world.beef(&[&first])).unwrap();
    let second = world.pay(&[coin(&first, 0)]);
    world.submit(&[READER], &world.beef(&[&first, &second])).unwrap();
    let counter = world.engine.hosting().topic(&topic(COUNTER)).unwrap().id;
    let read = |row: ReadRow, value: &[u8]| StateRead { row, value: Some(value.to_vec()) };
    let state = |key: &[u8]| ReadRow::TopicState(counter, key.to_vec());
    let txid = first.txid();
    let mut scanned = vec![read(state(b"count"), &[1]), read(state(txid.internal()), b"seen")];
    scanned.sort_by(|one, other| one.row.cmp(&other.row));
    let mut expected = vec![read(state(b"count"), &[1])];
    expected.extend(scanned);
    expected.push(read(ReadRow::TopicOutput(counter, coin(&first, 0).outpoint), &[0]));
    assert_eq!(reads(&world, &second), expected);
}

#[test]
fn a_row_that_comes_between_what_a_topic_scanned_and_its_commit_has_it_judge_again() {
    let world = world(&[COUNTER, READER]);
    let behind = |transaction: &Transaction| transaction.txid().internal().as_slice() >= BEHIND_COUNT;
    let other = std::iter::repeat_with(|| world.pay(&[world.coin(1_000)])).find(behind).unwrap();
    let (engine, beef) = (Arc::clone(&world.engine), world.beef(&[&other]));
    let submit = move |rule: &str, beef: &[u8], off_chain_values| {
        let topics = [topic(rule)];
        let topics = TopicChoice::Named(&topics);
        engine.submit(&Submission { beef, off_chain_values, topics, require_all: true, evidence: None }, NOW).unwrap()
    };
    let meanwhile = submit.clone();
    *world.plugins.meanwhile.lock().unwrap() = Some(Box::new(move || drop(meanwhile(COUNTER, &beef, None))));

    let first = world.pay(&[world.coin(2_000)]);
    submit(READER, &world.beef(&[&first]), Some(ROWS_ONLY));
    assert!(world.plugins.meanwhile.lock().unwrap().is_none());
    assert_eq!(saw(&world, &first), "None 1 None");
    world.assert_sound();
}

#[test]
fn a_service_reads_the_topics_it_indexes_and_no_others() {
    let world = world(&[COUNTER]);
    world.submit(&[COUNTER], &world.beef(&[&world.pay(&[world.coin(1_000)])])).unwrap();
    let ask = |query: &str| {
        let question = Question { service: "ls_index", query, shape: AnswerShape::Merged, minimum: Standing::Admitted };
        match world.engine.lookup(&question).unwrap_err() {
            LookupError::Refused { text, .. } => text,
            other => panic!("{other}"),
        }
    };
    assert_eq!(ask("count of tm_counter"), "Some([1])");
    assert_eq!(ask("count of tm_other"), "what topic `tm_other` holds; that topic is not hosted");
}
