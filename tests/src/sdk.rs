//! The unmodified `@bsv/sdk` and the client beside it, under Node.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Once, OnceLock};

use crate::binary::workspace;

/// The folder of the scripts.
#[must_use]
pub fn folder() -> PathBuf {
    workspace().join("tests/sdk")
}

/// Runs a script of `tests/sdk` and answers what it printed; `None` where Node is missing and that may be.
///
/// # Panics
/// The script failed, or Node is missing although `CI=true` promises that it is there.
#[must_use]
pub fn run(script: &str, arguments: &[&str]) -> Option<String> {
    run_in(&folder(), script, arguments, &[])
}

/// Runs a script in a folder with additions to its environment, as [`run`] does.
///
/// # Panics
/// As [`run`].
#[must_use]
pub fn run_in(folder: &Path, script: &str, arguments: &[&str], environment: &[(&str, &OsStr)]) -> Option<String> {
    if !has_node() {
        return None;
    }
    build();
    let mut command = Command::new("node");
    command.current_dir(folder).arg(script).args(arguments).envs(environment.iter().copied());
    let output = command.output().expect("to run Node");
    let (said, problems) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "node {script} {arguments:?}: {}\n{said}\n{problems}", output.status);
    Some(said.into_owned())
}

/// Whether Node is there.
fn has_node() -> bool {
    static IS_THERE: OnceLock<bool> = OnceLock::new();
    *IS_THERE.get_or_init(|| {
        if !Command::new("node").arg("--version").output().is_ok_and(|output| output.status.success()) {
            let needed = std::env::var("CI").is_ok_and(|value| value == "true");
            assert!(
                !needed,
                "Node is missing, and with CI=true tests with @bsv/sdk may not be skipped: install Node 20 or later"
            );
            println!("SKIPPED: Node is missing, so nothing was tested with @bsv/sdk; install Node 20 or later");
            return false;
        }
        true
    })
}

/// Has the packages of the workspace's JavaScript installed and the client compiled. Other test processes may be at it: the
/// script sees to that.
fn build() {
    static IS_BUILT: Once = Once::new();
    IS_BUILT.call_once(|| {
        let script = workspace().join("sdk/client-js/build.mjs");
        let output = Command::new("node").arg(&script).output().expect("to run Node");
        let problems = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {}\n{problems}", script.display(), output.status);
    });
}
