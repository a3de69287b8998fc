//! What a scan covers, as a range of encoded keys. The same for sled and its twin, so that both refuse the same requests.

use std::ops::Bound;

use trellis_engine::domain::row::{NumberKey, RowKey};
use trellis_engine::ports::store::{Scan, StoreError};

use crate::record::key;

/// A range of encoded keys and how to walk it.
#[derive(Debug)]
pub(crate) struct Span {
    pub(crate) start: Bound<Vec<u8>>,
    pub(crate) end: Bound<Vec<u8>>,
    pub(crate) reverse: bool,
    pub(crate) limit: usize,
}

impl Span {
    /// The range of a scan.
    pub(crate) fn of(scan: &Scan) -> Result<Self, StoreError> {
        let span = match scan {
            Scan::State { namespace, start, end, reverse, limit } => {
                let prefix = key::state_prefix(*namespace);
                let end = match end {
                    Some(end) => Bound::Excluded([&prefix[..], end].concat()),
                    None => past(&prefix),
                };
                let start = Bound::Included([&prefix[..], start].concat());
                Self { start, end, reverse: *reverse, limit: *limit }
            }
            Scan::Outputs { topic, after, limit } => {
                let prefix = key::outputs_prefix(*topic);
                Self::behind(prefix, after.as_ref(), *limit)?
            }
            Scan::Tokens { part, after, limit } => {
                let after = after.map(|outpoint| RowKey::Place(*part, outpoint));
                Self::behind(key::places_prefix(part), after.as_ref(), *limit)?
            }
            Scan::Parts { within, after, limit } => {
                let after = after.map(|part| RowKey::Number(NumberKey::Tokens(part)));
                Self::behind(key::parts_prefix(within), after.as_ref(), *limit)?
            }
            Scan::Kind { kind, after, limit } => Self::behind(vec![key::kind_byte(*kind)], after.as_ref(), *limit)?,
        };
        if span.limit == 0 {
            return Err(StoreError::Malformed("a page has at least one row; the limit is 0".to_owned()));
        }
        Ok(span)
    }

    fn behind(prefix: Vec<u8>, after: Option<&RowKey>, limit: usize) -> Result<Self, StoreError> {
        let end = past(&prefix);
        let start = match after.map(|after| (after, key::encode(after))) {
            None => Bound::Included(prefix),
            Some((_, encoded)) if encoded.starts_with(&prefix) => Bound::Excluded(encoded),
            Some((after, _)) => {
                return Err(StoreError::Malformed(format!("{after:?} is not a key of the range it is to continue")));
            }
        };
        Ok(Self { start, end, reverse: false, limit })
    }

    /// Whether no key can lie in the range. A range that ends before it starts is legal to ask for.
    pub(crate) fn is_empty(&self) -> bool {
        match (&self.start, &self.end) {
            (Bound::Included(start), Bound::Excluded(end)) => start >= end,
            (Bound::Excluded(start), Bound::Excluded(end)) => start >= end,
            _ => false,
        }
    }
}

/// The end of all keys that begin with `prefix`.
fn past(prefix: &[u8]) -> Bound<Vec<u8>> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last.saturating_add(1));
            return Bound::Excluded(end);
        }
    }
    Bound::Unbounded
}
