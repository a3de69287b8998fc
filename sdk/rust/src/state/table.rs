//! Rows of one kind.

use std::marker::PhantomData;

use super::{Key, Range, Rows, Value, get, remove, scan, scan_reverse, set};

/// Rows of one kind: their keys begin with a prefix, and keys and values have types.
///
/// ```
/// use trellis_plugin::state::{Only, Table};
/// use trellis_plugin::stand_in;
///
/// /// Bids by auction and amount, with the bidder.
/// const BIDS: Table<(u32, u64), String> = Table::new("bid/");
/// /// How many there were.
/// const COUNT: Only<u64> = Only::new("count");
///
/// stand_in::reset();
/// for (auction, amount, bidder) in [(1, 500, "alice"), (1, 90, "bob"), (2, 7, "carol")] {
///     BIDS.set(&(auction, amount), &bidder.to_owned());
///     COUNT.set(&(COUNT.get().unwrap_or(0) + 1));
/// }
/// assert_eq!(COUNT.get(), Some(3));
/// assert_eq!(BIDS.get(&(1, 90)).as_deref(), Some("bob"));
/// let highest = BIDS.under(&1u32).reversed().next();
/// assert_eq!(highest, Some(((1, 500), "alice".to_owned())));
/// let page = BIDS.page(None, 2);
/// assert_eq!(page.rows.len(), 2);
/// assert_eq!(BIDS.page(page.next.as_ref(), 2).rows, [((2, 7), "carol".to_owned())]);
/// BIDS.remove(&(2, 7));
/// assert!(BIDS.has(&(1, 90)) && !BIDS.has(&(2, 7)));
/// ```
///
/// Choose prefixes none of which is the beginning of another: then no table sees the rows of another. Prefix and key together have at
/// most 128 bytes.
///
/// A row that cannot be read as the table's types is a fault: the plugin, or an earlier version of it, wrote something else there.
#[derive(Debug)]
pub struct Table<K, V> {
    prefix: &'static str,
    types: PhantomData<fn() -> (K, V)>,
}

impl<K: Key, V: Value> Table<K, V> {
    /// The rows whose keys begin with this.
    ///
    /// Prefix and key together have 1 to 128 bytes.
    pub const fn new(prefix: &'static str) -> Self {
        Self { prefix, types: PhantomData }
    }

    /// The value under a key.
    pub fn get(&self, key: &K) -> Option<V> {
        let key = self.key(key);
        get(&key).map(|value| readable(V::from_row(&value), &key))
    }

    /// Whether there is a row.
    pub fn has(&self, key: &K) -> bool {
        get(&self.key(key)).is_some()
    }

    /// Writes a row, over the one that was there.
    pub fn set(&self, key: &K, value: &V) {
        set(&self.key(key), &value.to_row());
    }

    /// Removes a row; nothing happens where there is none.
    pub fn remove(&self, key: &K) {
        remove(&self.key(key));
    }

    /// All rows, by their keys.
    pub fn rows(&self) -> TableRows<K, V> {
        self.under(&())
    }

    /// The rows whose keys begin with this: the first member of a tuple, usually.
    pub fn under(&self, part: &impl Key) -> TableRows<K, V> {
        TableRows::of(self.prefix, Range::prefix(self.key(part)))
    }

    /// At most `limit` rows behind `after`; from the first on where that is `None`.
    pub fn page(&self, after: Option<&K>, limit: usize) -> Page<K, V> {
        let mut range = Range::prefix(self.prefix);
        if let Some(after) = after {
            range.start = self.key(after);
            // The key right behind a key is that key and a zero byte.
            range.start.push(0);
        }
        let wanted = limit.saturating_add(1);
        let mut rows: Vec<(K, V)> = TableRows::of(self.prefix, range).page_size(wanted).take(wanted).collect();
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|(key, _)| {
            let mut bytes = Vec::new();
            key.write(&mut bytes);
            readable(K::read(&bytes), &bytes).0
        });
        Page { rows, next }
    }

    fn key(&self, key: &impl Key) -> Vec<u8> {
        let mut bytes = self.prefix.as_bytes().to_vec();
        key.write(&mut bytes);
        bytes
    }
}

/// Some rows of a table.
///
/// ```
/// use trellis_plugin::state::{Page, Table};
/// # trellis_plugin::stand_in::reset();
///
/// const HOLDERS: Table<u32, String> = Table::new("holder/");
/// (1..=3).for_each(|seat| HOLDERS.set(&seat, &format!("guest {seat}")));
///
/// let Page { rows, next } = HOLDERS.page(None, 2);
/// assert_eq!((rows.len(), next), (2, Some(2)));
/// let last = HOLDERS.page(next.as_ref(), 2);
/// assert_eq!((last.rows, last.next), (vec![(3, "guest 3".to_owned())], None));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<K, V> {
    /// The rows, by their keys.
    pub rows: Vec<(K, V)>,
    /// What to pass as `after` for the rows behind them, where there are any.
    pub next: Option<K>,
}

/// Rows of a table, fetched page by page as they are asked for: 128 at a time unless told otherwise.
///
/// ```
/// use trellis_plugin::state::Table;
/// # trellis_plugin::stand_in::reset();
///
/// const PRICES: Table<u64, String> = Table::new("price/");
/// PRICES.set(&500, &"stalls".to_owned());
/// PRICES.set(&90, &"gallery".to_owned());
/// let dearest = PRICES.rows().reversed().page_size(1).next();
/// assert_eq!(dearest, Some((500, "stalls".to_owned())));
/// ```
#[derive(Debug)]
pub struct TableRows<K, V> {
    prefix: &'static str,
    range: Range,
    rows: Rows,
    types: PhantomData<fn() -> (K, V)>,
}

impl<K, V> TableRows<K, V> {
    fn of(prefix: &'static str, range: Range) -> Self {
        Self { prefix, rows: scan(range.clone()), range, types: PhantomData }
    }

    /// The same from the last one downwards.
    #[must_use]
    pub fn reversed(self) -> Self {
        Self { rows: scan_reverse(self.range.clone()), ..self }
    }

    /// Fetches so many rows at a time, as [`Rows::page_size`].
    #[must_use]
    pub fn page_size(self, rows: usize) -> Self {
        Self { rows: self.rows.page_size(rows), ..self }
    }
}

impl<K: Key, V: Value> Iterator for TableRows<K, V> {
    type Item = (K, V);

    fn next(&mut self) -> Option<(K, V)> {
        let row = self.rows.next()?;
        let key = row.key.strip_prefix(self.prefix.as_bytes()).and_then(K::read);
        let (key, _) = readable(key.filter(|(_, rest)| rest.is_empty()), &row.key);
        Some((key, readable(V::from_row(&row.value), &row.key)))
    }
}

/// A single row with a value of a type. See [`Table`].
///
/// ```
/// use trellis_plugin::state::Only;
/// # trellis_plugin::stand_in::reset();
///
/// const SOLD: Only<u64> = Only::new("sold");
///
/// assert_eq!(SOLD.get(), None);
/// SOLD.set(&7);
/// assert_eq!(SOLD.get(), Some(7));
/// SOLD.remove();
/// assert_eq!(SOLD.get(), None);
/// ```
#[derive(Debug)]
pub struct Only<V> {
    table: Table<(), V>,
}

impl<V: Value> Only<V> {
    /// The row under this key, 1 to 128 bytes.
    pub const fn new(key: &'static str) -> Self {
        Self { table: Table::new(key) }
    }

    /// The value, if it was written.
    pub fn get(&self) -> Option<V> {
        self.table.get(&())
    }

    /// Writes the value.
    pub fn set(&self, value: &V) {
        self.table.set(&(), value);
    }

    /// Removes the row.
    pub fn remove(&self) {
        self.table.remove(&());
    }
}

/// What was read of a row, which is there.
#[allow(clippy::panic, reason = "what is in the plugin's own rows only the plugin can have broken: a fault")]
fn readable<T>(read: Option<T>, key: &[u8]) -> T {
    read.unwrap_or_else(|| panic!("the row {} holds something else than this table's rows", key.escape_ascii()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Outpoint, Txid, stand_in};

    const SEATS: Table<(u32, String), ()> = Table::new("seat/");
    const OTHERS: Table<Outpoint, u64> = Table::new("other/");

    #[test]
    fn tables_see_their_own_rows_in_the_order_of_their_keys() {
        stand_in::reset();
        let seats: Vec<(u32, String)> =
            [(2, "B"), (300, "A"), (2, "A"), (1, "Z")].map(|(row, seat)| (row, seat.to_owned())).into();
        seats.iter().for_each(|seat| SEATS.set(seat, &()));
        let outpoint = Outpoint { txid: Txid([7; 32]), output_index: 1 };
        OTHERS.set(&outpoint, &u64::MAX);
        let mut sorted = seats;
        sorted.sort();
        for size in [1, 3, 100] {
            assert_eq!(SEATS.rows().page_size(size).map(|(seat, ())| seat).collect::<Vec<_>>(), sorted);
        }
        sorted.reverse();
        assert_eq!(SEATS.rows().reversed().map(|(seat, ())| seat).collect::<Vec<_>>(), sorted);
        assert_eq!(SEATS.under(&2u32).count(), 2);
        assert!(SEATS.has(&(300, "A".into())) && !SEATS.has(&(300, "B".into())));
        assert_eq!(OTHERS.rows().collect::<Vec<_>>(), [(outpoint, u64::MAX)]);
        OTHERS.remove(&outpoint);
        assert_eq!(OTHERS.get(&outpoint), None);
    }

    #[test]
    fn pages_follow_on_one_another_and_the_last_one_says_so() {
        stand_in::reset();
        (0..5u32).for_each(|row| SEATS.set(&(row, String::new()), &()));
        let mut seen = Vec::new();
        let mut page = SEATS.page(None, 2);
        while let Some(next) = page.next {
            assert_eq!(page.rows.len(), 2);
            seen.extend(page.rows);
            page = SEATS.page(Some(&next), 2);
        }
        seen.extend(page.rows);
        assert_eq!(seen.len(), 5);
        assert_eq!(SEATS.page(None, 5).next, None);
    }

    #[test]
    #[should_panic(expected = "the row other/x holds something else")]
    fn a_row_of_another_kind_is_a_fault_that_names_it() {
        stand_in::reset();
        crate::state::set(b"other/x", b"");
        OTHERS.rows().for_each(drop);
    }

    #[cfg(feature = "json")]
    #[test]
    fn values_that_serde_knows_are_json() {
        use crate::state::Json;
        stand_in::reset();
        let table: Table<u8, Json<Vec<(String, i32)>>> = Table::new("j");
        table.set(&1, &Json(vec![("a".into(), -1)]));
        assert_eq!(crate::state::get(b"j\x01"), Some(b"[[\"a\",-1]]".to_vec()));
        assert_eq!(table.get(&1), Some(Json(vec![("a".into(), -1)])));
    }
}
