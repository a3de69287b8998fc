//! `kill -9` at random moments under load: what was acknowledged is there, whole, and the check finds nothing.
//!
//! 5 rounds; `TRELLIS_SOAK_ROUNDS` asks for more, `TRELLIS_SOAK_SEED` for other moments.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    unreachable_pub
)]

mod child;
#[path = "../plans/mod.rs"]
#[allow(dead_code)] // each test crate uses its part of it
mod plans;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use rand::{Rng, SeedableRng};
use trellis_engine::domain::row::{NumberKey, Row, RowKey};
use trellis_engine::domain::time::Sequence;
use trellis_engine::ports::store::Store;
use trellis_store::SledStore;

use child::{THREADS, written_rows};
use plans::{options, row};

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

fn main() {
    if let Ok(folder) = std::env::var("TRELLIS_CRASH_CHILD") {
        child::commit_until_killed(Path::new(&folder));
    }
    let rounds = number("TRELLIS_SOAK_ROUNDS", 5);
    let mut random = rand::rngs::StdRng::seed_from_u64(number("TRELLIS_SOAK_SEED", 1));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    // Acknowledged steps per thread, over all rounds: each thread goes on where its last acknowledged step was.
    let mut acknowledged: BTreeMap<u64, u64> = BTreeMap::new();
    for round in 1..=rounds {
        let pause = Duration::from_millis(random.random_range(20..900));
        run_and_kill(&path, pause, &mut acknowledged);
        let steps = verify(&path, &acknowledged);
        println!("round {round}: killed after {} ms, {steps} commits, none lost, none half", pause.as_millis());
    }
}

fn run_and_kill(path: &Path, pause: Duration, acknowledged: &mut BTreeMap<u64, u64>) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .env("TRELLIS_CRASH_CHILD", path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "open");
    let killer = std::thread::spawn(move || {
        std::thread::sleep(pause);
        child.kill().unwrap();
        child.wait().unwrap();
    });
    // A line that was cut off was not acknowledged.
    for line in lines.map_while(Result::ok) {
        let mut parts = line.split(' ').map(str::parse::<u64>);
        if let (Some(Ok(thread)), Some(Ok(step)), Some(Ok(sum)), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
            && sum == thread + step
        {
            let last = acknowledged.entry(thread).or_default();
            assert!(step > *last, "thread {thread} acknowledged {step} after {last}");
            *last = step;
        }
    }
    killer.join().unwrap();
}

/// Every acknowledged step is there with all its rows and contents; of every other one all or nothing.
fn verify(path: &Path, acknowledged: &BTreeMap<u64, u64>) -> u64 {
    let store = SledStore::open(path, &options(50)).unwrap();
    let report = store.check().unwrap();
    assert_eq!(report.findings, []);
    let last = store.durable();
    let mut applied = 0;
    for thread in 0..THREADS {
        let known = acknowledged.get(&thread).copied().unwrap_or(0);
        let mut step = 1;
        loop {
            let rows = written_rows(thread, step);
            let there = rows.iter().filter(|(key, wanted)| row(&store, key, last).as_ref() == Some(wanted)).count();
            if there == 0 {
                break;
            }
            assert_eq!(there, rows.len(), "thread {thread} step {step} is half there");
            applied += 1;
            step += 1;
        }
        assert!(step > known, "thread {thread}: step {known} was acknowledged, the store ends at {}", step - 1);
    }
    let commits = row(&store, &RowKey::Number(NumberKey::OutboxPending), last);
    assert_eq!(commits, (applied > 0).then_some(Row::Number(i128::from(applied))));
    assert_eq!(last, Sequence(applied));
    applied
}
