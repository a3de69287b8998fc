//! The check finds what was done to a store behind its back.

use std::path::{Path, PathBuf};

use trellis_engine::domain::name::{NameId, TopicId};
use trellis_engine::domain::plan::Adjust;
use trellis_engine::domain::row::{ContentId, NumberKey, Row, RowKey, TransactionRow};
use trellis_engine::domain::time::{Sequence, Stamp, Timestamp};
use trellis_engine::ports::headers::HeaderArchive;
use trellis_engine::ports::store::Store;
use trellis_spv::hash::{Txid, double_sha256};
use trellis_store::SledStore;
use trellis_store::sled_store::CheckReport;

use crate::plans::*;

const RAW: [u8; 5_000] = [3; 5_000];

fn long(count: u32) -> Option<Row> {
    Some(Row::Holders((0..count).map(|id| TopicId(NameId(u32::MAX - id))).collect()))
}

/// A closed store with a bit of everything: rows, removed rows, long rows, contents, some of it pruned.
fn filled(folder: &Path) -> PathBuf {
    let path = folder.join("store");
    let store = SledStore::open(&path, &options(20)).unwrap();
    let txid = Txid::from_internal(double_sha256(&RAW));
    let id = ContentId::Transaction(txid);
    store.put_contents(&[(id, &RAW)]).unwrap();
    let transaction = Row::Transaction(TransactionRow {
        size: 5_000,
        inputs: 1,
        outputs: 1,
        stored: Stamp::ThisCommit,
        stored_at: Timestamp(1),
        proof: None,
    });
    plan().content(id).write(RowKey::Transaction(txid), Some(transaction)).ok(&store);
    for step in 2..=60u64 {
        plan()
            .adjust(Adjust::Number(NumberKey::OutboxPending, 1))
            .write(state_key(b"k"), (!step.is_multiple_of(5)).then(|| Row::State(step.to_be_bytes().to_vec())))
            .write(state_key(&step.to_be_bytes()), state(b"kept"))
            .write(state_key(&(step - 1).to_be_bytes()), if step % 4 == 1 { None } else { state(b"again") })
            .write(RowKey::Holders(outpoint(1)), long(if step % 3 == 0 { 5 } else { 4_000 }))
            .ok(&store);
    }
    path
}

fn check(path: &Path) -> CheckReport {
    SledStore::open(path, &options(1_000)).unwrap().check().unwrap()
}

#[test]
fn a_sound_store_has_nothing_to_find() {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(folder.path());
    let report = check(&path);
    assert_eq!(report.findings, []);
    assert_eq!((report.last, report.commits, report.contents), (Sequence(60), 60, 1));
    assert!(report.oldest >= Sequence(20), "{report:?}");
    assert!(report.before_images > 0 && report.before_images < 5 * 60, "{report:?}");
    assert!(report.rows > 40 && report.tombstones > 0, "{report:?}");
}

/// Changes a closed store through sled itself; the check must then say something with these words.
fn found(words: &str, change: impl FnOnce(&sled::Db)) {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(folder.path());
    let db = crate::open_sled(&path);
    change(&db);
    db.flush().unwrap();
    drop(db);
    let report = check(&path);
    assert!(!report.is_sound());
    assert!(report.findings.iter().any(|finding| finding.as_str().contains(words)), "{words}: {report:#?}");
}

fn tree(db: &sled::Db, name: &str) -> sled::Tree {
    db.open_tree(name).unwrap()
}

fn nth(tree: &sled::Tree, index: usize) -> (sled::IVec, Vec<u8>) {
    let (key, value) = tree.iter().nth(index).unwrap().unwrap();
    (key, value.to_vec())
}

#[test]
fn a_row_lost_behind_its_commits_back_is_found() {
    // The second state row: written by a commit long pruned, never removed.
    found("never removed, and is gone", |db| {
        let rows = tree(db, "rows");
        let (key, _) = rows.scan_prefix([7]).next().unwrap().unwrap();
        rows.remove(key).unwrap();
    });
    found("wrote row", |db| {
        // A row put back to an earlier version.
        let (rows, history) = (tree(db, "rows"), tree(db, "history"));
        let (key, value) = history.iter().rev().map(Result::unwrap).find(|(key, _)| key[1] == 9).unwrap();
        rows.insert(&key[1..key.len() - 8], value).unwrap();
    });
}

#[test]
fn changed_bytes_of_a_row_are_found() {
    found("checksum", |db| {
        let rows = tree(db, "rows");
        let (key, mut value) = nth(&rows, 3);
        *value.last_mut().unwrap() ^= 1;
        rows.insert(key, value).unwrap();
    });
    found("is not in its shortest form", |db| {
        let rows = tree(db, "rows");
        let (key, _) = rows.scan_prefix([9]).next().unwrap().unwrap();
        // A row that never went through the encoder: form 1, version 60, its right checksum, a number in a long spelling.
        let mut record = blake3::Hasher::new();
        record.update(&[1, key.len() as u8]).update(&key).update(&[1, 0x80, 0x00]);
        let mut sum = [0; 8];
        record.finalize_xof().fill(&mut sum);
        let sum = u64::from_be_bytes(sum).wrapping_add(60).to_be_bytes();
        rows.insert(key, [&[1][..], &60u64.to_be_bytes(), &sum, &[1, 0x80, 0x00]].concat()).unwrap();
    });
}

#[test]
fn rows_exchanged_for_others_are_found_by_their_commits_hash() {
    found("their hash differs", |db| {
        let rows = tree(db, "rows");
        let (key, mut value) = rows.scan_prefix([9]).map(Result::unwrap).next().unwrap();
        // Another number, with everything else as it should be.
        let record = [1, 0x05];
        let mut hasher = blake3::Hasher::new();
        hasher.update(&[1, key.len() as u8]).update(&key).update(&record);
        let mut sum = [0; 8];
        hasher.finalize_xof().fill(&mut sum);
        let version = u64::from_be_bytes(value[1..9].try_into().unwrap());
        let sum = u64::from_be_bytes(sum).wrapping_add(version).to_be_bytes();
        value = [&value[..9], &sum, &record].concat().into();
        rows.insert(key, value).unwrap();
    });
}

#[test]
fn lost_before_images_and_log_records_are_found() {
    found("before-image", |db| {
        let history = tree(db, "history");
        // The newest: its readers are still promised it.
        let version = |key: &sled::IVec| *key.last_chunk::<8>().unwrap();
        let key = history.iter().keys().map(Result::unwrap).max_by_key(version).unwrap();
        history.remove(key).unwrap();
    });
    found("log record 30", |db| {
        let log = tree(db, "log");
        let mut key = 30u64.to_be_bytes().to_vec();
        key.extend_from_slice(&[0; 4]);
        log.remove(key).unwrap();
    });
    found("log record 31: the checksum", |db| {
        let log = tree(db, "log");
        let mut key = 31u64.to_be_bytes().to_vec();
        key.extend_from_slice(&[0; 4]);
        let mut value = log.get(&key).unwrap().unwrap().to_vec();
        *value.last_mut().unwrap() ^= 1;
        log.insert(key, value).unwrap();
    });
}

#[test]
fn lost_and_stray_chunks_are_found() {
    found("overflow chunk", |db| {
        let overflow = tree(db, "overflow");
        let (key, _) = nth(&overflow, 0);
        overflow.remove(key).unwrap();
    });
    found("belongs to no version", |db| {
        let overflow = tree(db, "overflow");
        let (key, value) = nth(&overflow, 0);
        let mut stray = key.to_vec();
        *stray.last_mut().unwrap() = 200;
        overflow.insert(stray, value).unwrap();
    });
    found("hash to something else", |db| {
        let contents = tree(db, "contents");
        let (key, mut value) = nth(&contents, 1);
        value[0] ^= 1;
        contents.insert(key, value).unwrap();
    });
    found("which is not there", |db| tree(db, "contents").clear().unwrap());
    found("is not marked as unreferenced", |db| {
        let contents = tree(db, "contents");
        let mut key = vec![1];
        key.extend_from_slice(&double_sha256(b""));
        key.extend_from_slice(&[0; 4]);
        contents.insert(key, &[0, 0, 0, 0]).unwrap();
    });
}

#[test]
fn block_headers_that_do_not_follow_one_another_are_found() {
    let header = |previous: &[u8; 32]| {
        let mut header = [7; 80];
        header[4..36].copy_from_slice(previous);
        header
    };
    let mut run = vec![header(&[0; 32])];
    for _ in 0..40 {
        run.push(header(&double_sha256(run.last().unwrap())));
    }
    let folder = tempfile::tempdir().unwrap();
    let path = filled(folder.path());
    SledStore::open(&path, &options(20)).unwrap().replace_headers(100, &run).unwrap();
    let report = check(&path);
    assert_eq!((report.findings, report.headers), (vec![], 41));
    let run = std::rc::Rc::new(run);
    for spoil in [
        |tree: sled::Tree| drop(tree.remove(120u32.to_be_bytes()).unwrap()),
        |tree: sled::Tree| {
            drop(tree.insert(120u32.to_be_bytes(), &[9; 80][..]).unwrap());
        },
    ] {
        let run = std::rc::Rc::clone(&run);
        found("block header 121 does not continue", move |db| {
            for (height, header) in (100u32..).zip(run.iter()) {
                tree(db, "headers").insert(height.to_be_bytes(), &header[..]).unwrap();
            }
            spoil(tree(db, "headers"));
        });
    }
}
