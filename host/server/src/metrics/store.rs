//! The store's observer: how long commits and syncs take.

use std::sync::Arc;
use std::time::Duration;

use trellis_store::sled_store::StoreObserver;

use super::Metrics;

/// Feeds [`Metrics`].
#[derive(Debug, Clone)]
pub struct StoreMetrics(pub Arc<Metrics>);

impl StoreObserver for StoreMetrics {
    fn on_commit(&self, nanoseconds: u64) {
        self.0.commit_seconds.observe(Duration::from_nanos(nanoseconds).as_secs_f64());
    }

    fn on_sync(&self, nanoseconds: u64, group: usize) {
        self.0.sync_seconds.observe(Duration::from_nanos(nanoseconds).as_secs_f64());
        self.0.sync_group.observe(group as f64);
    }
}
