//! Each bug that other overlay engines had, or that this one could have, is built in on purpose; the model test must find it.
//! What finds nothing where there is a bug would find nothing anywhere.

#[path = "../../../host/engine/tests/histories/mod.rs"]
mod histories;

use histories::shrink::{Kept, ends_in};
use trellis_engine::mutation::{Bug, select};

/// Operations of a history in memory, and on disk.
const OPERATIONS: usize = 500;
const ON_DISK: usize = 150;

/// Histories that are told until one finds the bug.
const SEEDS: u64 = 8;

fn find(bug: Option<Bug>, seed: u64) -> Option<String> {
    // These two live in the store on disk.
    let (kept, operations) = match bug {
        Some(Bug::ShownBeforeSync | Bug::ReadsNotCompared) => (Kept::OnDisk, ON_DISK),
        _ => (Kept::InMemory, OPERATIONS),
    };
    ends_in(seed, operations, kept)
}

#[test]
fn the_model_test_finds_every_bug_and_nothing_where_there_is_none() {
    let mut told = Vec::new();
    for bug in Bug::ALL {
        select(Some(bug));
        let found = (0..SEEDS).find_map(|seed| Some((seed, find(Some(bug), seed)?)));
        select(None);
        let (seed, difference) = found.unwrap_or_else(|| panic!("nobody noticed {bug:?} in {SEEDS} histories"));
        println!("{bug:?}: seed {seed}: {}", difference.lines().next().unwrap_or_default());
        assert_eq!(find(Some(bug), seed), None, "seed {seed} ends in a difference without {bug:?} too");
        told.push((bug, seed));
    }
    assert_eq!(told.len(), Bug::ALL.len());
}
