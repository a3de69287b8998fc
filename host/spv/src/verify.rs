//! The policy of the door: what makes a BEEF acceptable.
//!
//! [`verify`] walks from the subject to the nearest proofs or already verified transactions, judges every unproven
//! transaction on the way, cheap rules first and scripts last, and answers the walked transactions, parents first.
//! What the walk does not reach is neither judged nor answered.

mod error;
mod policy;
mod proof;
mod rules;
mod verified;
mod walk;

use std::collections::HashMap;
use std::error::Error;

pub use error::VerifyError;
pub use policy::{Network, Policy};
pub use proof::{HeaderInfo, Headers, ProofError, check_proof};
pub use verified::{Costs, Verified, VerifiedTransaction};

use crate::beef::Beef;
use crate::hash::Txid;
use crate::merkle::MerkleProof;
use crate::transaction::Transaction;

/// A transaction the host holds, verified before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredTransaction {
    /// The transaction.
    pub transaction: Transaction,
    /// Its proof, once there is one; checked when it was stored.
    pub proof: Option<MerkleProof>,
}

/// What the host holds already verified.
pub trait Stored {
    /// The transaction, if it was verified here before.
    ///
    /// # Errors
    /// The store could not answer; that says nothing about the transaction.
    fn transaction(&self, txid: &Txid) -> Result<Option<StoredTransaction>, Box<dyn Error + Send + Sync>>;

    /// Whether the transaction was verified here before, and its proof if there is one: for who has its bytes already.
    ///
    /// # Errors
    /// As [`Stored::transaction`].
    fn held(&self, txid: &Txid) -> Result<Option<Option<MerkleProof>>, Box<dyn Error + Send + Sync>> {
        Ok(self.transaction(txid)?.map(|held| held.proof))
    }
}

/// A host that holds nothing.
impl Stored for () {
    fn transaction(&self, _: &Txid) -> Result<Option<StoredTransaction>, Box<dyn Error + Send + Sync>> {
        Ok(None)
    }
}

/// Transactions in memory.
impl Stored for HashMap<Txid, StoredTransaction> {
    fn transaction(&self, txid: &Txid) -> Result<Option<StoredTransaction>, Box<dyn Error + Send + Sync>> {
        Ok(self.get(txid).cloned())
    }
}

/// Judges the subject of `beef` and all it rests on.
///
/// # Errors
/// The first rule that is broken, with everything its reader needs to mend it; [`VerifyError::Store`] when the host's
/// own store failed.
pub fn verify(
    beef: &Beef,
    headers: &dyn Headers,
    stored: &dyn Stored,
    policy: &Policy,
) -> Result<Verified, VerifyError> {
    verify_counting(beef, headers, stored, policy, &mut Costs::default())
}

/// As [`verify`], and leaves in `costs` what that cost, also where the BEEF is refused.
///
/// # Errors
/// As [`verify`].
pub fn verify_counting(
    beef: &Beef,
    headers: &dyn Headers,
    stored: &dyn Stored,
    policy: &Policy,
    costs: &mut Costs,
) -> Result<Verified, VerifyError> {
    let mut verified = walk::walk(beef, headers, stored, policy)?;
    rules::judge(&verified, headers, policy, costs)?;
    verified.costs = *costs;
    Ok(verified)
}
