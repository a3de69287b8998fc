//! A chain of one's own for development: real blocks, transactions, proofs and a mempool, one miner, no network.
//!
//! The first blocks follow from a seed and a time, and reach beyond coinbase maturity, so that the faucet has coins to
//! give at once. It misbehaves on demand: blocks make way for others, transactions are thrown out or held back.
//! Everything the chain accepts is judged by the same rules as foreign submissions. With a file, the chain
//! survives restarts: what it has answered is on disk.

mod block;
mod error;
mod faucet;
mod journal;
mod ledger;
mod miner;
mod outcome;
mod reorg;
mod replay;

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use trellis_engine::domain::time::Timestamp;
use trellis_spv::hash::{Outpoint, Txid};
use trellis_spv::merkle::MerkleProof;
use trellis_spv::transaction::Transaction;
use trellis_spv::verify::{HeaderInfo, Headers, Stored, StoredTransaction};

pub use error::LocalChainError;
pub use faucet::Grant;
pub use journal::JournalError;
pub use miner::{hash160, p2pkh};
pub use outcome::{Acceptance, BlockSummary, Loss, Place, StaleBlock, Submitted};
pub use reorg::{Orphaned, Reorg, Reorganised};
pub use trellis_spv::hash::BlockHash;

use journal::{Event, Journal, MinedBlock};
use ledger::{Candidate, Ledger};
use replay::replay;

/// Blocks there are from the start, heights 0 to 200. A coinbase rests 100 blocks, so a hundred are spendable at once:
/// 5,000 coins, and each later block makes another spendable.
pub const PREMINED_BLOCKS: u32 = 201;

/// Seconds between pre-mined blocks, as the main network aims at.
pub const PREMINED_SPACING_SECONDS: u32 = 600;

/// Transactions the mempool holds: the largest burst a development machine sends between two blocks, and a bound on
/// memory.
pub const MAX_MEMPOOL_TRANSACTIONS: usize = 250_000;

/// Bytes of transactions kept while their inputs are missing. They are foreign and unjudged, so there is little room.
pub const MAX_ORPHAN_BYTES: usize = 16 * 1024 * 1024;

/// Longest locking script the faucet pays to, in bytes: room for any script a developer would type, and no way to fill
/// the disk.
pub const MAX_GRANT_SCRIPT_BYTES: usize = 10_000;

/// What the pre-mined blocks follow from.
#[derive(Clone, PartialEq, Eq)]
pub struct Genesis {
    /// What the miner's key is derived from; 32 random bytes, or fixed ones for a chain that is the same every time.
    pub seed: [u8; 32],
    /// Time of the newest pre-mined block in Unix seconds; at least 201 × 600, or the oldest ones crowd at 0.
    pub time: u32,
}

impl fmt::Debug for Genesis {
    /// Without the seed, from which the miner's key follows.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Genesis").field("time", &self.time).finish_non_exhaustive()
    }
}

/// The chain. Reading headers never waits for a block, a script or the disk.
pub struct LocalChain {
    state: Mutex<State>,
    headers: RwLock<Vec<HeaderInfo>>,
}

struct State {
    ledger: Ledger,
    journal: Option<Journal>,
    /// What no block takes until it is released.
    held: BTreeSet<Txid>,
    /// Changes so far.
    revision: u64,
}

impl LocalChain {
    /// A chain that ends with the process.
    ///
    /// # Errors
    /// Only by a bug: a coinbase that is no transaction.
    pub fn in_memory(genesis: &Genesis) -> Result<Self, LocalChainError> {
        Ok(Self::new(Ledger::premined(genesis)?, None))
    }

    /// The chain in a file, or a new one; `genesis` counts only for a new one. Only one process may have it open, which
    /// the store in the same folder sees to.
    ///
    /// # Errors
    /// The file cannot be used, or is not the file of such a chain.
    pub fn open(path: &Path, genesis: &Genesis) -> Result<Self, LocalChainError> {
        let (journal, (genesis, events)) = Journal::open(path, genesis)?;
        let mut ledger = Ledger::premined(&genesis)?;
        for (line, event) in events {
            replay(&mut ledger, event).map_err(|reason| journal.refuse(line, reason))?;
        }
        Ok(Self::new(ledger, Some(journal)))
    }

    fn new(ledger: Ledger, journal: Option<Journal>) -> Self {
        let headers = (0..ledger.next_height()).filter_map(|height| ledger.header(height)).collect();
        Self {
            state: Mutex::new(State { ledger, journal, held: BTreeSet::new(), revision: 0 }),
            headers: RwLock::new(headers),
        }
    }

    /// Hands a transaction to the chain, as a broadcaster hands it to a node.
    ///
    /// # Errors
    /// The chain's file failed; the transaction was not taken.
    pub fn submit(&self, transaction: &Transaction) -> Result<Submitted, LocalChainError> {
        let mut state = self.state();
        let acceptance = state.submit(transaction)?;
        let mut orphans = Vec::new();
        if matches!(acceptance, Acceptance::Accepted) {
            while let Some(orphan) = state.ledger.take_ready_orphan() {
                orphans.push((orphan.txid(), state.submit(&orphan)?));
            }
        }
        Ok(Submitted { acceptance, orphans })
    }

    /// Mines the whole mempool, which may be empty, into a block; only what is held waits on. Its time is `now`, or as soon after it as the rule
    /// that block times lie beyond the median of the last 11 allows.
    ///
    /// # Errors
    /// The chain's file failed; no block was mined.
    pub fn mine(&self, now: Timestamp) -> Result<BlockSummary, LocalChainError> {
        let mut state = self.state();
        let waiting = state.minable();
        let candidate = state.ledger.candidate(seconds(now), &waiting)?;
        state.record(&[block_event(&candidate)])?;
        Ok(self.append(&mut state, candidate))
    }

    /// Replaces the last `depth` blocks by one more than that of other, empty ones. Their transactions wait for the next
    /// block.
    ///
    /// # Errors
    /// There are not as many blocks above the pre-mined ones, or the chain's file failed; nothing was changed.
    pub fn reorg(&self, depth: u32, now: Timestamp) -> Result<Reorganised, LocalChainError> {
        self.reorg_with(&Reorg { depth, orphaned: Orphaned::Wait, rival: None }, now)
    }

    /// Replaces blocks as `reorg` says. Whoever reads headers sees the new chain in one step.
    ///
    /// # Errors
    /// [`LocalChainError`] says what is not to be had, or the chain's file failed; nothing was changed.
    pub fn reorg_with(&self, reorg: &Reorg<'_>, now: Timestamp) -> Result<Reorganised, LocalChainError> {
        let mut state = self.state();
        let planned = reorg::plan(&state.ledger, reorg, &state.held, seconds(now))?;
        state.record(std::slice::from_ref(&planned.event))?;
        state.ledger = planned.ledger;
        state.revision += 1;
        let ledger = &state.ledger;
        let kept = ledger.blocks().len().saturating_sub(planned.reorganised.blocks.len());
        let mut headers = self.headers.write().unwrap_or_else(PoisonError::into_inner);
        headers.truncate(kept);
        headers.extend((kept..ledger.blocks().len()).filter_map(|height| ledger.header(u32::try_from(height).ok()?)));
        Ok(planned.reorganised)
    }

    /// Throws a waiting transaction out, with everything that spends it. Returns what went, empty if it does not wait.
    ///
    /// # Errors
    /// The chain's file failed; nothing was thrown out.
    pub fn evict(&self, txid: &Txid) -> Result<Vec<Txid>, LocalChainError> {
        let mut state = self.state();
        if state.ledger.transaction(txid).is_some() && state.ledger.place(txid).is_none() {
            state.record(&[Event::Evicted(*txid)])?;
        }
        state.revision += 1;
        state.held.remove(txid);
        Ok(state.ledger.evict(txid))
    }

    /// From here on no block takes this transaction, nor what spends it, until it is released or the process ends. A
    /// reorganisation that makes it win takes it all the same.
    pub fn hold(&self, txid: &Txid) {
        self.state().held.insert(*txid);
    }

    /// Undoes [`hold`](Self::hold).
    pub fn release(&self, txid: &Txid) {
        self.state().held.remove(txid);
    }

    /// Pays `satoshis` to `locking_script` out of the miner's coins and mines the payment into a block of its own, which
    /// leaves the mempool as it is.
    ///
    /// # Errors
    /// The miner does not have that much, the script cannot be paid to, or the chain's file failed; nothing was paid.
    pub fn faucet(&self, locking_script: &[u8], satoshis: u64, now: Timestamp) -> Result<Grant, LocalChainError> {
        if satoshis == 0 {
            return Err(LocalChainError::NothingAsked);
        }
        if locking_script.len() > MAX_GRANT_SCRIPT_BYTES {
            return Err(LocalChainError::ScriptTooLong(locking_script.len()));
        }
        let mut state = self.state();
        let ledger = &state.ledger;
        let choice = faucet::choose(ledger.spendable(), satoshis, locking_script.len())
            .map_err(|available| LocalChainError::NotEnough { wanted: satoshis, available })?;
        let mut outputs = vec![(satoshis, locking_script.to_vec())];
        if choice.change > 0 {
            outputs.push((choice.change, ledger.miner.script().to_vec()));
        }
        let transaction = ledger.miner.pay(&choice.coins, &outputs)?;
        if let Acceptance::Refused(error) = ledger.check(&transaction) {
            return Err(LocalChainError::Refused(error));
        }
        let candidate = ledger.candidate(seconds(now), &[&transaction])?;
        state.record(&[Event::Transaction(transaction.clone()), block_event(&candidate)])?;
        let proof = candidate.block.proof(1);
        state.ledger.apply_transaction(transaction.clone());
        self.append(&mut state, candidate);
        Ok(Grant { transaction, proof, vout: 0 })
    }

    /// Where a transaction is.
    #[must_use]
    pub fn place(&self, txid: &Txid) -> Place {
        let state = self.state();
        match (state.ledger.place(txid), state.ledger.transaction(txid)) {
            (Some((height, offset)), _) => Place::Block { height, offset: offset as u64 },
            (None, Some(_)) => Place::Mempool,
            (None, None) if state.ledger.is_orphan(txid) => Place::Orphans,
            (None, None) => Place::Unknown,
        }
    }

    /// The proof of a mined transaction. A coinbase's is at offset 0, which some clients refuse.
    #[must_use]
    pub fn proof(&self, txid: &Txid) -> Option<MerkleProof> {
        self.state().ledger.proof(txid)
    }

    /// The block a transaction was last in, if that made way for others. It may have been mined again since.
    #[must_use]
    pub fn stale_block(&self, txid: &Txid) -> Option<StaleBlock> {
        self.state().ledger.stale_block(txid).cloned()
    }

    /// Why the chain no longer has a transaction that it had.
    #[must_use]
    pub fn loss(&self, txid: &Txid) -> Option<Loss> {
        self.state().ledger.loss(txid)
    }

    /// Whether the chain made a transaction itself: coinbases, and what the faucet pays.
    #[must_use]
    pub fn is_own(&self, txid: &Txid) -> bool {
        self.state().ledger.is_own(txid)
    }

    /// A number that is another one after every change.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.state().revision
    }

    /// Blocks above the pre-mined ones: as many may make way.
    #[must_use]
    pub fn replaceable_blocks(&self) -> u32 {
        reorg::possible(&self.state().ledger)
    }

    /// Satoshis and locking script of an output of a transaction in the mempool or a block, spent or not.
    #[must_use]
    pub fn output(&self, outpoint: &Outpoint) -> Option<(u64, Vec<u8>)> {
        self.state().ledger.output(outpoint).map(|(satoshis, script)| (satoshis, script.to_vec()))
    }

    /// The block at a height.
    #[must_use]
    pub fn block(&self, height: u32) -> Option<BlockSummary> {
        self.state().ledger.blocks().get(height as usize).map(BlockSummary::of)
    }

    /// Transactions that wait for a block.
    #[must_use]
    pub fn mempool_count(&self) -> usize {
        self.state().ledger.mempool().len()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Changes are applied by code that does not panic, after they are on disk: there is no half of one to fear.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn append(&self, state: &mut State, candidate: Candidate) -> BlockSummary {
        let summary = BlockSummary::of(&candidate.block);
        let header = HeaderInfo { root: candidate.block.root(), time: Some(candidate.block.time) };
        state.ledger.apply_block(candidate);
        state.revision += 1;
        self.headers.write().unwrap_or_else(PoisonError::into_inner).push(header);
        summary
    }
}

impl State {
    fn submit(&mut self, transaction: &Transaction) -> Result<Acceptance, LocalChainError> {
        let acceptance = self.ledger.check(transaction);
        match acceptance {
            Acceptance::Accepted => {
                self.record(&[Event::Transaction(transaction.clone())])?;
                self.ledger.apply_transaction(transaction.clone());
            }
            Acceptance::Orphaned => self.ledger.keep_orphan(transaction.clone()),
            _ => {}
        }
        self.revision += 1;
        Ok(acceptance)
    }

    /// What the next block takes.
    fn minable(&self) -> Vec<&Transaction> {
        let mut held = self.held.clone();
        let mut minable = Vec::new();
        for transaction in self.ledger.mempool().iter().filter_map(|txid| self.ledger.transaction(txid)) {
            let txid = transaction.txid();
            if held.contains(&txid) || self.ledger.unmined_sources(transaction).any(|source| held.contains(&source)) {
                held.insert(txid);
            } else {
                minable.push(transaction);
            }
        }
        minable
    }

    fn record(&mut self, events: &[Event]) -> Result<(), JournalError> {
        self.journal.as_mut().map_or(Ok(()), |journal| journal.append(events))
    }
}

impl Headers for LocalChain {
    fn tip(&self) -> Option<u32> {
        let headers = self.headers.read().unwrap_or_else(PoisonError::into_inner);
        u32::try_from(headers.len()).ok()?.checked_sub(1)
    }

    fn header(&self, height: u32) -> Option<HeaderInfo> {
        self.headers.read().unwrap_or_else(PoisonError::into_inner).get(height as usize).copied()
    }
}

impl Stored for LocalChain {
    fn transaction(&self, txid: &Txid) -> Result<Option<StoredTransaction>, Box<dyn Error + Send + Sync>> {
        Stored::transaction(&self.state().ledger, txid)
    }
}

fn block_event(candidate: &Candidate) -> Event {
    let block = &candidate.block;
    let txids = block.txids().skip(1).collect();
    Event::Block(MinedBlock { time: block.time, txids, hash: block.hash.to_string() })
}

/// Whole seconds; block times end in 2106.
fn seconds(now: Timestamp) -> u32 {
    u32::try_from(now.milliseconds() / 1000).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
