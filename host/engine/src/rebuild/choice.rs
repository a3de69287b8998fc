//! The next things to tell, in order, in bounded memory.
//!
//! Outputs are kept by outpoint, not by time, and a million of them are not to be held in memory to be sorted. So the topics are
//! read from end to end, and of everything that comes after what was told already only the first 200,000 are kept
//! ([`super::Pace`]); when those are told, the topics are read again. A million outputs, each spent, take about ten readings of some seconds each, and
//! never more than 10 MB.

use std::collections::BTreeSet;

use crate::domain::name::TopicId;
use crate::domain::row::{Row, RowKey};
use crate::domain::time::Sequence;
use crate::ports::store::{Scan, Store, StoreError};
use crate::submit::{Occurrence, occurrences};
use crate::view::{View, wrong_kind};

/// Output rows read at a time; what belongs to them is forgotten after each page.
const PAGE: usize = 512;

/// The first `most` things that happened in topics after `last`, as of a pinned sequence, in order.
pub(super) fn choose(
    store: &dyn Store,
    at: Sequence,
    topics: &[TopicId],
    last: Option<Occurrence>,
    most: usize,
) -> Result<BTreeSet<Occurrence>, StoreError> {
    let mut chosen = BTreeSet::new();
    for topic in topics {
        let mut after = None;
        loop {
            let source = View::at(store, at)?;
            let page = source.scan(&Scan::Outputs { topic: *topic, after, limit: PAGE })?;
            after = page.rows.last().map(|(key, _)| key.clone());
            for (key, found) in page.rows {
                let (RowKey::Output(_, outpoint), Row::Output(row)) = (&key, &found.row) else {
                    return Err(wrong_kind(&key));
                };
                for occurrence in occurrences(&source, *topic, outpoint, row)? {
                    if last.is_none_or(|last| occurrence > last) {
                        chosen.insert(occurrence);
                    }
                }
                while chosen.len() > most {
                    chosen.pop_last();
                }
            }
            if !page.more {
                break;
            }
        }
    }
    Ok(chosen)
}
