//! The unmodified `@bsv/sdk` under Node.

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
    if !installed() {
        return None;
    }
    let output = Command::new("node").current_dir(folder()).arg(script).args(arguments).output().expect("to run Node");
    let (said, problems) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "node {script} {arguments:?}: {}\n{said}\n{problems}", output.status);
    Some(said.into_owned())
}

/// Whether Node and the SDK are there; installs the SDK if only that is missing.
fn installed() -> bool {
    static INSTALLED: OnceLock<bool> = OnceLock::new();
    *INSTALLED.get_or_init(|| {
        if !Command::new("node").arg("--version").output().is_ok_and(|output| output.status.success()) {
            let needed = std::env::var("CI").is_ok_and(|value| value == "true");
            assert!(
                !needed,
                "Node is missing, and with CI=true tests with @bsv/sdk may not be skipped: install Node 18 or later"
            );
            println!("SKIPPED: Node is missing, so nothing was tested with @bsv/sdk; install Node 18 or later");
            return false;
        }
        install(&folder());
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
