//! Plans: applied whole, refused whole, recognised, logged.

use std::sync::Barrier;
use std::time::Duration;

use trellis_engine::domain::event::Event;
use trellis_engine::domain::name::NameKind;
use trellis_engine::domain::plan::{Adjust, HashChange, LogRecord, MAX_PLAN_WRITES, TopicHash};
use trellis_engine::domain::row::{NumberKey, Row, RowKey, SpendRow};
use trellis_engine::domain::status::Status;
use trellis_engine::domain::time::{Sequence, Timestamp};
use trellis_engine::ports::store::{CommitError, Health, StoreError};
use trellis_store::limits::MAX_PLAN_BYTES;

use crate::plans::*;
use crate::subject::Subject;

pub fn a_plan_is_applied_whole_and_readable_at_its_sequence(subject: &Subject) {
    let store = subject.fresh();
    assert_eq!(store.durable(), Sequence::ZERO);
    assert_eq!(store.health(), Health::Ok);
    let first = plan().write(state_key(b"a"), state(b"1")).write(state_key(b"b"), state(b"1")).ok(&*store);
    let second = plan().write(state_key(b"a"), state(b"2")).write(state_key(b"b"), None).ok(&*store);
    assert_eq!((first, second), (Sequence(1), Sequence(2)));
    assert_eq!(store.durable(), second);
    assert_eq!(row(&*store, &state_key(b"a"), Sequence::ZERO), None);
    assert_eq!(row(&*store, &state_key(b"a"), first), state(b"1"));
    assert_eq!(row(&*store, &state_key(b"b"), first), state(b"1"));
    assert_eq!(row(&*store, &state_key(b"a"), second), state(b"2"));
    assert_eq!(row(&*store, &state_key(b"b"), second), None);
    assert_eq!(store.get(&state_key(b"a"), second).unwrap().unwrap().version, second);
}

pub fn a_refused_plan_leaves_nothing_behind(subject: &Subject) {
    let store = subject.fresh();
    let first = plan().write(state_key(b"taken"), state(b"1")).ok(&*store);
    let refused = plan()
        .write(state_key(b"new"), state(b"x"))
        .adjust(Adjust::Number(NumberKey::OutboxPending, 1))
        .absent(state_key(b"taken"))
        .commit(&*store);
    assert!(matches!(refused, Err(CommitError::Conflict { .. })));
    assert_eq!(store.durable(), first);
    let next = plan().ok(&*store);
    assert_eq!(next, first.next(), "a refused plan takes no number");
    assert_eq!(row(&*store, &state_key(b"new"), next), None);
    assert_eq!(row(&*store, &RowKey::Number(NumberKey::OutboxPending), next), None);
    assert_eq!(store.log(Sequence::ZERO, 10).unwrap().len(), 2);
}

fn conflict(result: Result<trellis_engine::ports::store::Receipt, CommitError>) -> (RowKey, Sequence) {
    match result {
        Err(CommitError::Conflict { key, changed_by }) => (*key, changed_by),
        other => panic!("expected a conflict, got {other:?}"),
    }
}

pub fn an_expected_absence_conflicts_with_a_row_and_names_who_wrote_it(subject: &Subject) {
    let store = subject.fresh();
    plan().ok(&*store);
    let writer = plan().write(state_key(b"k"), state(b"1")).ok(&*store);
    plan().ok(&*store);
    let result = plan().absent(state_key(b"other")).absent(state_key(b"k")).commit(&*store);
    assert_eq!(conflict(result), (state_key(b"k"), writer));
    store.wait_durable(writer).unwrap();
    plan().write(state_key(b"k"), None).ok(&*store);
    plan().absent(state_key(b"k")).ok(&*store);
}

pub fn an_expected_version_conflicts_with_a_later_one_and_with_a_removal(subject: &Subject) {
    let store = subject.fresh();
    let first = plan().write(state_key(b"k"), state(b"1")).ok(&*store);
    plan().version(state_key(b"k"), first).ok(&*store);
    let second = plan().version(state_key(b"k"), first).write(state_key(b"k"), state(b"2")).ok(&*store);
    let late = plan().version(state_key(b"k"), first).commit(&*store);
    assert_eq!(conflict(late), (state_key(b"k"), second));
    let removed = plan().write(state_key(b"k"), None).ok(&*store);
    let late = plan().version(state_key(b"k"), second).commit(&*store);
    assert_eq!(conflict(late), (state_key(b"k"), removed));
    let never = plan().version(state_key(b"never"), first).commit(&*store);
    assert_eq!(conflict(never).0, state_key(b"never"));
}

pub fn a_plan_applied_once_is_recognised(subject: &Subject) {
    let store = subject.fresh();
    let planned = || plan().once(state_key(b"applied")).write(state_key(b"applied"), state(b"x"));
    let first = planned().ok(&*store);
    plan().ok(&*store);
    match planned().absent(state_key(b"applied")).commit(&*store) {
        Err(CommitError::AlreadyApplied(receipt)) => assert_eq!(receipt.sequence, first),
        other => panic!("expected AlreadyApplied, got {other:?}"),
    }
    plan().write(state_key(b"applied"), None).ok(&*store);
    assert_eq!(planned().ok(&*store), Sequence(4), "once removed it may be applied again");
}

pub fn a_plan_at_the_limit_of_writes_is_taken_and_one_beyond_refused(subject: &Subject) {
    let store = subject.fresh();
    let fill = |count: usize| {
        let mut planned = plan().adjust(Adjust::Number(NumberKey::OutboxPending, 1));
        for index in 1..count {
            planned = planned.write(RowKey::Spend(outpoint(index as u64)), None);
        }
        planned
    };
    match fill(MAX_PLAN_WRITES + 1).commit(&*store) {
        Err(CommitError::TooLarge { what, limit, actual }) => {
            assert_eq!((what, limit, actual), ("writes", MAX_PLAN_WRITES, MAX_PLAN_WRITES + 1));
        }
        other => panic!("expected TooLarge, got {other:?}"),
    }
    assert_eq!(fill(MAX_PLAN_WRITES).ok(&*store), Sequence(1));
    assert_eq!(store.log(Sequence::ZERO, 1).unwrap()[0].wrote.len(), MAX_PLAN_WRITES - 1);
}

pub fn a_plan_at_the_limit_of_bytes_is_taken_and_one_beyond_refused(subject: &Subject) {
    let store = subject.fresh();
    let fill = |rows: usize, last: usize| {
        let mut planned = plan();
        for index in 0..rows {
            let length = if index + 1 == rows { last } else { 6_000 };
            planned = planned.write(state_key(&(index as u32).to_be_bytes()), state(&vec![9; length]));
        }
        planned
    };
    let actual = |planned: Planned| match planned.commit(&*store) {
        Err(CommitError::TooLarge { what: "bytes", limit: MAX_PLAN_BYTES, actual }) => actual,
        other => panic!("expected TooLarge, got {other:?}"),
    };
    let rows = MAX_PLAN_BYTES / 6_000;
    let row = actual(fill(rows + 1, 6_000)) - actual(fill(rows, 6_000));
    let beyond = actual(fill(rows, 6_000)) - MAX_PLAN_BYTES;
    let (rows, last) = (rows - beyond / row, 6_000 - beyond % row);
    assert_eq!(actual(fill(rows, last + 1)), MAX_PLAN_BYTES + 1);
    assert_eq!(store.durable(), Sequence::ZERO);
    assert_eq!(fill(rows, last).ok(&*store), Sequence(1));
}

pub fn a_malformed_plan_is_refused_with_its_reason(subject: &Subject) {
    let store = subject.fresh();
    let long_key = state_key(&[1; 129]);
    for (planned, reason) in [
        (plan().write(state_key(b"k"), None).write(state_key(b"k"), None), "twice"),
        (plan().write(RowKey::Number(NumberKey::OutboxPending), Some(Row::Number(1))), "adjusted"),
        (plan().write(RowKey::TopicHash(TOPIC), None), "adjusted"),
        (plan().write(state_key(b"k"), Some(Row::Fence)), "kind"),
        (plan().write(state_key(b""), None), "1 to 128 bytes"),
        (plan().write(long_key.clone(), None), "1 to 128 bytes"),
        (plan().absent(long_key), "1 to 128 bytes"),
        (plan().write(state_key(b"k"), state(&[0; 6145])), "6144"),
        (plan().once(state_key(b"k")), "does not write it"),
    ] {
        match planned.commit(&*store) {
            Err(CommitError::Malformed(text)) => assert!(text.contains(reason), "{text}"),
            other => panic!("expected Malformed ({reason}), got {other:?}"),
        }
    }
    plan().write(state_key(&[1; 128]), state(&[0; 6144])).ok(&*store);
    assert_eq!(row(&*store, &state_key(&[1; 128]), store.durable()), state(&[0; 6144]));
}

pub fn adjustments_commute_and_read_back_at_each_sequence(subject: &Subject) {
    let store = subject.fresh();
    let number = NumberKey::LiveSatoshis(TOPIC);
    let mut expected = vec![(None, None)];
    let (mut sum, mut hash) = (0i128, TopicHash::default());
    for step in 1..=20u8 {
        let delta = i128::from(step) * if step % 3 == 0 { -1_000_000_000_000 } else { 7 };
        let added = HashChange::Add([step; 32]);
        let removed = HashChange::Remove([step / 2; 32]);
        plan()
            .adjust(Adjust::Number(number, delta))
            .adjust(Adjust::TopicHash(TOPIC, removed))
            .adjust(Adjust::TopicHash(TOPIC, added))
            .adjust(Adjust::Number(number, 1))
            .ok(&*store);
        sum += delta + 1;
        hash.apply(&added);
        hash.apply(&removed);
        expected.push((Some(Row::Number(sum)), Some(Row::TopicHash(Box::new(hash.clone())))));
    }
    for (sequence, (number_row, hash_row)) in expected.into_iter().enumerate() {
        let at = Sequence(sequence as u64);
        assert_eq!(row(&*store, &RowKey::Number(number), at), number_row);
        assert_eq!(row(&*store, &RowKey::TopicHash(TOPIC), at), hash_row);
    }
}

pub fn a_number_never_wraps(subject: &Subject) {
    let store = subject.fresh();
    plan().adjust(Adjust::Number(NumberKey::OutboxPending, i128::MAX)).ok(&*store);
    let result = plan().adjust(Adjust::Number(NumberKey::OutboxPending, 1)).commit(&*store);
    assert!(matches!(result, Err(CommitError::Malformed(text)) if text.contains("overflow")));
    assert_eq!(store.durable(), Sequence(1));
}

pub fn the_log_tells_what_each_commit_did(subject: &Subject) {
    let store = subject.fresh();
    let adjust = Adjust::Number(NumberKey::OutboxPending, -5);
    let event = Event::StatusChanged { txid: txid(9), status: Status::Mined(800_000) };
    let mut planned = plan()
        .absent(state_key(b"read"))
        .absent(state_key(b"a"))
        .absent(state_key(b"read"))
        .write(state_key(b"b"), state(b"1"))
        .write(state_key(b"a"), None)
        .adjust(adjust);
    planned.0.event = Some(event.clone());
    planned.0.at = Timestamp(1_234_567);
    let cause = planned.0.cause;
    planned.ok(&*store);
    for _ in 0..9 {
        plan().ok(&*store);
    }
    let log = store.log(Sequence::ZERO, 3).unwrap();
    let first = LogRecord {
        sequence: Sequence(1),
        cause,
        at: Timestamp(1_234_567),
        event: Some(event),
        wrote: vec![state_key(b"b"), state_key(b"a")],
        read: vec![state_key(b"read")],
        adjusted: vec![adjust],
    };
    assert_eq!(log[0], first);
    let numbers = |log: Vec<LogRecord>| log.into_iter().map(|record| record.sequence.0).collect::<Vec<_>>();
    assert_eq!(numbers(log), [1, 2, 3]);
    assert_eq!(numbers(store.log(Sequence(8), 100).unwrap()), [9, 10]);
    assert_eq!(numbers(store.log(Sequence(10), 100).unwrap()), [0u64; 0]);
}

pub fn names_keep_their_numbers(subject: &Subject) {
    let store = subject.fresh();
    let topic = store.intern(NameKind::Topic, "tm_a").unwrap();
    let service = store.intern(NameKind::Service, "tm_a").unwrap();
    let other = store.intern(NameKind::Topic, "tm_b").unwrap();
    assert_ne!(topic, service, "the same text under two kinds has two numbers");
    assert_eq!(store.intern(NameKind::Topic, "tm_a").unwrap(), topic);
    assert_eq!(store.names(NameKind::Topic).unwrap(), [(topic, "tm_a".to_owned()), (other, "tm_b".to_owned())]);
    assert_eq!(store.names(NameKind::Service).unwrap(), [(service, "tm_a".to_owned())]);
    for wrong in ["", &"x".repeat(201)] {
        assert!(matches!(store.intern(NameKind::Topic, wrong), Err(StoreError::Malformed(_))));
    }
}

pub fn of_rivals_exactly_one_wins(subject: &Subject) {
    let store = subject.fresh();
    for round in 0..25u64 {
        let spend = RowKey::Spend(outpoint(round));
        let start = Barrier::new(4);
        let wins: usize = std::thread::scope(|scope| {
            let rivals: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        let row = Row::Spend(SpendRow { spender: txid(1), input: 0 });
                        let planned = plan().absent(spend.clone()).write(spend.clone(), Some(row));
                        start.wait();
                        usize::from(planned.commit(&*store.store).is_ok())
                    })
                })
                .collect();
            rivals.into_iter().map(|rival| rival.join().unwrap()).sum()
        });
        assert_eq!(wins, 1, "round {round}");
    }
}

pub fn who_follows_the_log_is_woken_by_the_next_commit(subject: &Subject) {
    let store = subject.fresh();
    let for_ever = Duration::from_secs(3600);
    assert_eq!(store.wait_beyond(Sequence::ZERO, Duration::ZERO).unwrap(), Sequence::ZERO);
    let first = plan().ok(&*store);
    // There already, so nothing is waited for.
    assert_eq!(store.wait_beyond(Sequence::ZERO, for_ever).unwrap(), first);
    let begun = Barrier::new(2);
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            begun.wait();
            store.wait_beyond(first, for_ever).unwrap()
        });
        begun.wait();
        let second = plan().ok(&*store);
        assert_eq!(waiting.join().unwrap(), second);
        assert_eq!(store.log(first, 9).unwrap().len(), 1);
    });
}
