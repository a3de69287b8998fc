//! `trellis plugin replay`: what a component would have decided of what a host decided, which has ended.

use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::binary;

/// What the command said.
#[derive(Debug)]
pub struct Report {
    /// Whether every verdict would be the same.
    pub same: bool,
    /// Its report; null where nothing was replayed.
    pub report: Value,
    /// Its error.
    pub error: String,
}

/// Asks for verdicts of the host with this configuration file again, of a component. `which` is a topic, a transaction, or both.
#[must_use]
pub fn replay(component: &[u8], config: &Path, which: &[&str]) -> Report {
    let folder = TempDir::new().expect("a temporary folder");
    let file = folder.path().join("component.wasm");
    std::fs::write(&file, component).expect("to write the component");
    let mut command = binary::command();
    command.args(["plugin", "replay", "--json", "--config"]).arg(config).arg(&file).args(which);
    let output = command.output().expect("to run trellis plugin replay");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    let report = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
    Report { same: output.status.success(), report, error }
}

/// Holds all verdicts of a topic against what its own component says again. Answers how many there are.
///
/// # Panics
/// One of them would be another, or nothing can be said of it.
pub fn assert_alike(component: &[u8], config: &Path, topic: &str) -> u64 {
    let Report { same, report, error } = replay(component, config, &["--topic", topic]);
    assert!(same, "{topic}: {error}\n{report}");
    assert_eq!((&report["others"], &report["notPossible"]), (&json!(0), &json!({})), "{topic}: {report}");
    assert_eq!(
        (&report["inputsNotConfirmed"], &report["writesNotCompared"]),
        (&json!(0), &json!(0)),
        "{topic}: {report}"
    );
    assert_eq!(report["fuelThen"], report["fuelNow"], "{topic}");
    report["replayed"].as_u64().expect("a number of verdicts")
}
