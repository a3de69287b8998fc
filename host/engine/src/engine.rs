//! The engine: its parts, and the way in to every use case.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use trellis_spv::hash::Txid;
use trellis_spv::verify::Headers;

use crate::baskets::hand::Hand;
use crate::domain::time::{Sequence, Timestamp};
use crate::federation::Federations;
use crate::hosting::{Hosting, Rules};
use crate::ports::observer::Observer;
use crate::ports::plugins::Plugins;
use crate::ports::store::{Store, StoreError};
use crate::rebuild::Rebuilds;
use crate::revert::Hold;
use crate::submit::Shadows;
use crate::submit::turns::Turns;

/// Commits looked back on for the latest time given. A submission takes its time before it waits for the writer, so the
/// last commit need not have the latest; no more commits can stand behind it than submissions were under way at once.
const LOOK_BACK: usize = 1_024;

/// Transactions that wait to be asked about soon; what is beyond that is asked about in its turn.
const MAX_ASKED_SOON: usize = 10_000;

/// What an engine is made of.
#[derive(Clone)]
pub struct EngineParts {
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// The loaded plugins.
    pub plugins: Arc<dyn Plugins>,
    /// The block headers this host believes.
    pub headers: Arc<dyn Headers + Send + Sync>,
    /// Who hears what happens.
    pub observer: Arc<dyn Observer>,
}

/// An overlay host's use cases. All calls block; call them from worker threads.
pub struct Engine {
    pub(crate) parts: EngineParts,
    pub(crate) hosting: Hosting,
    pub(crate) rules: Rules,
    pub(crate) turns: Turns,
    /// What is shared with the engine that has this one's place, once one has.
    federations: Arc<RwLock<Arc<Federations>>>,
    pub(crate) hold: Arc<Hold>,
    pub(crate) hand: Arc<Hand>,
    pub(crate) rebuilds: Arc<Rebuilds>,
    pub(crate) shadows: Arc<Shadows>,
    last_time: Arc<AtomicU64>,
    outbox_bell: Arc<Bell>,
    asked_soon: Arc<Mutex<BTreeSet<Txid>>>,
    pub(crate) successor: OnceLock<Arc<Engine>>,
}

impl Engine {
    /// An engine over a store that may have a history.
    ///
    /// # Errors
    /// [`StoreError`] where the history cannot be read.
    pub fn new(parts: EngineParts, hosting: Hosting, rules: Rules) -> Result<Self, StoreError> {
        let durable = parts.store.durable();
        let looked_back = Sequence(durable.0.saturating_sub(LOOK_BACK as u64));
        let last = parts.store.log(looked_back, LOOK_BACK)?.iter().map(|record| record.at).max().unwrap_or_default();
        let turns = Turns::new(hosting.topics().map(|topic| topic.id));
        let engine = Self {
            parts,
            hosting,
            rules,
            turns,
            federations: Arc::default(),
            hold: Arc::default(),
            hand: Arc::default(),
            rebuilds: Arc::default(),
            shadows: Arc::default(),
            last_time: Arc::new(AtomicU64::new(last.0)),
            outbox_bell: Arc::default(),
            asked_soon: Arc::default(),
            successor: OnceLock::new(),
        };
        // Before the first commit lets the store forget anything.
        engine.hold_for_reverts()?;
        Ok(engine)
    }

    /// Another one over the same store, which knows all that this one does and hosts something else. Nobody uses it yet.
    pub(crate) fn hosting_instead(&self, hosting: Hosting) -> Self {
        Self {
            parts: self.parts.clone(),
            rules: self.rules.clone(),
            turns: Turns::new(hosting.topics().map(|topic| topic.id)),
            hosting,
            federations: Arc::clone(&self.federations),
            hold: Arc::clone(&self.hold),
            hand: Arc::clone(&self.hand),
            rebuilds: Arc::clone(&self.rebuilds),
            shadows: Arc::clone(&self.shadows),
            last_time: Arc::clone(&self.last_time),
            outbox_bell: Arc::clone(&self.outbox_bell),
            asked_soon: Arc::clone(&self.asked_soon),
            successor: OnceLock::new(),
        }
    }

    /// What is hosted.
    #[must_use]
    pub const fn hosting(&self) -> &Hosting {
        &self.hosting
    }

    /// Whom the operator trusts now.
    #[must_use]
    pub fn federations(&self) -> Arc<Federations> {
        Arc::clone(&self.federations.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Trusts others from now on. What was applied keeps what followed from those before.
    pub fn trust(&self, federations: Federations) {
        *self.federations.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(federations);
    }

    /// The loaded plugins.
    #[must_use]
    pub fn plugins(&self) -> &dyn Plugins {
        self.parts.plugins.as_ref()
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &dyn Store {
        self.parts.store.as_ref()
    }

    /// A time later than every earlier one of this host, restarts and clocks that step back included; else `now`.
    pub(crate) fn next_time(&self, now: Timestamp) -> Timestamp {
        let mut last = self.last_time.load(Ordering::Relaxed);
        loop {
            let next = now.0.max(last.saturating_add(1));
            match self.last_time.compare_exchange_weak(last, next, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return Timestamp(next),
                Err(seen) => last = seen,
            }
        }
    }

    /// Has the outbox ask about a transaction soon, because somebody says that there is news of it. Whoever says so is not
    /// believed: the broadcasters are asked.
    pub fn ask_soon(&self, txid: Txid) {
        let mut asked_soon = self.asked_soon.lock().unwrap_or_else(PoisonError::into_inner);
        if asked_soon.len() < MAX_ASKED_SOON {
            asked_soon.insert(txid);
            self.outbox_bell.ring();
        }
    }

    pub(crate) fn take_asked_soon(&self) -> BTreeSet<Txid> {
        std::mem::take(&mut *self.asked_soon.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn outbox_bell(&self) -> &Arc<Bell> {
        &self.outbox_bell
    }
}

/// Wakes whoever waits; a ring while nobody waits is kept.
#[derive(Default)]
pub(crate) struct Bell {
    rung: Mutex<bool>,
    condition: Condvar,
}

impl Bell {
    pub(crate) fn ring(&self) {
        *self.rung.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.condition.notify_all();
    }

    /// Waits until rung or `timeout` is over.
    pub(crate) fn wait(&self, timeout: Duration) {
        let rung = self.rung.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut rung, _) =
            self.condition.wait_timeout_while(rung, timeout, |rung| !*rung).unwrap_or_else(PoisonError::into_inner);
        *rung = false;
    }
}
