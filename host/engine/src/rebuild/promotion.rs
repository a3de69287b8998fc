//! A plugin that takes another's place while the host runs: its candidate builds what services and managers of the plugin hold,
//! beside what serves, and then takes its place between two submissions. Until then nothing of it shows, and if it cannot do what
//! the plugin does, nothing ever will.

use super::work::Work;
use super::{RebuildError, locked};
use crate::engine::Engine;
use crate::generation;
use crate::ports::plugins::{PluginDescription, PluginId};
use crate::ports::store::StoreError;
use crate::view::{At, View};

/// What became of a plugin's candidate.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Promotion {
    /// It is to take the plugin's place.
    Waiting,
    /// What the plugin's services and managers hold is being built by it.
    Building,
    /// It has the plugin's place.
    Promoted,
    /// It broke on, or refused, what the plugin indexed or organised. The plugin stays.
    Failed(String),
}

/// Why a candidate cannot take a plugin's place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PromotionError {
    /// There is none.
    #[error("plugin `{0}` has no candidate; load one first")]
    NoCandidate(PluginId),
    /// It cannot do what the plugin is configured for.
    #[error(
        "the candidate of plugin `{plugin}` has no {role}, which `{name}` needs: export that role as well, or take what needs it out of the configuration"
    )]
    Role {
        /// The plugin.
        plugin: PluginId,
        /// What the candidate lacks.
        role: &'static str,
        /// The topic, the service or the plugin's baskets.
        name: String,
    },
}

impl Engine {
    /// Has a plugin's candidate take its place, once it has built what the plugin's services and managers hold. [`Engine::rebuild_step`]
    /// does that; [`Engine::promotion`] says how far it is.
    ///
    /// # Errors
    /// [`PromotionError`]; nothing changes then.
    pub fn promote(&self, plugin: &PluginId) -> Result<(), PromotionError> {
        let candidate = self.parts.plugins.description(&plugin.candidate());
        let candidate = candidate.ok_or_else(|| PromotionError::NoCandidate(plugin.clone()))?;
        self.can_replace(plugin, &candidate)?;
        let mut promotions = locked(&self.rebuilds.promotions);
        if !promotions.contains(plugin) {
            promotions.push_back(plugin.clone());
            locked(&self.rebuilds.promoted).insert(plugin.clone(), Promotion::Waiting);
        }
        Ok(())
    }

    /// Whether a candidate has the roles that a plugin is configured for.
    ///
    /// # Errors
    /// [`PromotionError::Role`].
    pub fn can_replace(&self, plugin: &PluginId, candidate: &PluginDescription) -> Result<(), PromotionError> {
        let lacks =
            |role, name: &str| Err(PromotionError::Role { plugin: plugin.clone(), role, name: name.to_owned() });
        if let Some(topic) = self.hosting.topics().find(|topic| topic.plugin == *plugin && !candidate.topic_manager) {
            return lacks("topic-manager", topic.name.as_str());
        }
        let mut services = self.hosting.services().filter(|service| service.plugin == *plugin);
        if let Some(service) = services.find(|_| !candidate.lookup_service) {
            return lacks("lookup-service", service.name.as_str());
        }
        if self.hosting.managers().any(|manager| manager.plugin == *plugin && !candidate.basket_manager) {
            return lacks("basket-manager", "its baskets");
        }
        Ok(())
    }

    /// What became of a plugin's last candidate; `None` where none was promoted since the host started.
    #[must_use]
    pub fn promotion(&self, plugin: &PluginId) -> Option<Promotion> {
        locked(&self.rebuilds.promoted).get(plugin).cloned()
    }

    /// Gives up a promotion that has not happened yet; `false` where there is none.
    pub fn give_up_promotion(&self, plugin: &PluginId) -> bool {
        let mut under_way = locked(&self.rebuilds.work);
        let is_its = |work: &Work| work.candidate_of.as_ref() == Some(plugin);
        let ended = under_way.take_if(|work| is_its(work)).inspect(|work| self.end_work(work)).is_some();
        let mut promotions = locked(&self.rebuilds.promotions);
        let waited =
            promotions.iter().position(|waiting| waiting == plugin).and_then(|at| promotions.remove(at)).is_some();
        if ended || waited {
            locked(&self.rebuilds.promoted).remove(plugin);
        }
        ended || waited
    }

    pub(super) fn put_promotion_back(&self, plugin: PluginId) {
        locked(&self.rebuilds.promoted).insert(plugin.clone(), Promotion::Waiting);
        locked(&self.rebuilds.promotions).push_front(plugin);
    }

    pub(super) fn next_promotion(&self) -> Option<PluginId> {
        locked(&self.rebuilds.promotions).pop_front()
    }

    pub(super) fn begin_promotion(&self, plugin: PluginId) -> Result<Work, RebuildError> {
        locked(&self.rebuilds.promoted).insert(plugin.clone(), Promotion::Building);
        let candidate = plugin.candidate();
        let view = View::new(self.store());
        let mut passes = Vec::new();
        for hosted in self.all_hosted().filter(|hosted| *hosted.plugin() == plugin) {
            let found = view.generation(hosted.namespace())?;
            let now = self.generation_row(hosted, &candidate);
            // Another limit changes nothing of what it holds.
            let is_as_built = found.is_some_and(|At { row, .. }| {
                row.serving.is_some()
                    && (row.component, row.configuration) == (now.component, now.configuration)
                    && row.topics == now.topics
            });
            if !is_as_built {
                passes.push(self.begin_pass(hosted, &candidate)?);
            }
        }
        Ok(Work { passes, candidate_of: Some(plugin) })
    }

    pub(super) fn promoted(&self, plugin: &PluginId, has_its_place: bool) {
        let outcome = if has_its_place {
            tracing::info!(%plugin, "another component has the plugin's place");
            Promotion::Promoted
        } else {
            tracing::error!(%plugin, "its candidate was gone when it was to take its place");
            Promotion::Failed("it was unloaded before it had the plugin's place".to_owned())
        };
        locked(&self.rebuilds.promoted).insert(plugin.clone(), outcome);
    }

    /// Whether a candidate could not be told what the plugin was; then it does not take its place.
    pub(super) fn breaks_on_more(&self, work: &Work) -> Result<bool, StoreError> {
        let Some(plugin) = &work.candidate_of else { return Ok(false) };
        let view = View::new(self.store());
        for pass in &work.passes {
            let Some(hosted) = self.hosted(pass.who()) else { continue };
            let serving = view.generation(pass.who())?.and_then(|found| found.row.serving);
            let before = match serving {
                Some(serving) => super::need::unjudged(&view, generation::alike(pass.who(), serving))?,
                None => u64::MAX,
            };
            if pass.unjudged() > before {
                let more = pass.unjudged() - before;
                let name = hosted.name();
                let text = format!(
                    "`{name}`: it broke on, or refused, {more} more of the transactions held here than the plugin it was to replace; the plugin stays"
                );
                tracing::warn!(%plugin, text, "a candidate failed");
                locked(&self.rebuilds.promoted).insert(plugin.clone(), Promotion::Failed(text));
                return Ok(true);
            }
        }
        Ok(false)
    }
}
