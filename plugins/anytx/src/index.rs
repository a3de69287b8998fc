//! The rows the lookup service keeps in its state.
//!
//! ```text
//! o <outpoint 36> <topic>            -> <admitted at 8>    which topics hold the output, and since when
//! t <admitted at 8> <outpoint 36>    ->                    outputs in the order they came
//! ```
//!
//! An output that two topics hold is listed once, from the first admission until the last topic gave it up: one topic's
//! spend must not take the other's output away.

use trellis_sdk::Outpoint;
use trellis_sdk::state::{self, Range, Rows};

const HOLDER: u8 = b'o';
const TIME: u8 = b't';
/// The tag and the time in front of the outpoint of a time row.
const TIME_HEADER: usize = 1 + 8;

fn holders(outpoint: &Outpoint) -> Vec<u8> {
    [&[HOLDER][..], &outpoint.to_bytes()].concat()
}

fn time_row(admitted_at: &[u8], outpoint: &Outpoint) -> Vec<u8> {
    [&[TIME][..], admitted_at, &outpoint.to_bytes()].concat()
}

/// Notes that `topic` holds the output.
pub(crate) fn insert(topic: &str, outpoint: &Outpoint, admitted_at: u64) {
    let holders = holders(outpoint);
    let first = state::scan(Range::prefix(holders.clone())).page_size(1).next();
    let admitted_at = first.map_or(admitted_at.to_be_bytes().to_vec(), |row| row.value);
    state::set(&time_row(&admitted_at, outpoint), &[]);
    state::set(&[&holders, topic.as_bytes()].concat(), &admitted_at);
}

/// Notes that `topic` no longer holds the output.
pub(crate) fn remove(topic: &str, outpoint: &Outpoint) {
    let holders = holders(outpoint);
    let holder = [&holders, topic.as_bytes()].concat();
    let Some(admitted_at) = state::get(&holder) else { return };
    state::remove(&holder);
    if !contains(outpoint) {
        state::remove(&time_row(&admitted_at, outpoint));
    }
}

/// Whether any topic holds the output.
pub(crate) fn contains(outpoint: &Outpoint) -> bool {
    state::scan(Range::prefix(holders(outpoint))).page_size(1).next().is_some()
}

/// The outputs of one transaction, in order.
pub(crate) fn of_transaction(txid: &trellis_sdk::Txid) -> Vec<Outpoint> {
    let range = Range::prefix([&[HOLDER][..], txid.as_bytes()].concat());
    let outpoint = |key: Vec<u8>| Outpoint::from_bytes(key.get(1..=Outpoint::LENGTH)?);
    let mut outpoints: Vec<Outpoint> = state::scan(range).filter_map(|row| outpoint(row.key)).collect();
    // One row for each topic that holds the output, all in a row.
    outpoints.dedup();
    outpoints
}

/// All outputs, newest first.
pub(crate) fn newest_first(skip: usize, limit: usize) -> Vec<Outpoint> {
    let outpoint = |key: Vec<u8>| Outpoint::from_bytes(key.get(TIME_HEADER..)?);
    all().page_size(skip + limit).skip(skip).take(limit).filter_map(|row| outpoint(row.key)).collect()
}

/// How many outputs there are, counted up to `most`.
pub(crate) fn count(most: usize) -> usize {
    all().page_size(most).take(most).count()
}

fn all() -> Rows {
    state::scan_reverse(Range::prefix([TIME]))
}
