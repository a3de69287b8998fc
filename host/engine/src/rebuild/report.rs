//! How far everybody is.

use super::need::unjudged;
use super::{Hosted, Progress, locked};
use crate::domain::name::TopicName;
use crate::domain::time::Sequence;
use crate::engine::Engine;
use crate::generation;
use crate::ports::plugins::PluginId;
use crate::ports::store::StoreError;
use crate::view::View;

/// What is rebuilt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// A lookup service.
    Service,
    /// A basket manager.
    Manager,
}

/// How far one is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RebuildState {
    /// No rebuild is under way.
    Complete,
    /// One is to come.
    Waiting,
    /// One is under way.
    Rebuilding {
        /// Outputs it was told.
        done: u64,
        /// Outputs there are.
        all: u64,
    },
}

/// A service or manager, and what it was built with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GenerationReport {
    /// The service's name, or the manager's plugin.
    pub name: String,
    /// Which of the two.
    pub role: Role,
    /// Its plugin.
    pub plugin: PluginId,
    /// Its topics.
    pub topics: Vec<TopicName>,
    /// SHA-256 of the component it was built with; `None` where nothing was written down.
    pub component: Option<[u8; 32]>,
    /// SHA-256 of the component that is loaded.
    pub loaded: Option<[u8; 32]>,
    /// The commit with which what serves began to serve; `None` while nothing does.
    pub serving_since: Option<Sequence>,
    /// Transactions it broke on or refused.
    pub unjudged: u64,
    /// How far it is.
    pub state: RebuildState,
}

impl Engine {
    /// All services and managers.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn generations(&self) -> Result<Vec<GenerationReport>, StoreError> {
        let view = View::new(self.store());
        self.all_hosted().map(|hosted| self.generation_report(&view, hosted)).collect()
    }

    fn generation_report(&self, view: &View<'_>, hosted: Hosted<'_>) -> Result<GenerationReport, StoreError> {
        let who = hosted.namespace();
        let found = view.generation(who)?;
        let (serving, since) = match &found {
            None => (Some(hosted.configured()), Some(Sequence::ZERO)),
            Some(found) => (found.row.serving, found.row.serving.map(|_| found.row.built.resolve(found.version))),
        };
        let unjudged = match serving {
            None => 0,
            Some(serving) => unjudged(view, generation::alike(who, serving))?,
        };
        let progress = locked(&self.rebuilds.progress).get(&who).copied();
        let state = match progress {
            Some(Progress { done, all }) => RebuildState::Rebuilding { done, all },
            None if serving.is_none() || locked(&self.rebuilds.waiting).contains(&who) => RebuildState::Waiting,
            None => RebuildState::Complete,
        };
        let topics = hosted.topics();
        Ok(GenerationReport {
            name: hosted.name().to_owned(),
            role: match hosted {
                Hosted::Service(_) => Role::Service,
                Hosted::Manager(_) => Role::Manager,
            },
            plugin: hosted.plugin().clone(),
            topics: topics.iter().filter_map(|id| Some(self.hosting.topic_by_id(*id)?.name.clone())).collect(),
            component: found.map(|found| found.row.component),
            loaded: self.parts.plugins.description(hosted.plugin()).map(|description| description.sha256),
            serving_since: since,
            unjudged,
            state,
        })
    }
}
