//! What the chain's one node knows: blocks, the mempool, orphans, and who spends what.
//!
//! Nothing here writes; a change is first checked, then made durable by the caller, then applied.

mod rewind;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::error::Error;

use trellis_spv::beef::{Beef, BeefEntry, BeefVersion};
use trellis_spv::hash::{Outpoint, Txid};
use trellis_spv::limits::{COINBASE_MATURITY, MEDIAN_TIME_SPAN};
use trellis_spv::merkle::MerkleProof;
use trellis_spv::transaction::{Transaction, TransactionError};
use trellis_spv::verify::{HeaderInfo, Headers, Network, Policy, Stored, StoredTransaction, VerifyError, verify};

use super::block::{Block, NO_BLOCK};
use super::miner::{Coin, Miner};
use super::outcome::{Loss, StaleBlock};
use super::{
    Acceptance, Genesis, MAX_MEMPOOL_TRANSACTIONS, MAX_ORPHAN_BYTES, PREMINED_BLOCKS, PREMINED_SPACING_SECONDS,
};

/// A transaction the node knows, and where it is if it is mined.
#[derive(Debug, Clone)]
struct Known {
    transaction: Transaction,
    place: Option<(u32, usize)>,
}

/// A block that could be next.
pub(super) struct Candidate {
    pub(super) block: Block,
    coinbase: Transaction,
}

#[derive(Clone)]
pub(super) struct Ledger {
    pub(super) miner: Miner,
    policy: Policy,
    blocks: Vec<Block>,
    transactions: HashMap<Txid, Known>,
    spenders: HashMap<Outpoint, Txid>,
    /// In the order they came, so parents first.
    mempool: Vec<Txid>,
    orphans: VecDeque<Transaction>,
    /// Unspent outputs of blocks that pay the miner.
    purse: BTreeSet<Outpoint>,
    /// Reorganisations so far.
    branch: u32,
    /// Where transactions were last mined that lost their block.
    stale: HashMap<Txid, StaleBlock>,
    /// Why transactions are gone that the chain once had.
    losses: HashMap<Txid, Loss>,
}

impl Ledger {
    /// The chain up to the last pre-mined block.
    pub(super) fn premined(genesis: &Genesis) -> Result<Self, TransactionError> {
        let mut ledger = Self {
            miner: Miner::from_seed(&genesis.seed),
            policy: Policy { network: Network::Local, ..Policy::default() },
            blocks: Vec::new(),
            transactions: HashMap::new(),
            spenders: HashMap::new(),
            mempool: Vec::new(),
            orphans: VecDeque::new(),
            purse: BTreeSet::new(),
            branch: 0,
            stale: HashMap::new(),
            losses: HashMap::new(),
        };
        for height in 0..PREMINED_BLOCKS {
            let before = (PREMINED_BLOCKS - 1 - height) * PREMINED_SPACING_SECONDS;
            let candidate = ledger.candidate(genesis.time.saturating_sub(before), &[])?;
            ledger.apply_block(candidate);
        }
        Ok(ledger)
    }

    pub(super) fn next_height(&self) -> u32 {
        u32::try_from(self.blocks.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    pub(super) fn mempool(&self) -> &[Txid] {
        &self.mempool
    }

    pub(super) fn is_orphan(&self, txid: &Txid) -> bool {
        self.orphans.iter().any(|orphan| orphan.txid() == *txid)
    }

    pub(super) fn transaction(&self, txid: &Txid) -> Option<&Transaction> {
        self.transactions.get(txid).map(|known| &known.transaction)
    }

    /// Height and offset of a mined transaction.
    pub(super) fn place(&self, txid: &Txid) -> Option<(u32, usize)> {
        self.transactions.get(txid).and_then(|known| known.place)
    }

    pub(super) fn proof(&self, txid: &Txid) -> Option<MerkleProof> {
        let (height, offset) = self.place(txid)?;
        self.blocks.get(height as usize).map(|block| block.proof(offset))
    }

    /// The block a transaction was last in, if that is in the chain no longer. It may have been mined again since.
    pub(super) fn stale_block(&self, txid: &Txid) -> Option<&StaleBlock> {
        self.stale.get(txid)
    }

    /// Why a transaction is gone that the chain once had.
    pub(super) fn loss(&self, txid: &Txid) -> Option<Loss> {
        self.losses.get(txid).copied()
    }

    /// Whether the chain made a transaction itself: a coinbase, or one that spends the miner's coins.
    pub(super) fn is_own(&self, txid: &Txid) -> bool {
        let pays_from_the_purse = |transaction: &Transaction| {
            let mut sources = transaction.inputs().iter().filter_map(|input| self.output(&input.source));
            sources.any(|(_, script)| script == self.miner.script())
        };
        self.transaction(txid).is_some_and(|known| known.is_coinbase() || pays_from_the_purse(known))
    }

    /// The unmined transactions that this one spends.
    pub(super) fn unmined_sources<'a>(&'a self, transaction: &'a Transaction) -> impl Iterator<Item = Txid> + 'a {
        let sources = transaction.inputs().iter().map(|input| input.source.txid);
        sources.filter(|txid| self.transactions.get(txid).is_some_and(|known| known.place.is_none()))
    }

    /// Satoshis and locking script of an output, spent or not.
    pub(super) fn output(&self, outpoint: &Outpoint) -> Option<(u64, &[u8])> {
        let transaction = self.transaction(&outpoint.txid)?;
        Some((transaction.satoshis(outpoint.vout)?, transaction.locking_script(outpoint.vout)?))
    }

    /// What would become of a transaction; `Accepted` if it may enter the mempool.
    pub(super) fn check(&self, transaction: &Transaction) -> Acceptance {
        if let Some(known) = self.transactions.get(&transaction.txid()) {
            return known.place.map_or(Acceptance::InMempool, |(height, _)| Acceptance::Mined(height));
        }
        let sources = || transaction.inputs().iter().map(|input| input.source).filter(|outpoint| !outpoint.is_null());
        let is_known = sources().all(|outpoint| self.output(&outpoint).is_some());
        let rival = |outpoint| self.spenders.get(&outpoint).filter(|rival| self.place(rival).is_none());
        let rivals: BTreeSet<Txid> = sources().filter_map(rival).copied().collect();
        if !rivals.is_empty() {
            // Only what could be mined itself is a rival: otherwise anybody could contest anybody's transaction.
            let broken = if is_known { self.judge(transaction).err() } else { None };
            return broken.map_or_else(|| Acceptance::Conflict(rivals.into_iter().collect()), Acceptance::Refused);
        }
        // Like a node, which keeps no record of who spent what: an output spent in a block is as missing as one that
        // never was.
        if !is_known || sources().any(|outpoint| self.spenders.contains_key(&outpoint)) {
            return Acceptance::Orphaned;
        }
        if self.mempool.len() >= MAX_MEMPOOL_TRANSACTIONS {
            return Acceptance::Full;
        }
        match self.judge(transaction) {
            Ok(()) => Acceptance::Accepted,
            Err(error) => Acceptance::Refused(error),
        }
    }

    /// The rules every transaction keeps, whoever else spends what it spends.
    pub(super) fn judge(&self, transaction: &Transaction) -> Result<(), Box<VerifyError>> {
        let beef = Beef {
            version: BeefVersion::V1,
            bumps: Vec::new(),
            transactions: vec![BeefEntry::Raw { transaction: transaction.clone(), bump: None }],
            subject: transaction.txid(),
            atomic: false,
        };
        verify(&beef, self, self, &self.policy).map(|_| ()).map_err(Box::new)
    }

    /// Takes a checked transaction into the mempool.
    pub(super) fn apply_transaction(&mut self, transaction: Transaction) {
        let txid = transaction.txid();
        self.orphans.retain(|orphan| orphan.txid() != txid);
        self.losses.remove(&txid);
        for input in transaction.inputs() {
            self.spenders.insert(input.source, txid);
            self.purse.remove(&input.source);
        }
        self.transactions.insert(txid, Known { transaction, place: None });
        self.mempool.push(txid);
    }

    /// Keeps a transaction whose inputs are missing. The oldest make room.
    pub(super) fn keep_orphan(&mut self, transaction: Transaction) {
        if self.is_orphan(&transaction.txid()) {
            return;
        }
        self.orphans.push_back(transaction);
        let mut bytes: usize = self.orphans.iter().map(|orphan| orphan.raw().len()).sum();
        while bytes > MAX_ORPHAN_BYTES {
            let Some(oldest) = self.orphans.pop_front() else { break };
            bytes = bytes.saturating_sub(oldest.raw().len());
        }
    }

    /// The first orphan that is one no longer.
    pub(super) fn take_ready_orphan(&mut self) -> Option<Transaction> {
        let index = self.orphans.iter().position(|orphan| !matches!(self.check(orphan), Acceptance::Orphaned))?;
        self.orphans.remove(index)
    }

    /// The next block, of these known transactions, at this time or as soon after it as the rules allow.
    pub(super) fn candidate(&self, time: u32, transactions: &[&Transaction]) -> Result<Candidate, TransactionError> {
        let height = self.next_height();
        let fees = transactions.iter().map(|transaction| self.fee(transaction)).sum();
        let coinbase = self.miner.coinbase(height, fees, self.branch)?;
        let txids: Vec<Txid> =
            [coinbase.txid()].into_iter().chain(transactions.iter().map(|transaction| transaction.txid())).collect();
        let time = time.max(self.median_time_past().map_or(0, |median| median.saturating_add(1)));
        let previous = self.blocks.last().map_or(NO_BLOCK, |block| block.hash);
        Ok(Candidate { block: Block::mine(height, time, previous, &txids), coinbase })
    }

    /// Appends the next block. Its transactions, except the coinbase, are in the mempool.
    pub(super) fn apply_block(&mut self, candidate: Candidate) {
        let Candidate { block, coinbase } = candidate;
        let height = block.height;
        self.transactions.insert(coinbase.txid(), Known { transaction: coinbase, place: None });
        for (offset, txid) in block.txids().enumerate() {
            let Some(known) = self.transactions.get_mut(&txid) else { continue };
            known.place = Some((height, offset));
            let mine = miners_coins(&self.miner, &txid, known);
            self.purse.extend(mine.filter(|outpoint| !self.spenders.contains_key(outpoint)));
        }
        self.mempool.retain(|txid| self.transactions.get(txid).is_some_and(|known| known.place.is_none()));
        self.blocks.push(block);
    }

    /// The miner's coins the next block may spend.
    pub(super) fn spendable(&self) -> Vec<Coin> {
        let mature = |outpoint: &&Outpoint| {
            let Some(known) = self.transactions.get(&outpoint.txid) else { return false };
            let age = known.place.map_or(0, |(height, _)| self.next_height().saturating_sub(height));
            !known.transaction.is_coinbase() || age >= COINBASE_MATURITY
        };
        let coin =
            |outpoint: &Outpoint| self.output(outpoint).map(|(satoshis, _)| Coin { outpoint: *outpoint, satoshis });
        self.purse.iter().filter(mature).filter_map(coin).collect()
    }

    fn fee(&self, transaction: &Transaction) -> u64 {
        // A journal from elsewhere may hold values that no chain has.
        let sum = |sum: u64, satoshis: u64| sum.saturating_add(satoshis);
        let inputs = transaction.inputs().iter();
        let spent = inputs.filter_map(|input| self.output(&input.source).map(|(satoshis, _)| satoshis)).fold(0, sum);
        spent.saturating_sub(transaction.outputs().iter().map(|output| output.satoshis).fold(0, sum))
    }

    fn median_time_past(&self) -> Option<u32> {
        let span = MEDIAN_TIME_SPAN as usize;
        let mut times: Vec<u32> = self.blocks.iter().rev().take(span).map(|block| block.time).collect();
        times.sort_unstable();
        times.get(times.len() / 2).copied()
    }
}

/// The outputs of a mined transaction that pay the miner, spent or not.
fn miners_coins<'a>(miner: &'a Miner, txid: &'a Txid, known: &'a Known) -> impl Iterator<Item = Outpoint> + 'a {
    // Nobody spends the very first coinbase, as on the main network.
    let is_spendable = known.place.is_some_and(|(height, _)| height > 0);
    let vouts = (0..).zip(known.transaction.outputs()).map(|(vout, _)| vout).filter(move |_| is_spendable);
    let mine = vouts.filter(|vout| known.transaction.locking_script(*vout) == Some(miner.script()));
    mine.map(|vout| Outpoint::new(*txid, vout))
}

impl Headers for Ledger {
    fn tip(&self) -> Option<u32> {
        self.next_height().checked_sub(1)
    }

    fn header(&self, height: u32) -> Option<HeaderInfo> {
        self.blocks.get(height as usize).map(|block| HeaderInfo { root: block.root(), time: Some(block.time) })
    }
}

impl Stored for Ledger {
    fn transaction(&self, txid: &Txid) -> Result<Option<StoredTransaction>, Box<dyn Error + Send + Sync>> {
        let transaction = Self::transaction(self, txid).cloned();
        Ok(transaction.map(|transaction| StoredTransaction { transaction, proof: self.proof(txid) }))
    }
}
