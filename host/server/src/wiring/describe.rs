//! What was loaded, against what the configuration wants of it, and as `/admin/plugins` shows it.

use std::collections::BTreeMap;

use trellis_engine::engine::Engine;
use trellis_engine::ports::plugins::PluginId;
use trellis_sandbox::{Inspection, Limits, Loaded as LoadedPlugin};

use super::WiringError;
use crate::config::Config;
use crate::config::checked::BasketSetup;
use crate::http::body::PluginBody;

const TOPIC_MANAGER: &str = "topic-manager";
const LOOKUP_SERVICE: &str = "lookup-service";
const BASKET_MANAGER: &str = "basket-manager";

/// The engine's id of a configured plugin.
pub(super) fn plugin_id(id: &str) -> PluginId {
    PluginId(id.into())
}

/// Every topic's plugin judges, every service's plugin answers, every baskets' plugin manages them.
pub(super) fn check_roles(config: &Config, plugins: &[LoadedPlugin]) -> Result<(), WiringError> {
    let topics = config.topics.iter().map(|topic| (topic.name.to_string(), &topic.plugin, TOPIC_MANAGER));
    let services = config.services.iter().map(|service| (service.name.to_string(), &service.plugin, LOOKUP_SERVICE));
    let baskets =
        config.baskets.iter().map(|setup| (patterns(setup).join("`, `"), &setup.manager.plugin, BASKET_MANAGER));
    for (name, plugin, role) in topics.chain(services).chain(baskets) {
        let found = config.plugins.iter().zip(plugins).find(|(setup, _)| setup.id == *plugin.0);
        let has = found.map(|(_, loaded)| roles(&loaded.inspection)).unwrap_or_default();
        if !has.contains(&role) {
            return Err(WiringError::Role { plugin: plugin.to_string(), role, name, roles: has.join(" and ") });
        }
    }
    Ok(())
}

fn roles(inspection: &Inspection) -> Vec<&'static str> {
    let mut roles = Vec::new();
    if inspection.topic_manager {
        roles.push(TOPIC_MANAGER);
    }
    if inspection.topic_relevance {
        roles.push("topic-relevance");
    }
    if inspection.lookup_service {
        roles.push(LOOKUP_SERVICE);
    }
    if inspection.basket_manager {
        roles.push(BASKET_MANAGER);
    }
    roles
}

/// Baskets as they are written in the configuration.
fn patterns(setup: &BasketSetup) -> Vec<String> {
    setup.manager.baskets.iter().map(ToString::to_string).collect()
}

/// The plugins as an operator sees them.
pub(super) fn plugin_bodies(config: &Config, engine: &Engine, plugins: &[LoadedPlugin]) -> Vec<PluginBody> {
    let body = |(setup, loaded): (&crate::config::checked::PluginSetup, &LoadedPlugin)| {
        let id = plugin_id(&setup.id);
        let description = engine.plugins().description(&id);
        let description = description.as_deref();
        let topics = config.topics.iter().filter(|topic| topic.plugin == id);
        let services = config.services.iter().filter(|service| service.plugin == id);
        let baskets = config.baskets.iter().filter(|setup| setup.manager.plugin == id);
        PluginBody {
            id: setup.id.clone(),
            name: description.map(|found| found.name.clone()).unwrap_or_default(),
            version: description.and_then(|found| found.version.clone()),
            sha256: hex::encode(loaded.inspection.sha256),
            roles: roles(&loaded.inspection),
            topics: topics.map(|topic| topic.name.to_string()).collect(),
            lookup_services: services.map(|service| service.name.to_string()).collect(),
            baskets: baskets.flat_map(patterns).collect(),
            limits: limits(&loaded.limits),
        }
    };
    config.plugins.iter().zip(plugins).map(body).collect()
}

fn limits(limits: &Limits) -> BTreeMap<&'static str, u64> {
    BTreeMap::from([
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
    ])
}
