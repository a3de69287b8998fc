//! Bugs on purpose, one at a time: whoever says that the tests would find such a bug can try (`tests/mutations`).
//!
//! With the feature `mutations`, which nothing that is shipped enables, each place that could go wrong in a way that matters
//! asks whether it is to go wrong. Without it `instead!` is its first half, and none of this exists.

#[cfg(not(feature = "mutations"))]
macro_rules! instead {
    ($bug:ident, $right:expr => $wrong:expr) => {
        $right
    };
}

#[cfg(feature = "mutations")]
macro_rules! instead {
    ($bug:ident, $right:expr => $wrong:expr) => {
        if $crate::mutation::is($crate::mutation::Bug::$bug) { $wrong } else { $right }
    };
}

#[cfg(feature = "mutations")]
pub use bugs::*;

#[cfg(feature = "mutations")]
mod bugs {
    use std::sync::{PoisonError, RwLock};

    use crate::domain::plan::{Adjust, Cause, Plan};
    use crate::domain::row::{NumberKey, Row, RowKey};
    use crate::ports::store::{CommitError, Receipt, Store, StoreError};
    use crate::view::View;

    /// A bug.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub enum Bug {
        /// Whether an output is spent is looked up by half an outpoint.
        HalfAnOutpoint,
        /// Of several proofs that come together, each transaction gets the first.
        SiblingsProof,
        /// Who was in a block once needs no proof any more.
        ReorganisationIgnored,
        /// Only what is a coin of a topic gets into the spend index.
        SpendsOfTopicsOnly,
        /// Commits do not compare what was read.
        ReadsNotCompared,
        /// Undoing restores a row of state to what it is now.
        NewestStateRestored,
        /// Later ones are judged again first.
        JudgedAgainBackwards,
        /// The outbox hears of a transaction in a commit of its own.
        OutboxAfterwards,
        /// Readers see commits before they are on the disk.
        ShownBeforeSync,
        /// An eviction leaves no tombstone.
        TombstoneForgotten,
        /// Undoing does not put tokens back into their baskets.
        TokensStayGone,
        /// A token that leaves its basket is still counted.
        TokensStayCounted,
        /// A batch goes on without the members that are refused.
        BatchWithoutSome,
        /// The members of a batch are taken in as they come.
        BatchInGivenOrder,
        /// Subscribers are not told which of the undone commits were batches.
        BatchesUnnamed,
        /// What is kept for somebody is handed out.
        ReservedHandedOut,
        /// What is being handed out at this moment is handed out once more.
        InHandHandedOut,
        /// A revert ends the reservations of tokens that it touches.
        RevertEndsReservations,
        /// What a verdict read of other topics is not remembered.
        OtherTopicsUnread,
        /// Subscribers who go on from some commits miss the next one.
        CommitSkipped,
        /// Subscribers are not told what a revert does to baskets.
        BasketsUnheard,
        /// A rebuild does not tell what was committed meanwhile.
        MeanwhileUntold,
        /// What a rebuild was told, and what is taken back, goes on to be served.
        ServedForGood,
    }

    impl Bug {
        /// All of them.
        pub const ALL: [Self; 23] = [
            Self::HalfAnOutpoint,
            Self::SiblingsProof,
            Self::ReorganisationIgnored,
            Self::SpendsOfTopicsOnly,
            Self::ReadsNotCompared,
            Self::NewestStateRestored,
            Self::JudgedAgainBackwards,
            Self::OutboxAfterwards,
            Self::ShownBeforeSync,
            Self::TombstoneForgotten,
            Self::TokensStayGone,
            Self::TokensStayCounted,
            Self::BatchWithoutSome,
            Self::BatchInGivenOrder,
            Self::BatchesUnnamed,
            Self::ReservedHandedOut,
            Self::InHandHandedOut,
            Self::RevertEndsReservations,
            Self::OtherTopicsUnread,
            Self::CommitSkipped,
            Self::BasketsUnheard,
            Self::MeanwhileUntold,
            Self::ServedForGood,
        ];
    }

    static SELECTED: RwLock<Option<Bug>> = RwLock::new(None);

    /// From now on this bug is there, and no other.
    pub fn select(bug: Option<Bug>) {
        *SELECTED.write().unwrap_or_else(PoisonError::into_inner) = bug;
    }

    /// Whether this bug is there.
    #[must_use]
    pub fn is(bug: Bug) -> bool {
        *SELECTED.read().unwrap_or_else(PoisonError::into_inner) == Some(bug)
    }

    /// Of [`Bug::RevertEndsReservations`].
    pub(crate) fn put_unreserved(view: &View<'_>, key: &RowKey, row: Option<Row>) -> Result<(), StoreError> {
        view.put(key.clone(), row)?;
        let RowKey::Token(manager, token) = key else { return Ok(()) };
        let key = RowKey::Reserved(*manager, *token);
        if view.get(&key)?.is_some() { view.put(key, None) } else { Ok(()) }
    }

    /// Of [`Bug::OutboxAfterwards`].
    pub(crate) fn outbox_afterwards(store: &dyn Store, plan: Plan) -> Result<Receipt, CommitError> {
        let at = plan.at;
        let (outbox, writes): (Vec<_>, Vec<_>) =
            plan.writes.into_iter().partition(|(key, _)| matches!(key, RowKey::Outbox(_)));
        let (pending, adjust) =
            plan.adjust.into_iter().partition(|adjust| matches!(adjust, Adjust::Number(NumberKey::OutboxPending, _)));
        let receipt = store.commit(Plan { writes, adjust, ..plan })?;
        if let Some((RowKey::Outbox(txid), _)) = outbox.first() {
            store.commit(Plan {
                cause: Cause::Network(*txid),
                once: None,
                expect: Vec::new(),
                writes: outbox,
                adjust: pending,
                contents: Vec::new(),
                event: None,
                at,
            })?;
        }
        Ok(receipt)
    }
}
