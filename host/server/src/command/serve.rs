//! `serve`, and the process around a running host.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::runtime::Builder;

use super::CommandResult;
use crate::config::{self, Config};
use crate::host::{self, Bound};
use crate::node::Node;
use crate::reload::{Reread, on_hangup};
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
    let file = arguments.config.clone();
    let read = move || config::load(&file, &|name| std::env::var(name).ok());
    let config = read()?;
    telemetry::start(log_format, None);
    run(config, Arc::new(read), |_, _| {})
}

/// Runs a host until a signal comes. `reread` reads the configuration again.
///
/// # Errors
/// The host does not start or cannot go on.
pub fn run(config: Config, reread: Reread, on_ready: impl FnOnce(&Arc<Node>, &Bound)) -> CommandResult {
    let runtime = Builder::new_multi_thread().enable_all().thread_name("http").build()?;
    runtime.block_on(async {
        let (stopper, stop) = stop_pair();
        on_signals(stopper.clone())?;
        let ready = |node: &Arc<Node>, bound: &Bound| {
            if let Err(error) = on_hangup(node, reread) {
                tracing::error!(%error, "SIGHUP cannot be listened for: the configuration is not read again before a restart");
            }
            on_ready(node, bound);
        };
        host::run(config, stopper, stop, ready).await?;
        Ok(())
    })
}
