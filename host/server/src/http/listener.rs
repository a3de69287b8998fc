//! Addresses, connections, and their orderly end.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tower::ServiceExt;

use super::client::Peer;
use super::drain::Drained;
use super::patience::Patient;
use crate::config::checked::Listen;
use crate::shutdown::Stop;

/// Longest time a request's head may take, and a connection may be idle between requests.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// Largest buffer of one connection, in bytes: larger heads are refused, bodies pass through in pieces.
const MAX_BUFFER_BYTES: usize = 64 * 1024;

/// How long requests may still take once the host stops: a submission that waits for the disk is done long before.
const GRACE: Duration = Duration::from_secs(20);

/// How long a reply without end may take to see that it has come to one, once the host stops: who takes it in needs no more, and
/// who does not is not waited for.
const ENDLESS_GRACE: Duration = Duration::from_secs(1);

/// Pause after the system refused a connection (no descriptors left): trying at once would only burn time.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A request's hold on its connection, for replies that have no end; put on every request.
#[derive(Debug, Clone)]
pub struct Held {
    given_up: Arc<AtomicBool>,
    endless: Arc<AtomicBool>,
    /// The connection counts as one until all holds are gone, also where a WebSocket has taken it over.
    _alive: mpsc::Sender<Infallible>,
}

impl Held {
    /// The reply ends by itself when the host stops; whoever does not take it in by then is not waited for.
    pub fn has_no_end(&self) {
        self.endless.store(true, Ordering::SeqCst);
    }

    /// Whether the connection was given up because the other end took nothing.
    #[must_use]
    pub fn was_given_up(&self) -> bool {
        self.given_up.load(Ordering::SeqCst)
    }
}

/// Why an address cannot be listened on.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Somebody else is there, or the system does not allow it.
    #[error("cannot listen on {address}: {source}{}", hint(source))]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// This machine has none of the addresses.
    #[error("this machine has none of the addresses to listen on; set `listen` in [node]")]
    NoAddress,
}

fn hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => ": another program is there; stop it, or choose another port",
        io::ErrorKind::PermissionDenied => ": ports below 1024 need a privilege; choose a higher one",
        _ => "",
    }
}

/// Binds one address.
///
/// # Errors
/// [`ListenError::Bind`].
pub async fn bind(address: SocketAddr) -> Result<TcpListener, ListenError> {
    TcpListener::bind(address).await.map_err(|source| ListenError::Bind { address, source })
}

/// Binds all addresses of a listener. Where the system chooses the port, it chooses one for all of them.
///
/// # Errors
/// [`ListenError`]; absent addresses are left out where `skip_absent` allows it.
pub async fn bind_all(listen: &Listen) -> Result<Vec<TcpListener>, ListenError> {
    let mut listeners: Vec<TcpListener> = Vec::new();
    for address in &listen.addresses {
        let mut address = *address;
        if let (0, Some(Ok(first))) = (address.port(), listeners.first().map(TcpListener::local_addr)) {
            address.set_port(first.port());
        }
        match bind(address).await {
            Ok(listener) => listeners.push(listener),
            Err(ListenError::Bind { source, .. }) if listen.skip_absent && is_absent(&source) => {
                tracing::warn!(%address, reason = %source, "this machine does not have this address; going on without it");
            }
            Err(error) => return Err(error),
        }
    }
    if listeners.is_empty() { Err(ListenError::NoAddress) } else { Ok(listeners) }
}

fn is_absent(error: &io::Error) -> bool {
    // Unsupported: the kernel was built or started without IPv6.
    matches!(error.kind(), io::ErrorKind::AddrNotAvailable | io::ErrorKind::Unsupported)
        || error.raw_os_error() == Some(rustix::io::Errno::AFNOSUPPORT.raw_os_error())
}

/// Serves connections until told to stop; then takes no more, lets requests finish, and returns.
pub async fn serve(listener: TcpListener, router: Router, at_once: Arc<Semaphore>, mut stop: Stop) {
    let mut connections = JoinSet::new();
    loop {
        // First the room, then the connection: what does not fit waits in the kernel's queue.
        let accepted = tokio::select! {
            () = stop.wait() => break,
            accepted = accept(&listener, &at_once) => accepted,
        };
        match accepted {
            Ok((stream, peer, room)) => {
                connections.spawn(connection(stream, peer, router.clone(), room, stop.clone()));
            }
            Err(error) => {
                tracing::warn!(reason = %error, "a connection could not be accepted");
                sleep(ACCEPT_PAUSE).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
    drop(listener);
    let finished = timeout(GRACE, async { while connections.join_next().await.is_some() {} });
    if finished.await.is_err() {
        tracing::warn!(connections = connections.len(), "requests still running were cut off");
    }
}

async fn accept(
    listener: &TcpListener,
    at_once: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let room = Arc::clone(at_once).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    Ok((stream, peer, room))
}

async fn connection(stream: TcpStream, peer: SocketAddr, router: Router, room: OwnedSemaphorePermit, mut stop: Stop) {
    let _room = room;
    // Small answers must not wait for more to come.
    let _ = stream.set_nodelay(true);
    let stream = Patient::new(stream);
    let (alive, mut holds) = mpsc::channel(1);
    let held = Held { given_up: stream.given_up(), endless: Arc::default(), _alive: alive };
    let endless = Arc::clone(&held.endless);
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        request.extensions_mut().insert(held.clone());
        let (parts, body) = request.into_parts();
        let body = Body::new(Drained::new(&parts.headers, body));
        router.clone().oneshot(hyper::Request::from_parts(parts, body))
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(MAX_BUFFER_BYTES)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    // Boxed, so that it is gone, with its hold on itself, before other holds are waited for.
    let mut connection = Box::pin(connection);
    let result = tokio::select! {
        result = connection.as_mut() => result,
        () = stop.wait() => {
            connection.as_mut().graceful_shutdown();
            let patience = if endless.load(Ordering::SeqCst) { ENDLESS_GRACE } else { GRACE };
            timeout(patience, connection.as_mut()).await.unwrap_or(Ok(()))
        }
    };
    if let Err(error) = result {
        tracing::debug!(%peer, reason = %error, "connection ended");
    }
    drop(connection);
    let _ = holds.recv().await;
}
