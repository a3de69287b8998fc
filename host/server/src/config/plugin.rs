//! The rules of the `[[plugin]]`, `[[topic]]` and `[[lookup]]` tables.

use std::collections::BTreeSet;
use std::path::Path;

use trellis_engine::domain::name::{ServiceName, TopicName};
use trellis_engine::federation::Federations;
use trellis_engine::hosting::{ServiceSetup, TopicSetup};
use trellis_engine::ports::plugins::PluginId;
use trellis_sandbox::{Language, LimitOverrides, Limits};
use trellis_spv::identity::key::compressed_public_key;

use super::checked::{PluginSetup, PluginSource, Publisher};
use super::federation::demand;
use super::file::{LookupTable, PluginTable, PublisherTable, TopicAccessName, TopicTable};
use super::problem::Problem;

/// The topics that only clients who say who they are may submit to and read.
pub(super) fn closed_topics(topics: &[TopicTable]) -> Vec<TopicName> {
    let closed = topics.iter().filter(|topic| topic.access == Some(TopicAccessName::Authenticated));
    // What is no name is a problem of its own.
    closed.filter_map(|topic| TopicName::new(&topic.name).ok()).collect()
}

/// Longest plugin id, in characters: it is a metric label.
const MAX_PLUGIN_ID: usize = 64;

/// Checks the three tables against each other.
pub(super) fn check_hosting(
    (publishers, plugins): (Vec<PublisherTable>, Vec<PluginTable>),
    topics: Vec<TopicTable>,
    services: Vec<LookupTable>,
    folder: &Path,
    federations: Option<&Federations>,
    problems: &mut Vec<Problem>,
) -> (Vec<PluginSetup>, Vec<TopicSetup>, Vec<ServiceSetup>) {
    let publishers: Vec<_> = publishers.into_iter().filter_map(|table| publisher(table, problems)).collect();
    let names: Vec<&str> = publishers.iter().map(|publisher| publisher.name.as_str()).collect();
    report_repeats(&names, "[[publisher]]", "publisher", problems);
    let plugins: Vec<PluginSetup> =
        plugins.into_iter().map(|table| plugin(table, folder, &publishers, problems)).collect();
    let ids: Vec<&str> = plugins.iter().map(|plugin| plugin.id.as_str()).collect();
    report_repeats(&ids, "[[plugin]]", "plugin", problems);
    let topic_names: Vec<String> = topics.iter().map(|topic| topic.name.clone()).collect();
    let topic_names: Vec<&str> = topic_names.iter().map(String::as_str).collect();
    report_repeats(&topic_names, "[[topic]]", "topic", problems);
    let service_names: Vec<String> = services.iter().map(|service| service.name.clone()).collect();
    let service_names: Vec<&str> = service_names.iter().map(String::as_str).collect();
    report_repeats(&service_names, "[[lookup]]", "lookup service", problems);
    for table in topics.iter().filter(|table| table.certified.is_none()) {
        let is_certified =
            |read: &&String| topics.iter().any(|other| other.name == **read && other.certified.is_some());
        if let Some(certified) = table.reads.iter().find(is_certified) {
            let (open, certified) = (table.name.clone(), certified.clone());
            problems.push(Problem::CertifiedToOpen { open, certified });
        }
    }
    let topics =
        topics.into_iter().filter_map(|table| topic(table, &ids, &topic_names, federations, problems)).collect();
    let services = services.into_iter().filter_map(|table| service(table, &ids, &topic_names, problems)).collect();
    (plugins, topics, services)
}

pub(super) fn report_repeats(names: &[&str], table: &'static str, what: &'static str, problems: &mut Vec<Problem>) {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            problems.push(Problem::Twice { table, name: (*name).to_owned(), what });
        }
    }
}

fn publisher(table: PublisherTable, problems: &mut Vec<Problem>) -> Option<Publisher> {
    let PublisherTable { name, key } = table;
    let found = hex::decode(&key).ok().and_then(|bytes| compressed_public_key(&bytes).ok());
    if found.is_none() {
        problems.push(Problem::PublisherKey(name.clone()));
    }
    Some(Publisher { name, key: found? })
}

fn plugin(table: PluginTable, folder: &Path, publishers: &[Publisher], problems: &mut Vec<Problem>) -> PluginSetup {
    let PluginTable { id, file, builtin, sha256, publisher, grants, limits, config } = table;
    let publisher = publisher.and_then(|name| {
        let found = publishers.iter().find(|known| known.name == name).cloned();
        if found.is_none() {
            let known: Vec<&str> = publishers.iter().map(|known| known.name.as_str()).collect();
            let nearest = nearest(&name, &known);
            problems.push(Problem::UnknownPublisher { id: id.clone(), publisher: name, nearest });
        }
        found
    });
    let fits = (1..=MAX_PLUGIN_ID).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_');
    if !fits {
        problems.push(Problem::PluginId(id.chars().take(MAX_PLUGIN_ID + 10).collect()));
    }
    let source = match (file, builtin) {
        (Some(file), None) => {
            let file = folder.join(file);
            if let Err(error) = std::fs::File::open(&file) {
                problems.push(Problem::PluginFile { id: id.clone(), file: file.clone(), reason: error.to_string() });
            }
            PluginSource::File(file)
        }
        (None, Some(builtin)) => {
            if trellis_plugins_embedded::find(&builtin).is_none() {
                let known = trellis_plugins_embedded::all().iter().map(|plugin| plugin.id.to_owned()).collect();
                problems.push(Problem::Builtin { id: id.clone(), builtin: builtin.clone(), known });
            }
            PluginSource::Builtin(builtin)
        }
        _ => {
            problems.push(Problem::PluginSource(id.clone()));
            PluginSource::Builtin(String::new())
        }
    };
    let sha256 = sha256.and_then(|text| {
        let mut digest = [0; 32];
        match hex::decode_to_slice(&text, &mut digest) {
            Ok(()) => Some(digest),
            Err(_) => {
                problems.push(Problem::Sha256(id.clone()));
                None
            }
        }
    });
    let limits: LimitOverrides = limits.into_iter().map(|(name, value)| (name.replace('-', "_"), value)).collect();
    // Which language a component is written in is known when it is loaded; the ranges are the same for all.
    if let Err(error) = Limits::of(Language::Compiled).with(&limits) {
        problems.push(Problem::Limit { id: id.clone(), error });
    }
    let configuration = config.into_iter().map(|(key, value)| (key, as_text(value))).collect();
    PluginSetup { id, source, sha256, publisher, grants, limits, configuration }
}

/// A text as it stands, any other value as JSON text: what a plugin's `config` import promises.
fn as_text(value: toml::Value) -> String {
    match value {
        toml::Value::String(text) => text,
        other => as_json(other).to_string(),
    }
}

fn as_json(value: toml::Value) -> serde_json::Value {
    match value {
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => number.into(),
        toml::Value::Boolean(flag) => flag.into(),
        toml::Value::Datetime(time) => time.to_string().into(),
        toml::Value::Array(list) => list.into_iter().map(as_json).collect(),
        toml::Value::Table(table) => table.into_iter().map(|(key, value)| (key, as_json(value))).collect(),
    }
}

fn topic(
    table: TopicTable,
    plugins: &[&str],
    hosted: &[&str],
    federations: Option<&Federations>,
    problems: &mut Vec<Problem>,
) -> Option<TopicSetup> {
    let name = TopicName::new(&table.name).map_err(|error| problems.push(error.into())).ok();
    let plugin = known_plugin("[[topic]]", &table.name, table.plugin, plugins, problems);
    let reads = reads("[[topic]]", &table.name, table.reads, hosted, problems);
    let certified = table.certified.and_then(|certified| {
        let wrong = |error| problems.push(Problem::Certified { table: "[[topic]]", name: table.name.clone(), error });
        demand(certified, federations).map_err(wrong).ok()
    });
    Some(TopicSetup { name: name?, plugin, reads, certified })
}

/// The topics a topic or service is granted to read.
fn reads(
    table: &'static str,
    name: &str,
    topics: Vec<String>,
    hosted: &[&str],
    problems: &mut Vec<Problem>,
) -> Vec<TopicName> {
    let mut reads: Vec<TopicName> = Vec::new();
    for topic in topics {
        let name = name.to_owned();
        if topic == name {
            problems.push(Problem::ReadsItself(name));
        } else if !hosted.contains(&topic.as_str()) {
            let nearest = nearest(&topic, hosted);
            problems.push(Problem::UnknownRead { table, name, topic, nearest });
        } else if reads.iter().any(|read| read.as_str() == topic) {
            problems.push(Problem::ReadTwice { table, name, topic });
        } else if let Ok(topic) = TopicName::new(&topic) {
            reads.push(topic);
        }
    }
    reads
}

fn service(table: LookupTable, plugins: &[&str], hosted: &[&str], problems: &mut Vec<Problem>) -> Option<ServiceSetup> {
    let name = ServiceName::new(&table.name).map_err(|error| problems.push(error.into())).ok();
    let plugin = known_plugin("[[lookup]]", &table.name, table.plugin, plugins, problems);
    if table.topics.is_empty() {
        problems.push(Problem::NoTopics(table.name.clone()));
    }
    let mut topics = Vec::new();
    for topic in table.topics {
        if !hosted.contains(&topic.as_str()) {
            let nearest = nearest(&topic, hosted);
            problems.push(Problem::UnknownTopic { table: "[[lookup]]", name: table.name.clone(), topic, nearest });
        } else if let Ok(topic) = TopicName::new(&topic) {
            topics.push(topic);
        }
    }
    let reads = reads("[[lookup]]", &table.name, table.reads, hosted, problems);
    Some(ServiceSetup { name: name?, plugin, topics, reads })
}

pub(super) fn known_plugin(
    table: &'static str,
    name: &str,
    plugin: String,
    plugins: &[&str],
    problems: &mut Vec<Problem>,
) -> PluginId {
    if !plugins.contains(&plugin.as_str()) {
        let nearest = nearest(&plugin, plugins);
        problems.push(Problem::UnknownPlugin { table, name: name.to_owned(), plugin: plugin.clone(), nearest });
    }
    PluginId(plugin.into())
}

pub(super) fn nearest(name: &str, known: &[&str]) -> Option<String> {
    super::read::nearest(name, known.iter().copied()).map(str::to_owned)
}
