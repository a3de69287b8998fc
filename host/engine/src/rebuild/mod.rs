//! Building the rows of a service or manager anew, from what its topics hold: because it was added to topics with a history,
//! because it is another plugin now or has another configuration, or because something it was told was taken back.
//!
//! [`Engine::rebuild_step`] does one bounded piece of it, so that a worker can call it again and again beside submissions. A
//! rebuild writes under a name of its own, which nobody reads, until it has told everything there is; then one commit makes that
//! name the one that serves ([`Generation`](crate::domain::row::RowKey::Generation)). What served before goes on meanwhile; of
//! what is new nothing serves, and lookups say so.
//!
//! | module | one job |
//! |---|---|
//! | `need` | who needs a rebuild, found out when the host starts |
//! | `pass` | one rebuild: history first, then what was committed meanwhile |
//! | `work` | the passes under way, and the switch: one, or all of a plugin that is to take another's place |
//! | `promotion` | a plugin that takes another's place while the host runs |
//! | `choice` | the next things to tell, in order, in bounded memory |
//! | `sweep` | removing what serves nobody |
//! | `report` | how far everybody is |
//!
//! A rebuild that was interrupted begins from the start: what it wrote is swept like what served before.

mod choice;
mod need;
mod pass;
mod promotion;
mod report;
mod sweep;
mod work;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

pub use promotion::{Promotion, PromotionError};
pub use report::{GenerationReport, RebuildState, Role};

use crate::domain::name::{NameId, TopicId};
use crate::domain::row::Namespace;
use crate::domain::time::Timestamp;
use crate::engine::Engine;
use crate::hosting::{HostedManager, HostedService};
use crate::lookup::LookupError;
use crate::ports::plugins::{PluginError, PluginId};
use crate::ports::store::StoreError;
use crate::submit::Listener;
use work::Work;

/// How much is done in one step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pace {
    /// Things told in one commit at most: progress is to show, and little is to be done twice.
    pub told: usize,
    /// Things chosen to be told next at most, of 40 bytes each: all outputs are read once for so many.
    pub chosen: usize,
}

impl Default for Pace {
    fn default() -> Self {
        Self { told: 512, chosen: 200_000 }
    }
}

/// What a step came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// There is nothing to do.
    Idle,
    /// Something was done, and there may be more.
    Worked,
}

/// Why a step came to nothing. Another one may go further.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The plugin could not be asked, for no fault of its own.
    #[error("it cannot be asked now: {0}")]
    Plugin(PluginError),
    /// More changes by one transaction than one commit can make.
    #[error("one transaction makes {actual} {what}, one commit can make {limit}: the plugin has to write less")]
    TooLarge {
        /// `writes` or `bytes`.
        what: &'static str,
        /// The limit.
        limit: usize,
        /// The plan's.
        actual: usize,
    },
}

impl From<PluginError> for RebuildError {
    fn from(error: PluginError) -> Self {
        match error {
            PluginError::Host(error) => Self::Store(error),
            other => Self::Plugin(other),
        }
    }
}

/// How far a rebuild is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Progress {
    /// Outputs that were told.
    pub(crate) done: u64,
    /// Outputs there were when it began.
    pub(crate) all: u64,
}

/// The rebuilds of a host.
#[derive(Default)]
pub(crate) struct Rebuilds {
    /// What is under way; held for a step at a time.
    work: Mutex<Option<Work>>,
    /// Those that are to come.
    waiting: Mutex<BTreeSet<Namespace>>,
    /// Plugins whose candidates are to take their places, before all others.
    promotions: Mutex<VecDeque<PluginId>>,
    /// What became of candidates.
    promoted: Mutex<BTreeMap<PluginId, Promotion>>,
    progress: Mutex<BTreeMap<Namespace, Progress>>,
    /// Generations in which nothing is left.
    swept: Mutex<BTreeSet<Namespace>>,
}

/// Held while no rebuild is under way.
pub(crate) struct PausedRebuilds<'e> {
    _under_way: MutexGuard<'e, Option<Work>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A configured service or manager.
#[derive(Clone, Copy)]
enum Hosted<'h> {
    Service(&'h HostedService),
    Manager(&'h HostedManager),
}

impl<'h> Hosted<'h> {
    const fn namespace(self) -> Namespace {
        match self {
            Self::Service(service) => Namespace::Service(service.id),
            Self::Manager(manager) => Namespace::Manager(manager.id),
        }
    }

    fn name(self) -> &'h str {
        match self {
            Self::Service(service) => service.name.as_str(),
            Self::Manager(manager) => &manager.plugin.0,
        }
    }

    const fn plugin(self) -> &'h PluginId {
        match self {
            Self::Service(service) => &service.plugin,
            Self::Manager(manager) => &manager.plugin,
        }
    }

    /// Ascending.
    fn topics(self) -> Vec<TopicId> {
        let mut topics = match self {
            Self::Service(service) => service.topics.clone(),
            Self::Manager(manager) => manager.topics.clone(),
        };
        topics.sort_unstable();
        topics.dedup();
        topics
    }

    const fn configured(self) -> NameId {
        match self {
            Self::Service(service) => service.id.0,
            Self::Manager(manager) => manager.id.0,
        }
    }

    /// As who is told by means of `plugin`, its rows under another name.
    const fn listener(self, serving: NameId, plugin: &'h PluginId) -> Listener<'h> {
        match self {
            Self::Service(service) => Listener::Service(service, crate::domain::name::ServiceId(serving), plugin),
            Self::Manager(manager) => Listener::Manager(manager, crate::domain::basket::ManagerId(serving), plugin),
        }
    }
}

impl Engine {
    fn all_hosted(&self) -> impl Iterator<Item = Hosted<'_>> {
        self.hosting.services().map(Hosted::Service).chain(self.hosting.managers().map(Hosted::Manager))
    }

    fn hosted(&self, who: Namespace) -> Option<Hosted<'_>> {
        self.all_hosted().find(|hosted| hosted.namespace() == who)
    }

    /// Has a service, or the manager of a plugin, rebuilt; `false` where there is none of that name.
    pub fn ask_for_rebuild(&self, name: &str) -> bool {
        let found = self.all_hosted().find(|hosted| hosted.name() == name).map(Hosted::namespace);
        if let Some(who) = found {
            self.await_rebuild(who);
        }
        found.is_some()
    }

    /// Puts one among those to be rebuilt, unless it is already, or is being rebuilt.
    fn await_rebuild(&self, who: Namespace) {
        if !locked(&self.rebuilds.progress).contains_key(&who) {
            locked(&self.rebuilds.waiting).insert(who);
        }
    }

    /// Does a piece of the rebuild under way, begins the next one, or removes some of what serves nobody.
    ///
    /// # Errors
    /// [`RebuildError`]; a step after it tries the same again.
    pub fn rebuild_step(&self, pace: Pace, now: Timestamp) -> Result<Step, RebuildError> {
        let mut under_way = locked(&self.rebuilds.work);
        if let Some(next) = self.successor() {
            drop(under_way);
            return next.rebuild_step(pace, now);
        }
        if let Some(work) = under_way.as_mut() {
            if self.continue_work(work, pace, now)? == work::Outcome::Ended {
                self.end_work(work);
                *under_way = None;
            }
            return Ok(Step::Worked);
        }
        if let Some(plugin) = self.next_promotion() {
            *under_way = Some(self.begin_promotion(plugin)?);
            return Ok(Step::Worked);
        }
        self.find_given_up()?;
        let next = locked(&self.rebuilds.waiting).pop_first();
        match next.and_then(|who| self.hosted(who)) {
            Some(hosted) => {
                *under_way = Some(Work::rebuild(self.begin_pass(hosted, hosted.plugin())?));
                Ok(Step::Worked)
            }
            None => self.sweep(now),
        }
    }

    /// Puts what is under way back among what is to come, and lets nothing begin until this is dropped.
    pub(crate) fn pause_rebuilds(&self) -> PausedRebuilds<'_> {
        let mut under_way = locked(&self.rebuilds.work);
        if let Some(work) = under_way.take() {
            self.put_back(work);
        }
        PausedRebuilds { _under_way: under_way }
    }

    pub(crate) fn being_rebuilt(&self, service: &HostedService) -> LookupError {
        let progress = locked(&self.rebuilds.progress).get(&Namespace::Service(service.id)).copied();
        let Progress { done, all } = progress.unwrap_or_default();
        LookupError::BeingRebuilt { service: service.name.to_string(), done, all }
    }
}
