//! A short history with the same end: parts are left out as long as it still ends in a difference.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

use super::generate::Generator;
use super::history::History;
use super::operation::Operation;
use super::power::Ground;

/// Histories told while shrinking one.
const ATTEMPTS: usize = 400;

/// Where histories are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    InMemory,
    OnDisk,
}

/// Only one history at a time says on the console how it ends.
static QUIET: Mutex<()> = Mutex::new(());

fn text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}

/// Tells a history; answers how it ended, if it ended in a difference.
pub fn difference(kept: Kept, operations: &[(usize, Operation)]) -> Option<String> {
    let ground = match kept {
        Kept::InMemory => Ground::memory(),
        Kept::OnDisk => Ground::disk(),
    };
    catch_unwind(AssertUnwindSafe(|| History::tell_all(ground, operations))).err().map(|panic| text(panic.as_ref()))
}

/// Tells the history of a seed; answers how it ended, if it ended in a difference.
pub fn ends_in(seed: u64, operations: usize, kept: Kept) -> Option<String> {
    let history: Vec<_> = history(seed, operations, kept);
    quietly(|| difference(kept, &history))
}

fn history(seed: u64, operations: usize, kept: Kept) -> Vec<(usize, Operation)> {
    Generator::history(seed, operations, kept == Kept::OnDisk).into_iter().enumerate().collect()
}

/// Without a word on the console of how histories end.
fn quietly<T>(what: impl FnOnce() -> T) -> T {
    let _quiet = QUIET.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let answer = what();
    std::panic::set_hook(hook);
    answer
}

/// Tells the history of a seed; answers how it ended and a short one with such an end, if it ended in a difference.
pub fn told(seed: u64, operations: usize, kept: Kept) -> Option<(String, Vec<(usize, Operation)>)> {
    let history = history(seed, operations, kept);
    quietly(|| difference(kept, &history).map(|_| shrunk(kept, history)))
}

fn shrunk(kept: Kept, mut history: Vec<(usize, Operation)>) -> (String, Vec<(usize, Operation)>) {
    let mut attempts = 0;
    let mut part = history.len() / 2;
    while part > 0 && attempts < ATTEMPTS {
        let mut from = 0;
        while from < history.len() && attempts < ATTEMPTS {
            let mut shorter = history.clone();
            shorter.drain(from..(from + part).min(history.len()));
            attempts += 1;
            if difference(kept, &shorter).is_some() {
                history = shorter;
            } else {
                from += part;
            }
        }
        part /= 2;
    }
    (difference(kept, &history).unwrap_or_default(), history)
}
