//! `plugin dev`: a plugin's project built, hosted by a development host, and built again whenever a file of it changes.
//!
//! The host loads what was built by itself: a component that changes on the disk is an upgrade, and one that cannot be loaded
//! leaves the one before in service. What the configuration says otherwise is in force as well. After every build the project's
//! cases, where it has any, say what it decides now.

mod project;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::super::dev::{self, Ports};
use super::CommandResult;
use crate::clock;
use crate::config::checked::{DEFAULT_ADMIN_PORT, DEFAULT_PORT};
use crate::http::body::plugins::PluginBody;
use crate::node::Node;
use crate::reload::{Reread, reload};
use crate::telemetry::LogFormat;
use project::{BuildCommand, Project};

/// How often the project's files are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// How long the host is given to notice what was built and to say what it makes of it: Python's components take most.
const HOST_PATIENCE: Duration = Duration::from_secs(60);

/// Longest nap while the host is asked.
const NAP: Duration = Duration::from_millis(50);

/// Characters of a digest that are shown.
const SHOWN: usize = 12;

/// Arguments of `plugin dev`.
#[derive(Debug, clap::Args)]
pub struct PluginDevArguments {
    /// The project, a folder with a trellis.toml, as `trellis plugin new` writes it
    #[arg(default_value = ".")]
    pub folder: PathBuf,
    /// What builds it, for `sh` [default: `cargo plugin`, `npm run build` or `python3 build.py`, as the project is]
    #[arg(long, value_name = "COMMAND")]
    pub build: Option<String>,
    /// Port of the public listener
    #[arg(long, default_value_t = DEFAULT_PORT)]
    pub port: u16,
    /// Port of the second listener
    #[arg(long, default_value_t = DEFAULT_ADMIN_PORT)]
    pub admin_port: u16,
    /// Where the host keeps everything between runs [default: `trellis-dev` in the project]
    #[arg(long, value_name = "FOLDER")]
    pub data_dir: Option<PathBuf>,
}

/// Builds, hosts, watches, until a signal comes.
///
/// # Errors
/// The folder is no project, or the host does not start.
pub(super) fn run(arguments: &PluginDevArguments, log_format: LogFormat) -> CommandResult {
    let project = Project::open(&arguments.folder)?;
    let command = match &arguments.build {
        Some(command) => BuildCommand::shell(command),
        None => project.build_command()?,
    };
    let mut seen = project.look();
    while !build(&project, &command)?.success() {
        println!("the build failed; it is tried again once a file changes");
        seen = changed(&project, &seen);
    }
    let component = project.component()?;
    let data_dir = arguments.data_dir.clone().unwrap_or_else(|| project.folder().join(project::DATA_FOLDER));
    let ports = Ports { public: arguments.port, admin: arguments.admin_port };
    dev::host(Some(project.configuration()), &data_dir, ports, log_format, move |node, reread| {
        let (node, reread) = (Arc::clone(node), Arc::clone(reread));
        // It ends with the process.
        thread::spawn(move || {
            tell_cases(&project, component.as_deref());
            watch((&node, &reread), &project, &command, component.as_deref(), seen);
        });
    })
}

fn build(project: &Project, command: &BuildCommand) -> Result<ExitStatus, String> {
    if let Some(install) = project.install_command(command) {
        println!("installing what it is built with: {install}");
        let installed = run_in(project, &install)?;
        if !installed.success() {
            return Ok(installed);
        }
    }
    println!("building: {command}");
    run_in(project, command)
}

fn run_in(project: &Project, command: &BuildCommand) -> Result<ExitStatus, String> {
    let (program, arguments) = command.parts();
    // What the compiler says goes where this program's own words go, as it is.
    let status = Command::new(program).args(arguments).current_dir(project.folder()).status();
    status.map_err(|error| {
        format!("`{program}` cannot be run: {error}; install it, or say what builds the project with --build")
    })
}

/// Waits until the project's files are others, and have been for one look.
fn changed(project: &Project, seen: &project::Files) -> project::Files {
    loop {
        thread::sleep(LOOK_EVERY);
        let now = project.look();
        if now != *seen {
            thread::sleep(LOOK_EVERY);
            if project.look() == now {
                return now;
            }
        }
    }
}

fn watch(
    (node, reread): (&Node, &Reread),
    project: &Project,
    command: &BuildCommand,
    component: Option<&Path>,
    mut seen: project::Files,
) {
    loop {
        let now = changed(project, &seen);
        let is_hosted_otherwise = now.of(&project.configuration()) != seen.of(&project.configuration());
        seen = now;
        let began = clock::monotonic();
        let before = plugins(node);
        match build(project, command) {
            Ok(status) if status.success() => {
                if is_hosted_otherwise {
                    reload(node, reread);
                }
                println!("{}", taken(node, &before));
                let seconds = clock::monotonic().saturating_sub(began).as_secs_f64();
                println!("{seconds:.1} s after the change");
                tell_cases(project, component);
            }
            Ok(_) => println!("the build failed; what was built before goes on serving"),
            Err(error) => println!("{error}"),
        }
    }
}

/// What the project's cases come to with what was built.
fn tell_cases(project: &Project, component: Option<&Path>) {
    let Some(component) = component else { return };
    match super::test::told(component, project.folder()) {
        Ok(Some(told)) => println!("\n{}", told.trim_end()),
        Ok(None) => {}
        Err(error) => println!("the cases cannot be run: {error}"),
    }
}

fn plugins(node: &Node) -> Vec<PluginBody> {
    node.loaded().map(|loaded| loaded.plugins.list()).unwrap_or_default()
}

/// What the host makes of what was built.
fn taken(node: &Node, before: &[PluginBody]) -> String {
    let Some(loaded) = node.loaded() else { return "the host is not there yet".to_owned() };
    loaded.plugins.look_at_files(true);
    let asked = clock::monotonic();
    loop {
        let now = plugins(node);
        if now.iter().all(|plugin| plugin.candidate.is_none())
            || clock::monotonic().saturating_sub(asked) > HOST_PATIENCE
        {
            let words = now.iter().zip(before).filter_map(|(now, before)| news(now, before)).collect::<Vec<_>>();
            return if words.is_empty() {
                "what was built is what serves already".to_owned()
            } else {
                words.join("\n")
            };
        }
        thread::sleep(NAP);
    }
}

fn news(now: &PluginBody, before: &PluginBody) -> Option<String> {
    let id = &now.id;
    let sha256: String = now.sha256.chars().take(SHOWN).collect();
    if let Some(problem) = &now.file_problem {
        return Some(format!("{id} cannot be loaded, and {sha256} goes on serving: {problem}"));
    }
    match now.last_change.as_ref().filter(|last| Some(*last) != before.last_change.as_ref()) {
        Some(last) => match &last.why {
            Some(why) => Some(format!("{id}: {sha256} goes on serving: {why}")),
            None => Some(format!("{id}: {sha256} serves now")),
        },
        None => None,
    }
}
