//! The rows the lookup service keeps, designed backwards from the questions.
//!
//! ```text
//! o <outpoint 36>                           -> <admitted at 8> <certifier 33> <count 2> <heading 32>… (<length 1> <topic>)…
//! h <heading 32> <admitted at 8> <outpoint 36> ->     certificates under a heading, by time
//! ```
//!
//! Every heading of `o` has two rows `h`: one under itself, one under itself and the certifier. A spend names nothing but the
//! outpoint, so `o` remembers what the other keys were made of; it also answers whether a certificate stands under a second
//! heading.
//!
//! Nothing is ever overwritten by another certificate: rows are told apart by the output, so two certificates of one serial
//! number are both found. An output that two topics hold is listed once, from the first admission until the last topic gave
//! it up.

use std::iter::Peekable;

use trellis_plugin::identity::{Certificate, IdentityKey};
use trellis_plugin::state::{self, Range, Rows};
use trellis_plugin::{Outpoint, Refusal};

use crate::heading::{Heading, headings};

const HOLDER: u8 = b'o';
const HEADING: u8 = b'h';
const TIME_LENGTH: usize = 8;

/// Rows of one heading read at a time: a page of an answer.
const PAGE: usize = 64;

/// Rows read for one answer; the sandbox allows ten thousand.
const READ_MOST: usize = 5_000;

/// A certificate in the index.
struct Listing {
    admitted_at: [u8; TIME_LENGTH],
    certifier: IdentityKey,
    headings: Vec<Heading>,
    topics: Vec<Vec<u8>>,
}

impl Listing {
    fn of(outpoint: &Outpoint) -> Option<Self> {
        Self::from_value(&state::get(&holders(outpoint))?)
    }

    fn to_value(&self) -> Vec<u8> {
        let mut value = [&self.admitted_at[..], self.certifier.as_bytes()].concat();
        // At most 68 headings: see `heading`.
        value.extend_from_slice(&(self.headings.len() as u16).to_be_bytes());
        self.headings.iter().for_each(|heading| value.extend_from_slice(&heading.0));
        for topic in &self.topics {
            // A topic's name has at most 50 bytes.
            value.push(topic.len() as u8);
            value.extend_from_slice(topic);
        }
        value
    }

    fn from_value(value: &[u8]) -> Option<Self> {
        let (admitted_at, rest) = value.split_first_chunk()?;
        let (certifier, rest) = rest.split_first_chunk()?;
        let (count, rest) = rest.split_first_chunk()?;
        let (found, mut rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*count)) * 32)?;
        let headings = found.as_chunks().0.iter().copied().map(Heading).collect();
        let mut topics = Vec::new();
        while let Some((length, names)) = rest.split_first() {
            let (topic, behind) = names.split_at_checked(usize::from(*length))?;
            topics.push(topic.to_vec());
            rest = behind;
        }
        Some(Self { admitted_at: *admitted_at, certifier: IdentityKey(*certifier), headings, topics })
    }

    /// The rows that make the certificate findable.
    fn keys(&self, outpoint: &Outpoint) -> impl Iterator<Item = Vec<u8>> {
        let certifier = self.certifier.to_string();
        let place = [&self.admitted_at[..], &outpoint.to_bytes()].concat();
        let both = |heading: &Heading| [*heading, heading.by(&certifier)];
        let all: Vec<Heading> = self.headings.iter().flat_map(both).collect();
        all.into_iter().map(move |heading| [&[HEADING][..], &heading.0, &place].concat())
    }
}

fn holders(outpoint: &Outpoint) -> Vec<u8> {
    [&[HOLDER][..], &outpoint.to_bytes()].concat()
}

/// Notes that `topic` holds the certificate. `admitted_at` is in microseconds.
pub(crate) fn insert(topic: &str, outpoint: &Outpoint, certificate: &Certificate, admitted_at: u64) {
    let mut listing = Listing::of(outpoint).unwrap_or_else(|| Listing {
        admitted_at: admitted_at.to_be_bytes(),
        certifier: certificate.certifier,
        headings: headings(certificate),
        topics: Vec::new(),
    });
    if !listing.topics.iter().any(|holder| holder == topic.as_bytes()) {
        listing.topics.push(topic.as_bytes().to_vec());
    }
    listing.keys(outpoint).for_each(|key| state::set(&key, &[]));
    state::set(&holders(outpoint), &listing.to_value());
}

/// Notes that `topic` no longer holds the output; nothing happens if it never did.
pub(crate) fn remove(topic: &str, outpoint: &Outpoint) {
    let Some(mut listing) = Listing::of(outpoint) else { return };
    listing.topics.retain(|holder| holder != topic.as_bytes());
    if listing.topics.is_empty() {
        listing.keys(outpoint).for_each(|key| state::remove(&key));
        state::remove(&holders(outpoint));
    } else {
        state::set(&holders(outpoint), &listing.to_value());
    }
}

/// What to look for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Search {
    /// Certificates under any of these.
    pub(crate) any_of: Vec<Heading>,
    /// And under all of these.
    pub(crate) all_of: Vec<Heading>,
    pub(crate) skip: usize,
    pub(crate) limit: usize,
}

/// The certificates a search finds, newest first.
///
/// # Errors
/// Too many rows had to be read.
pub(crate) fn find(search: &Search) -> Result<Vec<Outpoint>, Refusal> {
    let mut lists: Vec<_> = search.any_of.iter().map(under).collect();
    let mut read = 0;
    let mut skip = search.skip;
    let mut found = Vec::new();
    while found.len() < search.limit {
        let Some(place) = newest(&mut lists) else { break };
        read += 1;
        if read > READ_MOST {
            return Err("too many certificates have these words: ask for rarer ones, or name certifiers".into());
        }
        let Some(outpoint) = place.get(TIME_LENGTH..).and_then(Outpoint::from_bytes) else { continue };
        let stands_under_all = || {
            let listing = Listing::of(&outpoint);
            listing.is_some_and(|listing| search.all_of.iter().all(|heading| listing.headings.contains(heading)))
        };
        if !search.all_of.is_empty() && !stands_under_all() {
            continue;
        }
        if skip > 0 {
            skip -= 1;
        } else {
            found.push(outpoint);
        }
    }
    Ok(found)
}

/// Time and outpoint of the certificates under a heading, newest first.
struct Places(Rows);

impl Iterator for Places {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        Some(self.0.next()?.key.get(1 + 32..)?.to_vec())
    }
}

fn under(heading: &Heading) -> Peekable<Places> {
    let range = Range::prefix([&[HEADING][..], &heading.0].concat());
    Places(state::scan_reverse(range).page_size(PAGE)).peekable()
}

/// The newest of all that the lists still have. One that stands in several is taken out of all of them.
fn newest(lists: &mut [Peekable<Places>]) -> Option<Vec<u8>> {
    let newest = lists.iter_mut().filter_map(Peekable::peek).max()?.clone();
    for list in lists {
        list.next_if_eq(&newest);
    }
    Some(newest)
}
