//! Removing an output because the law, or the operator, wants it gone: from its topics, from the indices of services, from every
//! answer; and its transaction's bytes, where nothing here depends on them.
//!
//! A tombstone stays, so that nobody brings back what was evicted. That the transaction spent what it spent stays as well: its
//! coins do not come to life again.

mod dependents;
mod effects;

use trellis_spv::hash::{Outpoint, Txid};

use crate::domain::event::Event;
use crate::domain::name::TopicName;
use crate::domain::plan::{Cause, Plan};
use crate::domain::row::{EvictedRow, RowKey};
use crate::domain::status::MAX_NETWORK_WORDS;
use crate::domain::time::{Sequence, Timestamp};
use crate::engine::Engine;
use crate::ports::store::{CommitError, StoreError};
use crate::revert::difference;
use crate::text::cut;
use crate::view::View;
use dependents::dependents;

/// Longest reason that is kept, in bytes: as long as what the network may say.
pub const MAX_REASON_BYTES: usize = MAX_NETWORK_WORDS;

/// What an operator wants gone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Eviction<'a> {
    /// The output.
    pub outpoint: Outpoint,
    /// Why; told to whoever submits it again. Cut to [`MAX_REASON_BYTES`].
    pub reason: &'a str,
    /// What is to become of what depends on its transaction.
    pub dependents: Dependents,
}

/// What is to become of other outputs of the same transaction, and of unproven transactions that spend it: neither can be
/// proven to anybody without its bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Dependents {
    /// Nothing: the eviction is refused, and they are named.
    #[default]
    Name,
    /// They stay, and so do the bytes of the transaction; only the output goes.
    Keep,
    /// They go as well.
    Evict,
}

/// What was evicted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Evicted {
    /// The commit.
    pub sequence: Sequence,
    /// The topics that lost outputs.
    pub topics: Vec<TopicName>,
    /// The outputs that are gone.
    pub outputs: Vec<Outpoint>,
    /// The transactions whose bytes are gone.
    pub transactions: Vec<Txid>,
}

/// Why nothing was evicted.
#[derive(Debug, thiserror::Error)]
pub enum EvictError {
    /// It is not here.
    #[error("output {0} is not held here")]
    NotHeld(Outpoint),
    /// Others depend on it, and the operator has not said what is to become of them.
    #[error(
        "the bytes of transaction {} are needed by other outputs of it ({}) and by unproven transactions that spend it ({}): keep them, and the bytes with them (--dependents keep), or evict them as well (--dependents evict)", outpoint.txid, outputs.len(), transactions.len()
    )]
    Depended {
        /// The output that was to go.
        outpoint: Outpoint,
        /// Unspent or retained outputs of the same transaction.
        outputs: Vec<Outpoint>,
        /// Unproven transactions that spend it, or spend such a one.
        transactions: Vec<Txid>,
    },
    /// More changes than one commit can make.
    #[error(
        "the eviction makes {actual} {what} in one commit, {limit} are possible: keep the dependents, or evict them one by one"
    )]
    TooLarge {
        /// `writes` or `bytes`.
        what: &'static str,
        /// The limit.
        limit: usize,
        /// The plan's.
        actual: usize,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// Evicts an output, in one commit.
    ///
    /// # Errors
    /// [`EvictError`]; nothing changed then.
    pub fn evict(&self, eviction: &Eviction<'_>, now: Timestamp) -> Result<Evicted, EvictError> {
        // What is under way may be about to admit what is to go.
        let everyone = self.turns.everyone();
        if let Some(next) = self.successor() {
            drop(everyone);
            return next.evict(eviction, now);
        }
        loop {
            let (plan, evicted) = self.plan_eviction(eviction, now)?;
            match self.store().commit(plan) {
                Ok(receipt) => {
                    let evicted = Evicted { sequence: receipt.sequence, ..evicted };
                    let (outputs, transactions) = (evicted.outputs.len(), evicted.transactions.len());
                    tracing::warn!(outpoint = %eviction.outpoint, outputs, transactions, reason = eviction.reason, "evicted");
                    return Ok(evicted);
                }
                Err(CommitError::Conflict { changed_by, .. }) => self.store().wait_durable(changed_by)?,
                Err(CommitError::Retryable(_)) => self.store().wait_durable(self.store().durable().next())?,
                Err(CommitError::TooLarge { what, limit, actual }) => {
                    return Err(EvictError::TooLarge { what, limit, actual });
                }
                Err(CommitError::Full { free, floor }) => return Err(StoreError::Full { free, floor }.into()),
                Err(error) => return Err(StoreError::Poisoned(error.to_string()).into()),
            }
        }
    }

    fn plan_eviction(&self, eviction: &Eviction<'_>, now: Timestamp) -> Result<(Plan, Evicted), EvictError> {
        let outpoint = eviction.outpoint;
        let view = View::new(self.store());
        if !is_held(&view, &outpoint)? {
            return Err(EvictError::NotHeld(outpoint));
        }
        let found = dependents(&view, &outpoint)?;
        let depended = !found.outputs.is_empty() || !found.transactions.is_empty();
        let withhold = match eviction.dependents {
            Dependents::Name if depended => {
                let (outputs, transactions) = (found.outputs, found.transactions);
                return Err(EvictError::Depended { outpoint, outputs, transactions });
            }
            Dependents::Keep if depended => Vec::new(),
            Dependents::Name | Dependents::Keep => vec![outpoint.txid],
            Dependents::Evict => [vec![outpoint.txid], found.transactions].concat(),
        };
        let at = self.next_time(now);
        let reason = cut(eviction.reason, MAX_REASON_BYTES);
        let tombstone = |outputs, withheld| EvictedRow { outputs, withheld, reason: reason.clone(), at };
        let mut adjust = Vec::new();
        if withhold.is_empty() {
            adjust.extend(self.put_evicted(&view, &outpoint.txid, &tombstone(vec![outpoint.vout], false))?);
        }
        for txid in &withhold {
            let outputs = effects::outputs_of(&view, txid)?;
            adjust.extend(self.put_evicted(&view, txid, &tombstone(outputs, true))?);
        }
        let (topics, baskets) = (difference::of_topics(&view)?, difference::of_baskets(&view, &self.hosting)?);
        let evicted = Evicted {
            sequence: Sequence::PENDING,
            topics: topics
                .iter()
                .filter_map(|changed| Some(self.hosting.topic_by_id(changed.topic)?.name.clone()))
                .collect(),
            outputs: {
                let mut outputs: Vec<_> = topics.iter().flat_map(|changed| changed.removed.iter().copied()).collect();
                outputs.sort_unstable();
                outputs.dedup();
                outputs
            },
            transactions: withhold.clone(),
        };
        let plan = Plan {
            cause: Cause::Eviction(outpoint.txid),
            once: None,
            writes: difference::writes(&view)?,
            expect: view.into_expectations(),
            adjust: difference::netted(adjust),
            contents: Vec::new(),
            event: Some(Event::Evicted { transactions: withhold, topics, baskets }),
            at,
        };
        Ok((plan, evicted))
    }
}

/// Whether an output is in a topic, or of a transaction whose bytes are here.
fn is_held(view: &View<'_>, outpoint: &Outpoint) -> Result<bool, StoreError> {
    if view.get(&RowKey::Holders(*outpoint))?.is_some() || view.reverted(&outpoint.txid)?.is_some() {
        return Ok(true);
    }
    Ok(view.transaction(&outpoint.txid)?.is_some_and(|held| outpoint.vout < held.row.outputs))
}
