//! Cases in a folder: found and read.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::CasesError;
#[cfg(feature = "component")]
pub use against_component::{CaseOutcome, Cases};

#[cfg(feature = "component")]
mod against_component;

/// The file that says what is hosted.
const OVERLAY: &str = "overlay.json";

/// The files of the cases in a folder, by name.
///
/// # Errors
/// [`CasesError`].
pub(crate) fn found(folder: &Path) -> Result<Vec<PathBuf>, CasesError> {
    let failed = |error| CasesError::File { path: folder.to_owned(), error };
    let entries = fs::read_dir(folder).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
    let mut files: Vec<PathBuf> = entries.map_err(failed)?;
    let is_json = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "json");
    files.retain(|path| is_json(path) && path.file_name().is_none_or(|name| name != OVERLAY));
    files.sort();
    if files.is_empty() { Err(CasesError::None(folder.to_owned())) } else { Ok(files) }
}

pub(super) fn read(path: &Path) -> Result<String, CasesError> {
    fs::read_to_string(path).map_err(|error| CasesError::File { path: path.to_owned(), error })
}

/// What a case is about, and its steps.
pub(crate) fn read_case(path: &Path) -> Result<(String, Vec<Value>), CasesError> {
    let malformed = |text: String| CasesError::Malformed { path: path.to_owned(), text };
    let case: Value = serde_json::from_str(&read(path)?).map_err(|error| malformed(error.to_string()))?;
    let about = case.get("about").and_then(Value::as_str).map(str::to_owned);
    let steps = case.get("steps").and_then(Value::as_array).cloned();
    match (about, steps) {
        (Some(about), Some(steps)) => Ok((about, steps)),
        _ => Err(malformed("a case is an object with \"about\" (a text) and \"steps\" (a list)".to_owned())),
    }
}
