//! Plugins as their authors make them: projects of `trellis plugin new`, built and tested with the tools of their language.
//!
//! What was built stays in `target/authored`, in a folder named after everything it was made of, so that tools run once.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use tempfile::TempDir;

use crate::binary;

/// A language a plugin can be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Rust.
    Rust,
    /// JavaScript.
    JavaScript,
    /// Python.
    Python,
}

/// A project of `trellis plugin new`.
#[derive(Debug)]
pub struct Authored {
    language: Language,
    name: &'static str,
    folder: PathBuf,
}

/// A change of a project before it is built: a file, what stands in it, and what is to stand there.
pub type Edit<'a> = (&'a str, &'a str, &'a str);

/// One project is built at a time: the tools use all cores, and two tests may want the same one.
static BUILDING: Mutex<()> = Mutex::new(());

impl Language {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Rust, Self::JavaScript, Self::Python];

    /// What `--lang` calls it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::JavaScript => "javascript",
            Self::Python => "python",
        }
    }

    /// Whether its tools are there.
    ///
    /// # Panics
    /// They are missing although `CI=true` promises that they are there.
    #[must_use]
    pub fn is_there(self) -> bool {
        let (tool, arguments): (_, &[&str]) = match self {
            Self::Rust => return true,
            Self::JavaScript => ("npm", &["--version"]),
            Self::Python => ("python3", &["-c", "import sys, venv; sys.exit(sys.version_info < (3, 11))"]),
        };
        let is_there = Command::new(tool).args(arguments).output().is_ok_and(|output| output.status.success());
        let needed = std::env::var("CI").is_ok_and(|value| value == "true");
        assert!(is_there || !needed, "{tool} is missing or too old, and with CI=true nothing may be skipped");
        if !is_there {
            println!("SKIPPED: {tool} is missing or too old, so nothing was tested with plugins in {}", self.name());
        }
        is_there
    }
}

impl Authored {
    /// Writes a project with these roles, changed like this.
    ///
    /// # Panics
    /// `trellis plugin new` does not write it, or a text to change is not there.
    #[must_use]
    pub fn new(language: Language, name: &'static str, roles: &str, edits: &[Edit<'_>]) -> Self {
        let all = projects();
        let made = TempDir::new_in(&all).expect("a temporary folder");
        write(made.path(), language, name, roles);
        for (file, from, to) in edits {
            let path = made.path().join(file);
            let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            assert!(text.contains(from), "{file} does not contain {from}");
            fs::write(&path, text.replace(from, to)).expect("to change a file");
        }
        let folder = all.join(format!("{}-{:016x}", language.name(), digest(made.path())));
        let _one = BUILDING.lock().unwrap_or_else(PoisonError::into_inner);
        if !folder.exists() {
            fs::rename(made.path(), &folder).expect("to move the project");
        }
        Self { language, name, folder }
    }

    /// A project in Rust that a test changes as it goes, in a folder that nobody else uses: what an earlier run left there is gone.
    /// Its `target` is where all projects in Rust are built.
    ///
    /// # Panics
    /// `trellis plugin new` does not write it.
    #[cfg(unix)]
    #[must_use]
    pub fn to_be_changed(name: &'static str, roles: &str) -> Self {
        let folder = projects().join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder).expect("to remove an earlier project");
        }
        write(&folder, Language::Rust, name, roles);
        fs::create_dir_all(rust_target()).expect("a folder to build in");
        std::os::unix::fs::symlink(rust_target(), folder.join("target")).expect("to link the folder to build in");
        Self { language: Language::Rust, name, folder }
    }

    /// Its folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Its component, built where it is not there yet, with the commands of its README.
    ///
    /// # Panics
    /// It does not build.
    #[must_use]
    pub fn component(&self) -> PathBuf {
        let _one = BUILDING.lock().unwrap_or_else(PoisonError::into_inner);
        let component = self.folder.join(format!("{}.wasm", self.name));
        if component.exists() {
            return component;
        }
        match self.language {
            Language::Rust => {
                succeed(self.cargo().arg("plugin"));
                let built = format!("wasm32-unknown-unknown/release/{}.wasm", self.name.replace('-', "_"));
                fs::copy(rust_target().join(built), &component).expect("to copy the component");
            }
            Language::JavaScript => {
                self.install();
                succeed(self.command("npm").args(["run", "build"]));
            }
            Language::Python => succeed(self.command("python3").arg("build.py")),
        }
        component
    }

    /// Runs its own tests.
    ///
    /// # Panics
    /// They fail.
    pub fn test(&self) {
        let _one = BUILDING.lock().unwrap_or_else(PoisonError::into_inner);
        match self.language {
            Language::Rust => succeed(self.cargo().arg("test")),
            Language::JavaScript => {
                self.install();
                succeed(self.command("npm").arg("test"));
            }
            Language::Python => succeed(self.command("python3").args(["-B", "-m", "unittest"])),
        }
    }

    /// Runs its own cases: `trellis plugin test`, in its folder. What has no builder of its own there must be built before.
    ///
    /// # Panics
    /// One comes to something else than expected.
    pub fn cases(&self) {
        let _one = BUILDING.lock().unwrap_or_else(PoisonError::into_inner);
        succeed(self.trellis().args(["plugin", "test"]));
    }

    /// A command in its folder.
    #[must_use]
    pub fn command(&self, program: &str) -> Command {
        self.here(Command::new(program))
    }

    fn here(&self, mut command: Command) -> Command {
        command.current_dir(&self.folder);
        // The test runner that Node would take itself to be part of.
        command.env_remove("NODE_TEST_CONTEXT");
        command
    }

    fn install(&self) {
        if !self.folder.join("node_modules").exists() {
            succeed(self.command("npm").args(["ci", "--no-audit", "--no-fund"]));
        }
    }

    /// Cargo as the author's: nothing of the one that runs these tests, and one target folder for all projects.
    #[must_use]
    pub fn cargo(&self) -> Command {
        let mut command = self.author(Command::new("cargo"));
        command.env("CARGO_TARGET_DIR", rust_target());
        command
    }

    /// `trellis`, as the author starts it.
    #[must_use]
    pub fn trellis(&self) -> Command {
        self.author(binary::command())
    }

    /// A command as the author gives it, in the project's folder: nothing of the cargo that runs these tests.
    fn author(&self, command: Command) -> Command {
        let mut command = self.here(command);
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            let is_ours =
                ["CARGO_HOME", "CARGO_MAKEFLAGS", "CARGO_HTTP_", "CARGO_NET_", "CARGO_REGISTR", "CARGO_SOURCE_"];
            if text.starts_with("CARGO") && !is_ours.iter().any(|kept| text.starts_with(kept)) {
                command.env_remove(&name);
            }
        }
        command
    }
}

/// The folder of all projects.
fn projects() -> PathBuf {
    let all = target().join("authored");
    fs::create_dir_all(&all).expect("a folder for projects");
    all
}

/// Has a project written.
fn write(folder: &Path, language: Language, name: &str, roles: &str) {
    let mut command = binary::command();
    command.args(["plugin", "new", name, "--lang", language.name(), "--role", roles, "--folder"]).arg(folder);
    succeed(&mut command);
}

/// The target folder of this workspace.
fn target() -> PathBuf {
    let binary = binary::trellis();
    binary.ancestors().nth(2).expect("target/<profile>/trellis").to_path_buf()
}

/// Where projects in Rust are built: where `trellis plugin test` builds them as well, so that it finds everything there.
#[must_use]
pub fn rust_target() -> PathBuf {
    target().join("plugins")
}

/// Runs a command to its end.
///
/// # Panics
/// It fails.
pub fn succeed(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (said, problems) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}: {}\n{said}\n{problems}", output.status);
}

/// Everything under a folder.
fn digest(folder: &Path) -> u64 {
    fn add(folder: &Path, hasher: &mut DefaultHasher) {
        let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
        let mut entries: Vec<PathBuf> = entries.collect();
        entries.sort();
        for path in entries {
            path.file_name().hash(hasher);
            match path.is_dir() {
                true => add(&path, hasher),
                false => fs::read(&path).expect("a file").hash(hasher),
            }
        }
    }
    let mut hasher = DefaultHasher::new();
    add(folder, &mut hasher);
    hasher.finish()
}
