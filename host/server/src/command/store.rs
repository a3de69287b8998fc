//! `store check`: everything on disk against everything else, then every row against every other.

use std::path::PathBuf;

use trellis_engine::audit::audit;
use trellis_engine::hosting::BroadcastPolicy;
use trellis_store::{Options, SledStore};

use super::CommandResult;
use crate::config;
use crate::data_dir::DataDir;
use crate::telemetry::{self, LogFormat};

/// What to do with a store.
#[derive(Debug, clap::Subcommand)]
pub enum StoreCommand {
    /// Verify every row against every other, from scratch; exit code 1 where something is wrong
    Check(CheckArguments),
}

/// Arguments of `store check`.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub struct CheckArguments {
    /// The host's data folder
    #[arg(long, value_name = "FOLDER")]
    pub data_dir: Option<PathBuf>,
    /// The host's configuration file, which names the folder
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// The store cannot be opened, or something is wrong with it.
pub fn run(command: &StoreCommand, log_format: LogFormat) -> CommandResult {
    let StoreCommand::Check(arguments) = command;
    telemetry::start(log_format, Some("warn"));
    let (folder, broadcast) = match (&arguments.config, &arguments.data_dir) {
        (Some(file), _) => {
            let config = config::load(file, &|name| std::env::var(name).ok())?;
            (config.data_dir, config.broadcast)
        }
        // A folder alone does not say whether its host broadcasts; the stricter rule would find fault with one that does not.
        (None, folder) => (folder.clone().unwrap_or_default(), BroadcastPolicy::None),
    };
    let data = DataDir::existing(&folder)?;
    let store = SledStore::open(&data.store(), &Options::new(rand::random()))?;
    let mut findings: Vec<String> = store.check()?.findings.into_iter().map(|finding| finding.to_string()).collect();
    let report = audit(&store, broadcast)?;
    findings.extend(report.findings);
    println!("store of {} at sequence {}", folder.display(), report.sequence);
    println!("  transactions  {} ({} proven)", report.transactions, report.proven);
    println!("  submissions   {}", report.applied);
    println!("  outputs       {} ({} unspent)", report.outputs, report.live_outputs);
    println!("  state rows    {}", report.state_rows);
    println!("  outbox        {} waiting", report.outbox_pending);
    for (topic, hash) in &report.topic_hashes {
        println!("  topic {}      hash {}", topic.0.0, hex::encode(hash));
    }
    if findings.is_empty() {
        println!("everything agrees with everything else");
        return Ok(());
    }
    findings.iter().for_each(|finding| println!("  wrong: {finding}"));
    let count = findings.len();
    Err(format!(
        "{count} things are wrong with the store in {}; stop its host, copy the folder, and restore the last good copy",
        data.store().display()
    )
    .into())
}
