//! Other topics, services and baskets while the host runs: another engine over the same store takes this one's place, between two
//! submissions and two lookups.
//!
//! Whoever still has the earlier engine in hand, and waited for a turn meanwhile, is passed on to the one that has its place:
//! nothing is judged, indexed or answered by what is not hosted any more, and nobody has to ask again.

use std::sync::Arc;

use crate::domain::name::TopicName;
use crate::domain::time::Timestamp;
use crate::engine::Engine;
use crate::hosting::Hosting;
use crate::ports::store::StoreError;
use crate::submit::TopicChoice;

impl Engine {
    /// Hosts something else from here on. Who needs a rebuild is found as it is when a host starts: what is new to topics with a
    /// history serves once it knows it, what is not hosted any more keeps its rows and is told nothing.
    ///
    /// `between` is called with the engine that takes over while no submission and no lookup is under way.
    ///
    /// # Errors
    /// [`StoreError`]; this engine keeps its place then.
    pub fn rehost(
        &self,
        hosting: Hosting,
        now: Timestamp,
        between: impl FnOnce(&Arc<Self>),
    ) -> Result<Arc<Self>, StoreError> {
        // In the order in which a rebuild takes them.
        let paused = self.pause_rebuilds();
        let everyone = self.turns.everyone();
        let between_lookups = self.turns.between_lookups();
        if let Some(next) = self.successor() {
            drop((between_lookups, everyone, paused));
            return next.rehost(hosting, now, between);
        }
        let next = Arc::new(self.hosting_instead(hosting));
        next.find_rebuilds(now)?;
        between(&next);
        // It is the first: nobody else sets it without these turns.
        let _ = self.successor.set(Arc::clone(&next));
        Ok(next)
    }

    /// The engine that has this one's place now. To be asked with a turn in hand: it can get there until then.
    pub(crate) fn successor(&self) -> Option<&Arc<Self>> {
        let mut latest = self.successor.get()?;
        while let Some(next) = latest.successor.get() {
            latest = next;
        }
        Some(latest)
    }

    /// The engine that works now: this one, or what has its place.
    #[must_use]
    pub fn latest(self: &Arc<Self>) -> Arc<Self> {
        Arc::clone(self.successor().unwrap_or(self))
    }

    /// The topics that a submitter for whom the host finds topics may not submit to, once `next` finds them: those it might not
    /// before, and those that were not hosted when it asked. `None` where it named its topics.
    pub(crate) fn closed_with(&self, next: &Self, topics: TopicChoice<'_>) -> Option<Vec<TopicName>> {
        let before = match topics {
            TopicChoice::Named(_) => return None,
            TopicChoice::Auto => &[],
            TopicChoice::AutoExcept(closed) => closed,
        };
        let is_new = |name: &&TopicName| self.hosting.topic(name).is_none();
        let new = next.hosting().topics().map(|topic| &topic.name).filter(is_new);
        Some(before.iter().chain(new).cloned().collect())
    }
}

impl Drop for Engine {
    /// However often something else was hosted: one after the other, and not one within the other.
    fn drop(&mut self) {
        let mut next = self.successor.take();
        while let Some(mut engine) = next.and_then(Arc::into_inner) {
            next = engine.successor.take();
        }
    }
}
