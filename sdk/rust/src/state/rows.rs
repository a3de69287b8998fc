//! Rows as bytes, and how ranges of them are read.

use std::vec::IntoIter;

use crate::host;

/// One row.
///
/// ```
/// use trellis_plugin::state::{self, Entry, Range};
/// # trellis_plugin::stand_in::reset();
///
/// state::set(b"seat/12A", b"alice");
/// let row = Entry { key: b"seat/12A".to_vec(), value: b"alice".to_vec() };
/// assert_eq!(state::scan(Range::all()).collect::<Vec<_>>(), [row]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// 1 to 128 bytes.
    pub key: Vec<u8>,
    /// At most 6,144 bytes.
    pub value: Vec<u8>,
}

/// The value under `key`; `None` where there is no row. A key has 1 to 128 bytes, anything else is a fault.
///
/// ```
/// use trellis_plugin::state;
/// # trellis_plugin::stand_in::reset();
///
/// assert_eq!(state::get(b"sold"), None);
/// state::set(b"sold", &7u64.to_be_bytes());
/// assert_eq!(state::get(b"sold"), Some(vec![0, 0, 0, 0, 0, 0, 0, 7]));
/// ```
pub fn get(key: &[u8]) -> Option<Vec<u8>> {
    host::state_get(key)
}

/// Writes a row, over the one that was there: a key of 1 to 128 bytes, a value of at most 6,144. A fault in `lookup` and
/// in `is_relevant`. Keys and values of one call have 1 MiB in all, unless the operator says otherwise.
///
/// ```
/// use trellis_plugin::state;
/// # trellis_plugin::stand_in::reset();
///
/// state::set(b"seat/12A", b"alice");
/// state::set(b"seat/12A", b"bob");
/// assert_eq!(state::get(b"seat/12A"), Some(b"bob".to_vec()));
/// ```
pub fn set(key: &[u8], value: &[u8]) {
    host::state_set(key, value);
}

/// Removes a row; nothing happens where there is none. A fault in `lookup` and in `is_relevant`.
///
/// ```
/// use trellis_plugin::state;
/// # trellis_plugin::stand_in::reset();
///
/// state::set(b"seat/12A", b"alice");
/// state::remove(b"seat/12A");
/// state::remove(b"seat/12B");
/// assert_eq!(state::get(b"seat/12A"), None);
/// ```
pub fn remove(key: &[u8]) {
    host::state_remove(key);
}

/// A stretch of keys: from `start` on, up to `end` without it, in the order of their bytes. Bounds need not be keys: they
/// have 0 to 129 bytes.
///
/// ```
/// use trellis_plugin::state::Range;
///
/// assert_eq!(Range::prefix("seat/"), Range::between("seat/", "seat0"));
/// assert_eq!(Range::all(), Range { start: vec![], end: None });
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// The first key that belongs to it; empty for the very first.
    pub start: Vec<u8>,
    /// The first key that no longer belongs to it; `None` for all to the last.
    pub end: Option<Vec<u8>>,
}

impl Range {
    /// Every row.
    pub fn all() -> Self {
        Self { start: Vec::new(), end: None }
    }

    /// Rows whose keys begin with `prefix`.
    pub fn prefix(prefix: impl Into<Vec<u8>>) -> Self {
        let start = prefix.into();
        let mut end = start.clone();
        // The next key that does not begin so: one more in the last byte that has room for it.
        while let Some(last) = end.pop() {
            if let Some(next) = last.checked_add(1) {
                end.push(next);
                return Self { start, end: Some(end) };
            }
        }
        Self { start, end: None }
    }

    /// Rows from `start` up to `end` without it.
    pub fn between(start: impl Into<Vec<u8>>, end: impl Into<Vec<u8>>) -> Self {
        Self { start: start.into(), end: Some(end.into()) }
    }
}

/// The rows of a range in the order of their keys. What this call wrote is among them.
///
/// ```
/// use trellis_plugin::state::{self, Range};
/// # trellis_plugin::stand_in::reset();
///
/// for key in [b"seat/2", b"seat/1", b"sold/7"] {
///     state::set(key, b"");
/// }
/// let seats = state::scan(Range::prefix("seat/")).map(|row| row.key);
/// assert_eq!(seats.collect::<Vec<_>>(), [b"seat/1", b"seat/2"]);
/// ```
pub fn scan(range: Range) -> Rows {
    Rows::new(None, range, false)
}

/// The rows of a range from its end downwards: newest first, where keys begin with a time.
///
/// ```
/// use trellis_plugin::state::{self, Range};
/// # trellis_plugin::stand_in::reset();
///
/// for admitted_at in [1_000_000u64, 2_000_000, 3_000_000] {
///     state::set(&admitted_at.to_be_bytes(), b"");
/// }
/// let newest = state::scan_reverse(Range::all()).page_size(1).next();
/// assert_eq!(newest.map(|row| row.key), Some(3_000_000u64.to_be_bytes().to_vec()));
/// ```
pub fn scan_reverse(range: Range) -> Rows {
    Rows::new(None, range, true)
}

/// Rows of a range, fetched page by page as they are asked for: 128 at a time unless told otherwise. A call may scan
/// 10,000 rows, unless the operator says otherwise.
///
/// ```
/// use trellis_plugin::state::{self, Range, Rows};
/// # trellis_plugin::stand_in::reset();
///
/// state::set(b"seat/1", b"alice");
/// state::set(b"seat/2", b"bob");
/// let mut rows: Rows = state::scan(Range::prefix("seat/")).page_size(10);
/// let of_bob = rows.find(|row| row.value == b"bob").map(|row| row.key);
/// assert_eq!(of_bob, Some(b"seat/2".to_vec()));
/// ```
#[derive(Debug)]
pub struct Rows {
    /// Whose rows; `None` for the plugin's own.
    topic: Option<String>,
    range: Range,
    reverse: bool,
    page_size: u32,
    page: IntoIter<Entry>,
    more: bool,
}

/// Rows fetched at a time unless told otherwise: with the largest values a page stays under 1 MiB.
const PAGE_SIZE: u32 = 128;
/// The most the host hands out at a time.
const PAGE_SIZE_MOST: u32 = 1000;

impl Rows {
    pub(crate) fn new(topic: Option<String>, range: Range, reverse: bool) -> Self {
        Self { topic, range, reverse, page_size: PAGE_SIZE, page: Vec::new().into_iter(), more: true }
    }

    /// Fetches so many rows at a time (1 to 1,000; what is outside becomes the nearest). Fetched rows count against the
    /// call's budget whether or not they are looked at, so a reader that knows how many it wants says so.
    #[must_use]
    pub fn page_size(mut self, rows: usize) -> Self {
        self.page_size = u32::try_from(rows).unwrap_or(PAGE_SIZE_MOST).clamp(1, PAGE_SIZE_MOST);
        self
    }

    fn fetch(&mut self) {
        let end = self.range.end.as_deref();
        let (start, limit, reverse) = (&self.range.start, self.page_size, self.reverse);
        let (entries, more) = match &self.topic {
            None => host::state_scan(start, end, limit, reverse),
            Some(topic) => host::topic_state_scan(topic, start, end, limit, reverse),
        };
        // The rest of the range begins behind the last key of the page.
        match entries.last() {
            Some(last) if self.reverse => self.range.end = Some(last.key.clone()),
            Some(last) => {
                self.range.start.clone_from(&last.key);
                self.range.start.push(0);
            }
            None => {}
        }
        self.more = more && !entries.is_empty();
        self.page = entries.into_iter();
    }
}

impl Iterator for Rows {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        if self.page.len() == 0 && self.more {
            self.fetch();
        }
        self.page.next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stand_in;

    fn keys(rows: Rows) -> Vec<Vec<u8>> {
        rows.map(|row| row.key).collect()
    }

    #[test]
    fn a_scan_sees_every_row_of_its_range_once_whatever_the_page_size() {
        stand_in::reset();
        let all: Vec<Vec<u8>> = (0..=40u8).map(|n| vec![b'a' + n % 3, n]).collect();
        all.iter().for_each(|key| set(key, b"value"));
        let mut wanted: Vec<_> = all.into_iter().filter(|key| key.first() == Some(&b'b')).collect();
        wanted.sort();
        for size in [0, 1, 2, 13, 14, 15, 100, 5000] {
            assert_eq!(keys(scan(Range::prefix("b")).page_size(size)), wanted, "pages of {size}");
            let mut reversed = keys(scan_reverse(Range::prefix("b")).page_size(size));
            reversed.reverse();
            assert_eq!(reversed, wanted, "pages of {size}, reversed");
        }
    }

    #[test]
    fn a_prefix_ends_before_the_next_key_that_does_not_begin_with_it() {
        assert_eq!(Range::prefix([1, 2]), Range::between([1, 2], [1, 3]));
        assert_eq!(Range::prefix([1, 0xff, 0xff]), Range::between([1, 0xff, 0xff], [2]));
        assert_eq!(Range::prefix([0xff, 0xff]).end, None);
        assert_eq!(Range::prefix([]), Range::all());
    }

    #[test]
    fn a_removed_row_is_gone() {
        stand_in::reset();
        set(b"key", b"value");
        assert_eq!(get(b"key"), Some(b"value".to_vec()));
        remove(b"key");
        assert_eq!(get(b"key"), None);
        assert_eq!(keys(scan(Range::all())), Vec::<Vec<u8>>::new());
    }
}
