//! What the thread that follows the log and the subscribers share: the ring, how far it is, and how many listen.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::watch;
use trellis_engine::domain::time::Sequence;
use trellis_engine::events::EventFilter;

use super::rights::Rights;
use super::ring::{Batch, Ring};
use super::told::Told;
use crate::config::checked::EventLimits;
use crate::http::error::ApiError;
use crate::http::listener::Held;
use crate::metrics::Metrics;

/// How far the feed is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    /// Everything up to here can be told.
    pub through: Sequence,
    /// Nothing will be told any more: the host stops.
    pub ended: bool,
}

/// The events of a host.
#[derive(Debug)]
pub struct Feed {
    ring: RwLock<Ring>,
    standing: watch::Sender<Standing>,
    limits: EventLimits,
    subscribers: AtomicUsize,
    metrics: Arc<Metrics>,
}

impl Feed {
    /// A feed that has nothing to tell yet.
    #[must_use]
    pub fn new(limits: EventLimits, metrics: Arc<Metrics>) -> Self {
        let (standing, _) = watch::channel(Standing::default());
        Self { ring: RwLock::default(), standing, limits, subscribers: AtomicUsize::new(0), metrics }
    }

    /// How many listen.
    #[must_use]
    pub fn subscribers(&self) -> usize {
        self.subscribers.load(Ordering::SeqCst)
    }

    /// The oldest cursor from which events are told, where the last durable sequence is `last`.
    #[must_use]
    pub fn oldest_cursor(&self, last: Sequence) -> Sequence {
        Sequence(self.limits.retention.map_or(0, |retention| last.0.saturating_sub(retention)))
    }

    /// Hears how far the feed is.
    #[must_use]
    pub fn listen(&self) -> watch::Receiver<Standing> {
        self.standing.subscribe()
    }

    /// A place for one more subscriber.
    ///
    /// # Errors
    /// 503 where all are taken.
    pub fn place(feed: &Arc<Self>, held: Option<Held>) -> Result<Place, ApiError> {
        let most = feed.limits.subscribers;
        let taken = feed.subscribers.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |taken| {
            (taken < most).then_some(taken.saturating_add(1))
        });
        if taken.is_err() {
            let message = format!(
                "this host has its {most} subscribers; try again in a moment, or ask the operator for more ([events] subscribers)"
            );
            return Err(ApiError::unavailable("ERR_SUBSCRIBERS", message));
        }
        feed.metrics.subscriber_comes();
        if let Some(held) = &held {
            held.has_no_end();
        }
        Ok(Place { feed: Arc::clone(feed), held })
    }

    /// Counts an event that a subscriber got.
    pub fn count_told(&self) {
        self.metrics.event_told();
    }

    /// Events after `cursor` out of the ring; `None` where the log has to tell them.
    #[must_use]
    pub fn recent(&self, cursor: Sequence, reader: (&EventFilter, &Rights), bytes: usize) -> Option<Batch> {
        self.ring.read().unwrap_or_else(PoisonError::into_inner).after(cursor, reader, bytes)
    }

    /// Nobody listens: what is there until now is left to the log.
    pub fn pass_over(&self, through: Sequence) {
        self.ring.write().unwrap_or_else(PoisonError::into_inner).begin_after(through);
        self.announce(through);
    }

    /// The next commit, not announced yet.
    pub fn push(&self, sequence: Sequence, told: Option<Told>) {
        self.ring.write().unwrap_or_else(PoisonError::into_inner).push(sequence, told);
    }

    /// Wakes who waits for more.
    pub fn announce(&self, through: Sequence) {
        self.standing.send_modify(|standing| standing.through = through);
    }

    /// The end of all subscriptions.
    pub fn end(&self) {
        self.standing.send_modify(|standing| standing.ended = true);
    }
}

/// A subscriber's place among those there may be.
#[derive(Debug)]
pub struct Place {
    feed: Arc<Feed>,
    /// The connection; none where a test asks the router itself.
    held: Option<Held>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.feed.subscribers.fetch_sub(1, Ordering::SeqCst);
        self.feed.metrics.subscriber_goes(self.held.as_ref().is_some_and(Held::was_given_up));
    }
}
