//! Taking back what the network refuses.
//!
//! [`Engine::take_back`] reads like the story of one revert. What was refused goes, with everything held here that spends it.
//! What had read or spent their effects without descending from them is judged again with the plugins of today. All of it
//! is one commit: readers see the host before, or the host after.
//!
//! Facts stay: a transaction that the network did not refuse is still held, its spends stand, whatever topics say of it now.

mod again;
mod closure;
pub(crate) mod difference;
mod generations;
mod gone;
mod hold;
mod unwind;
mod withheld;

use std::collections::{BTreeSet, HashSet};

use trellis_spv::hash::Txid;

pub(crate) use closure::topics_of;

use crate::domain::event::Event;
use crate::domain::plan::{Cause, Plan};
use crate::domain::row::RowKey;
use crate::domain::status::NetworkWord;
use crate::domain::time::{Sequence, Timestamp};
use crate::engine::Engine;
use crate::fault_point::fault_point;
use crate::ports::store::{CommitError, StoreError};
use crate::submit::SubmitError;
use crate::view::View;
use closure::Closure;

pub(crate) use hold::Hold;

/// Attempts while submissions go on; then they wait for the revert.
const SHARED_ATTEMPTS: u32 = 3;

/// All attempts. Alone, only proofs and the network's answers can still interfere, and each of those comes once.
const MAX_ATTEMPTS: u32 = 16;

/// What was taken back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TakenBack {
    /// The commit.
    pub sequence: Sequence,
    /// What is gone: the refused transaction and its descendants.
    pub transactions: Vec<Txid>,
    /// Submissions that were judged again.
    pub judged_again: Vec<Txid>,
}

/// Why nothing was taken back.
#[derive(Debug, thiserror::Error)]
pub enum RevertError {
    /// There is nothing to take back.
    #[error("transaction {0} is not held here")]
    NotHeld(Txid),
    /// It, or what spends it, is in a block: whoever says that it was refused is wrong.
    #[error("transaction {0} is proven, so neither it nor anything it spends can have been refused")]
    Proven(Txid),
    /// Versions of rows that are needed are gone.
    #[error("what was there before commit {first} is no longer known (the oldest readable sequence is {oldest})")]
    TooLongAgo {
        /// The first commit to undo.
        first: Sequence,
        /// The oldest readable one.
        oldest: Sequence,
    },
    /// More changes than one commit can make.
    #[error("taking it back makes {actual} {what} in one commit, {limit} are possible")]
    TooLarge {
        /// `writes` or `bytes`.
        what: &'static str,
        /// The limit.
        limit: usize,
        /// The plan's.
        actual: usize,
    },
    /// Judging again failed for no fault of a plugin, or others kept interfering.
    #[error("submissions that depend on it could not be judged again: {0}")]
    Again(#[from] Box<SubmitError>),
    /// The store failed.
    #[error(transparent)]
    Store(StoreError),
    /// Others kept changing the same rows.
    #[error("others kept changing the same rows")]
    Overtaken,
}

impl From<StoreError> for RevertError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::BeyondHorizon { asked, oldest } => Self::TooLongAgo { first: asked.next(), oldest },
            error => Self::Store(error),
        }
    }
}

/// A revert that is ready to be committed.
struct Prepared {
    plan: Plan,
    closure: Closure,
    seen: Sequence,
    taken_back: TakenBack,
}

impl Engine {
    /// Takes a transaction back, with all that depends on it, in one commit. `word` is why, in the network's words.
    ///
    /// # Errors
    /// [`RevertError`]; nothing changed then.
    pub fn take_back(&self, txid: &Txid, word: &NetworkWord, now: Timestamp) -> Result<TakenBack, RevertError> {
        loop {
            match self.take_back_unproven(txid, word, now) {
                // Its block left the chain, and nobody has noticed yet.
                Err(RevertError::Proven(proven)) if self.wants_proof(&View::new(self.store()), &proven)? => {
                    if !self.drop_proofs(&[proven], now)? {
                        return Err(RevertError::Proven(proven));
                    }
                }
                answer => return answer,
            }
        }
    }

    fn take_back_unproven(&self, txid: &Txid, word: &NetworkWord, now: Timestamp) -> Result<TakenBack, RevertError> {
        let mut affected = BTreeSet::new();
        for attempt in 1..=MAX_ATTEMPTS {
            // Submissions go on while the plan is made, at last only those to other topics, and all wait while it is committed.
            let fence = (attempt > SHARED_ATTEMPTS).then(|| self.turns.fence(&affected));
            let prepared = self.prepare_revert(txid, word, now)?;
            affected.extend(prepared.closure.topics());
            fault_point("revert-planned");
            let everyone = self.turns.everyone();
            if let Some(next) = self.successor() {
                drop((fence, everyone));
                return next.take_back_unproven(txid, word, now);
            }
            if prepared.closure.is_overtaken(self.store(), prepared.seen)? {
                continue;
            }
            match self.store().commit(prepared.plan) {
                Ok(receipt) => {
                    fault_point("reverted");
                    let taken_back = TakenBack { sequence: receipt.sequence, ..prepared.taken_back };
                    let (gone, again) = (taken_back.transactions.len(), taken_back.judged_again.len());
                    self.parts.observer.taken_back(gone, again);
                    tracing::warn!(%txid, gone, again, sequence = receipt.sequence.0, word = word.text, "taken back");
                    return Ok(taken_back);
                }
                Err(CommitError::Conflict { changed_by, .. }) => self.store().wait_durable(changed_by)?,
                // Whoever fills the queue waits for this revert now, so it empties.
                Err(CommitError::Retryable(_)) => {}
                Err(CommitError::TooLarge { what, limit, actual }) => {
                    return Err(RevertError::TooLarge { what, limit, actual });
                }
                Err(CommitError::Full { free, floor }) => return Err(StoreError::Full { free, floor }.into()),
                Err(error) => return Err(StoreError::Poisoned(error.to_string()).into()),
            }
        }
        Err(RevertError::Overtaken)
    }

    fn prepare_revert(&self, txid: &Txid, word: &NetworkWord, now: Timestamp) -> Result<Prepared, RevertError> {
        let mut changed = HashSet::new();
        loop {
            if let Some(prepared) = self.try_prepare_revert(txid, word, now, &mut changed)? {
                return Ok(prepared);
            }
        }
    }

    /// `None` where judging again changes rows that commits beside it rest on; these are in `changed` now. There is at least one
    /// more every time, so that comes to an end.
    fn try_prepare_revert(
        &self,
        txid: &Txid,
        word: &NetworkWord,
        now: Timestamp,
        changed: &mut HashSet<RowKey>,
    ) -> Result<Option<Prepared>, RevertError> {
        let view = View::new(self.store());
        let seen = view.sequence();
        let (gone, first) = gone::find(&view, txid)?;
        let mut closure = Closure::find(self.store(), &gone, first, seen, changed)?;
        let stays = again::stays(&view, &closure, &gone)?;

        let serving = self.give_up_generations(&view, &closure)?;
        let mut adjust = unwind::unwind(&view, &closure, &serving)?;
        adjust.extend(unwind::take_out(&view, &gone, word, self.parts.headers.tip().unwrap_or(0))?);
        adjust.extend(self.keep_spent(&view, &closure)?);
        again::hide_spends(&view, &stays)?;
        adjust.extend(instead!(
            JudgedAgainBackwards,
            self.judge_all_again(&view, stays.iter())? => self.judge_all_again(&view, stays.iter().rev())?
        ));
        let writes = difference::writes(&view)?;
        let news = closure.untouched(writes.iter().map(|(key, _)| key.clone()));
        if !news.is_empty() && closure.is_too_small_for(news.clone(), self.store(), seen)? {
            changed.extend(news);
            return Ok(None);
        }

        let transactions: Vec<Txid> = gone.into_keys().collect();
        let judged_again = again::judged(&stays);
        let event = Event::Reverted {
            transactions: transactions.clone(),
            judged_again: judged_again.clone(),
            topics: difference::of_topics(&view)?,
            baskets: instead!(BasketsUnheard, difference::of_baskets(&view, &self.hosting)? => Vec::new()),
            batches: instead!(BatchesUnnamed, closure.batches() => Vec::new()),
            undone: closure.commits.keys().copied().collect(),
        };
        let plan = Plan {
            cause: Cause::Revert(*txid),
            once: None,
            writes,
            expect: view.into_expectations(),
            adjust: difference::netted(adjust),
            contents: Vec::new(),
            event: Some(event),
            at: self.next_time(now),
        };
        Ok(Some(Prepared {
            plan,
            closure,
            seen,
            taken_back: TakenBack { sequence: Sequence::PENDING, transactions, judged_again },
        }))
    }
}
