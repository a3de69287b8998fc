//! Whose turn it is in a topic: what keeps a submission that met too many changes from starving.
//!
//! Ordinary submissions share their topics, and those they may read. One that was overtaken three times takes them alone, in ascending order so
//! that two of them cannot wait for each other. These locks are the engine's own: none is the store's, and the store's writer
//! never waits for them.
//!
//! Topics are taken before everyone: whoever holds topics waits for nobody who waits for them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::domain::name::TopicId;

/// The turns of all hosted topics.
pub(crate) struct Turns {
    topics: BTreeMap<TopicId, RwLock<()>>,
    /// Shared by every attempt, whatever its topics; taken alone while a revert is committed.
    everyone: RwLock<()>,
    /// Shared by lookups; taken alone, after `everyone`, while a plugin takes another's place.
    lookups: RwLock<()>,
}

/// Held for one attempt.
pub(crate) enum Turn<'t> {
    Shared { _guards: Vec<RwLockReadGuard<'t, ()>> },
    Alone { _guards: Vec<RwLockWriteGuard<'t, ()>>, _everyone: RwLockReadGuard<'t, ()> },
}

/// Held while nobody else's attempt in some topics is under way.
pub(crate) struct Fence<'t> {
    _guards: Vec<RwLockWriteGuard<'t, ()>>,
}

/// Held while a lookup is answered.
pub(crate) struct LookupTurn<'t> {
    _guard: RwLockReadGuard<'t, ()>,
}

/// Held while no lookup is under way.
pub(crate) struct BetweenLookups<'t> {
    _guard: RwLockWriteGuard<'t, ()>,
}

/// Held while nobody else's attempt is under way.
pub(crate) struct Everyone<'t> {
    _guard: RwLockWriteGuard<'t, ()>,
}

impl Turns {
    pub(crate) fn new(topics: impl Iterator<Item = TopicId>) -> Self {
        let topics = topics.map(|topic| (topic, RwLock::new(()))).collect();
        Self { topics, everyone: RwLock::new(()), lookups: RwLock::new(()) }
    }

    /// Takes part in `topics`, alone or with others.
    pub(crate) fn take(&self, topics: &BTreeSet<TopicId>, alone: bool) -> Turn<'_> {
        let locks = topics.iter().filter_map(|topic| self.topics.get(topic));
        if alone {
            let guards = locks.map(|lock| lock.write().unwrap_or_else(PoisonError::into_inner)).collect();
            Turn::Alone { _guards: guards, _everyone: share(&self.everyone) }
        } else {
            Turn::Shared { _guards: locks.chain(std::iter::once(&self.everyone)).map(share).collect() }
        }
    }

    /// Waits until no attempt in these topics is under way, and lets none begin; others go on.
    pub(crate) fn fence(&self, topics: &BTreeSet<TopicId>) -> Fence<'_> {
        let locks = topics.iter().filter_map(|topic| self.topics.get(topic));
        Fence { _guards: locks.map(|lock| lock.write().unwrap_or_else(PoisonError::into_inner)).collect() }
    }

    /// Takes part in lookups.
    pub(crate) fn look_up(&self) -> LookupTurn<'_> {
        LookupTurn { _guard: share(&self.lookups) }
    }

    /// Waits until no lookup is under way, and lets none begin.
    pub(crate) fn between_lookups(&self) -> BetweenLookups<'_> {
        BetweenLookups { _guard: self.lookups.write().unwrap_or_else(PoisonError::into_inner) }
    }

    /// Waits until no attempt is under way, and lets none begin.
    pub(crate) fn everyone(&self) -> Everyone<'_> {
        Everyone { _guard: self.everyone.write().unwrap_or_else(PoisonError::into_inner) }
    }
}

fn share(lock: &RwLock<()>) -> RwLockReadGuard<'_, ()> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}
