//! What Prometheus sees at `/metrics`. Labels are names an operator or this program chose, never text of clients or plugins.
//!
//! | module | one job |
//! |---|---|
//! | [`labels`] | the label sets |
//! | [`engine`] | the engine's observer |
//! | [`events`] | subscribers, and what they are told |
//! | [`plugins`] | the sandbox's observer |
//! | [`store`] | the store's observer |

pub mod engine;
pub mod events;
pub mod labels;
pub mod plugins;
pub mod store;

use std::sync::atomic::AtomicI64;
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use trellis_engine::ports::observer::Stage;

use crate::http::body::plugins::PluginBody;

use events::EventMetrics;
use labels::{AnswerLabels, CallLabels, FaultLabels, OutcomeLabel, PluginLabel, RequestLabels, RouteLabel, StageLabel};
use plugins::PluginGauges;

/// Every metric of the process.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// Submissions by outcome.
    submissions: Family<OutcomeLabel, Counter>,
    /// One per [`Stage`], in its order: looked up once, since every submission passes all of them.
    stages: Vec<Histogram>,
    conflicts: Counter,
    refusals: Family<PluginLabel, Counter>,
    plugin_calls: Family<CallLabels, Counter>,
    plugin_seconds: Family<CallLabels, Histogram, fn() -> Histogram>,
    plugin_fuel: Family<CallLabels, Counter>,
    plugin_faults: Family<FaultLabels, Counter>,
    plugin_gauges: PluginGauges,
    commit_seconds: Histogram,
    sync_seconds: Histogram,
    sync_group: Histogram,
    outbox_depth: Gauge<i64, AtomicI64>,
    network_answers: Family<AnswerLabels, Counter>,
    taken_back: Counter,
    judged_again: Counter,
    orphaned: Counter,
    rebuild_outputs: Counter,
    rebuilds: Counter,
    requests: Family<RequestLabels, Counter>,
    request_seconds: Family<RouteLabel, Histogram, fn() -> Histogram>,
    in_flight: Gauge<i64, AtomicI64>,
    events: EventMetrics,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("trellis");
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The running program", build);
        let stages: Family<StageLabel, Histogram, fn() -> Histogram> = Family::new_with_constructor(microseconds_up);
        let metrics = Self {
            submissions: Family::default(),
            stages: Stage::ALL
                .iter()
                .map(|stage| stages.get_or_create(&StageLabel { stage: stage.label() }).clone())
                .collect(),
            conflicts: Counter::default(),
            refusals: Family::default(),
            plugin_calls: Family::default(),
            plugin_seconds: Family::new_with_constructor(microseconds_up),
            plugin_fuel: Family::default(),
            plugin_faults: Family::default(),
            plugin_gauges: PluginGauges::default(),
            commit_seconds: microseconds_up(),
            sync_seconds: microseconds_up(),
            sync_group: Histogram::new(exponential_buckets(1.0, 2.0, 8)),
            outbox_depth: Gauge::default(),
            network_answers: Family::default(),
            taken_back: Counter::default(),
            judged_again: Counter::default(),
            orphaned: Counter::default(),
            rebuild_outputs: Counter::default(),
            rebuilds: Counter::default(),
            requests: Family::default(),
            request_seconds: Family::new_with_constructor(microseconds_up),
            in_flight: Gauge::default(),
            events: EventMetrics::default(),
            registry: Registry::default(),
        };
        let seconds = || Unit::Seconds;
        registry.register("submissions", "Submissions by outcome", metrics.submissions.clone());
        registry.register_with_unit("submission_stage", "Stages of a submission", seconds(), stages);
        registry.register("plan_conflicts", "Plans made again because something changed", metrics.conflicts.clone());
        registry.register("plugin_refusals", "Verdicts that were a no", metrics.refusals.clone());
        registry.register("plugin_calls", "Calls into plugins", metrics.plugin_calls.clone());
        registry.register_with_unit("plugin_call", "Calls into plugins", seconds(), metrics.plugin_seconds.clone());
        registry.register("plugin_fuel", "Fuel used by plugins", metrics.plugin_fuel.clone());
        registry.register("plugin_faults", "Calls in which a plugin broke", metrics.plugin_faults.clone());
        registry.register_with_unit("store_commit", "One commit, in memory", seconds(), metrics.commit_seconds.clone());
        registry.register_with_unit("store_sync", "One group to the disk", seconds(), metrics.sync_seconds.clone());
        registry.register("store_sync_group", "Commits made durable together", metrics.sync_group.clone());
        registry.register(
            "outbox_depth",
            "Transactions the network is still to be told of",
            metrics.outbox_depth.clone(),
        );
        registry.register("network_answers", "Answers of broadcasters", metrics.network_answers.clone());
        let taken_back = "Transactions taken back because the network refused them";
        registry.register("transactions_taken_back", taken_back, metrics.taken_back.clone());
        let again = "Submissions judged again because they had rested on what was taken back";
        registry.register("submissions_judged_again", again, metrics.judged_again.clone());
        let outputs = metrics.rebuild_outputs.clone();
        registry.register("rebuild_outputs", "Outputs that services and managers were told once more", outputs);
        registry.register("rebuilds", "Services and managers that were rebuilt", metrics.rebuilds.clone());
        registry.register("transactions_orphaned", "Transactions that lost their block", metrics.orphaned.clone());
        registry.register("http_requests", "Requests by listener, route and status", metrics.requests.clone());
        registry.register_with_unit("http_request", "Requests by route", seconds(), metrics.request_seconds.clone());
        registry.register("http_in_flight", "Requests being served", metrics.in_flight.clone());
        metrics.events.register(&mut registry);
        metrics.plugin_gauges.register(&mut registry);
        Self { registry, ..metrics }
    }
}

/// 10 µs to 10 s in steps of three per power of ten: a plugin's call at one end, a stalled disk at the other.
fn microseconds_up() -> Histogram {
    Histogram::new(exponential_buckets(1e-5, 10f64.powf(1.0 / 3.0), 19))
}

impl Metrics {
    /// A submission ended.
    pub fn submission(&self, outcome: &'static str) {
        self.submissions.get_or_create(&OutcomeLabel { outcome }).inc();
    }

    /// A call into a plugin ended. `fault` is the kind of fault where it broke.
    pub fn plugin_call(
        &self,
        plugin: &str,
        call: &'static str,
        fault: Option<&'static str>,
        time: Duration,
        fuel: u64,
    ) {
        let plugin = plugin.to_owned();
        if let Some(kind) = fault {
            self.plugin_faults.get_or_create(&FaultLabels { plugin: plugin.clone(), kind }).inc();
        }
        let labels = CallLabels { plugin, call };
        self.plugin_calls.get_or_create(&labels).inc();
        self.plugin_fuel.get_or_create(&labels).inc_by(fuel);
        self.plugin_seconds.get_or_create(&labels).observe(time.as_secs_f64());
    }

    /// What is known of plugins now.
    pub fn note_plugins(&self, plugins: &[PluginBody]) {
        self.plugin_gauges.note(plugins);
    }

    /// A request begins.
    pub fn request_begins(&self) {
        self.in_flight.inc();
    }

    /// A request was answered, or its client went away (`status` 0).
    pub fn request_ends(&self, listener: &'static str, route: String, status: u16, time: Duration) {
        self.in_flight.dec();
        self.request_seconds.get_or_create(&RouteLabel { route: route.clone() }).observe(time.as_secs_f64());
        self.requests.get_or_create(&RequestLabels { listener, route, status }).inc();
    }

    /// The text Prometheus reads. `outbox_depth` is read from the store by the caller.
    ///
    /// # Errors
    /// Never in practice: writing to a text does not fail.
    pub fn encode(&self, outbox_depth: i64) -> Result<String, std::fmt::Error> {
        self.outbox_depth.set(outbox_depth);
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_an_operator_is_promised_is_there() {
        let metrics = Metrics::default();
        metrics.submission("admitted");
        metrics.plugin_call("hello", "lookup", Some("panic"), Duration::from_micros(9), 1234);
        metrics.request_begins();
        metrics.request_ends("public", "/submit".to_owned(), 200, Duration::from_millis(1));
        metrics.subscriber_comes();
        metrics.event_told();
        metrics.subscriber_goes(true);
        let held = metrics.hold_event_bytes(b"event".to_vec());
        drop(metrics.hold_event_bytes(b"gone".to_vec()));
        let text = metrics.encode(7).unwrap();
        assert_eq!(&*held, b"event");
        for line in [
            "trellis_submissions_total{outcome=\"admitted\"} 1",
            "trellis_submission_stage_seconds_count{stage=\"verify\"} 0",
            "trellis_plugin_calls_total{plugin=\"hello\",call=\"lookup\"} 1",
            "trellis_plugin_faults_total{plugin=\"hello\",kind=\"panic\"} 1",
            "trellis_plugin_fuel_total{plugin=\"hello\",call=\"lookup\"} 1234",
            "trellis_store_commit_seconds_count 0",
            "trellis_store_sync_seconds_count 0",
            "trellis_outbox_depth 7",
            "trellis_rebuild_outputs_total 0",
            "trellis_rebuilds_total 0",
            "trellis_http_requests_total{listener=\"public\",route=\"/submit\",status=\"200\"} 1",
            "trellis_http_in_flight 0",
            "trellis_event_subscribers 0",
            "trellis_events_told_total 1",
            "trellis_event_subscribers_dropped_total 1",
            "trellis_event_bytes_held 5",
        ] {
            assert!(text.contains(line), "no {line} in {text}");
        }
    }
}
