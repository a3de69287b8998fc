//! Where the story plays: a host of this very program in a temporary folder, on ports nobody else uses.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::JoinHandle;

use tempfile::TempDir;
use tokio::runtime::Builder;

use super::super::dev;
use crate::client::Client;
use crate::host::{self, Bound, HostError};
use crate::node::Node;
use crate::shutdown::{Reason, Stopper, stop_pair};
use crate::wallet::key::{Key, NotAKey};

/// A running host and its one user.
pub(super) struct Stage {
    /// The public listener.
    pub(super) public: Client,
    /// The second listener.
    pub(super) admin: Client,
    /// Where the host listens.
    pub(super) bound: Bound,
    /// The user's key.
    pub(super) alice: Key,
    node: Arc<Node>,
    stopper: Stopper,
    host: JoinHandle<Result<(), HostError>>,
    folder: TempDir,
}

impl Stage {
    /// Starts the host and waits until it is ready.
    pub(super) fn open() -> Result<Self, Box<dyn std::error::Error>> {
        let folder = tempfile::Builder::new().prefix("trellis-demo-").tempdir()?;
        let config = dev::config(folder.path(), 0, 0)?;
        let (stopper, stop) = stop_pair();
        let (ready, is_ready) = mpsc::channel();
        let runtime = Builder::new_multi_thread().enable_all().thread_name("http").build()?;
        let own_stopper = stopper.clone();
        let host = std::thread::Builder::new().name("host".to_owned()).spawn(move || {
            runtime.block_on(host::run(config, own_stopper, stop, |node, bound| {
                // Nobody listens any more only if the story has broken off already.
                let _ = ready.send((Arc::clone(node), bound.clone()));
            }))
        })?;
        let Ok((node, bound)) = is_ready.recv() else {
            return match host.join() {
                Ok(Err(error)) => Err(error.into()),
                _ => Err("the host ended before it was ready; please report this".into()),
            };
        };
        let port = bound.public.first().map_or(0, SocketAddr::port);
        Ok(Self {
            public: Client::new(&format!("http://localhost:{port}")),
            admin: Client::new(&format!("http://{}", bound.admin)),
            alice: new_key()?,
            bound,
            node,
            stopper,
            host,
            folder,
        })
    }

    /// What the stand-in for ARC received.
    pub(super) fn broadcasts(&self) -> Vec<trellis_network::arc_local::Broadcast> {
        let dev = self.node.loaded().and_then(|loaded| loaded.dev.as_ref());
        dev.map(|dev| dev.arc.broadcasts()).unwrap_or_default()
    }

    /// Stops the host as Ctrl-C would, and hands over its folder.
    pub(super) fn close(self) -> Result<TempDir, Box<dyn std::error::Error>> {
        let Self { node, stopper, host, folder, .. } = self;
        drop(node);
        stopper.stop(Reason::Asked);
        host.join().map_err(|_| "the host ended in an unforeseen way; please report this")??;
        Ok(folder)
    }
}

/// A random key. One of 2^128 random texts is none; then another is drawn by starting again.
fn new_key() -> Result<Key, NotAKey> {
    Key::from_bytes(rand::random())
}
