//! Following the chain of blocks: proofs of blocks that left it are dropped, and their transactions wait for another block.
//!
//! Only a block that is known to be another one than before has left the chain. A height whose header is not known, or a chain
//! that became shorter, says nothing yet.

use std::collections::BTreeMap;

use trellis_spv::hash::{MerkleRoot, Txid};
use trellis_spv::merkle::MerkleProof;
use trellis_spv::verify::{Headers, ProofError, check_proof};

use crate::domain::event::Event;
use crate::domain::plan::Cause;
use crate::domain::row::{Row, RowKey, StatusRow, TransactionRow, UnprovenRow};
use crate::domain::status::{BLOCK_CHAIN, NetworkWord, Status};
use crate::domain::time::{Stamp, Timestamp};
use crate::engine::Engine;
use crate::fault_point::fault_point;
use crate::note::Note;
use crate::ports::store::{RowKind, Scan, StoreError};
use crate::revert::RevertError;
use crate::stored::StoredAt;
use crate::view::View;

/// Deepest reorganisation that is believed, in blocks: a week of them. Where older proofs do not fit the headers, these are
/// those of another chain, and dropping everything would only hide that.
pub const MAX_REORGANISATION: u32 = 1_000;

/// How long after a reorganisation the proofs are looked through once more, in milliseconds: a submission that checked a proof
/// just before may have been committed just after.
const LOOK_AGAIN_MILLISECONDS: u64 = 120_000;

/// Proofs dropped by one commit; submissions go on between two of them.
const MAX_DROPPED_AT_ONCE: usize = 512;

/// Rows read at a time.
const PAGE: usize = 1_024;

/// The blocks as they were when they were last looked at.
#[derive(Default)]
pub struct ChainWatch {
    /// Merkle roots by height.
    seen: BTreeMap<u32, MerkleRoot>,
    /// Whether the proofs held were ever compared with the headers.
    compared: bool,
    look_again: Option<Timestamp>,
}

/// What following the chain came to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Reorganisation {
    /// Transactions whose block left the chain.
    pub orphaned: Vec<Txid>,
    /// Coinbases among them, which no other block can hold: taken back with all that spends them.
    pub taken_back: Vec<Txid>,
    /// Transactions whose proof names a block deeper than [`MAX_REORGANISATION`] that the headers do not have: they stay.
    pub too_deep: usize,
}

impl ChainWatch {
    /// Whether a height has another block than when it was last looked at.
    fn has_changed(&self, headers: &dyn Headers, tip: u32) -> bool {
        heights(tip).any(|height| {
            let now = headers.header(height).map(|header| header.root);
            matches!((self.seen.get(&height), now), (Some(before), Some(now)) if *before != now)
        })
    }

    fn remember(&mut self, headers: &dyn Headers, tip: u32) {
        for height in heights(tip) {
            if let Some(header) = headers.header(height) {
                self.seen.insert(height, header.root);
            }
        }
        // What lies above the tip stays: its blocks may have left with a chain that became shorter.
        self.seen = self.seen.split_off(&tip.saturating_sub(MAX_REORGANISATION));
    }
}

fn heights(tip: u32) -> impl Iterator<Item = u32> {
    tip.saturating_sub(MAX_REORGANISATION)..=tip
}

impl Engine {
    /// Compares the chain with what it was at the last call. Where blocks were replaced, and at the first call, the proofs held
    /// are compared with the headers, and those that do not hold any more are dropped. To be called every few seconds.
    ///
    /// # Errors
    /// [`StoreError`]; the next call begins anew.
    pub fn follow_chain(&self, watch: &mut ChainWatch, now: Timestamp) -> Result<Reorganisation, StoreError> {
        let headers = self.parts.headers.as_ref();
        let Some(tip) = headers.tip() else { return Ok(Reorganisation::default()) };
        let changed = watch.has_changed(headers, tip);
        let again = watch.look_again.is_some_and(|at| at <= now);
        let mut found = Reorganisation::default();
        if changed || again || !watch.compared {
            found = self.drop_orphaned_proofs(tip, now)?;
            watch.compared = true;
            watch.look_again = changed.then(|| now.plus_milliseconds(LOOK_AGAIN_MILLISECONDS));
        }
        watch.remember(headers, tip);
        Ok(found)
    }

    fn drop_orphaned_proofs(&self, tip: u32, now: Timestamp) -> Result<Reorganisation, StoreError> {
        let mut found = Reorganisation::default();
        let view = View::new(self.store());
        let mut orphaned = Vec::new();
        let mut after = None;
        loop {
            let page = view.scan(&Scan::Kind { kind: RowKind::Transaction, after, limit: PAGE })?;
            after = page.rows.last().map(|(key, _)| key.clone());
            for (key, row) in page.rows {
                let (RowKey::Transaction(txid), Row::Transaction(row)) = (key, row.row) else { continue };
                let Some(proof) = row.proof.filter(|proof| self.has_left(&txid, proof)) else { continue };
                if tip.saturating_sub(proof.height) > MAX_REORGANISATION {
                    found.too_deep += 1;
                } else {
                    orphaned.push(txid);
                }
            }
            if !page.more {
                break;
            }
        }
        drop(view);
        for some in orphaned.chunks(MAX_DROPPED_AT_ONCE) {
            self.drop_proofs(some, now)?;
        }
        self.parts.observer.orphaned(orphaned.len());
        fault_point("proofs-dropped");
        found.orphaned = orphaned;
        found.taken_back = self.take_back_orphaned_coinbases(now)?;
        Ok(found)
    }

    /// Whether a proof is of a block that another one has replaced.
    fn has_left(&self, txid: &Txid, proof: &MerkleProof) -> bool {
        matches!(check_proof(txid, proof, self.parts.headers.as_ref()), Err(ProofError::WrongRoot { .. }))
    }

    /// Drops the proofs of these transactions, as far as their blocks have left the chain. Answers whether any had.
    pub(crate) fn drop_proofs(&self, txids: &[Txid], now: Timestamp) -> Result<bool, StoreError> {
        let Some(first) = txids.first() else { return Ok(false) };
        let dropped = self.note(Cause::Reorganisation(*first), now, |view| {
            let mut note = Note::default();
            let mut orphaned = Vec::new();
            for txid in txids {
                let Some(held) = view.transaction(txid)? else { continue };
                let Some(height) = held.row.proof.as_ref().filter(|proof| self.has_left(txid, proof)) else { continue };
                let height = height.height;
                let stored = held.row.stored.carried(held.version);
                let row = TransactionRow { proof: None, stored, ..held.row };
                let text = format!("block {height}, which held it, is no longer in the chain");
                let word = NetworkWord { broadcaster: BLOCK_CHAIN.to_owned(), code: 0, text, at: now };
                let status = StatusRow { status: Status::Seen, since: Stamp::ThisCommit, word: Some(word) };
                let unproven = UnprovenRow { stored, orphaned: Some(height) };
                note.writes.extend([
                    (RowKey::Transaction(*txid), Some(Row::Transaction(row))),
                    (RowKey::Status(*txid), Some(Row::Status(status))),
                    (RowKey::Unproven(*txid), Some(Row::Unproven(unproven))),
                ]);
                orphaned.push((*txid, height));
            }
            if orphaned.is_empty() {
                return Ok(None);
            }
            note.event = Some(Event::Orphaned { transactions: orphaned });
            Ok(Some(note))
        })?;
        Ok(dropped.is_some())
    }

    /// A coinbase is of its block and of no other.
    fn take_back_orphaned_coinbases(&self, now: Timestamp) -> Result<Vec<Txid>, StoreError> {
        let mut taken_back = Vec::new();
        for (txid, height) in self.orphaned_coinbases()? {
            let text = format!("it is the coinbase of block {height}, which is no longer in the chain");
            let word = NetworkWord { broadcaster: BLOCK_CHAIN.to_owned(), code: 0, text, at: now };
            match self.take_back(&txid, &word, now) {
                Ok(_) | Err(RevertError::NotHeld(_)) => taken_back.push(txid),
                Err(RevertError::Store(error)) => return Err(error),
                Err(error) => {
                    tracing::error!(%txid, %error, "the coinbase of a block that left the chain cannot be taken back");
                }
            }
        }
        Ok(taken_back)
    }

    /// Asked of the store, not remembered: a crash may have come between dropping a proof and what follows from it.
    fn orphaned_coinbases(&self) -> Result<Vec<(Txid, u32)>, StoreError> {
        let view = View::new(self.store());
        let mut coinbases = Vec::new();
        let mut after = None;
        loop {
            let page = view.scan(&Scan::Kind { kind: RowKind::Unproven, after, limit: PAGE })?;
            after = page.rows.last().map(|(key, _)| key.clone());
            for (key, row) in page.rows {
                let (RowKey::Unproven(txid), Row::Unproven(UnprovenRow { orphaned: Some(height), .. })) =
                    (key, row.row)
                else {
                    continue;
                };
                let held = StoredAt::new(&view).find(&txid)?;
                if held.is_some_and(|held| held.transaction.is_coinbase()) {
                    coinbases.push((txid, height));
                }
            }
            if !page.more {
                return Ok(coinbases);
            }
        }
    }
}
