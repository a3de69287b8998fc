//! `trellis plugin …`: what an author does with a component before an operator gets it, and an operator before it takes over.
//!
//! The same code that a host loads plugins with: there is no second opinion.

mod check;
mod dev;
mod inspect;
pub mod new;
mod recorder;
mod replay;
mod sign;
mod test;

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::CommandResult;
use crate::telemetry::LogFormat;

/// What to do with plugins.
#[derive(Debug, clap::Subcommand)]
pub enum PluginCommand {
    /// Write a new plugin's project: a rule that works, its tests, the SDK, and what to do next
    New(new::NewArguments),
    /// Build the plugin of this folder, host it, and do both again whenever a file of it changes
    Dev(dev::PluginDevArguments),
    /// Say what a component is, wants and offers, without running any of it
    Inspect(PluginArguments),
    /// Load a component as a host would, twice, and say whether both times were the same; exit code 1 where it cannot be loaded
    Check(PluginArguments),
    /// Run a plugin's cases against its component; exit code 1 where one comes to something else than expected
    Test(test::TestArguments),
    /// Sign a component as its publisher: writes <file>.sig
    Sign(sign::SignArguments),
    /// Ask for stored verdicts again, of a component that is to take over, and show what it would decide otherwise; exit code 1
    /// where that is anything
    Replay(replay::ReplayArguments),
}

/// A component.
#[derive(Debug, clap::Args)]
pub struct PluginArguments {
    /// The component, a .wasm file
    pub file: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Why a component does not pass.
#[derive(Debug, thiserror::Error)]
#[error("{} does not pass: {why}", file.display())]
struct NotPassed {
    file: PathBuf,
    why: String,
}

/// Runs a command about plugins.
///
/// # Errors
/// Those of the command.
pub fn run(command: &PluginCommand, log_format: LogFormat) -> CommandResult {
    match command {
        PluginCommand::New(arguments) => new::run(arguments),
        PluginCommand::Dev(arguments) => dev::run(arguments, log_format),
        PluginCommand::Inspect(arguments) => inspect::run(arguments),
        PluginCommand::Check(arguments) => check::run(arguments),
        PluginCommand::Test(arguments) => test::run(arguments),
        PluginCommand::Sign(arguments) => sign::run(arguments),
        PluginCommand::Replay(arguments) => replay::run(arguments),
    }
}

fn read(arguments: &PluginArguments) -> Result<Vec<u8>, String> {
    read_component(&arguments.file)
}

fn read_component(file: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(file).map_err(|error| format!("cannot read {}: {error}", file.display()))
}

fn print(as_json: bool, report: &Value, words: &str) -> CommandResult {
    if as_json {
        println!("{report}");
    } else {
        print!("{words}");
    }
    Ok(())
}
