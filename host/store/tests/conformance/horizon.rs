//! How far back rows can be read.

use trellis_engine::domain::time::Sequence;
use trellis_engine::ports::store::StoreError;

use crate::plans::*;
use crate::scans::state_scan;
use crate::subject::Subject;

const HORIZON: u64 = 10;

pub fn every_pinned_sequence_stays_readable_and_the_others_go(subject: &Subject) {
    let store = subject.with_horizon(HORIZON);
    let key = state_key(b"k");
    let mut pins = Vec::new();
    for step in 1..=100u8 {
        plan().write(key.clone(), state(&[step])).ok(&*store);
        if step == 30 {
            pins.push(store.pin());
        }
    }
    assert_eq!(row(&*store, &key, Sequence(30)), state(&[30]));
    assert_eq!(row(&*store, &key, Sequence(31)), state(&[31]), "between the oldest pin and now all is kept");
    drop(pins);
    for step in 101..=130 {
        plan().write(key.clone(), state(&[step])).ok(&*store);
    }
    let gone = store.get(&key, Sequence(30));
    assert!(matches!(gone, Err(StoreError::BeyondHorizon { asked: Sequence(30), .. })), "{gone:?}");
    let last = store.durable();
    for back in 0..HORIZON {
        let at = Sequence(last.0 - back);
        let pin = store.pin_at(at).unwrap();
        assert_eq!(row(&*store, &key, pin.sequence()), state(&[at.0 as u8]));
    }
}

pub fn sequences_outside_the_horizon_are_refused_by_name(subject: &Subject) {
    let store = subject.with_horizon(HORIZON);
    for _ in 0..60 {
        plan().write(state_key(b"k"), state(b"x")).ok(&*store);
    }
    match store.pin_at(Sequence(1)) {
        Err(StoreError::BeyondHorizon { asked, oldest }) => {
            assert_eq!(asked, Sequence(1));
            assert!(oldest > asked && oldest.0 <= 60 - HORIZON);
            assert!(store.pin_at(oldest).is_ok());
        }
        other => panic!("expected BeyondHorizon, got {other:?}"),
    }
    assert!(matches!(store.pin_at(Sequence(61)), Err(StoreError::NotYet { .. })));
    assert!(matches!(store.wait_durable(Sequence(61)), Err(StoreError::NotYet { .. })));
}

pub fn removed_rows_stay_removed_after_the_horizon_passed_them(subject: &Subject) {
    let store = subject.with_horizon(HORIZON);
    plan().write(state_key(b"a"), state(b"1")).write(state_key(b"b"), state(b"1")).ok(&*store);
    plan().write(state_key(b"a"), None).ok(&*store);
    for _ in 0..60 {
        plan().ok(&*store);
    }
    let last = store.durable();
    assert_eq!(row(&*store, &state_key(b"a"), last), None);
    assert_eq!(store.scan(&state_scan(&[], None, false, 10), last).unwrap().rows.len(), 1);
    let again = plan().absent(state_key(b"a")).write(state_key(b"a"), state(b"2")).ok(&*store);
    assert_eq!(row(&*store, &state_key(b"a"), last), None);
    assert_eq!(row(&*store, &state_key(b"a"), again), state(b"2"));
}
