//! The rows the lookup service keeps, designed backwards from the questions.
//!
//! ```text
//! o <outpoint 36>                    -> <admitted at 8> <digest 32> (<length 1> <topic>)…   who holds the output
//! t <admitted at 8> <outpoint 36>                        ->                               every message by time
//! m <digest of the message 32> <admitted at 8> <outpoint 36> ->                           equal messages by time
//! ```
//!
//! Rows sort by the bytes of their keys. "Newest first" is therefore a scan of `t` from its end, "this message" a scan
//! of `m` behind its digest, and a stretch of time is a stretch of either. A spend names nothing but the outpoint, so
//! `o` remembers what the other two keys were made of.
//!
//! An output that two topics hold is listed once, from the first admission until the last topic gave it up: one topic's
//! spend must not take the other's output away. All its topics are in one row, so that an update reads rows by their keys: who
//! scans relies on there being no other row in the range, and would wait for every other submission that adds one.

use trellis_plugin::state::{self, Range};
use trellis_plugin::{Outpoint, crypto};

const HOLDER: u8 = b'o';
const TIME: u8 = b't';
const MESSAGE: u8 = b'm';
const TIME_LENGTH: usize = 8;

/// A message in the index: when it was admitted, the digest of its text, and the topics that hold its output.
struct Listing {
    admitted_at: [u8; TIME_LENGTH],
    digest: [u8; 32],
    topics: Vec<Vec<u8>>,
}

impl Listing {
    fn to_value(&self) -> Vec<u8> {
        let mut value = [&self.admitted_at[..], &self.digest].concat();
        for topic in &self.topics {
            // A topic's name has at most 50 bytes.
            value.push(topic.len() as u8);
            value.extend_from_slice(topic);
        }
        value
    }

    fn from_value(value: &[u8]) -> Option<Self> {
        let (admitted_at, rest) = value.split_first_chunk()?;
        let (digest, mut rest) = rest.split_first_chunk()?;
        let mut topics = Vec::new();
        while let Some((length, names)) = rest.split_first() {
            let (topic, behind) = names.split_at_checked(usize::from(*length))?;
            topics.push(topic.to_vec());
            rest = behind;
        }
        Some(Self { admitted_at: *admitted_at, digest: *digest, topics })
    }

    /// The two rows that make the message findable.
    fn keys(&self, outpoint: &Outpoint) -> [Vec<u8>; 2] {
        let place = [&self.admitted_at[..], &outpoint.to_bytes()].concat();
        [[&[TIME][..], &place].concat(), [&[MESSAGE][..], &self.digest, &place].concat()]
    }
}

fn holders(outpoint: &Outpoint) -> Vec<u8> {
    [&[HOLDER][..], &outpoint.to_bytes()].concat()
}

fn listing(outpoint: &Outpoint) -> Option<Listing> {
    Listing::from_value(&state::get(&holders(outpoint))?)
}

/// Notes that `topic` holds the message. `admitted_at` is in microseconds.
pub(crate) fn insert(topic: &str, outpoint: &Outpoint, message: &[u8], admitted_at: u64) {
    let mut listing = listing(outpoint).unwrap_or_else(|| {
        let admitted_at = admitted_at.to_be_bytes();
        Listing { admitted_at, digest: crypto::sha256(message), topics: Vec::new() }
    });
    if !listing.topics.iter().any(|holder| holder == topic.as_bytes()) {
        listing.topics.push(topic.as_bytes().to_vec());
    }
    listing.keys(outpoint).iter().for_each(|key| state::set(key, &[]));
    state::set(&holders(outpoint), &listing.to_value());
}

/// Notes that `topic` no longer holds the output; nothing happens if it never did.
pub(crate) fn remove(topic: &str, outpoint: &Outpoint) {
    let Some(mut listing) = listing(outpoint) else { return };
    listing.topics.retain(|holder| holder != topic.as_bytes());
    if listing.topics.is_empty() {
        state::remove(&holders(outpoint));
        listing.keys(outpoint).iter().for_each(|key| state::remove(key));
    } else {
        state::set(&holders(outpoint), &listing.to_value());
    }
}

/// What to look for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Search {
    /// Only messages with exactly this text.
    pub(crate) message: Option<String>,
    /// Only messages admitted at this microsecond or later.
    pub(crate) from: u64,
    /// Only messages admitted before this microsecond.
    pub(crate) until: Option<u64>,
    pub(crate) newest_first: bool,
    pub(crate) skip: usize,
    pub(crate) limit: usize,
}

/// The messages a search finds, in its order.
pub(crate) fn find(search: &Search) -> Vec<Outpoint> {
    let mut head = match &search.message {
        None => vec![TIME],
        Some(message) => [&[MESSAGE][..], &crypto::sha256(message.as_bytes())].concat(),
    };
    let mut range = Range::prefix(head.clone());
    range.start.extend(search.from.to_be_bytes());
    if let Some(until) = search.until {
        range.end = Some([&head[..], &until.to_be_bytes()].concat());
    }
    let rows = if search.newest_first { state::scan_reverse(range) } else { state::scan(range) };
    head.extend([0; TIME_LENGTH]);
    rows.page_size(search.skip + search.limit)
        .skip(search.skip)
        .take(search.limit)
        .filter_map(|row| Outpoint::from_bytes(row.key.get(head.len()..)?))
        .collect()
}
