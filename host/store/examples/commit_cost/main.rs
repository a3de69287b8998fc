//! What one commit costs against the bare sled transaction of the same puts, in CPU time of the whole process:
//! `cargo run --release -p trellis-store --example commit_cost`.
//!
//! The plan is that of a simple submission: 11 rows, 5 expected keys, 5 adjustments, one raw transaction. "The same puts" are
//! read back from the store's own trees and replayed into fresh ones: one sled transaction per commit, flushed and synced in
//! groups of the same size. Only ratios within one run mean anything.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod replay;
mod submission;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use rustix::time::{ClockId, clock_gettime};
use trellis_engine::domain::plan::{MAX_PLAN_WRITES, Plan};
use trellis_engine::ports::store::Store;
use trellis_store::sled_store::StoreObserver;
use trellis_store::{Options, SledStore};

/// A multiple of all numbers of clients.
const COMMITS: u64 = 3_200;

/// CPU time of this process so far, in nanoseconds.
fn cpu() -> u64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

#[derive(Default)]
struct Totals {
    commit: AtomicU64,
    sync: AtomicU64,
    groups: AtomicU64,
}

impl StoreObserver for Totals {
    fn on_commit(&self, nanoseconds: u64) {
        self.commit.fetch_add(nanoseconds, Ordering::Relaxed);
    }
    fn on_sync(&self, nanoseconds: u64, _: usize) {
        self.sync.fetch_add(nanoseconds, Ordering::Relaxed);
        self.groups.fetch_add(1, Ordering::Relaxed);
    }
}

fn open(folder: &Path, horizon: u64, totals: &Arc<Totals>) -> SledStore {
    let mut options = Options::new([1; 16]);
    options.horizon = horizon;
    options.ballast_bytes = 0;
    options.observer = totals.clone();
    SledStore::open(folder, &options).unwrap()
}

fn main() {
    println!("| clients | horizon | CPU µs/commit | bare | ratio | writer µs/commit | group | commits/s | bare/s |");
    println!("|---|---|---|---|---|---|---|---|---|");
    for (clients, horizon) in [(1, 1_000_000), (8, 1_000_000), (32, 1_000_000), (32, 500)] {
        // What else runs on the machine shows in single rounds: the middle one of five, by ratio.
        let mut rounds: Vec<Round> = (0..5).map(|_| compare(clients, horizon)).collect();
        rounds.sort_by(|one, other| one.ratio().total_cmp(&other.ratio()));
        let Round { store, bare, writer, group, seconds, bare_seconds } = rounds[2];
        let per_commit = |nanoseconds: u64| nanoseconds as f64 / COMMITS as f64 / 1000.0;
        println!(
            "| {clients} | {horizon} | {:.0} | {:.0} | {:.2} | {:.0} | {group} | {:.0} | {:.0} |",
            per_commit(store),
            per_commit(bare),
            rounds[2].ratio(),
            per_commit(writer),
            COMMITS as f64 / seconds,
            COMMITS as f64 / bare_seconds,
        );
    }
    largest();
}

/// One run of the store and one of bare sled, right after each other; nanoseconds of CPU.
#[derive(Clone, Copy)]
struct Round {
    store: u64,
    bare: u64,
    writer: u64,
    group: u64,
    seconds: f64,
    bare_seconds: f64,
}

impl Round {
    fn ratio(&self) -> f64 {
        self.store as f64 / self.bare as f64
    }
}

fn compare(clients: u64, horizon: u64) -> Round {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let totals = Arc::new(Totals::default());
    let store = open(&path, horizon, &totals);
    let mut plans: Vec<Vec<submission::Submission>> = (0..clients)
        .map(|client| (0..COMMITS / clients).map(|step| submission::simple(client * 1_000_000 + step)).collect())
        .collect();
    let (wall, before) = (Instant::now(), cpu());
    std::thread::scope(|scope| {
        for plans in &mut plans {
            let store = &store;
            scope.spawn(move || {
                for submission in plans.drain(..) {
                    store.put_contents(&[(submission.content, &submission.raw)]).unwrap();
                    store.commit(submission.plan).unwrap();
                }
            });
        }
    });
    let (used, seconds) = (cpu() - before, wall.elapsed().as_secs_f64());
    drop(store);
    let group = (COMMITS / totals.groups.load(Ordering::Relaxed)).max(1);
    let commits = replay::puts_of(&path.join("sled"));
    let bare = replay::run(&folder.path().join("bare"), &commits, group as usize);
    let writer = totals.commit.load(Ordering::Relaxed);
    Round { store: used, bare: bare.cpu, writer, group, seconds, bare_seconds: bare.seconds }
}

/// The largest commits: how long the writer is busy with one, and how long the caller waits.
fn largest() {
    println!("\n| writes | what | writer ms | until durable ms |\n|---|---|---|---|");
    let folder = tempfile::tempdir().unwrap();
    let totals = Arc::new(Totals::default());
    let store = open(&folder.path().join("store"), 1_000_000, &totals);
    let commit = |what: &str, plan: Plan| {
        let writes = plan.writes.len();
        totals.commit.store(0, Ordering::Relaxed);
        let started = Instant::now();
        store.commit(plan).unwrap();
        let waited = started.elapsed().as_secs_f64() * 1000.0;
        let writer = totals.commit.load(Ordering::Relaxed) as f64 / 1e6;
        println!("| {writes} | {what} | {writer:.0} | {waited:.0} |");
    };
    for count in [8_192, 20_000, MAX_PLAN_WRITES] {
        commit("new spends", submission::spends(count as u64, 1));
        commit("the same, overwritten", submission::spends(count as u64, 2));
    }
    commit("state rows of 6,144 bytes, 15 MB", submission::states(2_500));
}
