//! Other topics, lookup services, baskets and plugins than before, without a restart: what the configuration adds is loaded and
//! checked before anything changes, then one engine takes the other's place between two submissions, and only then is unloaded what
//! nobody asks any more.

use std::sync::PoisonError;

use super::{HostPlugins, Shelved, Source, plugin_id};
use crate::clock;
use crate::config::Config;
use crate::http::access::AccessRules;
use crate::node::Node;
use crate::wiring::{self, WiringError};

/// What became of the plugins of a host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rehosted {
    /// Plugins that were loaded.
    pub loaded: Vec<String>,
    /// Plugins that were unloaded.
    pub unloaded: Vec<String>,
    /// Whether topics, services or baskets are others than before.
    pub hosting: bool,
}

impl HostPlugins {
    /// Hosts what the configuration says, and answers whom it says; what it says otherwise of plugins that are there already is
    /// [`HostPlugins::reconfigure`]'s.
    ///
    /// # Errors
    /// [`WiringError`]; everything stays as it was.
    pub fn rehost(&self, node: &Node, config: &Config) -> Result<Rehosted, WiringError> {
        let _one = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let loaded = self.load_new(config)?;
        let done = self.host(node, config);
        let ids = |shelved: &[Shelved]| shelved.iter().map(|shelved| shelved.setup.id.clone()).collect::<Vec<_>>();
        match done {
            Err(error) => {
                self.unload(&ids(&loaded));
                Err(error)
            }
            Ok(hosting) => {
                let new = ids(&loaded);
                Ok(Rehosted { unloaded: self.put_in_order(config, loaded), loaded: new, hosting })
            }
        }
    }

    fn load_new(&self, config: &Config) -> Result<Vec<Shelved>, WiringError> {
        let mut loaded: Vec<Shelved> = Vec::new();
        for setup in config.plugins.iter().filter(|setup| self.known(&setup.id).is_err()) {
            match wiring::load_plugin(&self.sandbox, &self.kept, setup) {
                Ok(source) => loaded.push(Shelved::new(setup, source)),
                Err(error) => {
                    self.unload(&loaded.into_iter().map(|shelved| shelved.setup.id).collect::<Vec<_>>());
                    return Err(error);
                }
            }
        }
        Ok(loaded)
    }

    /// Answers whether there was something to change.
    fn host(&self, node: &Node, config: &Config) -> Result<bool, WiringError> {
        wiring::check_roles(config, &self.sandbox, |id| {
            let is_upload = self.with(id, |shelved| shelved.source == Source::Uploaded) == Some(true);
            is_upload.then(|| self.kept.file(id))
        })?;
        let engine = self.engine();
        let hosting = wiring::hosting(engine.store(), config)?;
        let rules = AccessRules::new(config);
        if hosting == *engine.hosting() {
            node.set_rules(rules);
            return Ok(false);
        }
        engine.rehost(hosting, clock::now(), |next| {
            // Nobody asks now: who asks next is let in by the new rules, and served by the new engine.
            node.set_rules(rules);
            self.slot.set(std::sync::Arc::clone(next));
        })?;
        Ok(true)
    }

    /// In the order of the configuration; what is not in it is unloaded, and named.
    fn put_in_order(&self, config: &Config, loaded: Vec<Shelved>) -> Vec<String> {
        let gone: Vec<String> = {
            let shelf = self.shelf();
            let is_gone = |id: &&String| config.plugins.iter().all(|setup| setup.id != **id);
            shelf.iter().map(|shelved| &shelved.setup.id).filter(is_gone).cloned().collect()
        };
        for id in &gone {
            self.forget_candidate(id);
        }
        self.unload(&gone);
        let place = |shelved: &Shelved| config.plugins.iter().position(|setup| setup.id == shelved.setup.id);
        let mut shelf = self.shelf();
        shelf.extend(loaded);
        shelf.retain(|shelved| place(shelved).is_some());
        shelf.sort_by_key(place);
        gone
    }

    fn unload(&self, ids: &[String]) {
        for id in ids {
            self.sandbox.unload(&plugin_id(id));
        }
    }
}
