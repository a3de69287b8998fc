//! `plugin test`: a plugin's cases, run against its component by the engine and in the sandbox of this host.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use trellis_testing::Component;
use trellis_testing::cases::{CaseOutcome, Cases};

use super::{CommandResult, print};

/// The folder of cases, in the plugin's own, unless another one is named.
const CASES: &str = "cases";

/// The profile a plugin's package is built with.
const PROFILE: &str = "release";

/// A plugin and its cases.
#[derive(Debug, clap::Args)]
pub struct TestArguments {
    /// The component, a .wasm file; or the plugin's folder: a Rust package is built, elsewhere its one .wasm file is taken
    #[arg(default_value = ".")]
    pub plugin: PathBuf,
    /// The folder of cases; `cases` in the plugin's folder unless said
    #[arg(long)]
    pub cases: Option<PathBuf>,
    /// Write into the cases what they came to, as what is expected from now on
    #[arg(long)]
    pub refresh: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Why the cases do not pass.
#[derive(Debug, thiserror::Error)]
#[error(
    "{failed} of {all} cases came to something else than expected. Where that is as it should be, `--refresh` has it expected from now on"
)]
struct Differing {
    failed: usize,
    all: usize,
}

/// A case that was run.
struct Ran {
    name: String,
    outcome: CaseOutcome,
}

/// Runs the cases.
///
/// # Errors
/// The component or the cases cannot be used, or a case came to something else than expected.
pub(super) fn run(arguments: &TestArguments) -> CommandResult {
    let TestArguments { plugin, cases, refresh, json } = arguments;
    let (component, folder) = component(plugin)?;
    let folder = cases.clone().unwrap_or_else(|| folder.join(CASES));
    let all = run_all(component, &folder, *refresh)?;
    print(*json, &all.iter().map(Ran::as_json).collect::<Value>(), &in_words(&all, *refresh))?;
    match differing(&all) {
        Some(differing) if !refresh => Err(differing.into()),
        _ => Ok(()),
    }
}

/// What the cases beside a component come to, in words; `None` where there are none.
///
/// # Errors
/// The component or the cases cannot be used.
pub(super) fn told(component: &Path, project: &Path) -> Result<Option<String>, Box<dyn std::error::Error>> {
    let folder = project.join(CASES);
    if !folder.is_dir() {
        return Ok(None);
    }
    // What the hosts of the cases log is not the host's that the author looks at.
    let silence = tracing::subscriber::NoSubscriber::default();
    let all = tracing::subscriber::with_default(silence, || run_all(Component::from_file(component), &folder, false))?;
    let mut text = in_words(&all, false);
    if let Some(differing) = differing(&all) {
        text.push_str(&format!("\n{differing}\n"));
    }
    Ok(Some(text))
}

fn run_all(component: Component, folder: &Path, refresh: bool) -> Result<Vec<Ran>, Box<dyn std::error::Error>> {
    let compiled = tempfile::tempdir()?;
    let cases = Cases::in_folder(folder, component, Some(compiled.path().to_owned()))?;
    let mut all = Vec::new();
    for file in cases.files() {
        let outcome = cases.run(file, refresh)?;
        all.push(Ran { name: file.file_stem().unwrap_or_default().to_string_lossy().into_owned(), outcome });
    }
    Ok(all)
}

fn differing(all: &[Ran]) -> Option<Differing> {
    let failed = all.iter().filter(|ran| !ran.outcome.differences.is_empty()).count();
    (failed > 0).then_some(Differing { failed, all: all.len() })
}

/// The component, and the folder of the plugin.
fn component(plugin: &Path) -> Result<(Component, PathBuf), String> {
    if !plugin.is_dir() {
        if !plugin.is_file() {
            return Err(format!("there is no {}", plugin.display()));
        }
        let folder = plugin.parent().unwrap_or(Path::new("")).to_owned();
        return Ok((Component::from_file(plugin), folder));
    }
    if !plugin.join("Cargo.toml").is_file() {
        return Ok((Component::from_file(built(plugin)?), plugin.to_owned()));
    }
    let folder = plugin.canonicalize().map_err(|error| format!("{}: {error}", plugin.display()))?;
    Ok((Component::of_package(&folder, PROFILE), folder))
}

/// The one component at the top of a folder, where its tools put it.
fn built(folder: &Path) -> Result<PathBuf, String> {
    let shown = folder.display();
    let failed = |error| format!("cannot read {shown}: {error}");
    let entries = std::fs::read_dir(folder).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
    let mut files: Vec<PathBuf> = entries.map_err(failed)?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "wasm"));
    match files.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(format!("{shown} is no Rust package and holds no component: build it first, or name the .wasm file")),
        _ => Err(format!("{shown} holds several components: name the one that is meant")),
    }
}

impl Ran {
    fn as_json(&self) -> Value {
        let CaseOutcome { about, steps, differences } = &self.outcome;
        json!({ "case": self.name, "about": about, "steps": steps, "differences": differences })
    }
}

fn in_words(all: &[Ran], refreshed: bool) -> String {
    let mut text = String::new();
    for Ran { name, outcome: CaseOutcome { about, steps, differences } } in all {
        let word = match (differences.is_empty(), refreshed) {
            (true, _) => "passes",
            (false, true) => "refreshed",
            (false, false) => "DIFFERS",
        };
        text.push_str(&format!("{word:<10}{name}, {steps} steps: {about}\n"));
        for difference in differences {
            text.push_str(&format!("\n{difference}\n"));
        }
    }
    text
}
