//! A component that is to take a plugin's place: checked, loaded beside it, and then as the operator wishes.

use std::sync::PoisonError;

use trellis_engine::ports::plugins::PluginId;
use trellis_engine::rebuild::PromotionError;

use super::accept::{Component, ComponentError};
use super::{Candidate, HostPlugins, LastChange, Origin, Source, SourceError, configured, load, most_bytes, plugin_id};
use crate::config::Config;

/// What is to become of a component that was uploaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Wish {
    /// It takes the plugin's place.
    #[default]
    Replace,
    /// It judges beside the plugin, until it is promoted or dropped.
    Shadow,
    /// Nothing: only whether it could take the plugin's place is asked.
    Check,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// It is what serves already.
    Same,
    /// It could take the plugin's place.
    Passes,
    /// It judges beside the plugin.
    Watching,
    /// It is to take the plugin's place, once what services and managers hold is built by it.
    Promoting,
}

/// Why nothing changes.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// No such plugin.
    #[error("no plugin `{id}` is configured; this host has {}: add a [[plugin]] of that id to the configuration", .known.join(", "))]
    Unknown {
        /// The id given.
        id: String,
        /// Those there are.
        known: Vec<String>,
    },
    /// The component is not let in.
    #[error(transparent)]
    Component(#[from] ComponentError),
    /// It cannot do what the plugin does, or is not there.
    #[error(transparent)]
    Promotion(#[from] PromotionError),
    /// The configured component cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// There is no candidate to promote or drop.
    #[error("plugin `{0}` has no candidate; upload one first")]
    NoCandidate(String),
    /// What serves is what the configuration names.
    #[error("plugin `{0}` serves as the configuration says: no upload takes its place")]
    NotUploaded(String),
    /// It is called as ever.
    #[error("plugin `{0}` is not paused")]
    NotPaused(String),
    /// The upload cannot be kept.
    #[error("the upload cannot be kept in the data folder: {0}")]
    Kept(std::io::Error),
}

impl HostPlugins {
    /// An operator's upload. Takes as long as compiling it takes.
    ///
    /// # Errors
    /// [`ChangeError`]; the plugin that serves stays.
    pub fn upload(&self, id: &str, component: Component, wish: Wish) -> Result<Changed, ChangeError> {
        self.consider(id, component, Origin::Upload, wish)
    }

    /// Gives up an upload: what the configuration names takes its place again.
    ///
    /// # Errors
    /// [`ChangeError`].
    pub fn restore(&self, id: &str) -> Result<Changed, ChangeError> {
        let setup = self.known(id)?;
        if self.with(id, |shelved| shelved.source) != Some(Source::Uploaded) {
            return Err(ChangeError::NotUploaded(id.to_owned()));
        }
        let changed = self.consider(id, configured(&setup)?, Origin::Configured, Wish::Replace)?;
        if changed == Changed::Same {
            self.kept.forget(id).map_err(ChangeError::Kept)?;
            self.with(id, |shelved| shelved.source = Source::Configured);
        }
        Ok(changed)
    }

    /// Has the candidate that judges beside a plugin take its place.
    ///
    /// # Errors
    /// [`ChangeError`].
    pub fn promote(&self, id: &str) -> Result<Changed, ChangeError> {
        self.known(id)?;
        let _one = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        if self.with(id, |shelved| shelved.candidate.is_some()) != Some(true) {
            return Err(ChangeError::NoCandidate(id.to_owned()));
        }
        self.begin(id)
    }

    /// Drops a plugin's candidate, wherever it is on its way.
    ///
    /// # Errors
    /// There is none.
    pub fn drop_candidate(&self, id: &str) -> Result<(), ChangeError> {
        self.known(id)?;
        let _one = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        if self.forget_candidate(id) { Ok(()) } else { Err(ChangeError::NoCandidate(id.to_owned())) }
    }

    pub(super) fn consider(
        &self,
        id: &str,
        component: Component,
        origin: Origin,
        wish: Wish,
    ) -> Result<Changed, ChangeError> {
        let setup = self.known(id)?;
        let _one = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let plugin = plugin_id(id);
        let bytes = (origin == Origin::Upload && wish != Wish::Check).then(|| component.clone());
        // Beside the candidate there may be, which only gives way to one that passes.
        let tried = PluginId(format!("{id} tried").into());
        let loaded = load(&self.sandbox, tried.clone(), &setup, component)?;
        let sha256 = loaded.inspection.sha256;
        let is_same = origin != Origin::Reconfigured
            && self.sandbox.inspection(&plugin).is_some_and(|serving| serving.sha256 == sha256);
        let fits = self.fits(&plugin, &tried);
        if fits.is_err() || wish == Wish::Check || is_same {
            self.sandbox.unload(&tried);
            return fits.map(|()| if is_same { Changed::Same } else { Changed::Passes });
        }
        self.forget_candidate(id);
        let candidate = plugin.candidate();
        self.sandbox.rename(&tried, &candidate);
        if let Some(bytes) = bytes
            && let Err(error) = self.kept.stage(id, &bytes)
        {
            self.sandbox.unload(&candidate);
            return Err(ChangeError::Kept(error));
        }
        self.with(id, |shelved| shelved.candidate = Some(Candidate { sha256, origin, promoted: false }));
        if wish == Wish::Shadow {
            self.engine().watch_candidate(&plugin);
            return Ok(Changed::Watching);
        }
        self.begin(id)
    }

    /// What the configuration says of plugins now is in force from here on. What cannot be stays as it was, and the log says why.
    pub fn reconfigure(&self, config: &Config) {
        for setup in &config.plugins {
            let id = &setup.id;
            let Ok(before) = self.known(id) else { continue };
            if before == *setup {
                continue;
            }
            let source = self.with(id, |shelved| {
                shelved.setup = setup.clone();
                shelved.seen = super::watch::stamp(setup);
                shelved.source
            });
            let component = match source {
                Some(Source::Uploaded) => self
                    .kept
                    .read(id, most_bytes(setup))
                    .map_err(ChangeError::Kept)
                    .and_then(|found| found.ok_or_else(|| ChangeError::NotUploaded(id.clone()))),
                _ => configured(setup).map_err(ChangeError::from),
            };
            let changed = component.and_then(|found| self.consider(id, found, Origin::Reconfigured, Wish::Replace));
            match changed {
                Ok(_) => {
                    tracing::info!(plugin = id, "what the configuration says of it changed, and is to be in force")
                }
                Err(error) => {
                    tracing::error!(plugin = id, %error, "what the configuration says of it now cannot be in force; it stays as it was");
                    self.with(id, |shelved| shelved.setup = before);
                }
            }
        }
    }

    fn fits(&self, plugin: &PluginId, candidate: &PluginId) -> Result<(), ChangeError> {
        match self.engine().plugins().description(candidate) {
            Some(description) => Ok(self.engine().can_replace(plugin, &description)?),
            None => Err(ChangeError::NoCandidate(plugin.to_string())),
        }
    }

    fn begin(&self, id: &str) -> Result<Changed, ChangeError> {
        self.engine().end_watch(&plugin_id(id));
        self.engine().promote(&plugin_id(id))?;
        self.with(id, |shelved| shelved.candidate.iter_mut().for_each(|candidate| candidate.promoted = true));
        Ok(Changed::Promoting)
    }

    /// `false` where there is none.
    pub(super) fn forget_candidate(&self, id: &str) -> bool {
        let plugin = plugin_id(id);
        self.engine().give_up_promotion(&plugin);
        // It may have got to the plugin's place just before: then its upload is to be kept.
        self.settle(id);
        self.engine().end_watch(&plugin);
        self.sandbox.unload(&plugin.candidate());
        if let Err(error) = self.kept.unstage(id) {
            tracing::warn!(plugin = id, %error, "an upload that is not wanted any more stays in the data folder");
        }
        self.with(id, |shelved| shelved.candidate.take()).flatten().is_some()
    }

    /// Writes down what became of a candidate that was to take a plugin's place, if that is decided.
    pub(super) fn settle(&self, id: &str) {
        use trellis_engine::rebuild::Promotion;
        let _one = self.settling.lock().unwrap_or_else(PoisonError::into_inner);
        let plugin = plugin_id(id);
        let Some(candidate) = self.with(id, |shelved| shelved.candidate).flatten().filter(|found| found.promoted)
        else {
            return;
        };
        let Candidate { sha256, origin, .. } = candidate;
        let failure = match self.engine().promotion(&plugin) {
            Some(Promotion::Promoted) => None,
            Some(Promotion::Failed(why)) => Some(why),
            Some(Promotion::Waiting | Promotion::Building) | None => return,
        };
        let done = match (&failure, origin) {
            (None, Origin::Upload) => self.kept.settle(id),
            (None, Origin::Configured) => self.kept.forget(id),
            (None, Origin::Reconfigured) => Ok(()),
            (Some(_), _) => {
                self.sandbox.unload(&plugin.candidate());
                self.kept.unstage(id)
            }
        };
        if let Err(error) = done {
            tracing::error!(plugin = id, %error, "the data folder could not be changed; the next start may find the plugin as it was before");
        }
        self.with(id, |shelved| {
            if failure.is_none() {
                shelved.source = match origin {
                    Origin::Upload => Source::Uploaded,
                    Origin::Configured => Source::Configured,
                    Origin::Reconfigured => shelved.source,
                };
            }
            shelved.candidate = None;
            shelved.last = Some(LastChange { sha256, failure });
        });
    }
}
