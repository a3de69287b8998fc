//! Subscribers, what they are told, and the memory that takes.

use std::sync::atomic::AtomicI64;

use axum::body::Bytes;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::Metrics;

/// What is counted.
#[derive(Debug, Default)]
pub(super) struct EventMetrics {
    subscribers: Gauge<i64, AtomicI64>,
    told: Counter,
    dropped: Counter,
    bytes_held: Gauge<i64, AtomicI64>,
}

impl EventMetrics {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register("event_subscribers", "Subscribers to events", self.subscribers.clone());
        registry.register("events_told", "Events told, once for each subscriber", self.told.clone());
        let dropped = "Subscribers given up because they took nothing for too long";
        registry.register("event_subscribers_dropped", dropped, self.dropped.clone());
        let bytes = "Bytes of encoded events in memory: the last ones, and those on their way to subscribers";
        registry.register("event_bytes_held", bytes, self.bytes_held.clone());
    }
}

/// Bytes that are counted as long as somebody holds them.
struct Counted {
    bytes: Vec<u8>,
    held: Gauge<i64, AtomicI64>,
}

impl Counted {
    fn len(&self) -> i64 {
        i64::try_from(self.bytes.len()).unwrap_or(i64::MAX)
    }
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.held.dec_by(self.len());
    }
}

impl Metrics {
    /// A subscriber comes.
    pub fn subscriber_comes(&self) {
        self.events.subscribers.inc();
    }

    /// A subscriber goes, or is given up.
    pub fn subscriber_goes(&self, given_up: bool) {
        self.events.subscribers.dec();
        self.events.dropped.inc_by(u64::from(given_up));
    }

    /// A subscriber got an event.
    pub fn event_told(&self) {
        self.events.told.inc();
    }

    /// Shares the bytes of an event; they are counted until the last who holds them lets go.
    #[must_use]
    pub fn hold_event_bytes(&self, bytes: Vec<u8>) -> Bytes {
        let counted = Counted { bytes, held: self.events.bytes_held.clone() };
        counted.held.inc_by(counted.len());
        Bytes::from_owner(counted)
    }
}
