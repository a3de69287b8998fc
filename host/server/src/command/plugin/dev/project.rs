//! A plugin's project on the disk: what builds it, and whether its files changed.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::config::checked::PluginSource;
use crate::config::{self, ConfigError};

/// What says how a host hosts the project.
const CONFIGURATION: &str = "trellis.toml";

/// Where the development host keeps its data.
pub(super) const DATA_FOLDER: &str = "trellis-dev";

/// Folders in which nothing is written by hand: what builds and tools make, and the host's data.
const NOT_LOOKED_AT: [&str; 6] = ["target", "node_modules", DATA_FOLDER, "__pycache__", "dist", "build"];

/// Files looked at, at most: a project that has more is no project, but somebody's home.
const MAX_FILES: usize = 5_000;

/// What a project is built with, by the file that tells which it is.
const BUILDERS: [(&str, &[&str]); 3] =
    [("Cargo.toml", &["cargo", "plugin"]), ("package.json", &NPM_BUILD), ("build.py", &["python3", "build.py"])];

/// The build whose tools do not come by themselves, as those of the others do.
const NPM_BUILD: [&str; 3] = ["npm", "run", "build"];

/// What pins those tools, the folder they come to, and what brings them there.
const TOOLS: (&str, &str, [&str; 2]) = ("package-lock.json", "node_modules", ["npm", "ci"]);

/// A project.
#[derive(Debug, Clone)]
pub(super) struct Project(PathBuf);

/// The files of a project, and when each changed last.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Files(BTreeMap<PathBuf, Option<SystemTime>>);

impl Files {
    /// When a file changed last.
    pub(super) fn of(&self, path: &Path) -> Option<SystemTime> {
        self.0.get(path).copied().flatten()
    }
}

/// What builds a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BuildCommand(Vec<String>);

/// Why a folder is no project.
#[derive(Debug, thiserror::Error)]
pub(super) enum ProjectError {
    #[error(
        "{} has no {CONFIGURATION}, which says how a host hosts the plugin; run this in a project that `trellis plugin new` made, or write one (`trellis config example` shows the tables)",
        .0.display()
    )]
    NoConfiguration(PathBuf),
    #[error(
        "{} has none of Cargo.toml, package.json and build.py, so what builds it is not known; say it with --build",
        .0.display()
    )]
    NoBuilder(PathBuf),
}

impl Project {
    pub(super) fn open(folder: &Path) -> Result<Self, ProjectError> {
        let project = Self(folder.to_owned());
        if project.configuration().is_file() {
            Ok(project)
        } else {
            Err(ProjectError::NoConfiguration(folder.to_owned()))
        }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.0
    }

    pub(super) fn configuration(&self) -> PathBuf {
        self.0.join(CONFIGURATION)
    }

    /// The component that the host hosts; `None` where it hosts none from a file.
    pub(super) fn component(&self) -> Result<Option<PathBuf>, ConfigError> {
        let config = config::load_hosting(&self.configuration(), &|name| std::env::var(name).ok())?;
        Ok(config.plugins.into_iter().find_map(|plugin| match plugin.source {
            PluginSource::File(file) => Some(file),
            PluginSource::Builtin(_) => None,
        }))
    }

    pub(super) fn build_command(&self) -> Result<BuildCommand, ProjectError> {
        let found = BUILDERS.iter().find(|(file, _)| self.0.join(file).is_file());
        let (_, command) = found.ok_or_else(|| ProjectError::NoBuilder(self.0.clone()))?;
        Ok(BuildCommand::of(command))
    }

    /// What has to run before this build, because its tools are not there yet.
    pub(super) fn install_command(&self, build: &BuildCommand) -> Option<BuildCommand> {
        let (pinned, folder, command) = TOOLS;
        let is_wanted = *build == BuildCommand::of(&NPM_BUILD) && self.0.join(pinned).is_file();
        (is_wanted && !self.0.join(folder).exists()).then(|| BuildCommand::of(&command))
    }

    /// Its files as they are now. What cannot be read is as if it were not there.
    pub(super) fn look(&self) -> Files {
        let mut files = Files::default();
        let mut folders = vec![self.0.clone()];
        while let Some(folder) = folders.pop() {
            let Ok(entries) = fs::read_dir(&folder) else { continue };
            for entry in entries.flatten() {
                let (path, name) = (entry.path(), entry.file_name());
                let name = name.to_string_lossy();
                let Ok(kind) = entry.file_type() else { continue };
                if kind.is_dir() {
                    if !name.starts_with('.') && !NOT_LOOKED_AT.contains(&name.as_ref()) {
                        folders.push(path);
                    }
                } else if kind.is_file() && !is_made(&name) && files.0.len() < MAX_FILES {
                    files.0.insert(path, entry.metadata().ok().and_then(|found| found.modified().ok()));
                }
            }
        }
        files
    }
}

/// Whether a build makes such files.
fn is_made(name: &str) -> bool {
    name.starts_with('.') || [".wasm", ".lock", ".pyc", ".sig"].iter().any(|end| name.ends_with(end))
}

impl BuildCommand {
    fn of(words: &[&str]) -> Self {
        Self(words.iter().map(|word| (*word).to_owned()).collect())
    }

    pub(super) fn shell(command: &str) -> Self {
        Self(["sh", "-c", command].map(str::to_owned).into())
    }

    /// The program and its arguments.
    pub(super) fn parts(&self) -> (&str, &[String]) {
        self.0.split_first().map_or(("", &[]), |(program, arguments)| (program.as_str(), arguments))
    }
}

impl fmt::Display for BuildCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [shell, _, command] if shell == "sh" => f.write_str(command),
            words => f.write_str(&words.join(" ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_by_hand_is_seen_and_what_builds_make_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let write = |file: &str, text: &str| {
            let file = folder.path().join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        };
        assert!(matches!(Project::open(folder.path()), Err(ProjectError::NoConfiguration(_))));
        write("trellis.toml", "");
        let project = Project::open(folder.path()).unwrap();
        assert!(matches!(project.build_command(), Err(ProjectError::NoBuilder(_))));
        write("Cargo.toml", "");
        assert_eq!(project.build_command().unwrap().to_string(), "cargo plugin");
        write("src/lib.rs", "one");
        let before = project.look();
        for made in
            ["target/release/x.d", "x.wasm", "Cargo.lock", ".git/HEAD", "trellis-dev/network", "node_modules/a.js"]
        {
            write(made, "made");
        }
        assert_eq!(project.look(), before);
        write("src/new.rs", "two");
        assert_ne!(project.look(), before);
    }

    #[test]
    fn tools_that_are_pinned_and_not_there_are_installed_before_the_first_build() {
        let folder = tempfile::tempdir().unwrap();
        let write = |file: &str| fs::write(folder.path().join(file), "").unwrap();
        write("trellis.toml");
        write("package.json");
        let project = Project::open(folder.path()).unwrap();
        let build = project.build_command().unwrap();
        assert_eq!(build.to_string(), "npm run build");
        assert_eq!(project.install_command(&build), None, "nothing says which");
        write("package-lock.json");
        assert_eq!(project.install_command(&build).unwrap().to_string(), "npm ci");
        assert_eq!(project.install_command(&BuildCommand::shell("make")), None, "another build has its own tools");
        fs::create_dir(folder.path().join("node_modules")).unwrap();
        assert_eq!(project.install_command(&build), None);
    }
}
