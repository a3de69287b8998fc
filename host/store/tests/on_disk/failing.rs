//! Failures of the disk: nothing half, nothing acknowledged in vain, nothing retried.

use std::sync::atomic::Ordering;

use trellis_engine::domain::name::NameKind;
use trellis_engine::domain::row::ContentId;
use trellis_engine::domain::time::Sequence;
use trellis_engine::ports::store::{CommitError, Health, Store, StoreError};
use trellis_spv::hash::{Txid, double_sha256};
use trellis_store::SledStore;

use crate::disk::TestDisk;
use crate::plans::*;

fn raw() -> (ContentId, &'static [u8]) {
    (ContentId::Transaction(Txid::from_internal(double_sha256(b"raw"))), b"raw")
}

fn everything_is_poisoned(store: &SledStore) {
    assert!(matches!(plan().commit(store), Err(CommitError::Poisoned(_))));
    assert!(matches!(store.get(&state_key(b"k"), Sequence(1)), Err(StoreError::Poisoned(_))));
    assert!(matches!(store.put_contents(&[raw()]), Err(StoreError::Poisoned(_))));
    assert!(matches!(store.content(&raw().0), Err(StoreError::Poisoned(_))));
    assert!(matches!(store.log(Sequence::ZERO, 1), Err(StoreError::Poisoned(_))));
    assert!(matches!(store.intern(NameKind::Topic, "tm_x"), Err(StoreError::Poisoned(_))));
    assert!(matches!(store.names(NameKind::Topic), Err(StoreError::Poisoned(_))));
    assert!(matches!(store.wait_durable(Sequence(2)), Err(StoreError::Poisoned(_))));
    let for_ever = std::time::Duration::from_secs(3600);
    assert!(matches!(store.wait_beyond(Sequence(9), for_ever), Err(StoreError::Poisoned(_))));
    assert!(matches!(store.check(), Err(StoreError::Poisoned(_))));
    assert!(matches!(store.health(), Health::Poisoned(why) if why.contains("the disk is gone")));
}

#[test]
fn a_failed_sync_aborts_and_answers_nobody_ok() {
    let folder = tempfile::tempdir().unwrap();
    let disk = TestDisk::new();
    let path = folder.path().join("store");
    let store = SledStore::open(&path, &disk.options(100)).unwrap();
    plan().write(state_key(b"k"), state(b"1")).ok(&store);
    disk.sync_fails.store(true, Ordering::SeqCst);
    let lost = plan().write(state_key(b"k"), state(b"2")).commit(&store);
    assert!(matches!(lost, Err(CommitError::OutcomeUnknown)), "{lost:?}");
    assert_eq!(disk.aborted.load(Ordering::SeqCst), 1);
    assert_eq!(store.durable(), Sequence(1));
    everything_is_poisoned(&store);
    drop(store);
    disk.sync_fails.store(false, Ordering::SeqCst);
    let store = SledStore::open(&path, &disk.options(100)).unwrap();
    assert!(row(&store, &state_key(b"k"), store.durable()).is_some());
    assert!(store.check().unwrap().is_sound());
}

#[test]
fn a_failed_flush_poisons_without_a_second_try() {
    let folder = tempfile::tempdir().unwrap();
    let disk = TestDisk::new();
    let store = SledStore::open(&folder.path().join("store"), &disk.options(100)).unwrap();
    plan().write(state_key(b"k"), state(b"1")).ok(&store);
    disk.flush_fails.store(true, Ordering::SeqCst);
    let lost = plan().write(state_key(b"k"), state(b"2")).commit(&store);
    assert!(matches!(lost, Err(CommitError::OutcomeUnknown)), "{lost:?}");
    disk.flush_fails.store(false, Ordering::SeqCst);
    everything_is_poisoned(&store);
}

#[test]
fn below_the_floor_nothing_is_written_and_everything_read() {
    let folder = tempfile::tempdir().unwrap();
    let disk = TestDisk::new();
    let store = SledStore::open(&folder.path().join("store"), &disk.options(100)).unwrap();
    plan().write(state_key(b"k"), state(b"1")).ok(&store);
    disk.free.store((1 << 20) - 1, Ordering::SeqCst);
    let full = plan().write(state_key(b"k"), state(b"2")).commit(&store);
    assert!(matches!(full, Err(CommitError::Full { free: 1_048_575, floor: 1_048_576 })), "{full:?}");
    assert!(matches!(store.put_contents(&[raw()]), Err(StoreError::Full { .. })));
    assert!(matches!(store.intern(NameKind::Topic, "tm_x"), Err(StoreError::Full { .. })));
    assert!(matches!(store.health(), Health::ReadOnly(why) if why.contains("nearly full")));
    assert_eq!(row(&store, &state_key(b"k"), store.durable()), state(b"1"));
    disk.free.store(1 << 20, Ordering::SeqCst);
    assert_eq!(store.health(), Health::Ok);
    plan().write(state_key(b"k"), state(b"2")).ok(&store);
}
