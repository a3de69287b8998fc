//! `config check`, `config example`.

use std::path::PathBuf;

use super::CommandResult;
use crate::config::{
    self,
    example::{EXAMPLE, FEDERATIONS_EXAMPLE},
};

/// What to do with configuration files.
#[derive(Debug, clap::Subcommand)]
pub enum ConfigCommand {
    /// Say everything that is wrong with a configuration file
    Check {
        /// The file
        file: PathBuf,
    },
    /// Print a commented example
    Example {
        /// Of the file that [identity] federations names
        #[arg(long)]
        federations: bool,
    },
}

/// Runs the command.
///
/// # Errors
/// The configuration is not usable.
pub fn run(command: &ConfigCommand) -> CommandResult {
    match command {
        ConfigCommand::Example { federations: false } => print!("{EXAMPLE}"),
        ConfigCommand::Example { federations: true } => print!("{FEDERATIONS_EXAMPLE}"),
        ConfigCommand::Check { file } => {
            let config = config::load(file, &|name| std::env::var(name).ok())?;
            println!(
                "{} is fine: network {}, {} plugins, {} topics, {} lookup services, {} basket managers",
                file.display(),
                config.network.text(),
                config.plugins.len(),
                config.topics.len(),
                config.services.len(),
                config.baskets.len()
            );
        }
    }
    Ok(())
}
