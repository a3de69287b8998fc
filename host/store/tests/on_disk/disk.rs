//! A disk that can be held, fail, or be full.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};

use trellis_store::sled_store::{Disk, Options, StoreObserver};

#[derive(Default)]
pub struct TestDisk {
    held: Mutex<bool>,
    released: Condvar,
    pub sync_fails: AtomicBool,
    pub flush_fails: AtomicBool,
    pub free: AtomicU64,
    pub syncs: AtomicUsize,
    pub aborted: AtomicUsize,
    pub largest_group: AtomicUsize,
    pub commits: AtomicUsize,
}

impl TestDisk {
    pub fn new() -> Arc<Self> {
        let disk = Self::default();
        disk.free.store(u64::MAX, Ordering::Relaxed);
        Arc::new(disk)
    }

    /// From now on no sync ends.
    pub fn hold(&self) {
        *self.held.lock().unwrap() = true;
    }

    pub fn release(&self) {
        *self.held.lock().unwrap() = false;
        self.released.notify_all();
    }

    pub fn options(self: &Arc<Self>, horizon: u64) -> Options {
        let mut options = crate::plans::options(horizon);
        options.disk = self.clone();
        options.observer = self.clone();
        let disk = self.clone();
        options.abort = Arc::new(move |_| {
            disk.aborted.fetch_add(1, Ordering::SeqCst);
        });
        options
    }
}

impl Disk for TestDisk {
    fn sync_data(&self, db: &File) -> io::Result<()> {
        let mut held = self.held.lock().unwrap();
        while *held {
            held = self.released.wait(held).unwrap();
        }
        drop(held);
        if self.sync_fails.load(Ordering::SeqCst) {
            return Err(io::Error::other("the disk is gone"));
        }
        self.syncs.fetch_add(1, Ordering::SeqCst);
        db.sync_data()
    }

    fn before_flush(&self) -> io::Result<()> {
        if self.flush_fails.load(Ordering::SeqCst) { Err(io::Error::other("the disk is gone")) } else { Ok(()) }
    }

    fn free_bytes(&self, _: &Path) -> io::Result<u64> {
        Ok(self.free.load(Ordering::SeqCst))
    }
}

impl StoreObserver for TestDisk {
    fn on_commit(&self, nanoseconds: u64) {
        assert!(nanoseconds > 0);
        self.commits.fetch_add(1, Ordering::SeqCst);
    }

    fn on_sync(&self, nanoseconds: u64, group: usize) {
        assert!(nanoseconds > 0);
        self.largest_group.fetch_max(group, Ordering::SeqCst);
    }
}

/// Waits for something another thread does.
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..20_000 {
        if holds() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    panic!("{what} did not happen");
}
