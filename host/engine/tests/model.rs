//! Random histories: whatever happens, the host shows what a plain model of it shows.
//!
//! 2,000 operations over several seeds, in memory and on disk; `TRELLIS_SOAK_OPERATIONS` asks for more, `TRELLIS_TEST_SEED` for
//! one history again. A history that ends in a difference is printed as a short one with such an end.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a failed test")]

mod histories;

use histories::operation::{Offered, Operation, Source};
use histories::shrink::{Kept, difference, told};
use trellis_model::derived::Namespace;
use trellis_model::evict::Dependents;

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

#[test]
fn a_manager_that_is_rebuilt_gets_no_token_that_an_evicted_transaction_spent() {
    let retained = || Offered { topics: vec![1], values: None, bare: false };
    let mut history = Vec::new();
    for payment in (0..12).map(|number| number * 2) {
        let (name, spends) = (payment + 1, payment);
        let spent = vec![Source::Output(spends, 0)];
        history.push(Operation::Pay {
            name: spends,
            inputs: vec![Source::Coin(spends)],
            outputs: 2,
            offered: retained(),
        });
        history.push(Operation::Pay { name, inputs: spent, outputs: 1, offered: retained() });
        history.push(Operation::Evict { name, output: 0, dependents: Dependents::Evict });
    }
    history.push(Operation::AskForRebuild { who: Namespace::Manager });
    history.push(Operation::Rebuild { steps: 1_000 });
    let history: Vec<_> = history.into_iter().enumerate().collect();
    assert_eq!(difference(Kept::InMemory, &history), None);
}
