//! What the network says of the examples' transactions: it takes them, but for a few that it refuses later.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use trellis_spv::hash::Txid;

use super::deed::Deed;
use crate::arc::{Answer, Received};

/// One transaction of so many is refused, as long as there may be more.
const ONE_IN: u8 = 32;

/// Refusals decided upon in one life of the host, at most: twice as many would not yet be a storm, of which no host believes a word.
const MOST: usize = 9;

/// What the network has decided.
#[derive(Debug, Clone, Default)]
pub struct Network {
    decided: Arc<Mutex<Decided>>,
}

#[derive(Debug, Default)]
struct Decided {
    doomed: BTreeSet<Txid>,
    in_this_life: usize,
}

impl Network {
    fn decided(&self) -> MutexGuard<'_, Decided> {
        self.decided.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The host lives again.
    pub fn new_life(&self) {
        self.decided().in_this_life = 0;
    }

    /// Of those it is to refuse it says at first that it does not like them, so that others can come to rest on them, and when it
    /// is told again that it never will take them.
    #[must_use]
    pub fn answer(&self, Received { txid, attempt, .. }: &Received) -> Answer {
        let mut decided = self.decided();
        if *attempt == 1 && txid.internal()[0] % ONE_IN == 0 && decided.in_this_life < MOST {
            decided.in_this_life += 1;
            decided.doomed.insert(*txid);
            return Answer::Error(465, "not for that fee");
        }
        match decided.doomed.contains(txid) {
            false => Answer::Status("SEEN_ON_NETWORK"),
            true => Answer::Rejected("invalid transaction: bad-txns-in-belowout"),
        }
    }

    /// Everything it refuses.
    #[must_use]
    pub fn doomed(&self) -> BTreeSet<Txid> {
        self.decided().doomed.clone()
    }

    /// Whether it refuses this, or what this comes from.
    #[must_use]
    pub fn refuses(&self, deed: &Deed) -> bool {
        let doomed = &self.decided().doomed;
        deed.past.iter().chain([&deed.transaction]).any(|transaction| doomed.contains(&transaction.txid()))
    }
}
