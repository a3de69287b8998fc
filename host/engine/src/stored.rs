//! The transactions the store holds, as verification and BEEF assembly want them.

use trellis_spv::assemble::{AssembleError, assemble};
use trellis_spv::hash::Txid;
use trellis_spv::transaction::Transaction;
use trellis_spv::verify::{Stored, StoredTransaction};

use crate::domain::row::{ContentId, Row, RowKey, Versioned};
use crate::domain::time::Sequence;
use crate::ports::plugins::HostFailure;
use crate::ports::store::{Store, StoreError};
use crate::view::wrong_kind;

/// What a plugin hears when it asks for more than a host hands out.
const BEEF_TOO_LARGE: &str =
    "the BEEF asked for is too large to hand out: the transaction has too many unproven ancestors";

/// Atomic BEEF of a transaction among `stored`, for a plugin.
pub(crate) fn atomic_beef(txid: &Txid, stored: &dyn Stored) -> Result<Vec<u8>, HostFailure> {
    assemble(&[(*txid, 0)], stored, true).map_err(|error| match error {
        AssembleError::TooLarge { .. } | AssembleError::TooManyTransactions { .. } => {
            HostFailure::NotAllowed(BEEF_TOO_LARGE)
        }
        other => StoreError::Corrupt(other.to_string()).into(),
    })
}

/// The transactions of a store as of one sequence, which the maker keeps pinned.
#[derive(Clone, Copy)]
pub(crate) struct StoredAt<'s> {
    store: &'s dyn Store,
    at: Sequence,
}

impl<'s> StoredAt<'s> {
    pub(crate) const fn new(store: &'s dyn Store, at: Sequence) -> Self {
        Self { store, at }
    }

    /// A transaction with its proof, `None` where the store does not hold it.
    pub(crate) fn find(&self, txid: &Txid) -> Result<Option<StoredTransaction>, StoreError> {
        let key = RowKey::Transaction(*txid);
        let row = match self.store.get(&key, self.at)? {
            None => return Ok(None),
            Some(Versioned { row: Row::Transaction(row), .. }) => row,
            Some(_) => return Err(wrong_kind(&key)),
        };
        let raw = self.store.content(&ContentId::Transaction(*txid))?.ok_or_else(|| {
            StoreError::Corrupt(format!("transaction {txid} has a row but its raw bytes are missing"))
        })?;
        let transaction = Transaction::parse(raw).map_err(|error| {
            StoreError::Corrupt(format!("the raw bytes kept for transaction {txid} do not parse: {error}"))
        })?;
        Ok(Some(StoredTransaction { transaction, proof: row.proof.map(|proof| (*proof).clone()) }))
    }
}

impl Stored for StoredAt<'_> {
    fn transaction(&self, txid: &Txid) -> Result<Option<StoredTransaction>, Box<dyn std::error::Error + Send + Sync>> {
        Ok(self.find(txid)?)
    }
}
