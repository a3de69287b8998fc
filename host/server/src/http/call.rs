//! Blocking calls into the engine: bounded in number, charged to the client.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use trellis_engine::submit::Meter;

use super::budget::estimate;
use super::client::ClientKey;
use super::error::ApiError;
use crate::clock;
use crate::node::{Loaded, Node};

/// Longest wait for a turn. `@bsv/sdk` gives a lookup up after 5 seconds; who waits longer waits for nobody.
const TURN_WAIT: Duration = Duration::from_secs(5);

/// Turns at calls of one kind.
#[derive(Debug, Clone)]
pub struct Turns(Arc<Semaphore>);

impl Turns {
    /// At most `at_once` calls at a time.
    #[must_use]
    pub fn new(at_once: usize) -> Self {
        Self(Arc::new(Semaphore::new(at_once.max(1))))
    }

    async fn take(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        match timeout(TURN_WAIT, Arc::clone(&self.0).acquire_owned()).await {
            Ok(Ok(turn)) => Ok(turn),
            _ => Err(ApiError::unavailable("ERR_BUSY", "this host is busy with other requests; try again in a moment")),
        }
    }
}

/// Whether this host answers now, and this client.
///
/// # Errors
/// 503 while starting, 429 where the client's budget is used up.
pub fn admit(node: &Node, client: ClientKey) -> Result<(), ApiError> {
    node.ready()?;
    node.budgets.admit(client, clock::monotonic())
}

/// Admits the client and runs `work`, as [`run`] does, with what has been loaded.
///
/// # Errors
/// Those of [`admit`], of [`run`] and of `work`.
pub async fn with_loaded<T: Send + 'static, E: From<ApiError> + Send + 'static>(
    node: &Arc<Node>,
    turns: &Turns,
    client: ClientKey,
    work: impl FnOnce(&Loaded) -> Result<T, E> + Send + 'static,
) -> Result<T, E> {
    admit(node, client)?;
    let host = Arc::clone(node);
    run(node, turns, client, move |_| work(host.ready()?)).await?
}

/// Runs `work` on a thread of its own and charges `client` for it, however it ends. The turn is kept until the work is done,
/// also where the client has gone meanwhile.
///
/// The client pays for the CPU time of that thread or for what the work counted on its meter, whichever is more: the clock does
/// not see what other threads did for the client, and the count does not see reading, planning and encoding.
///
/// # Errors
/// 503 where no turn comes free in time, 500 where the work panics.
pub async fn run<T: Send + 'static>(
    node: &Arc<Node>,
    turns: &Turns,
    client: ClientKey,
    work: impl FnOnce(&Meter) -> T + Send + 'static,
) -> Result<T, ApiError> {
    let turn = turns.take().await?;
    let node = Arc::clone(node);
    let span = tracing::Span::current();
    let done = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        let _span = span.enter();
        let meter = Meter::default();
        let before = clock::thread_cpu();
        let answer = work(&meter);
        let cpu = clock::thread_cpu().saturating_sub(before);
        node.budgets.charge(client, cpu.max(estimate(&meter.read())), clock::monotonic());
        answer
    });
    done.await.map_err(|error| ApiError::internal(&error))
}
