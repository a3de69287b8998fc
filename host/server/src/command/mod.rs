//! The command line.
//!
//! | module | one job |
//! |---|---|
//! | [`serve`] | `serve`, and the process around a running host |
//! | [`dev`] | `dev`: a host for development, ready at once; `dev net`: its network's misbehaviour |
//! | [`demo`] | `demo`: the main job as a story |
//! | [`calls`] | `submit`, `lookup`, `ef`: clients of a running host |
//! | [`batch`] | `batch`: several submissions as one, or each by itself |
//! | [`topics`] | `topics`, `state`: what topics hold |
//! | [`relay`] | `broadcast`: to the network through a running host |
//! | [`events`] | `events`: follows a running host |
//! | [`operate`] | `outbox`, `retry`, `evict`: an operator's hands on a running host |
//! | [`baskets`] | `baskets`: what is in them, and tokens taken out of them |
//! | [`rebuild`] | `rebuild`: what services and managers were built with, and building one anew |
//! | [`input`] | files and standard input, binary or hexadecimal |
//! | [`store`] | `store check` |
//! | [`config`] | `config check`, `config example` |

pub mod baskets;
pub mod batch;
pub mod calls;
pub mod config;
pub mod demo;
pub mod dev;
pub mod events;
pub mod identity;
pub mod input;
pub mod operate;
pub mod plugin;
pub mod plugins;
pub mod rebuild;
pub mod relay;
pub mod serve;
pub mod store;
pub mod topics;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::bench;
use crate::telemetry::LogFormat;

/// The subcommand this program starts itself with to compile a plugin: not for people.
pub const COMPILE_PLUGIN: &str = "compile-plugin";

/// A host for BSV overlay services whose rules are plugins.
#[derive(Debug, Parser)]
#[command(name = "trellis", version, about, propagate_version = true, arg_required_else_help = true)]
pub struct Arguments {
    /// How log lines look, on standard error. RUST_LOG says which there are.
    #[arg(long, global = true, value_enum, default_value = "text")]
    pub log_format: LogFormat,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a host as a configuration file says
    Serve(serve::ServeArguments),
    /// Run a host for development: both built-in plugins, a chain of its own, a faucet
    Dev(dev::DevArguments),
    /// Show the main job from end to end, then stop
    Demo,
    /// Measure this program on this machine
    #[command(subcommand)]
    Bench(BenchCommand),
    /// Submit a BEEF to a running host
    Submit(calls::SubmitArguments),
    /// Submit several BEEFs to a running host in one request: as one, or each by itself
    Batch(batch::BatchArguments),
    /// Ask a lookup service of a running host
    Lookup(calls::LookupArguments),
    /// Follow a running host: a line for every event, going on after every break
    Events(events::EventsArguments),
    /// Convert a BEEF to Extended Format, or fetch that of a transaction a host holds
    Ef(calls::EfArguments),
    /// List the topics of a running host: outputs, state, hash
    Topics(topics::TopicsArguments),
    /// Print a topic's state, at the last sequence or an earlier one
    State(topics::StateArguments),
    /// Have a running host verify BEEFs and tell the network of them
    Broadcast(relay::BroadcastArguments),
    /// Show what waits for the network, and what it does not take
    Outbox(operate::OutboxArguments),
    /// Send a dead letter again, or submit again what was taken back
    Retry(operate::RetryArguments),
    /// Evict an output from a running host: from topics, indices and answers
    Evict(operate::EvictArguments),
    /// Ask what is in the baskets of a running host, and take tokens out of them
    #[command(subcommand)]
    Baskets(baskets::BasketsCommand),
    /// Show what lookup services and basket managers were built with, or have one rebuilt
    Rebuild(rebuild::RebuildArguments),
    /// Ask a running host whom it trusts to say who somebody is
    #[command(subcommand)]
    Identity(identity::IdentityCommand),
    /// Look at the plugins of a running host, and change them without stopping it
    Plugins(plugins::PluginsArguments),
    /// Write a plugin: look at it, check whether a host would load it, sign it
    #[command(subcommand)]
    Plugin(plugin::PluginCommand),
    /// Work on a store that no host has open
    #[command(subcommand)]
    Store(store::StoreCommand),
    /// Work on configuration files
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Compile a plugin (started by the host itself)
    #[command(name = COMPILE_PLUGIN, hide = true)]
    CompilePlugin,
}

/// What to measure.
#[derive(Debug, Subcommand)]
pub enum BenchCommand {
    /// What a simple submission costs, stage by stage, against what it must cost
    Submit(bench::BenchArguments),
    /// What it costs that blocks leave the chain, against verifying the proofs that go
    Reorg(bench::ReorgArguments),
    /// What it costs to choose tokens out of a full basket, against reading their rows
    Baskets(bench::BasketsArguments),
    /// What a submission costs that touches 1, 4 and 16 topics
    Topics(bench::TopicsArguments),
    /// What it costs to tell many subscribers, against writing the same bytes to as many sockets
    Events(bench::EventsArguments),
    /// What it costs to say who one is, against an open submission, and what is held of those who do
    Identity(bench::IdentityArguments),
    /// What a verdict costs in a fresh sandbox, by language, against the same as a native function
    Plugin(bench::PluginArguments),
    /// How long submissions take while another topic's plugin is made to misbehave, against how long they take alone
    Isolation(bench::IsolationArguments),
}

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    let Arguments { log_format, command } = Arguments::parse();
    let result = match command {
        // First, and without a log: its standard output and error belong to the host that started it.
        Command::CompilePlugin => return trellis_sandbox::compile_child_main(),
        Command::Serve(arguments) => serve::serve(&arguments, log_format),
        Command::Dev(arguments) => dev::dev(arguments, log_format),
        Command::Demo => demo::demo(log_format),
        Command::Bench(BenchCommand::Submit(arguments)) => bench::submit(&arguments).map_err(Into::into),
        Command::Bench(BenchCommand::Reorg(arguments)) => bench::reorg(&arguments).map_err(Into::into),
        Command::Bench(BenchCommand::Baskets(arguments)) => bench::baskets(&arguments).map_err(Into::into),
        Command::Bench(BenchCommand::Identity(arguments)) => bench::identity(&arguments).map_err(Into::into),
        Command::Bench(BenchCommand::Plugin(arguments)) => bench::plugin(&arguments).map_err(Into::into),
        Command::Bench(BenchCommand::Isolation(arguments)) => bench::isolation(&arguments).map_err(Into::into),
        Command::Bench(BenchCommand::Topics(arguments)) => bench::topics(&arguments).map_err(Into::into),
        Command::Bench(BenchCommand::Events(arguments)) => bench::events(&arguments).map_err(Into::into),
        Command::Submit(arguments) => calls::submit(&arguments),
        Command::Batch(arguments) => batch::batch(&arguments),
        Command::Lookup(arguments) => calls::lookup(&arguments),
        Command::Events(arguments) => events::events(&arguments),
        Command::Ef(arguments) => calls::ef(&arguments),
        Command::Topics(arguments) => topics::topics(&arguments),
        Command::State(arguments) => topics::state(&arguments),
        Command::Broadcast(arguments) => relay::broadcast(&arguments),
        Command::Outbox(arguments) => operate::outbox(&arguments),
        Command::Retry(arguments) => operate::retry(&arguments),
        Command::Evict(arguments) => operate::evict(&arguments),
        Command::Baskets(command) => baskets::run(&command),
        Command::Rebuild(arguments) => rebuild::rebuild(&arguments),
        Command::Identity(command) => identity::run(&command),
        Command::Plugins(arguments) => plugins::plugins(&arguments),
        Command::Plugin(command) => plugin::run(&command, log_format),
        Command::Store(command) => store::run(&command, log_format),
        Command::Config(command) => config::run(&command),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What a command ends with: any error whose text says what happened, to what, and what to do next.
pub type CommandResult = Result<(), Box<dyn std::error::Error>>;

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Arguments::command().debug_assert();
    }
}
