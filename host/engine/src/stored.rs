//! The transactions the store holds, as verification and BEEF assembly want them.

use trellis_spv::assemble::{AssembleError, assemble};
use trellis_spv::hash::Txid;
use trellis_spv::merkle::MerkleProof;
use trellis_spv::transaction::Transaction;
use trellis_spv::verify::{Stored, StoredTransaction};

use crate::domain::row::{ContentId, Row, RowKey, TransactionRow, Versioned};
use crate::ports::plugins::HostFailure;
use crate::ports::store::StoreError;
use crate::view::{View, wrong_kind};

/// What a plugin hears when it asks for more than a host hands out.
const BEEF_TOO_LARGE: &str =
    "the BEEF asked for is too large to hand out: the transaction has too many unproven ancestors";

/// Atomic BEEF of a transaction among `stored`, for a plugin; `None` where nothing proves it now, because its block, or an
/// ancestor's, left the chain.
pub(crate) fn atomic_beef(txid: &Txid, stored: &dyn Stored) -> Result<Option<Vec<u8>>, HostFailure> {
    match assemble(&[(*txid, 0)], stored, true) {
        Ok(beef) => Ok(Some(beef)),
        Err(AssembleError::MissingParent { .. }) => Ok(None),
        Err(AssembleError::TooLarge { .. } | AssembleError::TooManyTransactions { .. }) => {
            Err(HostFailure::NotAllowed(BEEF_TOO_LARGE))
        }
        Err(other) => Err(StoreError::Corrupt(other.to_string()).into()),
    }
}

/// The transactions of a store as a view sees them.
#[derive(Clone, Copy)]
pub(crate) struct StoredAt<'v, 's> {
    view: &'v View<'s>,
    remember: bool,
}

impl<'v, 's> StoredAt<'v, 's> {
    /// For questions whose answer no plan rests on.
    pub(crate) const fn new(view: &'v View<'s>) -> Self {
        Self { view, remember: false }
    }

    /// The view remembers which transactions were looked at.
    pub(crate) const fn remembered(view: &'v View<'s>) -> Self {
        Self { view, remember: true }
    }

    fn row(&self, txid: &Txid) -> Result<Option<TransactionRow>, StoreError> {
        let key = RowKey::Transaction(*txid);
        let found = if self.remember { self.view.get(&key)? } else { self.view.peek(&key)? };
        match found {
            None => Ok(None),
            Some(Versioned { row: Row::Transaction(row), .. }) => Ok(Some(row)),
            Some(_) => Err(wrong_kind(&key)),
        }
    }

    /// A transaction with its proof, `None` where the store does not hold it.
    pub(crate) fn find(&self, txid: &Txid) -> Result<Option<StoredTransaction>, StoreError> {
        let Some(row) = self.row(txid)? else { return Ok(None) };
        let raw = self.view.store().content(&ContentId::Transaction(*txid))?.ok_or_else(|| {
            StoreError::Corrupt(format!("transaction {txid} has a row but its raw bytes are missing"))
        })?;
        let transaction = Transaction::parse(raw).map_err(|error| {
            StoreError::Corrupt(format!("the raw bytes kept for transaction {txid} do not parse: {error}"))
        })?;
        Ok(Some(StoredTransaction { transaction, proof: row.proof.map(|proof| (*proof).clone()) }))
    }
}

impl Stored for StoredAt<'_, '_> {
    fn transaction(&self, txid: &Txid) -> Result<Option<StoredTransaction>, Box<dyn std::error::Error + Send + Sync>> {
        Ok(self.find(txid)?)
    }

    fn held(&self, txid: &Txid) -> Result<Option<Option<MerkleProof>>, Box<dyn std::error::Error + Send + Sync>> {
        Ok(self.row(txid)?.map(|row| row.proof.map(|proof| (*proof).clone())))
    }
}
