//! `plugin inspect`, `plugin check`: what a component is, wants and offers, and whether this host would load it.
//!
//! The same code that a host loads plugins with: there is no second opinion.

mod recorder;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};
use trellis_engine::ports::plugins::{PluginDescription, PluginId, Plugins};
use trellis_sandbox::{
    Compiler, Inspection, Language, LimitOverrides, Limits, Loaded, PluginConfig, Sandbox, SandboxOptions, inspect,
};

use super::{COMPILE_PLUGIN, CommandResult};
use crate::clock;
use recorder::Recorder;

/// What to do with plugins.
#[derive(Debug, clap::Subcommand)]
pub enum PluginCommand {
    /// Say what a component is, wants and offers, without running any of it
    Inspect(PluginArguments),
    /// Load a component as a host would, twice, and say whether both times were the same; exit code 1 where it cannot be loaded
    Check(PluginArguments),
}

/// A component.
#[derive(Debug, clap::Args)]
pub struct PluginArguments {
    /// The component, a .wasm file
    pub file: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Why a component does not pass.
#[derive(Debug, thiserror::Error)]
#[error("{} does not pass: {why}", file.display())]
struct NotPassed {
    file: PathBuf,
    why: String,
}

/// Runs a command about plugins.
///
/// # Errors
/// The file cannot be read, or the component cannot be loaded.
pub fn run(command: &PluginCommand) -> CommandResult {
    let (arguments, is_check) = match command {
        PluginCommand::Inspect(arguments) => (arguments, false),
        PluginCommand::Check(arguments) => (arguments, true),
    };
    let PluginArguments { file, json } = arguments;
    let wasm = std::fs::read(file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    let not_passed = |why: String| NotPassed { file: file.clone(), why };
    if !is_check {
        let inspection = inspect(&wasm, &most_allowed()).map_err(|error| not_passed(error.to_string()))?;
        return print(*json, &inspection_json(&inspection), &inspection_in_words(file, &inspection));
    }
    let first = load(&wasm).map_err(|error| not_passed(error.to_string()))?;
    let second = load(&wasm).map_err(|error| not_passed(error.to_string()))?;
    if let Some(differs) = first.differs_from(&second) {
        return Err(not_passed(differs).into());
    }
    let mut report = inspection_json(&first.loaded.inspection);
    if let Some(report) = report.as_object_mut() {
        report.insert("name".to_owned(), json!(first.description.name));
        report.insert("compileMilliseconds".to_owned(), json!(first.load_milliseconds));
        report.insert("fuel".to_owned(), json!(first.fuel));
    }
    let words = format!("{}{}", inspection_in_words(file, &first.loaded.inspection), first.in_words());
    print(*json, &report, &words)
}

/// The limits of whichever language has the larger ones: which it is, is known only after reading.
const fn most_allowed() -> Limits {
    Limits::of(Language::Interpreted)
}

fn print(as_json: bool, report: &Value, words: &str) -> CommandResult {
    if as_json {
        println!("{report}");
    } else {
        print!("{words}");
    }
    Ok(())
}

/// A component that was loaded.
struct Checked {
    loaded: Loaded,
    description: PluginDescription,
    /// Compiling, linking and describing, in milliseconds.
    load_milliseconds: u64,
    /// Fuel of each call, in order.
    fuel: Vec<(&'static str, u64)>,
}

/// Loads a component in a sandbox of its own, with nothing compiled before.
fn load(wasm: &[u8]) -> Result<Checked, Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let compiler = Compiler::new(std::env::current_exe()?, [COMPILE_PLUGIN.into()]);
    let recorder = Arc::new(Recorder::default());
    let mut options = SandboxOptions::new(folder.path(), compiler);
    options.observer = Arc::clone(&recorder) as _;
    let mut sandbox = Sandbox::new(options)?;
    let id = PluginId("checked".into());
    let began = clock::monotonic();
    let loaded = sandbox.load(PluginConfig {
        id: id.clone(),
        wasm: wasm.to_vec(),
        sha256: None,
        limits: LimitOverrides::new(),
        configuration: Default::default(),
    })?;
    let took = clock::monotonic().saturating_sub(began);
    let description = sandbox.description(&id).cloned().ok_or("what was loaded is not there")?;
    let load_milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    Ok(Checked { loaded, description, load_milliseconds, fuel: recorder.calls() })
}

impl Checked {
    /// In what two loads of one component differ.
    fn differs_from(&self, other: &Self) -> Option<String> {
        if self.description != other.description {
            return Some("it described itself differently in two fresh runs; a plugin may depend on nothing but what it is given".to_owned());
        }
        let differs = self.fuel.iter().zip(&other.fuel).find(|(one, two)| one != two)?;
        let ((call, one), (_, two)) = differs;
        Some(format!(
            "`{call}` used {one} units of fuel in one fresh run and {two} in the other; a plugin may depend on nothing but what it is given"
        ))
    }

    fn in_words(&self) -> String {
        let PluginDescription { name, short_description, version, documentation, .. } = &self.description;
        let version = version.as_deref().map(|version| format!(" {version}")).unwrap_or_default();
        let mut text = format!("calls itself  {name}{version}: {short_description}\n");
        text.push_str(&format!("documentation {} bytes\n", documentation.len()));
        text.push_str(&format!("loaded in     {} ms, compiling included\n", self.load_milliseconds));
        for (call, fuel) in &self.fuel {
            text.push_str(&format!("fuel          {call}: {fuel} of {}\n", self.loaded.limits.describe_fuel));
        }
        text.push_str("passes: two fresh runs came to the same, in result and fuel\n");
        text
    }
}

const fn language(inspection: &Inspection) -> &'static str {
    match inspection.language {
        Language::Compiled => "compiled language",
        Language::Interpreted => "language runtime inside",
    }
}

/// Roles of a component, by the names of their interfaces.
fn roles(inspection: &Inspection) -> Vec<&'static str> {
    let roles = [
        (inspection.topic_manager, "topic-manager"),
        (inspection.topic_relevance, "topic-relevance"),
        (inspection.basket_manager, "basket-manager"),
        (inspection.lookup_service, "lookup-service"),
    ];
    roles.into_iter().filter(|(has, _)| *has).map(|(_, role)| role).collect()
}

/// What an operator has to write for it besides naming it, because of what it imports.
fn grants(inspection: &Inspection) -> Vec<&'static str> {
    let imports = |interface: &str| inspection.imports.iter().any(|import| import.split('.').next() == Some(interface));
    let grants = [
        (imports("topics"), "reads = [\"tm_…\"] under [[topic]] or [[lookup]]: it looks into other topics"),
        (imports("config"), "config under [[plugin]]: it reads a configuration; its documentation says which keys"),
        (inspection.basket_manager, "[[basket]]: it manages baskets"),
    ];
    grants.into_iter().filter(|(needed, _)| *needed).map(|(_, grant)| grant).collect()
}

fn inspection_json(inspection: &Inspection) -> Value {
    json!({
        "sha256": hex::encode(inspection.sha256),
        "bytes": inspection.size,
        "interfaceVersion": inspection.interface_version,
        "language": language(inspection),
        "roles": roles(inspection),
        "imports": inspection.imports,
        "mayNeed": grants(inspection),
    })
}

fn inspection_in_words(file: &Path, inspection: &Inspection) -> String {
    let mut text = format!("{}\n", file.display());
    text.push_str(&format!("sha256        {}\n", hex::encode(inspection.sha256)));
    text.push_str(&format!("size          {} bytes, {}\n", inspection.size, language(inspection)));
    text.push_str(&format!("interface     bsv:overlay@{}\n", inspection.interface_version));
    text.push_str(&format!("roles         {}\n", roles(inspection).join(", ")));
    let imports = if inspection.imports.is_empty() { "nothing".to_owned() } else { inspection.imports.join(", ") };
    text.push_str(&format!("may call      {imports}\n"));
    for grant in grants(inspection) {
        text.push_str(&format!("may need      {grant}\n"));
    }
    text
}
