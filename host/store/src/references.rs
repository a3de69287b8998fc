//! Which contents a row refers to.

use trellis_engine::domain::row::{Carried, ContentId, Row, RowKey};
use trellis_engine::ports::store::RowKind;

/// The kinds of rows that refer to contents. Their keys are a kind and a txid.
pub(crate) const REFERRING: [RowKind; 3] = [RowKind::Transaction, RowKind::Applied, RowKind::Reverted];

/// The kinds of rows that refer to what came along with a BEEF.
pub(crate) const REFERRING_TO_CARRIED: [RowKind; 2] = [RowKind::Applied, RowKind::Reverted];

/// The contents a row refers to, with the lengths it says they have.
pub(crate) fn contents<'r>(key: &RowKey, row: &'r Row) -> impl Iterator<Item = (ContentId, u32)> + use<'r> {
    let (transaction, carried) = match (key, row) {
        (RowKey::Transaction(txid), Row::Transaction(row)) => (Some((*txid, row.size)), None),
        (RowKey::Applied(_), Row::Applied(row)) => (None, Some(&row.carried)),
        (RowKey::Reverted(txid), Row::Reverted(row)) => (Some((*txid, row.size)), Some(&row.carried)),
        _ => (None, None),
    };
    let transaction = transaction.map(|(txid, size)| (ContentId::Transaction(txid), size));
    let carried = carried.into_iter().flat_map(Carried::iter);
    transaction.into_iter().chain(carried.map(|bytes| (ContentId::Carried(bytes.sha256), bytes.length)))
}
