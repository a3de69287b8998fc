//! Taking things back: blocks off the end of the chain, and transactions that nobody will mine out of the mempool.

use std::collections::{BTreeSet, HashSet};

use trellis_spv::hash::{Outpoint, Txid};
use trellis_spv::transaction::Transaction;

use super::super::block::Block;
use super::super::outcome::{Loss, StaleBlock};
use super::{Ledger, miners_coins};

/// What came off the chain.
pub(in super::super) struct Rewound {
    /// The blocks, lowest first.
    pub(in super::super) blocks: Vec<Block>,
    /// What went with the coinbases.
    pub(in super::super) lost: Vec<Txid>,
}

impl Ledger {
    /// Takes the last `depth` blocks off and begins a new branch. Their transactions wait again, before those that
    /// waited already; their coinbases are gone with everything that spends them.
    pub(in super::super) fn rewind(&mut self, depth: u32) -> Rewound {
        let blocks = self.blocks.split_off(self.blocks.len().saturating_sub(depth as usize));
        let (mut coinbases, mut waiting) = (Vec::new(), Vec::new());
        for block in &blocks {
            for (offset, txid) in block.txids().enumerate() {
                let Some(known) = self.transactions.get_mut(&txid) else { continue };
                known.place = None;
                if known.transaction.is_coinbase() {
                    coinbases.push(txid);
                    continue;
                }
                waiting.push(txid);
                self.stale.insert(txid, StaleBlock { hash: block.hash, proof: block.proof(offset) });
            }
        }
        waiting.append(&mut self.mempool);
        self.mempool = waiting;
        let coinbases: HashSet<Txid> = coinbases.into_iter().collect();
        let mut lost = self.remove(coinbases.iter().copied().collect(), Loss::Coinbase);
        lost.retain(|txid| !coinbases.contains(txid));
        self.branch = self.branch.saturating_add(1);
        Rewound { blocks, lost }
    }

    /// Makes room for a transaction that a block decided for: whatever unmined spends what it spends is gone.
    ///
    /// # Errors
    /// The mined one that spends the same, and its height.
    pub(in super::super) fn overrule(&mut self, winner: &Transaction) -> Result<Vec<Txid>, (Txid, u32)> {
        let txid = winner.txid();
        let rivals = winner.inputs().iter().filter_map(|input| self.spenders.get(&input.source)).copied();
        let rivals: BTreeSet<Txid> = rivals.filter(|rival| *rival != txid).collect();
        let mined = rivals.iter().find_map(|rival| self.place(rival).map(|(height, _)| (*rival, height)));
        match mined {
            Some(mined) => Err(mined),
            None => Ok(self.remove(rivals.into_iter().collect(), Loss::Rival)),
        }
    }

    /// Throws a waiting transaction out, with everything that spends it. Empty if it does not wait.
    pub(in super::super) fn evict(&mut self, txid: &Txid) -> Vec<Txid> {
        self.orphans.retain(|orphan| orphan.txid() != *txid);
        let waits = self.transactions.get(txid).is_some_and(|known| known.place.is_none());
        if waits { self.remove(vec![*txid], Loss::Evicted) } else { Vec::new() }
    }

    /// Forgets unmined transactions and everything that spends them; what they spent can be spent again.
    fn remove(&mut self, mut next: Vec<Txid>, loss: Loss) -> Vec<Txid> {
        let mut gone = Vec::new();
        while let Some(txid) = next.pop() {
            let Some(known) = self.transactions.remove(&txid) else { continue };
            let outputs = (0..).zip(known.transaction.outputs());
            let outpoints = outputs.map(|(vout, _)| Outpoint::new(txid, vout));
            next.extend(outpoints.filter_map(|outpoint| self.spenders.get(&outpoint)));
            for input in known.transaction.inputs() {
                if self.spenders.get(&input.source) == Some(&txid) {
                    self.spenders.remove(&input.source);
                }
            }
            self.losses.insert(txid, loss);
            gone.push(txid);
        }
        self.mempool.retain(|txid| self.transactions.contains_key(txid));
        self.purse = self
            .transactions
            .iter()
            .flat_map(|(txid, known)| miners_coins(&self.miner, txid, known))
            .filter(|outpoint| !self.spenders.contains_key(outpoint))
            .collect();
        gone
    }
}
