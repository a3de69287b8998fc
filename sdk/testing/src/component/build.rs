//! Building a plugin's package to a component, with a cargo beside the one that runs the tests.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use super::{Component, Source};
use crate::setup::SetupError;

const TARGET: &str = "wasm32-unknown-unknown";
/// Comes with every toolchain; turns the linked module into a component.
const LINKER: &str = "wasm-component-ld";

/// What was built in this process: tests are many, and share a component.
static BUILT: Mutex<BTreeMap<(PathBuf, &'static str), Vec<u8>>> = Mutex::new(BTreeMap::new());

impl Component {
    pub(crate) fn bytes(&self) -> Result<Vec<u8>, SetupError> {
        match &self.0 {
            Source::Bytes(bytes) => Ok(bytes.clone()),
            Source::File(path) => read(path),
            Source::Package { folder, profile } => {
                // Held while cargo works: whoever comes second finds it built.
                let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
                let key = (folder.clone(), *profile);
                if let Some(bytes) = built.get(&key) {
                    return Ok(bytes.clone());
                }
                let bytes = read(&build(folder, profile)?)?;
                built.insert(key, bytes.clone());
                Ok(bytes)
            }
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, SetupError> {
    std::fs::read(path).map_err(|error| format!("the component {} cannot be read: {error}", path.display()).into())
}

/// Runs cargo and says where it put the component.
fn build(folder: &Path, profile: &str) -> Result<PathBuf, SetupError> {
    // As cargo names it.
    let folder = &folder.canonicalize().map_err(|error| format!("{} cannot be found: {error}", folder.display()))?;
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(folder);
    cargo.args(["build", "--lib", "--quiet", "--message-format", "json-render-diagnostics"]);
    cargo.args(["--profile", profile, "--target", TARGET]);
    if let Some(target) = target_folder() {
        cargo.arg("--target-dir").arg(target);
    }
    // Flags of the tests' own build are for another target.
    for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET"] {
        cargo.env_remove(name);
    }
    cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", LINKER);
    let output = cargo.output().map_err(|error| format!("cargo cannot be run to build the component: {error}"))?;
    let shown = folder.display();
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!(
            "the plugin in {shown} does not build to a component; if the target is missing, run `rustup target add {TARGET}`. cargo said\n{said}"
        )
        .into());
    }
    let told = String::from_utf8_lossy(&output.stdout);
    let mut components = told.lines().filter_map(|line| component_of(&serde_json::from_str(line).ok()?, folder));
    components.next().ok_or_else(|| {
        format!("the package in {shown} builds no component: its [lib] needs crate-type = [\"cdylib\"]").into()
    })
}

/// The component that a message of cargo's announces for the package in a folder.
fn component_of(message: &Value, folder: &Path) -> Option<PathBuf> {
    let manifest = message.get("manifest_path")?.as_str()?;
    let files = message.get("filenames")?.as_array()?.iter().filter_map(Value::as_str);
    let mut files = files.filter(|file| file.ends_with(".wasm"));
    (Path::new(manifest).parent()? == folder).then(|| files.next())?.map(PathBuf::from)
}

/// `plugins/` of the target folder the tests were built in: cargo keeps that one locked while it compiles, not this.
fn target_folder() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    let tagged = program.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file())?;
    Some(tagged.join("plugins"))
}
