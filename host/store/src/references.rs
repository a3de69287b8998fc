//! Which contents a row refers to.

use trellis_engine::domain::row::{ContentId, OffChainValues, Row, RowKey};
use trellis_engine::ports::store::RowKind;

/// The kinds of rows that refer to contents. Their keys are a kind and a txid.
pub(crate) const REFERRING: [RowKind; 3] = [RowKind::Transaction, RowKind::Applied, RowKind::Reverted];

/// The kinds of rows that refer to off-chain values.
pub(crate) const REFERRING_TO_VALUES: [RowKind; 2] = [RowKind::Applied, RowKind::Reverted];

/// The contents a row refers to, with the lengths it says they have.
pub(crate) fn contents(key: &RowKey, row: &Row) -> impl Iterator<Item = (ContentId, u32)> {
    let (transaction, values) = match (key, row) {
        (RowKey::Transaction(txid), Row::Transaction(row)) => (Some((*txid, row.size)), None),
        (RowKey::Applied(_), Row::Applied(row)) => (None, row.off_chain_values),
        (RowKey::Reverted(txid), Row::Reverted(row)) => (Some((*txid, row.size)), row.off_chain_values),
        _ => (None, None),
    };
    let transaction = transaction.map(|(txid, size)| (ContentId::Transaction(txid), size));
    let of_values = |values: OffChainValues| (ContentId::OffChainValues(values.sha256), values.length);
    transaction.into_iter().chain(values.map(of_values))
}
