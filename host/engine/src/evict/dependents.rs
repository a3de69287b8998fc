//! What depends on the bytes of a transaction.

use std::collections::{BTreeSet, VecDeque};

use trellis_spv::hash::{Outpoint, Txid};

use crate::domain::row::OutputState;
use crate::ports::store::StoreError;
use crate::view::View;

/// What could not be proven to anybody without a transaction's bytes.
pub(super) struct Found {
    /// Unspent or retained outputs of the same transaction in any topic, the one in question left out.
    pub(super) outputs: Vec<Outpoint>,
    /// Unproven transactions that spend it, or spend such a one.
    pub(super) transactions: Vec<Txid>,
}

pub(super) fn dependents(view: &View<'_>, outpoint: &Outpoint) -> Result<Found, StoreError> {
    let mut outputs = Vec::new();
    for other in outputs_of(view, &outpoint.txid)?.into_iter().filter(|other| other != outpoint) {
        for topic in view.holders(&other)?.map(|found| found.row).unwrap_or_default() {
            let state = view.output(topic, &other)?.map(|found| found.row.state);
            if matches!(state, Some(OutputState::Live | OutputState::Spent { retained: true, .. })) {
                outputs.push(other);
                break;
            }
        }
    }
    let mut transactions = BTreeSet::new();
    let mut open = VecDeque::from([outpoint.txid]);
    while let Some(txid) = open.pop_front() {
        for output in outputs_of(view, &txid)? {
            let Some(spender) = view.spend(&output)?.map(|spend| spend.row.spender) else { continue };
            if view.lacks_proof(&spender)? && transactions.insert(spender) {
                open.push_back(spender);
            }
        }
    }
    Ok(Found { outputs, transactions: transactions.into_iter().collect() })
}

fn outputs_of(view: &View<'_>, txid: &Txid) -> Result<Vec<Outpoint>, StoreError> {
    let count = view.transaction(txid)?.map_or(0, |held| held.row.outputs);
    Ok((0..count).map(|vout| Outpoint::new(*txid, vout)).collect())
}
