//! One subscriber: a cursor that moves through the ring, or through the log where it has fallen behind the ring.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use tokio::sync::watch;
use tokio::time::{Instant, Sleep, sleep};
use trellis_engine::domain::time::Sequence;
use trellis_engine::events::EventFilter;

use super::feed::{Place, Standing};
use super::rights::Rights;
use super::ring::Batch;
use super::told::{Encoded, Told};
use crate::clock;
use crate::http::call;
use crate::http::client::ClientKey;
use crate::http::error::ApiError;
use crate::node::Node;

/// A subscriber takes events until they have so many bytes, and more only when those are sent. One event more can be among
/// them; the largest has what one commit may write, some megabytes.
pub const BATCH_BYTES: usize = 64 * 1024;

/// Commits looked at for one page of the log: with a filter that lets little pass, a turn at reading must end all the same.
const PAGE_COMMITS: usize = 1_000;

/// Time between two signs of life: below the half minute after which proxies close silent connections.
pub const HEARTBEAT: Duration = Duration::from_secs(15);

/// Pause of a subscriber that is in debt, or found no turn at reading the log.
const PAUSE: Duration = Duration::from_secs(1);

/// What comes next.
#[derive(Debug)]
pub enum Next {
    /// An event.
    Event(Encoded),
    /// Nothing, for a while; up to this sequence there is nothing more to tell.
    Beat(Sequence),
    /// Nothing any more.
    End,
}

/// One subscriber.
pub struct Subscription {
    node: Arc<Node>,
    client: ClientKey,
    filter: Arc<EventFilter>,
    rights: Arc<Rights>,
    /// Everything up to here is told, or in `ready`, or does not pass.
    read: Sequence,
    ready: VecDeque<Arc<Told>>,
    standing: watch::Receiver<Standing>,
    beat: Pin<Box<Sleep>>,
    _place: Place,
}

impl Subscription {
    /// A subscriber that knows everything up to `cursor`.
    #[must_use]
    pub fn new(
        node: Arc<Node>,
        client: ClientKey,
        (filter, rights): (EventFilter, Rights),
        cursor: Sequence,
        place: Place,
    ) -> Self {
        let standing = node.feed.listen();
        let (filter, rights, beat) = (Arc::new(filter), Arc::new(rights), Box::pin(sleep(HEARTBEAT)));
        Self { node, client, filter, rights, read: cursor, ready: VecDeque::new(), standing, beat, _place: place }
    }

    /// Waits for what comes next. Nothing is lost where the wait is given up.
    pub async fn next(&mut self) -> Next {
        loop {
            if let Some(told) = self.ready.pop_front() {
                // The ring gave only what it has for such a reader, and the log encodes for this one.
                let Some(encoded) = told.shared_with(&self.rights) else { return Next::End };
                self.node.feed.count_told();
                return Next::Event(encoded.clone());
            }
            let Standing { through, ended } = *self.standing.borrow_and_update();
            if ended {
                return Next::End;
            }
            if through > self.read {
                let batch = match self.node.feed.recent(self.read, (&self.filter, &self.rights), BATCH_BYTES) {
                    Some(batch) => Some(batch),
                    None => match self.page().await {
                        Ok(batch) => batch,
                        Err(()) => return Next::End,
                    },
                };
                if let Some(batch) = batch {
                    (self.read, self.ready) = (batch.through, batch.events);
                }
                continue;
            }
            tokio::select! {
                changed = self.standing.changed() => if changed.is_err() { return Next::End },
                () = &mut self.beat => {
                    self.beat.as_mut().reset(Instant::now() + HEARTBEAT);
                    return Next::Beat(self.read);
                }
            }
        }
    }

    /// Returns when there is nothing more to tell: for who may be waiting for something else.
    pub fn end(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut standing = self.standing.clone();
        async move { drop(standing.wait_for(|standing| standing.ended).await) }
    }

    /// A page of the log; `None` where it is to be tried again, after a pause.
    async fn page(&self) -> Result<Option<Batch>, ()> {
        let (node, cursor) = (Arc::clone(&self.node), self.read);
        let (filter, rights) = (Arc::clone(&self.filter), Arc::clone(&self.rights));
        let page = match self.node.budgets.admit(self.client, clock::monotonic()) {
            Err(refusal) => Err(refusal),
            Ok(()) => {
                let page = move |_: &_| read_page(&node, cursor, (&filter, &rights));
                call::run(&self.node, &self.node.reads, self.client, page).await.flatten()
            }
        };
        match page {
            Ok(batch) => Ok(Some(batch)),
            Err(error) if error.status == StatusCode::INTERNAL_SERVER_ERROR => Err(()),
            Err(_) => {
                sleep(PAUSE).await;
                Ok(None)
            }
        }
    }
}

/// Reads on in the log until there is a batch.
fn read_page(node: &Node, cursor: Sequence, (filter, rights): (&EventFilter, &Rights)) -> Result<Batch, ApiError> {
    let engine = &node.ready()?.engine();
    let mut batch = Batch { through: cursor, ..Batch::default() };
    let mut bytes = 0;
    for _ in 0..PAGE_COMMITS {
        let found = engine.transition_after(batch.through).map_err(|error| ApiError::internal(&error))?;
        let Some(transition) = found else { break };
        batch.through = transition.sequence;
        let told = Told::of(node, engine, &transition, rights, |touched| filter.passes(touched));
        let Some(told) = told.map_err(|error| ApiError::internal(&error))? else { continue };
        bytes += told.bytes();
        batch.events.push_back(Arc::new(told));
        if bytes >= BATCH_BYTES {
            break;
        }
    }
    Ok(batch)
}
