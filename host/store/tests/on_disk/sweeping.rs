//! Contents without a row go; all others stay.

use sha2::{Digest, Sha256};
use trellis_engine::domain::row::{AppliedRow, Carried, CarriedBytes, ContentId, Row, RowKey, TransactionRow};
use trellis_engine::domain::time::{Stamp, Timestamp};
use trellis_engine::ports::store::Store;
use trellis_spv::hash::{Txid, double_sha256};
use trellis_store::SledStore;
use trellis_store::sled_store::SweepReport;

use crate::plans::*;

fn raw(seed: u8, length: usize) -> (Txid, Vec<u8>) {
    let bytes = vec![seed; length];
    (Txid::from_internal(double_sha256(&bytes)), bytes)
}

fn applied(values: &[u8]) -> (ContentId, Option<Row>) {
    let sha256: [u8; 32] = Sha256::digest(values).into();
    let row = AppliedRow {
        first: Stamp::ThisCommit,
        admitted_at: Timestamp(1),
        topics: vec![TOPIC],
        carried: Carried {
            off_chain_values: Some(CarriedBytes { sha256, length: values.len() as u32 }),
            evidence: vec![],
        },
    };
    (ContentId::Carried(sha256), Some(Row::Applied(row)))
}

fn transaction(length: usize) -> Option<Row> {
    Some(Row::Transaction(TransactionRow {
        size: length as u32,
        inputs: 1,
        outputs: 1,
        stored: Stamp::ThisCommit,
        stored_at: Timestamp(1),
        proof: None,
    }))
}

#[test]
fn contents_no_commit_named_go_at_the_next_opening_but_not_before() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let (kept, kept_bytes) = raw(1, 9_000);
    let (lost, lost_bytes) = raw(2, 9_000);
    let (values, row) = applied(b"values");
    let (stray, _) = applied(b"nobody's");
    let store = SledStore::open(&path, &options(20)).unwrap();
    let ids = [ContentId::Transaction(kept), ContentId::Transaction(lost), values, stray];
    store
        .put_contents(&[(ids[0], &kept_bytes), (ids[1], &lost_bytes), (ids[2], b"values"), (ids[3], b"nobody's")])
        .unwrap();
    plan()
        .content(ids[0])
        .content(ids[2])
        .write(RowKey::Transaction(kept), transaction(9_000))
        .write(RowKey::Applied(kept), row)
        .ok(&store);
    // Put again while its commit is already there, and by someone who never commits.
    store.put_contents(&[(ids[0], &kept_bytes), (ids[2], b"values")]).unwrap();
    assert_eq!(store.sweep().unwrap(), SweepReport { removed: 0, spared: 2 });
    assert!(store.check().unwrap().is_sound());
    drop(store);
    let store = SledStore::open(&path, &options(20)).unwrap();
    let there = ids.map(|id| store.content(&id).unwrap().is_some());
    assert_eq!(there, [true, false, true, false]);
    assert_eq!(store.sweep().unwrap(), SweepReport::default());
    assert!(store.check().unwrap().is_sound());
}

#[test]
fn a_content_cut_off_half_way_is_invisible_and_swept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    drop(SledStore::open(&path, &options(20)).unwrap());
    let (txid, bytes) = raw(4, 9_000);
    let key: Vec<u8> = [&[1][..], txid.internal()].concat();
    let db = crate::open_sled(&path);
    db.open_tree("unreferenced").unwrap().insert(&key, &[]).unwrap();
    db.open_tree("contents").unwrap().insert([&key[..], &[0, 0, 0, 2]].concat(), &bytes[8192..]).unwrap();
    drop(db);
    let store = SledStore::open(&path, &options(20)).unwrap();
    assert_eq!(store.content(&ContentId::Transaction(txid)).unwrap(), None);
    drop(store);
    let db = crate::open_sled(&path);
    assert!(db.open_tree("contents").unwrap().is_empty() && db.open_tree("unreferenced").unwrap().is_empty());
}

#[test]
fn the_contents_of_a_removed_row_stay_for_the_horizon_and_then_go() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let (txid, bytes) = raw(5, 5_000);
    let (values, row) = applied(b"shared");
    let transaction_id = ContentId::Transaction(txid);
    let store = SledStore::open(&path, &options(20)).unwrap();
    store.put_contents(&[(transaction_id, &bytes), (values, b"shared")]).unwrap();
    plan()
        .content(transaction_id)
        .content(values)
        .write(RowKey::Transaction(txid), transaction(5_000))
        .write(RowKey::Applied(txid), row.clone())
        .ok(&store);
    plan().write(RowKey::Applied(txid_of_another()), row).ok(&store);
    plan().write(RowKey::Transaction(txid), None).write(RowKey::Applied(txid), None).ok(&store);
    assert!(store.check().unwrap().is_sound());
    drop(store);
    let store = SledStore::open(&path, &options(20)).unwrap();
    assert!(store.content(&transaction_id).unwrap().is_some(), "readers behind may ask for it");
    for _ in 0..60 {
        plan().ok(&store);
    }
    assert_eq!(store.sweep().unwrap(), SweepReport { removed: 1, spared: 0 });
    assert_eq!(store.content(&transaction_id).unwrap(), None);
    assert!(store.content(&values).unwrap().is_some(), "another submission refers to the same bytes");
    assert!(store.check().unwrap().is_sound());
}

fn txid_of_another() -> Txid {
    txid(77)
}
