//! `plugin replay`: what a component that is to take over would have decided of what was decided, over a host's own data folder.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use trellis_engine::domain::name::{NameKind, TopicName};
use trellis_engine::hosting::{HostedTopic, Hosting, TopicSetup};
use trellis_engine::ports::plugins::PluginId;
use trellis_engine::ports::store::Store;
use trellis_engine::replay::{Compared, Outcome, Replay, Replayed, WhyNot};
use trellis_sandbox::{Compiler, PluginConfig, Sandbox, SandboxOptions, configuration_digest};
use trellis_spv::hash::Txid;
use trellis_store::{Options, SledStore};

use super::{CommandResult, print};
use crate::command::COMPILE_PLUGIN;
use crate::config::checked::PluginSetup;
use crate::config::{self, Config};
use crate::data_dir::DataDir;

/// Verdicts shown that differ; the others are counted. More than anybody reads.
const MAX_SHOWN: usize = 1_000;

/// What the component is called while it is tried.
const TRIED: &str = "replayed";

/// Arguments of `plugin replay`.
#[derive(Debug, clap::Args)]
pub struct ReplayArguments {
    /// The component that is to take over, a .wasm file
    pub file: PathBuf,
    /// The transaction whose verdicts are asked for again; without it, all of the topic
    #[arg(required_unless_present = "topic")]
    pub txid: Option<Txid>,
    /// The topic whose verdicts are asked for again
    #[arg(long)]
    pub topic: Option<String>,
    /// The configuration file of the host, which must not be running
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Why nothing is replayed.
#[derive(Debug, thiserror::Error)]
enum ReplayRefused {
    /// No such topic.
    #[error("{config} names no topic `{topic}`; its topics are: {}", .hosted.join(", "))]
    NoTopic { config: String, topic: String, hosted: Vec<String> },
    /// Nobody judged it.
    #[error("no topic of {config} has a verdict on transaction {txid} in this store")]
    NoVerdict { config: String, txid: Txid },
    /// It is not known which plugin the component is to take over from.
    #[error(
        "topics of different plugins judged transaction {txid}: {}; name one of them with --topic", .topics.join(", ")
    )]
    Ambiguous { txid: Txid, topics: Vec<String> },
}

/// Replays.
///
/// # Errors
/// The component cannot be loaded, the store cannot be read, or a verdict would be another one.
pub(super) fn run(arguments: &ReplayArguments) -> CommandResult {
    let wasm = super::read_component(&arguments.file)?;
    let config = config::load(&arguments.config, &|name| std::env::var(name).ok())?;
    let store = SledStore::open(&DataDir::existing(&config.data_dir)?.store(), &Options::new(rand::random()))?;
    let hosting = Hosting::new(&store, &known_topics(&config, &store)?, &[])?;
    let topics = meant(arguments, &config, &store, &hosting)?;
    let setup = topics.first().and_then(|topic| config.plugins.iter().find(|plugin| *plugin.id == *topic.plugin.0));
    let folder = tempfile::tempdir()?;
    let sandbox = load(folder.path(), wasm, setup)?;
    let configuration = setup.map(|setup| setup.configuration.clone()).unwrap_or_default();
    let configured = |component: &[u8; 32]| configuration_digest(component, &configuration);
    let plugin = PluginId(TRIED.into());
    let replay =
        Replay { store: &store, hosting: &hosting, plugins: &sandbox, plugin: &plugin, configured: &configured };
    let mut tally = Tally::default();
    for topic in &topics {
        let transactions = arguments.txid.map_or_else(|| replay.judged_by(topic), |txid| Ok(vec![txid]))?;
        for txid in transactions {
            if let Some(replayed) = replay.verdict(topic, &txid)? {
                tally.enter(&topic.name, replayed);
            }
        }
    }
    print(arguments.json, &tally.as_json(), &tally.in_words(&arguments.file))?;
    match tally.others {
        0 => Ok(()),
        others => Err(format!(
            "{others} of {} verdicts would be others with {}; nothing was changed",
            tally.replayed(),
            arguments.file.display()
        )
        .into()),
    }
}

/// The configured topics that the store knows: what has no name there has no verdicts, and is not to be given one here.
fn known_topics(config: &Config, store: &SledStore) -> Result<Vec<TopicSetup>, Box<dyn std::error::Error>> {
    let known: BTreeSet<String> = store.names(NameKind::Topic)?.into_iter().map(|(_, name)| name).collect();
    let is_known = |name: &TopicName| known.contains(name.as_str());
    let topics = config.topics.iter().filter(|topic| is_known(&topic.name)).cloned();
    Ok(topics.map(|topic| TopicSetup { reads: topic.reads.into_iter().filter(is_known).collect(), ..topic }).collect())
}

/// The topics whose verdicts are to be asked for again, all of one plugin.
fn meant(
    arguments: &ReplayArguments,
    config: &Config,
    store: &SledStore,
    hosting: &Hosting,
) -> Result<Vec<HostedTopic>, Box<dyn std::error::Error>> {
    let file = arguments.config.display().to_string();
    if let Some(name) = &arguments.topic {
        let found = TopicName::new(name).ok().filter(|name| config.topics.iter().any(|topic| topic.name == *name));
        let hosted = || config.topics.iter().map(|topic| topic.name.to_string()).collect();
        let no_topic = || ReplayRefused::NoTopic { config: file, topic: name.clone(), hosted: hosted() };
        return Ok(hosting.topic(&found.ok_or_else(no_topic)?).cloned().into_iter().collect());
    }
    let Some(txid) = arguments.txid else { return Ok(Vec::new()) };
    let topics = trellis_engine::replay::topics_of(store, hosting, &txid)?;
    let Some(first) = topics.first() else { return Err(ReplayRefused::NoVerdict { config: file, txid }.into()) };
    if topics.iter().any(|topic| topic.plugin != first.plugin) {
        let topics = topics.iter().map(|topic| topic.name.to_string()).collect();
        return Err(ReplayRefused::Ambiguous { txid, topics }.into());
    }
    Ok(topics)
}

/// Loads the component with the limits and the configuration of the plugin whose place it is to take.
fn load(folder: &Path, wasm: Vec<u8>, setup: Option<&PluginSetup>) -> Result<Sandbox, Box<dyn std::error::Error>> {
    let compiler = Compiler::new(std::env::current_exe()?, [COMPILE_PLUGIN.into()]);
    let sandbox = Sandbox::new(SandboxOptions::new(folder, compiler))?;
    let mut limits = setup.map(|setup| setup.limits.clone()).unwrap_or_default();
    // Every verdict is asked for, however many break in a row.
    limits.insert("faults_before_pause".to_owned(), u64::MAX);
    sandbox.load(PluginConfig {
        id: PluginId(TRIED.into()),
        wasm,
        sha256: None,
        limits,
        configuration: setup.map(|setup| setup.configuration.clone()).unwrap_or_default(),
    })?;
    Ok(sandbox)
}

/// What replaying came to.
#[derive(Default)]
struct Tally {
    same: u64,
    others: u64,
    not_possible: BTreeMap<WhyNot, u64>,
    /// Compared, but what was shown then cannot be told for sure.
    unconfirmed: u64,
    /// Compared, but not what was written.
    writes_not_compared: u64,
    fuel_then: u64,
    fuel_now: u64,
    /// Those that differ, as far as they are shown.
    shown: Vec<(TopicName, Replayed)>,
}

impl Tally {
    fn enter(&mut self, topic: &TopicName, replayed: Replayed) {
        let compared = match &replayed.outcome {
            Outcome::NotPossible(why) => {
                *self.not_possible.entry(*why).or_default() += 1;
                return;
            }
            Outcome::Compared(compared) => compared,
        };
        self.unconfirmed += u64::from(!compared.inputs_confirmed);
        self.writes_not_compared += u64::from(!compared.writes_compared);
        self.fuel_then = self.fuel_then.saturating_add(compared.fuel_then);
        self.fuel_now = self.fuel_now.saturating_add(compared.fuel_now);
        if compared.differences.is_empty() {
            self.same += 1;
            return;
        }
        self.others += 1;
        if self.shown.len() < MAX_SHOWN {
            self.shown.push((topic.clone(), replayed));
        }
    }

    const fn replayed(&self) -> u64 {
        self.same + self.others
    }

    fn as_json(&self) -> Value {
        let not_possible: BTreeMap<String, u64> =
            self.not_possible.iter().map(|(why, count)| (why.to_string(), *count)).collect();
        let shown: Vec<Value> = self
            .shown
            .iter()
            .map(|(topic, replayed)| {
                json!({
                    "topic": topic.as_str(),
                    "txid": replayed.txid.to_string(),
                    "sequence": replayed.sequence.0,
                    "differences": differences(replayed),
                })
            })
            .collect();
        json!({
            "replayed": self.replayed(),
            "same": self.same,
            "others": self.others,
            "notPossible": not_possible,
            "inputsNotConfirmed": self.unconfirmed,
            "writesNotCompared": self.writes_not_compared,
            "fuelThen": self.fuel_then,
            "fuelNow": self.fuel_now,
            "differing": shown,
        })
    }

    fn in_words(&self, file: &Path) -> String {
        let mut text = format!("{} verdicts asked for again, of {}\n", self.replayed(), file.display());
        text.push_str(&format!("  same          {}\n  others        {}\n", self.same, self.others));
        for (why, count) in &self.not_possible {
            text.push_str(&format!("  not possible  {count}: {why}\n"));
        }
        if self.unconfirmed > 0 {
            text.push_str(&format!(
                "  not certain   {}: what they were shown was put together, but the record does not confirm it; the plugin was configured differently then, or another program judged\n",
                self.unconfirmed
            ));
        }
        if self.writes_not_compared > 0 {
            text.push_str(&format!(
                "  not compared  what {} of them wrote: versions that old are not kept\n",
                self.writes_not_compared
            ));
        }
        text.push_str(&format!("  fuel          {} then, {} now\n", self.fuel_then, self.fuel_now));
        for (topic, replayed) in &self.shown {
            for difference in differences(replayed) {
                let Replayed { txid, sequence, .. } = replayed;
                text.push_str(&format!("topic {topic}, commit {sequence}, transaction {txid}: it {difference}\n"));
            }
        }
        let shown = u64::try_from(self.shown.len()).unwrap_or(u64::MAX);
        if self.others > shown {
            text.push_str(&format!("and {} more verdicts that would be others\n", self.others - shown));
        }
        text
    }
}

fn differences(replayed: &Replayed) -> Vec<String> {
    match &replayed.outcome {
        Outcome::Compared(Compared { differences, .. }) => differences.iter().map(ToString::to_string).collect(),
        Outcome::NotPossible(_) => Vec::new(),
    }
}
