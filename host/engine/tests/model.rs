//! Random histories: whatever happens, the host shows what a plain model of it shows.
//!
//! 2,000 operations over several seeds, in memory and on disk; `TRELLIS_SOAK_OPERATIONS` asks for more, `TRELLIS_TEST_SEED` for
//! one history again. A history that ends in a difference is printed as a short one with such an end.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a failed test")]

mod histories;

use histories::shrink::{Kept, told};

/// Operations of one history.
const OPERATIONS: usize = 500;

/// Operations of a plain run, in memory.
const ALL: usize = 2_000;

/// Operations of a history on disk, of which there is one for every four in memory.
const ON_DISK: usize = 150;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

/// The histories there are to tell.
fn seeds() -> Vec<u64> {
    let all = number("TRELLIS_SOAK_OPERATIONS").unwrap_or(ALL as u64);
    match number("TRELLIS_TEST_SEED") {
        Some(seed) => vec![seed],
        None => (0..all.div_ceil(OPERATIONS as u64)).collect(),
    }
}

fn tell(seed: u64, operations: usize, kept: Kept) {
    println!("seed {seed}, {operations} operations, {kept:?}");
    if let Some((difference, history)) = told(seed, operations, kept) {
        let list: Vec<String> = history.iter().map(|(number, operation)| format!("{number}: {operation:?}")).collect();
        panic!("TRELLIS_TEST_SEED={seed} {kept:?}: {difference}\nafter\n{}", list.join("\n"));
    }
}

#[test]
fn a_host_shows_what_its_model_shows_whatever_happens() {
    for seed in seeds() {
        tell(seed, OPERATIONS, Kept::InMemory);
    }
}

#[test]
fn a_host_on_disk_shows_what_its_model_shows_whatever_happens() {
    for seed in seeds().into_iter().step_by(4) {
        tell(seed, ON_DISK, Kept::OnDisk);
    }
}
