//! Opening: what is there is found again, what is not one's own or not whole is refused with what to do.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::Duration;

use trellis_engine::domain::name::NameKind;
use trellis_engine::domain::row::RowKey;
use trellis_engine::domain::time::Sequence;
use trellis_engine::ports::store::Store;
use trellis_store::SledStore;
use trellis_store::sled_store::OpenError;

use crate::disk::TestDisk;
use crate::plans::*;

/// A closed store with 50 commits.
fn filled(folder: &Path) -> PathBuf {
    let path = folder.join("store");
    let store = SledStore::open(&path, &options(20)).unwrap();
    store.intern(NameKind::Topic, "tm_a").unwrap();
    for step in 0..50u64 {
        plan()
            .write(RowKey::Holders(outpoint(step)), None)
            .write(state_key(b"k"), state(&step.to_be_bytes()))
            .ok(&store);
    }
    path
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target)
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn refused(path: &Path) -> OpenError {
    let mut options = options(20);
    options.lock_wait = Duration::from_millis(200);
    SledStore::open(path, &options).expect_err("it opened")
}

#[test]
fn a_reopened_store_is_as_it_was_left() {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(folder.path());
    let mut other = options(20);
    other.new_node = [9; 16];
    let store = SledStore::open(&path, &other).unwrap();
    assert_eq!(store.node(), [7; 16], "an identity stays");
    assert_eq!(store.durable(), Sequence(50));
    assert!(store.oldest() >= Sequence(1) && store.oldest() <= Sequence(30), "{}", store.oldest());
    for at in 30..=50u64 {
        assert_eq!(row(&store, &state_key(b"k"), Sequence(at)), state(&(at - 1).to_be_bytes()));
    }
    assert_eq!(store.log(Sequence::ZERO, 100).unwrap().len(), 50);
    let id = store.names(NameKind::Topic).unwrap()[0].0;
    assert_eq!(store.intern(NameKind::Topic, "tm_a").unwrap(), id);
    assert_ne!(store.intern(NameKind::Topic, "tm_b").unwrap(), id);
    assert_eq!(plan().ok(&store), Sequence(51));
    assert!(store.check().unwrap().is_sound());
}

#[test]
fn a_store_in_use_is_refused_and_names_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(folder.path());
    let store = SledStore::open(&path, &options(20)).unwrap();
    let text = refused(&path).to_string();
    assert!(text.contains(&format!("process {}", std::process::id())), "{text}");
    drop(store);
    SledStore::open(&path, &options(20)).unwrap();
}

#[test]
fn a_vanished_database_is_not_begun_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(folder.path());
    fs::remove_dir_all(path.join("sled")).unwrap();
    let error = refused(&path);
    assert!(matches!(&error, OpenError::Missing { high_water: Sequence(50), .. }), "{error}");
    assert!(error.to_string().contains("Restore"), "{error}");
    assert!(!path.join("sled").exists(), "refusing must not create one");
    fs::remove_file(path.join("identity")).unwrap();
    assert_eq!(SledStore::open(&path, &options(20)).unwrap().durable(), Sequence::ZERO);
}

#[test]
fn an_emptied_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(folder.path());
    let elsewhere = folder.path().join("elsewhere");
    drop(SledStore::open(&elsewhere, &options(20)).unwrap());
    fs::remove_dir_all(path.join("sled")).unwrap();
    copy(&elsewhere.join("sled"), &path.join("sled"));
    let error = refused(&path);
    assert!(matches!(&error, OpenError::Behind { found: Sequence(0), high_water: Sequence(50), .. }), "{error}");
}

#[test]
fn an_old_copy_is_refused_until_its_owner_accepts_the_loss() {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(folder.path());
    let backup = folder.path().join("backup");
    copy(&path.join("sled"), &backup);
    let store = SledStore::open(&path, &options(20)).unwrap();
    plan().ok(&store);
    drop(store);
    fs::remove_dir_all(path.join("sled")).unwrap();
    copy(&backup, &path.join("sled"));
    let error = refused(&path);
    assert!(matches!(&error, OpenError::Behind { found: Sequence(50), high_water: Sequence(51), .. }), "{error}");
    fs::remove_file(path.join("identity")).unwrap();
    assert_eq!(SledStore::open(&path, &options(20)).unwrap().durable(), Sequence(50));
}

#[test]
fn another_nodes_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(folder.path());
    let elsewhere = folder.path().join("elsewhere");
    let mut other = options(20);
    other.new_node = [8; 16];
    drop(SledStore::open(&elsewhere, &other).unwrap());
    fs::remove_dir_all(path.join("sled")).unwrap();
    copy(&elsewhere.join("sled"), &path.join("sled"));
    assert!(matches!(refused(&path), OpenError::Foreign { .. }));
}

#[test]
fn another_disk_format_is_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(folder.path());
    for (format, remedy) in [(u64::MAX, "newer version"), (1, "older version")] {
        let db = crate::open_sled(&path);
        db.open_tree("meta").unwrap().insert("format", &format.to_be_bytes()).unwrap();
        drop(db);
        let error = refused(&path);
        assert!(matches!(&error, OpenError::Format { found, supported: 7, .. } if *found == format), "{error}");
        assert!(error.to_string().contains(remedy), "{error}");
    }
}

#[test]
fn damaged_snapshots_are_rebuilt_and_a_copy_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(folder.path());
    // sled writes a snapshot when it opens.
    drop(SledStore::open(&path, &options(20)).unwrap());
    let mut damaged = 0;
    for entry in fs::read_dir(path.join("sled")).unwrap().map(Result::unwrap) {
        if entry.file_name().to_string_lossy().starts_with("snap.") {
            let mut bytes = fs::read(entry.path()).unwrap();
            for byte in bytes.iter_mut().skip(8) {
                *byte ^= 0x5a;
            }
            fs::write(entry.path(), bytes).unwrap();
            damaged += 1;
        }
    }
    assert!(damaged > 0, "there is no snapshot to damage");
    let store = SledStore::open(&path, &options(20)).unwrap();
    assert_eq!(store.durable(), Sequence(50));
    assert!(store.check().unwrap().is_sound());
    assert!(path.join("sled.before-repair.1").join("db").exists());
}

#[test]
fn a_damaged_database_is_an_error_or_sound_never_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(folder.path());
    let length = fs::metadata(path.join("sled/db")).unwrap().len() as usize;
    let mut refusals = 0;
    for case in 0..12usize {
        let copied = folder.path().join(format!("case{case}"));
        copy(&path, &copied);
        let mut bytes = fs::read(copied.join("sled/db")).unwrap();
        let at = (case * 7_919 * 13) % (length / 4);
        match case % 3 {
            0 => bytes[at..at + 4096].fill(0),
            1 => bytes.truncate(length / 2 + at),
            _ => bytes[at] ^= 0x10,
        }
        fs::write(copied.join("sled/db"), bytes).unwrap();
        let mut options = options(20);
        options.lock_wait = Duration::from_millis(300);
        match SledStore::open(&copied, &options) {
            Err(error) => {
                assert!(error.to_string().contains("backup"), "{error}");
                refusals += 1;
            }
            Ok(store) => match store.check() {
                Ok(report) if report.is_sound() => assert_eq!(store.durable(), Sequence(50)),
                Ok(_) | Err(_) => refusals += 1,
            },
        }
    }
    assert!(refusals > 0, "no damage was noticed");
}

#[test]
fn the_ballast_is_set_aside_and_given_up_when_the_disk_is_full() {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(folder.path());
    let ballast = path.join("ballast");
    assert_eq!(fs::metadata(&ballast).unwrap().len(), 1 << 20);
    let disk = TestDisk::new();
    disk.free.store(1000, Ordering::SeqCst);
    drop(SledStore::open(&path, &disk.options(20)).unwrap());
    assert!(!ballast.exists());
    disk.free.store(u64::MAX, Ordering::SeqCst);
    drop(SledStore::open(&path, &disk.options(20)).unwrap());
    assert_eq!(fs::metadata(&ballast).unwrap().len(), 1 << 20);
}
