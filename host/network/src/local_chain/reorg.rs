//! Reorganisations: the last blocks make way for a longer branch of others.
//!
//! The new branch is built on a copy of the ledger, so that what cannot be done leaves no trace, and readers see the old
//! chain until the new one is whole and on disk.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap, HashSet};

use trellis_spv::hash::Txid;
use trellis_spv::transaction::Transaction;

use super::error::LocalChainError;
use super::journal::{Event, MinedBlock};
use super::ledger::{Candidate, Ledger};
use super::{BlockSummary, PREMINED_BLOCKS};

/// What is to happen to the transactions of the blocks that make way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Orphaned<'a> {
    /// They wait for the next block; the new ones have nothing but their coinbases.
    Wait,
    /// They are mined again in the last of the new blocks, at other offsets where several allow it. These, and what
    /// spends them, wait.
    MineAgain {
        /// What waits.
        except: &'a [Txid],
    },
}

/// A reorganisation to make.
#[derive(Debug, Clone, Copy)]
pub struct Reorg<'a> {
    /// Blocks that make way; one more takes their place. 0 only with a rival: then one block is mined on top.
    pub depth: u32,
    /// What is to happen to their transactions.
    pub orphaned: Orphaned<'a>,
    /// A transaction mined in the last new block, with whatever unmined it spends, in place of those that spend the same
    /// outputs: they are gone with everything that spends them.
    pub rival: Option<&'a Transaction>,
}

/// What a reorganisation did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reorganised {
    /// The blocks that made way, lowest first.
    pub gone: Vec<BlockSummary>,
    /// The new blocks, lowest first.
    pub blocks: Vec<BlockSummary>,
    /// Transactions of the old blocks that wait in the mempool.
    pub waiting: Vec<Txid>,
    /// Transactions the chain no longer has: they spent a coinbase that is gone, or lost against the rival.
    pub lost: Vec<Txid>,
}

/// A reorganisation that could be made.
pub(super) struct Planned {
    pub(super) ledger: Ledger,
    pub(super) event: Event,
    pub(super) reorganised: Reorganised,
}

/// Builds the new branch. `held` are not mined.
pub(super) fn plan(
    ledger: &Ledger,
    reorg: &Reorg<'_>,
    held: &BTreeSet<Txid>,
    now: u32,
) -> Result<Planned, LocalChainError> {
    let possible = possible(ledger);
    if reorg.depth > possible {
        return Err(LocalChainError::TooDeep { depth: reorg.depth, possible });
    }
    if reorg.depth == 0 && reorg.rival.is_none() {
        return Err(LocalChainError::NothingReplaced);
    }
    let mut next = ledger.clone();
    let rewound = next.rewind(reorg.depth);
    let mut lost = rewound.lost;
    // Not before the old blocks: what was final in them stays final, whatever the clock does.
    let time = rewound.blocks.iter().map(|block| block.time).fold(now, u32::max);
    let mut blocks = Vec::new();
    for _ in 0..reorg.depth {
        let candidate = next.candidate(time, &[])?;
        append(&mut next, candidate, &mut blocks);
    }
    if let Some(rival) = reorg.rival {
        lost.extend(enter(&mut next, rival, ledger.next_height())?);
    }
    let old: HashSet<Txid> = rewound.blocks.iter().flat_map(|block| block.txids()).collect();
    let chosen = choose(&next, reorg, &old, held);
    let transactions: Vec<&Transaction> = chosen.iter().filter_map(|txid| next.transaction(txid)).collect();
    let candidate = next.candidate(time, &transactions)?;
    append(&mut next, candidate, &mut blocks);
    let mined = blocks.iter().map(|block| MinedBlock {
        time: block.time,
        txids: block.txids.iter().skip(1).copied().collect(),
        hash: block.hash.to_string(),
    });
    let event = Event::Reorg { depth: reorg.depth, rival: reorg.rival.cloned(), blocks: mined.collect() };
    let waiting = next.mempool().iter().filter(|txid| old.contains(txid)).copied().collect();
    let gone = rewound.blocks.iter().map(BlockSummary::of).collect();
    Ok(Planned { ledger: next, event, reorganised: Reorganised { gone, blocks, waiting, lost } })
}

/// Blocks above the pre-mined ones.
pub(super) fn possible(ledger: &Ledger) -> u32 {
    ledger.next_height().saturating_sub(PREMINED_BLOCKS)
}

fn append(ledger: &mut Ledger, candidate: Candidate, blocks: &mut Vec<BlockSummary>) {
    blocks.push(BlockSummary::of(&candidate.block));
    ledger.apply_block(candidate);
}

/// Takes the rival into the mempool in place of those it competes with, which are returned. `next_height` is the old
/// chain's.
fn enter(ledger: &mut Ledger, rival: &Transaction, next_height: u32) -> Result<Vec<Txid>, LocalChainError> {
    let txid = rival.txid();
    if let Some((height, _)) = ledger.place(&txid) {
        return Err(LocalChainError::RivalMined { txid, height });
    }
    let lost = ledger.overrule(rival).map_err(|(spender, height)| LocalChainError::RivalTooLate {
        spender,
        height,
        depth: next_height.saturating_sub(height),
    })?;
    if ledger.transaction(&txid).is_none() {
        ledger.judge(rival).map_err(LocalChainError::RivalRefused)?;
        ledger.apply_transaction(rival.clone());
    }
    Ok(lost)
}

/// What goes into the last block: parents before children, and otherwise the other way round than they came.
fn choose(ledger: &Ledger, reorg: &Reorg<'_>, old: &HashSet<Txid>, held: &BTreeSet<Txid>) -> Vec<Txid> {
    let needed = reorg.rival.map(|rival| with_sources(ledger, rival)).unwrap_or_default();
    let is_wanted = |txid: &Txid| match reorg.orphaned {
        Orphaned::Wait => false,
        Orphaned::MineAgain { except } => old.contains(txid) && !except.contains(txid) && !held.contains(txid),
    };
    // A transaction's generation is one more than the latest of those it spends.
    let mut generations: HashMap<Txid, usize> = HashMap::new();
    let mut chosen = Vec::new();
    for (index, txid) in ledger.mempool().iter().enumerate() {
        let Some(transaction) = ledger.transaction(txid) else { continue };
        let sources: Vec<Option<usize>> =
            ledger.unmined_sources(transaction).map(|source| generations.get(&source).copied()).collect();
        if needed.contains(txid) || (is_wanted(txid) && sources.iter().all(Option::is_some)) {
            let generation = sources.into_iter().flatten().max().map_or(0, |latest| latest + 1);
            generations.insert(*txid, generation);
            chosen.push((generation, Reverse(index), *txid));
        }
    }
    chosen.sort_unstable();
    chosen.into_iter().map(|(_, _, txid)| txid).collect()
}

/// A transaction and everything unmined that it spends, however far back.
fn with_sources(ledger: &Ledger, transaction: &Transaction) -> HashSet<Txid> {
    let mut found = HashSet::from([transaction.txid()]);
    let mut next = vec![transaction];
    while let Some(transaction) = next.pop() {
        for source in ledger.unmined_sources(transaction) {
            if found.insert(source) {
                next.extend(ledger.transaction(&source));
            }
        }
    }
    found
}
