//! Random plans against a model that keeps a whole copy per sequence.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use trellis_engine::domain::plan::{Adjust, Expected};
use trellis_engine::domain::row::{NumberKey, Row, RowKey};
use trellis_engine::domain::time::Sequence;
use trellis_engine::ports::store::{CommitError, RowKind, Scan, Store};

use crate::plans::*;
use crate::scans::state_scan;
use crate::subject::Subject;

/// Keys that begin alike, so that mixing up their versions would show.
const KEYS: [&[u8]; 8] = [b"a", b"aa", b"ab", b"a\0", b"b", b"\xff", b"\xff\xff", b"ba"];

#[derive(Clone, Debug)]
struct Step {
    /// Which keys get which value length; `None` removes.
    writes: BTreeMap<usize, Option<usize>>,
    delta: i128,
    /// Expect this key as it was so many steps ago.
    expect: Option<(usize, usize)>,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let length = prop_oneof![0usize..20, Just(6_144)];
    let writes = proptest::collection::btree_map(0..KEYS.len(), proptest::option::of(length), 0..5);
    let expect = proptest::option::of((0..KEYS.len(), 0usize..3));
    let step = (writes, -5i128..5, expect).prop_map(|(writes, delta, expect)| Step { writes, delta, expect });
    proptest::collection::vec(step, 1..25)
}

type Copy = (BTreeMap<Vec<u8>, (Vec<u8>, Sequence)>, Option<i128>);

fn check_at(store: &dyn Store, at: Sequence, (rows, number): &Copy) {
    for key in KEYS {
        let found = store.get(&state_key(key), at).unwrap();
        let expected = rows.get(key);
        assert_eq!(found.as_ref().map(|found| found.version), expected.map(|(_, version)| *version));
        assert_eq!(found.map(|found| found.row), expected.and_then(|(value, _)| state(value)));
    }
    for reverse in [false, true] {
        let page = store.scan(&state_scan(&[], None, reverse, 100), at).unwrap();
        let mut found: Vec<RowKey> = page.rows.into_iter().map(|(key, _)| key).collect();
        if reverse {
            found.reverse();
        }
        assert_eq!(found, rows.keys().map(|key| state_key(key)).collect::<Vec<_>>());
    }
    let page = store.scan(&Scan::Kind { kind: RowKind::Number, after: None, limit: 5 }, at).unwrap();
    let numbers: Vec<Row> = page.rows.into_iter().map(|(_, found)| found.row).collect();
    assert_eq!(numbers, number.map(Row::Number).into_iter().collect::<Vec<_>>());
}

fn run(store: &dyn Store, steps: &[Step]) {
    let mut copies: Vec<Copy> = vec![Copy::default()];
    for step in steps {
        let (mut rows, mut number) = copies.last().unwrap().clone();
        let mut planned = plan();
        let mut conflicts = false;
        if let Some((key, ago)) = step.expect {
            let then = &copies[copies.len().saturating_sub(1 + ago)].0;
            let expected = then.get(KEYS[key]).map(|(_, version)| *version);
            conflicts = expected != rows.get(KEYS[key]).map(|(_, version)| *version);
            let expected = expected.map_or(Expected::Absent, Expected::Version);
            planned.0.expect.push((state_key(KEYS[key]), expected));
        }
        let sequence = Sequence(copies.len() as u64);
        for (key, length) in &step.writes {
            let value = length.map(|length| vec![sequence.0 as u8; length]);
            planned = planned.write(state_key(KEYS[*key]), value.as_deref().and_then(state));
            match value {
                Some(value) => drop(rows.insert(KEYS[*key].to_vec(), (value, sequence))),
                None => drop(rows.remove(KEYS[*key])),
            }
        }
        if step.delta != 0 {
            planned = planned.adjust(Adjust::Number(NumberKey::OutboxPending, step.delta));
            number = Some(number.unwrap_or(0) + step.delta);
        }
        match planned.commit(store) {
            Ok(receipt) => {
                assert!(!conflicts);
                assert_eq!(receipt.sequence, sequence);
                copies.push((rows, number));
            }
            Err(CommitError::Conflict { .. }) => assert!(conflicts),
            Err(other) => panic!("{other:?}"),
        }
    }
    for (at, copy) in copies.iter().enumerate() {
        check_at(store, Sequence(at as u64), copy);
    }
}

pub fn random_plans_read_back_at_every_past_sequence(subject: &Subject) {
    let mut runner = TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
    runner
        .run(&steps(), |steps| {
            run(&*subject.fresh().store, &steps);
            Ok(())
        })
        .unwrap();
}
