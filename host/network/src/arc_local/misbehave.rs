//! Doing wrong what was asked for, and ending it.

use std::sync::{MutexGuard, PoisonError};

use trellis_engine::domain::time::Timestamp;
use trellis_spv::hash::Txid;
use trellis_spv::verify::Stored;

use super::LocalArc;
use super::misbehaviour::{
    Failure, MAX_DELAY_MILLISECONDS, MAX_WORDS, Misbehaviour, MisbehaviourError, Outcome, Plans, RIVAL_MINED, nobodys,
};
use super::standing::DISCARDED;
use crate::local_chain::Place;

impl LocalArc {
    /// Does something wrong, plans to, or ends it.
    ///
    /// # Errors
    /// [`MisbehaviourError`] says why that cannot be; nothing was changed.
    pub fn misbehave(&self, what: Misbehaviour, now: Timestamp) -> Result<(), MisbehaviourError> {
        match what {
            Misbehaviour::RejectNext { count, words } => {
                check_words(&words)?;
                let mut plans = self.plans();
                (plans.reject_next, plans.reject_words) = (count, words);
            }
            Misbehaviour::Reject { txid, words } => {
                check_words(&words)?;
                self.reject(txid, words, now)?;
            }
            Misbehaviour::Delay { milliseconds } if milliseconds > MAX_DELAY_MILLISECONDS => {
                return Err(MisbehaviourError::TooLong(milliseconds));
            }
            Misbehaviour::Delay { milliseconds } => self.plans().delay_milliseconds = milliseconds,
            Misbehaviour::FailNext { failure: Failure::Status(status), .. } if !(500..=599).contains(&status) => {
                return Err(MisbehaviourError::NoServerError(status));
            }
            Misbehaviour::FailNext { count, failure } => {
                let mut plans = self.plans();
                (plans.fail_next, plans.failure) = (count, (count > 0).then_some(failure));
            }
            Misbehaviour::DoubleSpendNext { competing } => self.plans().double_spend_next = Some(competing),
            Misbehaviour::DoubleSpend { txid, competing } => self.contest(txid, competing, now)?,
            Misbehaviour::Settle { txid, outcome } => self.settle(txid, outcome, now)?,
            Misbehaviour::DropCallbacks(is_on) => {
                self.plans().drop_callbacks = is_on;
                if is_on {
                    self.callbacks().drop_all();
                }
            }
            Misbehaviour::Clear => {
                let plans = std::mem::take(&mut *self.plans());
                plans.contested.keys().for_each(|txid| self.chain.release(txid));
            }
        }
        Ok(())
    }

    /// What is planned or under way.
    #[must_use]
    pub fn misbehaviour(&self) -> Plans {
        let mut plans = self.plans().clone();
        plans.contested.retain(|txid, _| self.chain.place(txid) == Place::Mempool);
        plans
    }

    pub(super) fn plans(&self) -> MutexGuard<'_, Plans> {
        self.plans.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reject(&self, txid: Txid, words: String, now: Timestamp) -> Result<(), MisbehaviourError> {
        let is_known = self.standing(&txid).is_some();
        if !is_known {
            let mut plans = self.plans();
            plans.check_room()?;
            plans.reject.insert(txid, words);
            return Ok(());
        }
        self.throw_out(txid, &words, &words, now)
    }

    fn contest(&self, txid: Txid, competing: Option<Txid>, now: Timestamp) -> Result<(), MisbehaviourError> {
        if competing == Some(txid) {
            return Err(MisbehaviourError::OwnRival(txid));
        }
        self.plans().check_room()?;
        match self.chain.place(&txid) {
            Place::Block { height, .. } => return Err(MisbehaviourError::Mined { txid, height }),
            Place::Mempool => {
                self.remember(txid, now);
                self.begin_contest(txid, competing.unwrap_or_else(|| nobodys(&txid)));
            }
            Place::Orphans | Place::Unknown => drop(self.plans().double_spend.insert(txid, competing)),
        }
        Ok(())
    }

    /// A transaction that waits has a rival from here on.
    pub(super) fn begin_contest(&self, txid: Txid, rival: Txid) {
        self.chain.hold(&txid);
        self.records().contest(txid, &[rival]);
        self.plans().note_contested(txid, rival);
    }

    fn settle(&self, txid: Txid, outcome: Outcome, now: Timestamp) -> Result<(), MisbehaviourError> {
        if !self.plans().contested.contains_key(&txid) {
            return Err(MisbehaviourError::NotContested(txid));
        }
        match outcome {
            Outcome::Seen => self.chain.release(&txid),
            Outcome::Rejected => self.throw_out(txid, RIVAL_MINED, DISCARDED, now)?,
        }
        self.plans().contested.remove(&txid);
        Ok(())
    }

    /// Has the node throw a transaction out, and ARC learn of it: in these words, and in those for what spends it.
    fn throw_out(
        &self,
        txid: Txid,
        words: &str,
        words_for_children: &str,
        now: Timestamp,
    ) -> Result<(), MisbehaviourError> {
        self.remember(txid, now);
        let gone = self.chain.evict(&txid)?;
        // It may have been mined meanwhile.
        if let Place::Block { height, .. } = self.chain.place(&txid) {
            return Err(MisbehaviourError::Mined { txid, height });
        }
        let children = gone.iter().filter(|gone| **gone != txid).map(|child| (*child, words_for_children));
        for (txid, words) in children.chain([(txid, words)]) {
            let after = self.chain.stale_block(&txid).map(|block| block.hash);
            self.records().reject(txid, words, after);
        }
        Ok(())
    }

    /// Makes sure that there is a record of a transaction that the chain has: after a restart there may be none.
    fn remember(&self, txid: Txid, now: Timestamp) {
        if let Ok(Some(stored)) = Stored::transaction(&*self.chain, &txid) {
            self.records().note(txid, stored.transaction.raw(), now);
        }
    }
}

fn check_words(words: &str) -> Result<(), MisbehaviourError> {
    if words.len() > MAX_WORDS { Err(MisbehaviourError::TooManyWords(words.len())) } else { Ok(()) }
}
