//! Nothing is answered, and nothing is seen, before it is durable.

use std::sync::atomic::Ordering;
use std::sync::mpsc::channel;

use trellis_engine::domain::name::NameKind;
use trellis_engine::domain::row::RowKey;
use trellis_engine::domain::time::Sequence;
use trellis_engine::ports::store::{CommitError, Store, StoreError};
use trellis_store::SledStore;

use crate::disk::{TestDisk, eventually};
use crate::plans::*;

#[test]
fn nothing_is_answered_or_seen_before_the_sync_that_follows_it() {
    let folder = tempfile::tempdir().unwrap();
    let disk = TestDisk::new();
    let store = SledStore::open(&folder.path().join("store"), &disk.options(100)).unwrap();
    let first = plan().write(state_key(b"k"), state(b"1")).ok(&store);
    disk.hold();
    let (answers, answered) = channel();
    std::thread::scope(|scope| {
        let store = &store;
        let planned = || {
            plan().once(state_key(b"once")).write(state_key(b"once"), state(b"2")).write(state_key(b"k"), state(b"2"))
        };
        let sender = answers.clone();
        scope.spawn(move || sender.send(planned().commit(store).is_ok()).unwrap());
        eventually("the commit", || disk.commits.load(Ordering::SeqCst) == 2);
        assert_eq!(store.durable(), first);
        assert_eq!(store.pin().sequence(), first);
        assert_eq!(row(store, &state_key(b"k"), first), state(b"1"));
        assert!(matches!(store.get(&state_key(b"k"), first.next()), Err(StoreError::NotYet { .. })));
        assert_eq!(store.log(Sequence::ZERO, 9).unwrap().len(), 1);
        // A conflict is told at once, and names a commit that is not durable yet.
        match plan().version(state_key(b"k"), first).commit(store) {
            Err(CommitError::Conflict { changed_by, .. }) => assert_eq!(changed_by, first.next()),
            other => panic!("{other:?}"),
        }
        // The same plan again is recognised, but that is not told before it is durable. Nor is a name.
        let sender = answers.clone();
        scope.spawn(move || {
            let again = planned().commit(store);
            sender
                .send(matches!(again, Err(CommitError::AlreadyApplied(receipt)) if receipt.sequence == first.next()))
                .unwrap();
        });
        let sender = answers.clone();
        scope.spawn(move || sender.send(store.intern(NameKind::Topic, "tm_late").is_ok()).unwrap());
        let sender = answers.clone();
        scope.spawn(move || sender.send(store.wait_durable(first.next()).is_ok()).unwrap());
        eventually("both jobs", || store.queued() == 0);
        std::thread::sleep(std::time::Duration::from_millis(50));
        assert!(answered.try_recv().is_err(), "answered although nothing was synced");
        assert_eq!(store.names(NameKind::Topic).unwrap(), []);
        disk.release();
        for _ in 0..4 {
            assert!(answered.recv().unwrap());
        }
    });
    assert_eq!(store.durable(), first.next());
    assert_eq!(row(&store, &state_key(b"k"), store.durable()), state(b"2"));
}

#[test]
fn commits_share_a_sync_and_a_full_queue_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let disk = TestDisk::new();
    let mut options = disk.options(100);
    options.queue = 4;
    let store = SledStore::open(&folder.path().join("store"), &options).unwrap();
    disk.hold();
    let (answers, answered) = channel();
    std::thread::scope(|scope| {
        // More than one syncing group, one full group waiting and a full queue.
        for index in 0..160u64 {
            let (store, answers) = (&store, answers.clone());
            scope
                .spawn(move || answers.send(plan().write(RowKey::Spend(outpoint(index)), None).commit(store)).unwrap());
        }
        let refused = answered.recv().unwrap();
        assert!(matches!(refused, Err(CommitError::Retryable(4))), "{refused:?}");
        disk.release();
        for _ in 1..160 {
            let answer = answered.recv().unwrap();
            assert!(matches!(answer, Ok(_) | Err(CommitError::Retryable(4))), "{answer:?}");
        }
    });
    let groups = disk.largest_group.load(Ordering::SeqCst);
    assert!((2..=trellis_store::limits::MAX_GROUP).contains(&groups), "{groups}");
    assert_eq!(store.durable().0 as usize, disk.commits.load(Ordering::SeqCst));
    assert!(store.check().unwrap().is_sound());
}
