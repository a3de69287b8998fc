//! The unmodified `@bsv/sdk` under Node.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::binary::{self, workspace};

/// The folder of the npm project.
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

/// Runs a script of an npm project with additions to its environment, as [`run`] does.
///
/// # Panics
/// As [`run`].
#[must_use]
pub fn run_in(project: &Path, script: &str, arguments: &[&str], environment: &[(&str, &OsStr)]) -> Option<String> {
    if !has_node() {
        return None;
    }
    install(project);
    let mut command = Command::new("node");
    command.current_dir(project).arg(script).args(arguments).envs(environment.iter().copied());
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
                "Node is missing, and with CI=true tests with @bsv/sdk may not be skipped: install Node 18 or later"
            );
            println!("SKIPPED: Node is missing, so nothing was tested with @bsv/sdk; install Node 18 or later");
            return false;
        }
        true
    })
}

/// `npm ci`, unless what the lock file asks for is there already.
fn install(folder: &Path) {
    // Other test processes may be at it: the system gives the lock up when this one ends, however it does.
    let lock = File::create(binary::trellis().with_file_name("npm-ci.lock")).expect("a lock file");
    lock.lock().expect("the lock");
    let wanted = fs::read(folder.join("package-lock.json")).expect("the lock file of the npm project");
    let mark = folder.join("node_modules/.installed-from");
    if fs::read(&mark).is_ok_and(|installed| installed == wanted) {
        return;
    }
    let output = Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(folder).output();
    let output = output.unwrap_or_else(|error| panic!("npm is missing ({error}): it comes with Node"));
    let problems = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "npm ci in {}: {}\n{problems}", folder.display(), output.status);
    fs::write(mark, wanted).expect("to note what is installed");
}
