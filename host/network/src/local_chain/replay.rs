//! Applies the events of the chain's file. Scripts were judged before an event was written.

use super::journal::{Event, MinedBlock};
use super::ledger::Ledger;
use super::reorg;

/// Applies one event, or says why it does not fit.
pub(super) fn replay(ledger: &mut Ledger, event: Event) -> Result<(), String> {
    match event {
        Event::Transaction(transaction) => {
            if ledger.transaction(&transaction.txid()).is_some() {
                return Err(format!("transaction {} is there twice", transaction.txid()));
            }
            ledger.apply_transaction(transaction);
        }
        Event::Block(block) => replay_block(ledger, &block)?,
        Event::Reorg { depth, rival, blocks } => {
            let possible = reorg::possible(ledger);
            if depth > possible {
                return Err(format!("{depth} blocks make way, of {possible} above the pre-mined ones"));
            }
            ledger.rewind(depth);
            if let Some(rival) = rival {
                let taken = ledger.overrule(&rival);
                taken
                    .map_err(|(spender, height)| format!("the rival's coin is spent by {spender} in block {height}"))?;
                if ledger.transaction(&rival.txid()).is_none() {
                    ledger.apply_transaction(rival);
                }
            }
            blocks.iter().try_for_each(|block| replay_block(ledger, block))?;
        }
        Event::Evicted(txid) => {
            if ledger.evict(&txid).is_empty() {
                return Err(format!("transaction {txid} is thrown out and does not wait"));
            }
        }
    }
    Ok(())
}

fn replay_block(ledger: &mut Ledger, block: &MinedBlock) -> Result<(), String> {
    let waiting = |txid| {
        let waiting = ledger.transaction(txid).filter(|_| ledger.place(txid).is_none());
        waiting.ok_or_else(|| format!("transaction {txid} of the block is not waiting for one"))
    };
    let transactions = block.txids.iter().map(waiting).collect::<Result<Vec<_>, _>>()?;
    let candidate = ledger.candidate(block.time, &transactions).map_err(|error| error.to_string())?;
    let found = candidate.block.hash.to_string();
    if found != block.hash {
        return Err(format!("the block comes out as {found} instead of {}", block.hash));
    }
    ledger.apply_block(candidate);
    Ok(())
}
