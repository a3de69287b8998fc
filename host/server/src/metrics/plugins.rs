//! The sandbox's observer: calls, faults, fuel and time per plugin.

use std::sync::Arc;
use std::time::Duration;

use trellis_sandbox::{CallObserver, CallOutcome, CallReport};

use super::Metrics;

/// Feeds [`Metrics`].
#[derive(Debug, Clone)]
pub struct PluginMetrics(pub Arc<Metrics>);

impl CallObserver for PluginMetrics {
    fn nanos(&self) -> u64 {
        u64::try_from(crate::clock::monotonic().as_nanos()).unwrap_or(u64::MAX)
    }

    fn called(&self, report: &CallReport<'_>) {
        let fault = match report.outcome {
            CallOutcome::Fault(kind) => Some(kind.label()),
            _ => None,
        };
        self.0.plugin_call(&report.plugin.0, report.call, fault, Duration::from_nanos(report.nanos), report.fuel);
    }
}
