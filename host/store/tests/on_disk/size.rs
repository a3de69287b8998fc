//! What sled is given stays inside the one file that is synced, and what is pruned is gone.

use trellis_engine::domain::name::{NameId, TopicId};
use trellis_engine::domain::plan::{Adjust, HashChange};
use trellis_engine::domain::row::{Row, RowKey, SpendRow};
use trellis_engine::domain::time::Sequence;
use trellis_engine::ports::store::Store;
use trellis_store::SledStore;

use crate::plans::*;

#[test]
fn the_largest_rows_overwritten_and_removed_never_reach_an_unsynced_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let store = SledStore::open(&path, &options(5)).unwrap();
    for step in 0..150u32 {
        let mut planned = plan();
        for index in 0..12u32 {
            // Keys all over the namespace, longest keys, longest values; a third is removed so that leaves merge.
            let key = ((step * 12 + index).wrapping_mul(2_654_435_761) % 1_000).to_be_bytes().repeat(32);
            let row = if (step + index) % 3 == 0 { None } else { state(&[step as u8; 6_144]) };
            planned = planned.write(state_key(&key), row);
        }
        planned.0.writes.sort_by(|left, right| left.0.cmp(&right.0));
        planned.0.writes.dedup_by(|left, right| left.0 == right.0);
        planned.adjust(Adjust::TopicHash(TOPIC, HashChange::Add([step as u8; 32]))).ok(&store);
    }
    assert!(store.check().unwrap().is_sound());
    drop(store);
    let blobs = std::fs::read_dir(path.join("sled/blobs")).map_or(0, Iterator::count);
    assert_eq!(blobs, 0);
}

#[test]
fn pruning_of_a_commit_larger_than_a_step_keeps_readers_whole_and_ends() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let store = SledStore::open(&path, &options(3)).unwrap();
    let write = |value: u64| {
        let mut planned = plan();
        for index in 0..3_000 {
            let row = (value < 3).then(|| Row::Spend(SpendRow { spender: txid(value), input: 0 }));
            planned = planned.write(RowKey::Spend(outpoint(index)), row);
        }
        let long = (0..4_000).map(|id| TopicId(NameId(id))).collect();
        planned.write(RowKey::Holders(outpoint(0)), Some(Row::Holders(long))).ok(&store)
    };
    for value in 1..=4 {
        write(value);
    }
    for step in 0..40u64 {
        plan().ok(&store);
        let pin = store.pin_at(Sequence(store.durable().0 - 3)).unwrap();
        let live = row(&store, &RowKey::Spend(outpoint(step)), pin.sequence());
        let expected =
            (pin.sequence() < Sequence(3)).then(|| Row::Spend(SpendRow { spender: txid(pin.sequence().0), input: 0 }));
        assert_eq!(live, expected);
    }
    let report = store.check().unwrap();
    assert_eq!(report.findings, []);
    assert_eq!((report.before_images, report.tombstones, report.rows), (0, 0, 1), "{report:?}");
}
