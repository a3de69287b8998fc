//! Plugins as an operator sees them: what they are for, what calls into them came to, what is to take their place.

use std::collections::BTreeMap;

use trellis_engine::rebuild::Promotion;
use trellis_engine::submit::ShadowReport;
use trellis_sandbox::{Inspection, Limits, PluginRecord};

use super::{Candidate, HostPlugins, Origin, Shelved, Source, patterns, plugin_id};
use crate::config::Config;
use crate::config::checked::PluginSource;
use crate::http::body::plugins::{CandidateBody, DisagreementBody, LastChangeBody, PluginBody, RecordBody, ShadowBody};

const TOPIC_MANAGER: &str = "topic-manager";
const LOOKUP_SERVICE: &str = "lookup-service";
const BASKET_MANAGER: &str = "basket-manager";

/// What a plugin is configured for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfiguredRole {
    /// The plugin.
    pub plugin: String,
    /// `topic-manager`, `lookup-service` or `basket-manager`.
    pub role: &'static str,
    /// Topics, services or baskets.
    pub names: Vec<String>,
}

/// All that plugins are configured for.
fn configured_roles(config: &Config) -> Vec<ConfiguredRole> {
    let role = |plugin: &trellis_engine::ports::plugins::PluginId, role, names| ConfiguredRole {
        plugin: plugin.to_string(),
        role,
        names,
    };
    let topics = config.topics.iter().map(|topic| role(&topic.plugin, TOPIC_MANAGER, vec![topic.name.to_string()]));
    let services =
        config.services.iter().map(|service| role(&service.plugin, LOOKUP_SERVICE, vec![service.name.to_string()]));
    let baskets = config.baskets.iter().map(|setup| role(&setup.manager.plugin, BASKET_MANAGER, patterns(setup)));
    topics.chain(services).chain(baskets).collect()
}

/// Every topic's plugin judges, every service's plugin answers, every baskets' plugin manages them; else what lacks its role, and the
/// roles its plugin has.
#[must_use]
pub fn missing_role(
    config: &Config,
    inspection: impl Fn(&str) -> Option<Inspection>,
) -> Option<(ConfiguredRole, Vec<&'static str>)> {
    configured_roles(config).into_iter().find_map(|wanted| {
        let has = inspection(&wanted.plugin).map(|found| role_names(&found)).unwrap_or_default();
        (!has.contains(&wanted.role)).then_some((wanted, has))
    })
}

/// The roles of a component, by the names of their interfaces.
#[must_use]
pub fn role_names(inspection: &Inspection) -> Vec<&'static str> {
    let roles = [
        (inspection.topic_manager, TOPIC_MANAGER),
        (inspection.topic_relevance, "topic-relevance"),
        (inspection.lookup_service, LOOKUP_SERVICE),
        (inspection.basket_manager, BASKET_MANAGER),
    ];
    roles.into_iter().filter(|(has, _)| *has).map(|(_, role)| role).collect()
}

impl HostPlugins {
    /// All plugins, in the order of the configuration.
    #[must_use]
    pub fn list(&self) -> Vec<PluginBody> {
        self.shelf().iter().map(|shelved| self.body(shelved)).collect()
    }

    fn body(&self, shelved: &Shelved) -> PluginBody {
        let setup = &shelved.setup;
        let id = plugin_id(&setup.id);
        let description = self.engine().plugins().description(&id);
        let description = description.as_deref();
        let inspection = self.sandbox.inspection(&id);
        let engine = self.engine();
        let hosting = engine.hosting();
        let topics = hosting.topics().filter(|topic| topic.plugin == id).map(|topic| topic.name.to_string());
        let services =
            hosting.services().filter(|service| service.plugin == id).map(|service| service.name.to_string());
        let managers = hosting.managers().filter(|manager| manager.plugin == id);
        let baskets = managers.flat_map(|manager| &manager.baskets).map(ToString::to_string);
        let state_bytes = self.engine().state_bytes(&id).unwrap_or_default();
        PluginBody {
            id: setup.id.clone(),
            name: description.map(|found| found.name.clone()).unwrap_or_default(),
            version: description.and_then(|found| found.version.clone()),
            sha256: description.map(|found| hex::encode(found.sha256)).unwrap_or_default(),
            source: match (shelved.source, &setup.source) {
                (Source::Uploaded, _) => "uploaded".to_owned(),
                (Source::Configured, PluginSource::File(file)) => format!("file {}", file.display()),
                (Source::Configured, PluginSource::Builtin(builtin)) => format!("built in as {builtin}"),
            },
            roles: inspection.iter().flat_map(role_names).map(str::to_owned).collect(),
            topics: topics.collect(),
            lookup_services: services.collect(),
            baskets: baskets.collect(),
            limits: self.sandbox.limits(&id).map(|found| limits(&found)).unwrap_or_default(),
            record: self.sandbox.record(&id).map(record).unwrap_or_default(),
            state_bytes: state_bytes.into_iter().collect(),
            paused: self.sandbox.record(&id).and_then(|found| found.paused),
            candidate: shelved.candidate.map(|candidate| self.candidate(&setup.id, candidate)),
            last_change: shelved.last.as_ref().map(|last| LastChangeBody {
                sha256: hex::encode(last.sha256),
                outcome: if last.failure.is_none() { "promoted" } else { "failed" }.to_owned(),
                why: last.failure.clone(),
            }),
            file_problem: shelved.complaint.clone(),
        }
    }

    fn candidate(&self, id: &str, candidate: Candidate) -> CandidateBody {
        let plugin = plugin_id(id);
        let description = self.engine().plugins().description(&plugin.candidate());
        let state = match (candidate.promoted, self.engine().promotion(&plugin)) {
            (false, _) => "watching",
            (true, Some(Promotion::Waiting)) => "waiting",
            (true, _) => "building",
        };
        CandidateBody {
            sha256: hex::encode(candidate.sha256),
            version: description.and_then(|found| found.version.clone()),
            origin: match candidate.origin {
                Origin::Upload => "upload",
                Origin::Configured | Origin::Reconfigured => "configuration",
            }
            .to_owned(),
            state: state.to_owned(),
            shadow: self.engine().watched(&plugin).map(shadow),
        }
    }
}

fn shadow(report: ShadowReport) -> ShadowBody {
    let disagreement = |found: trellis_engine::submit::Disagreement| DisagreementBody {
        topic: found.topic.to_string(),
        txid: found.txid.to_string(),
        plugin: found.plugin,
        candidate: found.candidate,
    };
    ShadowBody {
        judged: report.judged,
        disagreed: report.disagreed,
        last: report.last.into_iter().map(disagreement).collect(),
    }
}

fn record(record: PluginRecord) -> RecordBody {
    RecordBody {
        calls: record.calls,
        refused: record.refused,
        busy: record.busy,
        faults: record.faults.iter().map(|(kind, count)| (kind.label().to_owned(), *count)).collect(),
        faults_in_a_row: record.faults_in_a_row,
        fuel: record.fuel,
        microseconds: record.nanos / 1_000,
        memory_high_water: record.memory_high_water,
    }
}

fn limits(limits: &Limits) -> BTreeMap<String, u64> {
    let values = [
        ("judge-fuel", limits.judge_fuel),
        ("index-fuel", limits.index_fuel),
        ("lookup-fuel", limits.lookup_fuel),
        ("describe-fuel", limits.describe_fuel),
        ("deadline-ms", limits.deadline_ms),
        ("memory-bytes", limits.memory_bytes),
        ("host-calls", limits.host_calls),
        ("read-bytes", limits.read_bytes),
        ("written-bytes", limits.written_bytes),
        ("scanned-rows", limits.scanned_rows),
        ("hashed-bytes", limits.hashed_bytes),
        ("curve-operations", limits.curve_operations),
        ("logged-bytes", limits.logged_bytes),
        ("found-outputs", limits.found_outputs),
        ("file-bytes", limits.file_bytes),
        ("state-bytes", limits.state_bytes),
        ("faults-before-pause", limits.faults_before_pause),
    ];
    values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
