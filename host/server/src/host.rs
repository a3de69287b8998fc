//! A running host, from the first open port to the orderly end.
//!
//! The ports open first and answer `/health/live`; store and plugins load behind them. At the end it goes the other way round:
//! no more connections, requests in progress finish, the workers stop, the store makes everything durable and closes.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};

use crate::config::Config;
use crate::events::follow;
use crate::federations;
use crate::http::listener::{self, ListenError};
use crate::http::{admin, public};
use crate::metrics::Metrics;
use crate::node::{HeaderSource, Node};
use crate::plugins;
use crate::shutdown::{Reason, Stop, Stopper};
use crate::wiring::{self, Addresses, Observers, WiringError};
use crate::worker;

/// Connections of the second listener: operators, a metrics scraper, and the host's own calls to its stand-in for ARC.
const ADMIN_CONNECTIONS: usize = 128;

/// Where a host listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// The public listener.
    pub public: Vec<SocketAddr>,
    /// The second listener.
    pub admin: SocketAddr,
}

/// Why a host did not start, or stopped by itself.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// A port is not to be had.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// Something of it cannot be loaded.
    #[error(transparent)]
    Wiring(#[from] WiringError),
    /// The system gives no threads.
    #[error("the system gives no thread for the host's workers: {0}")]
    Thread(std::io::Error),
    /// Loading ended without an answer.
    #[error("loading the store and the plugins failed in an unforeseen way: {0}; please report this with the log")]
    Loading(String),
    /// It could not go on.
    #[error("{0}")]
    Failed(String),
}

/// Runs a host until `stop` is told. `on_ready` is called once everything works.
///
/// # Errors
/// [`HostError`].
pub async fn run(
    config: Config,
    stopper: Stopper,
    stop: Stop,
    on_ready: impl FnOnce(&Arc<Node>, &Bound),
) -> Result<(), HostError> {
    let node = Arc::new(Node::new(&config, Arc::new(Metrics::default())));
    let mut servers = JoinSet::new();
    let bound = open_ports(&config, &node, &stop, &mut servers).await?;
    let workers = match load(config, &node, &bound, &stopper, &stop).await {
        Ok(workers) => {
            tracing::info!("ready");
            on_ready(&node, &bound);
            Ok(workers)
        }
        Err(error) => {
            stopper.stop(Reason::Failed(error.to_string()));
            Err(error)
        }
    };
    while servers.join_next().await.is_some() {}
    let workers = workers?;
    // The workers block; joining them here would keep the runtime's thread from the requests' last steps.
    let ended = tokio::task::spawn_blocking(move || workers.into_iter().for_each(|worker| drop(worker.join())));
    let _ = ended.await;
    let close: JoinHandle<()> = tokio::task::spawn_blocking(move || drop(node));
    let _ = close.await;
    tracing::info!("stopped");
    match stop.reason() {
        Some(Reason::Failed(text)) => Err(HostError::Failed(text)),
        _ => Ok(()),
    }
}

async fn open_ports(
    config: &Config,
    node: &Arc<Node>,
    stop: &Stop,
    servers: &mut JoinSet<()>,
) -> Result<Bound, HostError> {
    let listeners = listener::bind_all(&config.listen).await?;
    let admin = listener::bind(config.admin_listen).await?;
    let address = |listener: &tokio::net::TcpListener| {
        listener.local_addr().map_err(|source| ListenError::Bind { address: config.admin_listen, source })
    };
    let public = listeners.iter().map(address).collect::<Result<Vec<_>, _>>()?;
    let bound = Bound { admin: address(&admin)?, public };
    if let Some(first) = bound.public.first() {
        let _ = node.port.set(first.port());
    }
    let room = Arc::new(Semaphore::new(config.limits.connections));
    let router = public::router(Arc::clone(node));
    for (listener, address) in listeners.into_iter().zip(&bound.public) {
        tracing::info!(listener = "public", %address, "listening");
        servers.spawn(listener::serve(listener, router.clone(), Arc::clone(&room), stop.clone()));
    }
    tracing::info!(listener = "admin", address = %bound.admin, "listening");
    let room = Arc::new(Semaphore::new(ADMIN_CONNECTIONS));
    servers.spawn(listener::serve(admin, admin::router(Arc::clone(node)), room, stop.clone()));
    Ok(bound)
}

type Workers = Vec<std::thread::JoinHandle<()>>;

async fn load(
    config: Config,
    node: &Arc<Node>,
    bound: &Bound,
    stopper: &Stopper,
    stop: &Stop,
) -> Result<Workers, HostError> {
    let metrics = Arc::clone(&node.metrics);
    let trusted = config.federations.clone();
    let addresses = Addresses { admin: bound.admin, public: bound.public.first().copied() };
    let wired =
        tokio::task::spawn_blocking(move || wiring::wire(&config, addresses, Observers::metrics(&metrics))).await;
    let wiring::Wired { loaded, outbox } = wired.map_err(|error| HostError::Loading(error.to_string()))??;
    let dev = loaded.dev.clone();
    let services = match &loaded.headers {
        HeaderSource::Services(services) => Some(Arc::clone(services)),
        HeaderSource::File(_) | HeaderSource::Local => None,
    };
    node.set_loaded(loaded);
    let mut workers = Vec::new();
    let mut start = |name: &str, work: Box<dyn FnOnce() + Send>| {
        worker::start(name, work).map(|worker| workers.push(worker)).map_err(HostError::Thread)
    };
    let (host, until) = (Arc::clone(node), stop.clone());
    start("outbox", Box::new(move || worker::run_outbox(outbox, &host, &until)))?;
    let (host, until) = (Arc::clone(node), stop.clone());
    start("rebuilds", Box::new(move || worker::run_rebuilds(&host, &until)))?;
    let (host, until, stopper) = (Arc::clone(node), stop.clone(), stopper.clone());
    start("upkeep", Box::new(move || worker::run_upkeep(&host, &until, &stopper)))?;
    let (host, until) = (Arc::clone(node), stop.clone());
    start("events", Box::new(move || follow::run(&host, &until)))?;
    let (host, until) = (Arc::clone(node), stop.clone());
    start("plugins", Box::new(move || plugins::run(&host, &until)))?;
    if let Some(trusted) = trusted {
        let (host, until) = (Arc::clone(node), stop.clone());
        start("federations", Box::new(move || federations::run(trusted, &host, &until)))?;
    }
    if let Some(services) = services {
        let until = stop.clone();
        start("headers", Box::new(move || worker::run_header_services(&services, &until)))?;
    }
    if let Some(dev) = dev {
        let until = stop.clone();
        let listeners: Vec<SocketAddr> = bound.public.iter().copied().chain([bound.admin]).collect();
        dev.arc.allow_callbacks_to(&listeners);
        let (caller, caller_until) = (dev.clone(), stop.clone());
        start("miner", Box::new(move || worker::run_miner(&dev, &until)))?;
        start("callbacks", Box::new(move || worker::run_callbacks(&caller, &caller_until)))?;
    }
    Ok(workers)
}
