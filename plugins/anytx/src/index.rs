//! The rows the lookup service keeps in its state.
//!
//! ```text
//! o <outpoint 36>                    -> <admitted at 8> (<length 1> <topic>)…    since when, and which topics hold it
//! t <admitted at 8> <outpoint 36>    ->                    outputs in the order they came
//! ```
//!
//! An output that two topics hold is listed once, from the first admission until the last topic gave it up: one topic's
//! spend must not take the other's output away. All its topics are in one row, so that an update reads rows by their keys: who
//! scans relies on there being no other row in the range, and would wait for every other submission that adds one.

use trellis_plugin::Outpoint;
use trellis_plugin::state::{self, Range, Rows};

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

/// An output in the index: since when, and the topics that hold it.
struct Listing {
    admitted_at: [u8; 8],
    topics: Vec<Vec<u8>>,
}

impl Listing {
    fn of(outpoint: &Outpoint) -> Option<Self> {
        let value = state::get(&holders(outpoint))?;
        let (admitted_at, mut rest) = value.split_first_chunk()?;
        let mut topics = Vec::new();
        while let Some((length, names)) = rest.split_first() {
            let (topic, behind) = names.split_at_checked(usize::from(*length))?;
            topics.push(topic.to_vec());
            rest = behind;
        }
        Some(Self { admitted_at: *admitted_at, topics })
    }

    fn write(&self, outpoint: &Outpoint) {
        let mut value = self.admitted_at.to_vec();
        for topic in &self.topics {
            // A topic's name has at most 50 bytes.
            value.push(topic.len() as u8);
            value.extend_from_slice(topic);
        }
        state::set(&holders(outpoint), &value);
    }
}

/// Notes that `topic` holds the output.
pub(crate) fn insert(topic: &str, outpoint: &Outpoint, admitted_at: u64) {
    let new = || Listing { admitted_at: admitted_at.to_be_bytes(), topics: Vec::new() };
    let mut listing = Listing::of(outpoint).unwrap_or_else(new);
    if !listing.topics.iter().any(|holder| holder == topic.as_bytes()) {
        listing.topics.push(topic.as_bytes().to_vec());
    }
    state::set(&time_row(&listing.admitted_at, outpoint), &[]);
    listing.write(outpoint);
}

/// Notes that `topic` no longer holds the output.
pub(crate) fn remove(topic: &str, outpoint: &Outpoint) {
    let Some(mut listing) = Listing::of(outpoint) else { return };
    listing.topics.retain(|holder| holder != topic.as_bytes());
    if listing.topics.is_empty() {
        state::remove(&holders(outpoint));
        state::remove(&time_row(&listing.admitted_at, outpoint));
    } else {
        listing.write(outpoint);
    }
}

/// Whether any topic holds the output.
pub(crate) fn contains(outpoint: &Outpoint) -> bool {
    state::get(&holders(outpoint)).is_some()
}

/// The outputs of one transaction, in order.
pub(crate) fn of_transaction(txid: &trellis_plugin::Txid) -> Vec<Outpoint> {
    let range = Range::prefix([&[HOLDER][..], txid.as_bytes()].concat());
    let outpoint = |key: Vec<u8>| Outpoint::from_bytes(key.get(1..=Outpoint::LENGTH)?);
    state::scan(range).filter_map(|row| outpoint(row.key)).collect()
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
