//! What every commit changed, one after the other, for subscribers.
//!
//! The log is read, durable commits only, from a cursor on: the number of the last commit a subscriber knows. Whoever goes on
//! from there hears of every later commit once, in order, and of each as a whole.

mod filter;

use trellis_spv::hash::Txid;

use crate::domain::event::{BasketOperation, Event};
use crate::domain::row::{Row, RowKey};
use crate::domain::time::{Sequence, Timestamp};
use crate::engine::Engine;
use crate::ports::store::{Pin, StoreError};
use crate::view::wrong_kind;

pub use filter::{EventFilter, FilterError, Touched};

/// A commit, as subscribers see it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Transition {
    /// Its number.
    pub sequence: Sequence,
    /// When it was planned.
    pub at: Timestamp,
    /// What it changed; `None` where that concerns nobody outside, such as a reservation or bytes let go of.
    pub event: Option<Event>,
}

impl Engine {
    /// The durable commit after `cursor`, if there is one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn transition_after(&self, cursor: Sequence) -> Result<Option<Transition>, StoreError> {
        // One at a time: a single record can have megabytes.
        let after = instead!(CommitSkipped, cursor => Sequence(cursor.0 + u64::from(cursor.0 % 64 == 42)));
        let record = self.store().log(after, 1)?.pop();
        Ok(record.map(|record| Transition { sequence: record.sequence, at: record.at, event: record.event }))
    }

    /// What filters can ask of an event.
    ///
    /// Where a transaction stood with topics is read as of the event's commit, so that who hears of it does not depend on when
    /// they ask. Beyond the horizon it is read as of now, and where nothing is known any more, nobody is left out.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn touched(&self, sequence: Sequence, event: &Event) -> Result<Touched, StoreError> {
        let mut touched = Touched::default();
        match event {
            Event::Applied(transactions) => {
                for transaction in transactions {
                    touched.topics.extend(transaction.topics.iter().map(|change| change.topic));
                    transaction.operations.iter().for_each(|operation| touched.operation(operation));
                }
            }
            Event::StatusChanged { txid, .. } => self.touch_topics(sequence, [txid], &mut touched)?,
            Event::Proven { transactions } | Event::Orphaned { transactions } => {
                self.touch_topics(sequence, transactions.iter().map(|(txid, _)| txid), &mut touched)?;
            }
            Event::Evicted { topics, baskets, .. } | Event::Reverted { topics, baskets, .. } => {
                touched.topics.extend(topics.iter().map(|change| change.topic));
                touched.baskets.extend(baskets.iter().map(|change| (change.manager, change.basket.clone())));
            }
        }
        Ok(touched)
    }

    fn touch_topics<'t>(
        &self,
        sequence: Sequence,
        transactions: impl IntoIterator<Item = &'t Txid>,
        touched: &mut Touched,
    ) -> Result<(), StoreError> {
        let pin = match self.store().pin_at(sequence) {
            Ok(pin) => pin,
            Err(StoreError::BeyondHorizon { .. }) => self.store().pin(),
            Err(error) => return Err(error),
        };
        for txid in transactions {
            self.touch_topics_of(&pin, txid, touched)?;
        }
        Ok(())
    }

    fn touch_topics_of(&self, pin: &Pin, txid: &Txid, touched: &mut Touched) -> Result<(), StoreError> {
        let get =
            |key: RowKey| Ok::<_, StoreError>(self.store().get(&key, pin.sequence())?.map(|found| (key, found.row)));
        match get(RowKey::Applied(*txid))? {
            Some((_, Row::Applied(row))) => touched.topics.extend(row.topics),
            Some((key, _)) => return Err(wrong_kind(&key)),
            None => match get(RowKey::Reverted(*txid))? {
                Some((_, Row::Reverted(row))) => touched.topics.extend(row.topics),
                Some((key, _)) => return Err(wrong_kind(&key)),
                // Held and judged by nobody: an ancestor. Not held: nobody knows any more.
                None => touched.unknown |= get(RowKey::Transaction(*txid))?.is_none(),
            },
        }
        Ok(())
    }
}

impl Touched {
    fn operation(&mut self, operation: &BasketOperation) {
        let BasketOperation { manager, taken, placed } = operation;
        let baskets = taken.iter().map(|taken| &taken.basket).chain(placed.iter().map(|placed| &placed.basket));
        self.baskets.extend(baskets.map(|basket| (*manager, basket.clone())));
    }
}
