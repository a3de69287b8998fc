//! Where the `trellis` under test is: beside the test executables, where cargo put it.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::configuration::{BASKET_TOKEN, BASKET_TOKEN_VARIABLE};

/// The binary under test.
///
/// Cargo puts test executables into `target/<profile>/deps` and binaries into `target/<profile>`. It is never built from
/// here: a cargo inside a cargo waits for the same lock.
#[must_use]
pub fn trellis() -> PathBuf {
    let test = std::env::current_exe().expect("the test's own path");
    let profile = test.parent().and_then(Path::parent).expect("target/<profile>/deps");
    let binary = profile.join(format!("trellis{}", std::env::consts::EXE_SUFFIX));
    assert!(
        binary.is_file(),
        "{} is not there: run `cargo test --workspace`, which builds it, or `cargo build` before a single test",
        binary.display()
    );
    binary
}

/// A command of the binary under test, without the caller's environment where that could change what it does.
#[must_use]
pub fn command() -> Command {
    let mut command = Command::new(trellis());
    for variable in ["RUST_LOG", "http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        command.env_remove(variable);
    }
    command.env(BASKET_TOKEN_VARIABLE, BASKET_TOKEN);
    command
}

/// The root of the workspace.
#[must_use]
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a folder of the workspace").to_path_buf()
}
