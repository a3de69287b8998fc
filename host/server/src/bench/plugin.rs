//! `bench plugin`: what a verdict costs in a fresh sandbox, whatever its plugin was written in, beside the same verdict in an instance
//! that has judged before, and as a native function.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use trellis_engine::domain::name::TopicName;
use trellis_engine::ports::plugins::{
    HostFailure, PluginError, PluginHost, PluginId, Plugins, SourceOutput, StatePage, StateRange, TopicSubmission,
    TransactionView,
};
use trellis_sandbox::{Compiler, PluginConfig, Sandbox, SandboxOptions};
use trellis_spv::hash::Txid;

use super::floor;
use super::material::{Material, Simple};
use super::{BenchError, Spread};
use crate::clock;
use crate::command::COMPILE_PLUGIN;
use crate::wallet::key::Key;

/// Calls that warm the pool up, of each component.
const WARM_UP: usize = 50;

/// Verdicts of one component before the next one's turn: all of them meet the same neighbours on the machine.
const TURN: usize = 25;

/// A call in a fresh sandbox may take this many microseconds beyond the verdict itself.
const TARGET_US: f64 = 12.0;

/// Arguments of `bench plugin`.
#[derive(Debug, clap::Args)]
pub struct PluginArguments {
    /// Print one JSON object instead of a table
    #[arg(long)]
    pub json: bool,
    /// Verdicts of each component
    #[arg(long, value_name = "COUNT", default_value_t = 2_000)]
    pub verdicts: usize,
    /// Another component that judges as `helloworld` does, a .wasm file; may be given again
    #[arg(long = "component", value_name = "FILE")]
    pub components: Vec<PathBuf>,
    /// What it was written in, one for each component
    #[arg(long = "language", value_name = "NAME")]
    pub languages: Vec<String>,
}

/// A component that is measured.
struct Measured {
    language: String,
    id: PluginId,
    wall: Vec<Duration>,
    cpu: Duration,
    /// Of the same verdicts, a turn of them by one instance.
    reused: Duration,
    fuel: u64,
    admitted: usize,
}

/// Runs `bench plugin`.
///
/// # Errors
/// [`BenchError`].
pub fn plugin(arguments: &PluginArguments) -> Result<(), BenchError> {
    if arguments.components.len() != arguments.languages.len() {
        let text = "give every --component its --language: they belong together in the order in which they stand";
        return Err(BenchError::Refused(text.to_owned()));
    }
    let folder = tempfile::tempdir()?;
    let refused = |error: &dyn std::fmt::Display| BenchError::Refused(error.to_string());
    let compiler = Compiler::new(std::env::current_exe()?, [COMPILE_PLUGIN.into()]);
    let sandbox = Sandbox::new(SandboxOptions::new(folder.path(), compiler)).map_err(|error| refused(&error))?;
    let mut components = vec![("Rust".to_owned(), trellis_plugins_embedded::HELLOWORLD.to_vec())];
    for (file, language) in arguments.components.iter().zip(&arguments.languages) {
        components.push((language.clone(), std::fs::read(file)?));
    }
    let mut measured = Vec::new();
    for (number, (language, wasm)) in components.into_iter().enumerate() {
        let id = PluginId(format!("measured-{number}").into());
        let (limits, configuration) = Default::default();
        let config = PluginConfig { id: id.clone(), wasm, sha256: None, limits, configuration };
        sandbox.load(config).map_err(|error| refused(&error))?;
        let (cpu, reused) = Default::default();
        measured.push(Measured { language, id, wall: Vec::new(), cpu, reused, fuel: 0, admitted: 0 });
    }
    let material = Material::make(&Key::from_bytes([11; 32])?, arguments.verdicts.max(TURN))?;
    for (component, simple) in measured
        .iter()
        .flat_map(|component| material.submissions.iter().cycle().take(WARM_UP).map(move |simple| (component, simple)))
    {
        judge(&sandbox, &component.id, simple)?;
    }
    let mut native = Duration::ZERO;
    for simples in material.submissions.chunks(TURN) {
        native += floor::of_verdicts(simples);
        for component in &mut measured {
            let cpu = clock::thread_cpu();
            for simple in simples {
                let asked = clock::monotonic();
                let (fuel, admitted) = judge(&sandbox, &component.id, simple)?;
                component.wall.push(clock::monotonic().saturating_sub(asked));
                component.fuel += fuel;
                component.admitted += admitted;
            }
            component.cpu += clock::thread_cpu().saturating_sub(cpu);
            let cpu = clock::thread_cpu();
            judge_in_one_instance(&sandbox, &component.id, simples)?;
            component.reused += clock::thread_cpu().saturating_sub(cpu);
        }
    }
    let verdicts = material.submissions.len();
    let native_us = native.as_secs_f64() * 1e6 / verdicts as f64;
    let rows: Vec<Row> = measured.into_iter().map(|component| Row::of(component, verdicts, native_us)).collect();
    if arguments.json {
        let rows: Vec<Value> = rows.iter().map(Row::json).collect();
        let report = json!({ "native_us": native_us, "target_us": TARGET_US, "components": rows });
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print!("{}", table(native_us, &rows));
    }
    Ok(())
}

/// What a component's verdicts cost, each.
struct Row {
    language: String,
    cpu_us: f64,
    reused_us: f64,
    /// Beyond the native verdict.
    sandbox_us: f64,
    ratio: f64,
    wall: Spread,
    fuel: u64,
    admitted: usize,
}

impl Row {
    fn of(component: Measured, verdicts: usize, native_us: f64) -> Self {
        let cpu_us = component.cpu.as_secs_f64() * 1e6 / verdicts as f64;
        Self {
            language: component.language,
            cpu_us,
            reused_us: component.reused.as_secs_f64() * 1e6 / verdicts as f64,
            sandbox_us: cpu_us - native_us,
            ratio: cpu_us / native_us,
            wall: Spread::of(component.wall),
            fuel: component.fuel / verdicts.max(1) as u64,
            admitted: component.admitted,
        }
    }

    fn json(&self) -> Value {
        json!({
            "language": self.language,
            "cpu_us": self.cpu_us,
            "reused_cpu_us": self.reused_us,
            "beyond_native_us": self.sandbox_us,
            "ratio": self.ratio,
            "wall_p50_us": self.wall.p50.as_secs_f64() * 1e6,
            "wall_p99_us": self.wall.p99.as_secs_f64() * 1e6,
            "fuel": self.fuel,
            "admitted": self.admitted,
        })
    }
}

fn table(native_us: f64, rows: &[Row]) -> String {
    let mut text = format!(
        "A verdict on a simple submission, one signature verified; microseconds. In a sandbox of its own each time, what a call\n\
         needs beyond the native function is to stay below {TARGET_US}. Reused is an instance that gives {TURN} verdicts, as no host has it.\n\n\
         native function {native_us:>9.1}\n\n\
         language           fresh     reused   beyond native   × native   p50 wall   p99 wall         fuel   admitted\n"
    );
    for row in rows {
        let Row { language, cpu_us, reused_us, sandbox_us, ratio, wall, fuel, admitted } = row;
        let (p50, p99) = (wall.p50.as_secs_f64() * 1e6, wall.p99.as_secs_f64() * 1e6);
        text.push_str(&format!(
            "{language:<14} {cpu_us:>9.1} {reused_us:>10.1} {sandbox_us:>15.1} {ratio:>10.2} {p50:>10.1} {p99:>10.1} {fuel:>12} {admitted:>10}\n"
        ));
    }
    text
}

/// Verdicts of one instance; they are what they are in a fresh one.
fn judge_in_one_instance<'s>(sandbox: &Sandbox, plugin: &PluginId, simples: &'s [Simple]) -> Result<(), BenchError> {
    let topic = TopicName::new("tm_helloworld")?;
    let source = |simple: &'s Simple| SourceOutput {
        satoshis: simple.coin.satoshis,
        locking_script: &simple.coin.locking_script,
    };
    let sources: Vec<_> = simples.iter().map(|simple| [Some(source(simple))]).collect();
    let submissions = simples.iter().zip(&sources).map(|(simple, sources)| {
        let view = TransactionView { transaction: &simple.transaction, sources };
        TopicSubmission { topic: &topic, view, previous_coins: &[], off_chain_values: None }
    });
    let submissions: Vec<_> = submissions.collect();
    let told = sandbox.verdicts_of_one_instance(plugin, &submissions, &mut NoRows::default());
    told.map(|_| ()).map_err(|error| BenchError::Refused(error.to_string()))
}

/// A verdict: its fuel, and how many outputs it admits. A component that refuses is measured as well.
fn judge(sandbox: &Sandbox, plugin: &PluginId, simple: &Simple) -> Result<(u64, usize), BenchError> {
    let topic = TopicName::new("tm_helloworld")?;
    let coin = &simple.coin;
    let sources = [Some(SourceOutput { satoshis: coin.satoshis, locking_script: &coin.locking_script })];
    let view = TransactionView { transaction: &simple.transaction, sources: &sources };
    let submission = TopicSubmission { topic: &topic, view, previous_coins: &[], off_chain_values: None };
    let mut host = NoRows::default();
    match sandbox.identify_admissible_outputs(plugin, &submission, &mut host) {
        Ok(judgement) => Ok((judgement.cost.fuel, judgement.outputs_to_admit.len())),
        Err(PluginError::Refusal(_)) => Ok((host.fuel, 0)),
        Err(error) => Err(BenchError::Refused(error.to_string())),
    }
}

/// A host whose rows are all absent and whose writes go nowhere: the calls' own cost remains.
#[derive(Default)]
struct NoRows {
    fuel: u64,
}

impl PluginHost for NoRows {
    fn spent(&mut self, cost: trellis_engine::ports::plugins::CallCost) {
        self.fuel = cost.fuel;
    }
    fn state_get(&mut self, _: &[u8]) -> Result<Option<Vec<u8>>, HostFailure> {
        Ok(None)
    }
    fn state_set(&mut self, _: &[u8], _: Option<&[u8]>) -> Result<(), HostFailure> {
        Ok(())
    }
    fn state_scan(&mut self, _: &StateRange) -> Result<StatePage, HostFailure> {
        Ok(StatePage::default())
    }
    fn transaction(&mut self, _: &Txid) -> Result<Option<Vec<u8>>, HostFailure> {
        Ok(None)
    }
    fn atomic_beef(&mut self, _: &Txid) -> Result<Option<Vec<u8>>, HostFailure> {
        Ok(None)
    }
}
