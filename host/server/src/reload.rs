//! SIGHUP: the configuration is read again, and what it says of topics, services, baskets, access and plugins is in force, without a
//! restart.

use std::io;
use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};

use crate::config::{Config, ConfigError};
use crate::node::Node;
use crate::plugins::Rehosted;

/// Reads the configuration again.
pub type Reread = Arc<dyn Fn() -> Result<Config, ConfigError> + Send + Sync>;

/// Listens for SIGHUP.
///
/// # Errors
/// The system does not let signals be listened for.
pub fn on_hangup(node: &Arc<Node>, reread: Reread) -> io::Result<()> {
    let mut hangup = signal(SignalKind::hangup())?;
    let node = Arc::clone(node);
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            let (host, reread) = (Arc::clone(&node), Arc::clone(&reread));
            // Compiling takes its time.
            let done = tokio::task::spawn_blocking(move || reload(&host, &reread)).await;
            if let Err(error) = done {
                tracing::error!(%error, "reading the configuration again failed in an unforeseen way");
            }
        }
    });
    Ok(())
}

/// Has what the configuration says now in force; the log says what changed, or why nothing did.
pub fn reload(node: &Node, reread: &Reread) {
    let Some(loaded) = node.loaded() else {
        tracing::warn!("this host is starting, and reads its configuration anyway");
        return;
    };
    match reread() {
        Ok(config) => {
            match loaded.plugins.rehost(node, &config) {
                Ok(Rehosted { loaded, unloaded, hosting }) => tracing::info!(
                    ?loaded,
                    ?unloaded,
                    hosting,
                    "topics, lookup services, baskets, access and plugins are as the configuration says; everything else waits for a restart"
                ),
                Err(error) => {
                    tracing::error!(%error, "what the configuration says cannot be hosted; what was in force stays");
                    return;
                }
            }
            loaded.plugins.reconfigure(&config);
        }
        Err(error) => tracing::error!(%error, "the configuration cannot be used; what was in force stays"),
    }
}
