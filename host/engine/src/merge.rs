//! A page of stored entries and what is written over it, in one order.

use std::collections::BTreeMap;

/// A page of at most `limit` entries: `stored` with what is `written` over it, `None` for what is removed; ascending, or
/// descending where `reverse`. `more` says whether there are stored entries behind the page; the answer says the same of the
/// result. The stored page must have room for as many entries more than `limit` as `written` may remove.
pub(crate) fn merge<K: Ord + Clone, V>(
    stored: Vec<(K, V)>,
    more: bool,
    written: impl Iterator<Item = (K, Option<V>)>,
    reverse: bool,
    limit: usize,
) -> (Vec<(K, V)>, bool) {
    let last = stored.last().map(|(key, _)| key.clone());
    // Beyond the last stored entry of a page that is not the end, what is written would come too early.
    let reached = |key: &K| match (&last, more) {
        (Some(last), true) if reverse => key >= last,
        (Some(last), true) => key <= last,
        _ => true,
    };
    let mut merged: BTreeMap<K, Option<V>> = stored.into_iter().map(|(key, value)| (key, Some(value))).collect();
    merged.extend(written.filter(|(key, _)| reached(key)));
    let present = merged.into_iter().filter_map(|(key, value)| value.map(|value| (key, value)));
    let mut entries: Vec<_> = if reverse { present.rev().collect() } else { present.collect() };
    let more = more || entries.len() > limit;
    entries.truncate(limit);
    (entries, more)
}
