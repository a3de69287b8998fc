//! Scans: ranges, pages, and one sequence whatever is written meanwhile.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use trellis_engine::domain::name::{NameId, TopicId};
use trellis_engine::domain::plan::Adjust;
use trellis_engine::domain::row::{Namespace, NumberKey, OutputRow, OutputState, Row, RowKey, SpendRow};
use trellis_engine::domain::time::{Sequence, Stamp, Timestamp};
use trellis_engine::ports::store::{Page, RowKind, Scan, Store, StoreError};
use trellis_spv::hash::Outpoint;

use crate::plans::*;
use crate::subject::Subject;

pub fn state_scan(start: &[u8], end: Option<&[u8]>, reverse: bool, limit: usize) -> Scan {
    Scan::State { namespace: SPACE, start: start.to_vec(), end: end.map(<[u8]>::to_vec), reverse, limit }
}

fn keys(page: &Page) -> Vec<Vec<u8>> {
    page.rows
        .iter()
        .map(|(key, _)| match key {
            RowKey::State(_, key) => key.clone(),
            other => panic!("unexpected {other:?}"),
        })
        .collect()
}

pub fn pages_cover_a_namespace_forwards_and_backwards(subject: &Subject) {
    let store = subject.fresh();
    let all: Vec<Vec<u8>> = (0..25u8).map(|n| vec![n / 5, n % 5]).collect();
    let mut planned = plan();
    for key in &all {
        planned = planned.write(state_key(key), state(key));
    }
    let at = planned.ok(&*store);
    for limit in [1, 4, 24, 25, 26] {
        let (mut forwards, mut start) = (Vec::new(), Vec::new());
        loop {
            let page = store.scan(&state_scan(&start, None, false, limit), at).unwrap();
            assert!(page.rows.len() <= limit);
            forwards.extend(keys(&page));
            if !page.more {
                break;
            }
            start = [forwards.last().unwrap().as_slice(), &[0]].concat();
        }
        assert_eq!(forwards, all);
        let (mut backwards, mut end) = (Vec::new(), None);
        loop {
            let page = store.scan(&state_scan(&[], end.as_deref(), true, limit), at).unwrap();
            backwards.extend(keys(&page));
            if !page.more {
                break;
            }
            end = backwards.last().cloned();
        }
        backwards.reverse();
        assert_eq!(backwards, all);
    }
    let page = store.scan(&state_scan(&[1], Some(&[2, 1]), false, 100), at).unwrap();
    assert_eq!(keys(&page), all[5..11]);
    let nothing = store.scan(&state_scan(&[2], Some(&[1]), false, 100), at).unwrap();
    assert_eq!(nothing, Page::default());
}

pub fn scans_skip_what_was_removed_and_keep_to_their_range(subject: &Subject) {
    let store = subject.fresh();
    let (before, after) = (Namespace::Topic(TopicId(NameId(2))), Namespace::Topic(TopicId(NameId(4))));
    let first = plan()
        .write(RowKey::State(before, vec![255; 8]), state(b"x"))
        .write(RowKey::State(after, vec![0]), state(b"x"))
        .write(state_key(&[1]), state(b"1"))
        .write(state_key(&[2]), state(b"2"))
        .write(state_key(&[3]), state(b"3"))
        .ok(&*store);
    let second = plan().write(state_key(&[2]), None).write(state_key(&[4]), state(b"4")).ok(&*store);
    let seen = |at, limit| keys(&store.scan(&state_scan(&[], None, false, limit), at).unwrap());
    assert_eq!(seen(first, 9), [[1], [2], [3]]);
    assert_eq!(seen(second, 9), [[1], [3], [4]]);
    let page = store.scan(&state_scan(&[], None, false, 2), second).unwrap();
    assert!(page.more && keys(&page) == [[1], [3]]);
    let page = store.scan(&state_scan(&[], Some(&[3]), true, 1), second).unwrap();
    assert!(!page.more && keys(&page) == [[1]], "what is left of the range was removed");
    let kind = |after| Scan::Kind { kind: RowKind::State, after, limit: 3 };
    let page = store.scan(&kind(None), second).unwrap();
    let rest = store.scan(&kind(Some(page.rows[2].0.clone())), second).unwrap();
    assert_eq!((page.rows.len(), page.more, rest.rows.len(), rest.more), (3, true, 2, false));
}

pub fn outputs_are_scanned_by_topic_and_outpoint(subject: &Subject) {
    let store = subject.fresh();
    let neighbour = TopicId(NameId(TOPIC.0.0 + 1));
    let output = |seed: u64, vout: u32| RowKey::Output(TOPIC, Outpoint::new(txid(seed), vout));
    let admitted = OutputRow {
        satoshis: u64::MAX,
        admitted: Stamp::ThisCommit,
        admitted_at: Timestamp(5),
        state: OutputState::Spent { by: txid(9), retained: true },
    };
    let all = [output(1, 0), output(1, 2), output(1, 256), output(2, 1), output(300, 0)];
    let mut planned = plan().write(RowKey::Output(neighbour, outpoint(1)), Some(Row::Output(admitted)));
    for key in all.iter().rev() {
        planned = planned.write(key.clone(), Some(Row::Output(admitted)));
    }
    let at = planned.ok(&*store);
    let page = |after: Option<&RowKey>, limit| {
        let page = store.scan(&Scan::Outputs { topic: TOPIC, after: after.cloned(), limit }, at).unwrap();
        assert!(page.rows.iter().all(|(_, found)| found.row == Row::Output(admitted) && found.version == at));
        (page.rows.into_iter().map(|(key, _)| key).collect::<Vec<_>>(), page.more)
    };
    assert_eq!(page(None, 3), (all[..3].to_vec(), true));
    assert_eq!(page(Some(&all[2]), 3), (all[3..].to_vec(), false));
    assert_eq!(page(Some(&all[4]), 3), (vec![], false));
}

pub fn a_malformed_scan_is_refused_with_its_reason(subject: &Subject) {
    let store = subject.fresh();
    let foreign = Scan::Outputs { topic: TOPIC, after: Some(state_key(b"x")), limit: 5 };
    for scan in [state_scan(&[], None, false, 0), foreign] {
        assert!(matches!(store.scan(&scan, Sequence::ZERO), Err(StoreError::Malformed(_))));
    }
    let late = store.scan(&state_scan(&[], None, false, 1), Sequence(1));
    assert!(matches!(late, Err(StoreError::NotYet { asked: Sequence(1), last: Sequence(0) })));
}

/// Rows of one group, which every commit writes together: (how many, their common value).
fn spends_of(store: &dyn Store, at: Sequence) -> Vec<SpendRow> {
    let mut rows = Vec::new();
    let mut after = None;
    loop {
        let page = store.scan(&Scan::Kind { kind: RowKind::Spend, after, limit: 7 }, at).unwrap();
        for (_, found) in &page.rows {
            assert!(found.version <= at);
            match &found.row {
                Row::Spend(spend) => rows.push(*spend),
                other => panic!("unexpected {other:?}"),
            }
        }
        if !page.more {
            return rows;
        }
        after = page.rows.last().map(|(key, _)| key.clone());
    }
}

/// Commit `n` of a run gives these keys the value `n`, and takes all others away: an eighth of 40 keys, in turn.
fn written_by(step: u64) -> Vec<u64> {
    (0..40).filter(|key| !(key + step).is_multiple_of(8)).collect()
}

fn write_step(store: &dyn Store, step: u64) -> Sequence {
    let mut planned = plan().adjust(Adjust::Number(NumberKey::OutboxPending, 1));
    let live = written_by(step);
    for key in 0..40 {
        let row = Row::Spend(SpendRow { spender: txid(step), input: 0 });
        planned = planned.write(RowKey::Spend(outpoint(key)), live.contains(&key).then_some(row));
    }
    planned.ok(store)
}

pub fn a_scan_sees_one_sequence_while_commits_go_on(subject: &Subject) {
    let store = subject.fresh();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for step in 1..=150 {
                assert_eq!(write_step(&*store.store, step), Sequence(step));
            }
            done.store(true, Ordering::Release);
        });
        while !done.load(Ordering::Acquire) {
            let pin = store.pin();
            let at = pin.sequence();
            let rows = spends_of(&*store.store, at);
            let expected = if at == Sequence::ZERO { 0 } else { written_by(at.0).len() };
            assert_eq!(rows.len(), expected, "at {at}");
            assert!(rows.iter().all(|row| row.spender == txid(at.0)), "at {at}");
        }
    });
    for at in 1..=150 {
        assert_eq!(spends_of(&*store.store, Sequence(at)).len(), written_by(at).len());
    }
}

pub fn ten_thousand_reads_under_load_never_see_half_a_commit(subject: &Subject) {
    let store = subject.with_horizon(5);
    let reads = AtomicU64::new(0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut step = 0;
            while reads.load(Ordering::Relaxed) < 10_000 {
                step += 1;
                write_step(&*store.store, step);
            }
        });
        for reader in 0..2u64 {
            let (store, reads) = (&store, &reads);
            scope.spawn(move || {
                let mut key = reader;
                while reads.load(Ordering::Relaxed) < 10_000 {
                    let pin = store.pin();
                    let at = pin.sequence();
                    assert!(at <= store.durable());
                    let live = written_by(at.0);
                    for _ in 0..10 {
                        key = (key + 7) % 40;
                        let found = store.get(&RowKey::Spend(outpoint(key)), at).unwrap();
                        let expected = (at > Sequence::ZERO && live.contains(&key))
                            .then_some(Row::Spend(SpendRow { spender: txid(at.0), input: 0 }));
                        assert_eq!(found.map(|found| found.row), expected, "key {key} at {at}");
                    }
                    let count = store.get(&RowKey::Number(NumberKey::OutboxPending), at).unwrap();
                    let expected = (at > Sequence::ZERO).then_some(Row::Number(i128::from(at.0)));
                    assert_eq!(count.map(|found| found.row), expected);
                    reads.fetch_add(11, Ordering::Relaxed);
                }
            });
        }
    });
}
