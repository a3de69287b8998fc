//! `serve`, and the process around a running host.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::runtime::Builder;

use super::CommandResult;
use crate::config::{self, Config};
use crate::host::{self, Bound};
use crate::node::Node;
use crate::shutdown::{on_signals, stop_pair};
use crate::telemetry::{self, LogFormat};

/// Arguments of `serve`.
#[derive(Debug, clap::Args)]
pub struct ServeArguments {
    /// The configuration file; `trellis config example` prints one to start from
    #[arg(long, short, value_name = "FILE")]
    pub config: PathBuf,
}

/// Runs a host as its configuration file says.
///
/// # Errors
/// The configuration is not usable, or the host does not start or cannot go on.
pub fn serve(arguments: &ServeArguments, log_format: LogFormat) -> CommandResult {
    let config = config::load(&arguments.config, &|name| std::env::var(name).ok())?;
    telemetry::start(log_format, None);
    run(config, |_, _| {})
}

/// Runs a host until a signal comes.
///
/// # Errors
/// The host does not start or cannot go on.
pub fn run(config: Config, on_ready: impl FnOnce(&Arc<Node>, &Bound)) -> CommandResult {
    let runtime = Builder::new_multi_thread().enable_all().thread_name("http").build()?;
    runtime.block_on(async {
        let (stopper, stop) = stop_pair();
        on_signals(stopper.clone())?;
        host::run(config, stopper, stop, on_ready).await?;
        Ok(())
    })
}
