//! Plugins: the sandbox's observer (calls, faults, fuel and time), and what is asked of them when somebody scrapes. How often a
//! plugin was loaded is how often its `describe` was called.

use std::sync::Arc;
use std::time::Duration;

use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};
use trellis_sandbox::{CallObserver, CallOutcome, CallReport};

use super::Metrics;
use super::labels::{PluginLabel, StateLabels};
use crate::http::body::plugins::PluginBody;

/// What is known of plugins at one moment.
#[derive(Debug, Default)]
pub(super) struct PluginGauges {
    memory: Family<PluginLabel, Gauge>,
    paused: Family<PluginLabel, Gauge>,
    state: Family<StateLabels, Gauge>,
}

impl PluginGauges {
    pub(super) fn register(&self, registry: &mut Registry) {
        let memory = "Linear memory of the call that had most, since the component serves";
        registry.register_with_unit("plugin_memory_high_water", memory, Unit::Bytes, self.memory.clone());
        registry.register(
            "plugin_paused",
            "Whether it is not called, because it broke again and again",
            self.paused.clone(),
        );
        let state = "Keys and values a plugin holds in the state of a topic or service";
        registry.register_with_unit("plugin_state", state, Unit::Bytes, self.state.clone());
    }

    pub(super) fn note(&self, plugins: &[PluginBody]) {
        let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        // Who is not loaded any more has none.
        self.memory.clear();
        self.paused.clear();
        self.state.clear();
        for plugin in plugins {
            let label = PluginLabel { plugin: plugin.id.clone() };
            self.memory.get_or_create(&label).set(whole(plugin.record.memory_high_water));
            self.paused.get_or_create(&label).set(i64::from(plugin.paused.is_some()));
            for (of, bytes) in &plugin.state_bytes {
                let labels = StateLabels { plugin: plugin.id.clone(), of: of.clone() };
                self.state.get_or_create(&labels).set(whole(*bytes));
            }
        }
    }
}

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
