//! `plugin check`: a component loaded as a host would, twice, in sandboxes with nothing compiled before.

use std::sync::Arc;

use serde_json::json;
use trellis_engine::ports::plugins::{PluginDescription, PluginId, Plugins};
use trellis_sandbox::{Compiler, LimitOverrides, Loaded, PluginConfig, Sandbox, SandboxOptions};

use super::recorder::Recorder;
use super::{CommandResult, NotPassed, PluginArguments, inspect, print, read};
use crate::clock;
use crate::command::COMPILE_PLUGIN;

/// Checks a component.
///
/// # Errors
/// The file cannot be read, the component cannot be loaded, or differs from itself.
pub(super) fn run(arguments: &PluginArguments) -> CommandResult {
    let wasm = read(arguments)?;
    let not_passed = |why: String| NotPassed { file: arguments.file.clone(), why };
    let first = load(&wasm).map_err(|error| not_passed(error.to_string()))?;
    let second = load(&wasm).map_err(|error| not_passed(error.to_string()))?;
    if let Some(differs) = first.differs_from(&second) {
        return Err(not_passed(differs).into());
    }
    let inspection = &first.loaded.inspection;
    let mut report = inspect::as_json(inspection);
    if let Some(report) = report.as_object_mut() {
        report.insert("name".to_owned(), json!(first.description.name));
        report.insert("compileMilliseconds".to_owned(), json!(first.load_milliseconds));
        report.insert("fuel".to_owned(), json!(first.fuel));
    }
    let words = format!("{}{}", inspect::in_words(&arguments.file, inspection), first.in_words());
    print(arguments.json, &report, &words)
}

/// A component that was loaded.
struct Checked {
    loaded: Loaded,
    description: Arc<PluginDescription>,
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
    let sandbox = Sandbox::new(options)?;
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
    let description = sandbox.description(&id).ok_or("what was loaded is not there")?;
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
        let PluginDescription { name, short_description, version, documentation, .. } = self.description.as_ref();
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
