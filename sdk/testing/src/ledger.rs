//! Transactions of a test: made, mined, and what proves them.

use std::collections::BTreeMap;
use std::sync::MutexGuard;

use trellis_spv::bump::Bump;
use trellis_spv::hash::Txid;
use trellis_spv::testing::{Chain, Coin};
use trellis_spv::transaction::Transaction;

use crate::party::Party;
use crate::setup::SharedChain;

/// Who pays for whatever nobody else pays for.
const BANK: &str = "the bank of the test";

/// Everything that was made, and the chain.
pub(crate) struct Ledger {
    chain: SharedChain,
    made: BTreeMap<Txid, Transaction>,
    pub(crate) bank: Party,
}

impl Ledger {
    pub(crate) fn new(chain: SharedChain) -> Self {
        Self { chain, made: BTreeMap::new(), bank: Party::named(BANK) }
    }

    fn chain(&self) -> MutexGuard<'_, Chain> {
        self.chain.0.lock().expect("nobody panics with the chain in hand")
    }

    /// A mined coin of a party.
    pub(crate) fn coin(&mut self, party: &Party, satoshis: u64) -> Coin {
        self.chain().coin(party.wallet(), satoshis)
    }

    pub(crate) fn keep(&mut self, transaction: &Transaction) {
        self.made.insert(transaction.txid(), transaction.clone());
    }

    /// A BEEF of a transaction and everything that nobody has mined among its ancestors, oldest first.
    pub(crate) fn beef(&self, transaction: &Transaction) -> Vec<u8> {
        let mut order = Vec::new();
        self.visit(transaction, &mut order);
        self.chain().beef(&order).to_bytes()
    }

    fn visit<'t>(&'t self, transaction: &'t Transaction, order: &mut Vec<&'t Transaction>) {
        if order.iter().any(|known| known.txid() == transaction.txid()) {
            return;
        }
        let is_mined = |txid: &Txid| self.chain().proof(txid).is_some();
        if !is_mined(&transaction.txid()) {
            for parent in transaction.inputs().iter().filter_map(|input| self.made.get(&input.source.txid)) {
                if !is_mined(&parent.txid()) {
                    self.visit(parent, order);
                }
            }
        }
        order.push(transaction);
    }

    /// Mines a transaction into the next block; answers its proof (BRC-74).
    pub(crate) fn mine(&mut self, transaction: &Transaction) -> Vec<u8> {
        let proofs = self.chain().mine(&[transaction]);
        let txid = transaction.txid();
        let proofs: Vec<_> = proofs.iter().map(|proof| (txid, proof)).collect();
        let mut bytes = Vec::new();
        Bump::merge(&proofs).expect("a proof of one block").write(&mut bytes);
        bytes
    }
}
