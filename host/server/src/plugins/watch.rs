//! Plugin files and promotions, looked at again and again: a file that changed is an upgrade, a promotion that is decided is written
//! down.

use std::time::{Duration, SystemTime};

use super::{HostPlugins, Origin, Source, Wish, configured, plugin_id};
use crate::clock;
use crate::config::checked::{PluginSetup, PluginSource};
use crate::node::Node;
use crate::shutdown::Stop;

/// How often files are looked at: an author who builds in a loop waits for it.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Longest nap: how late the host's end can be noticed, and a promotion be written down.
const NAP: Duration = Duration::from_millis(100);

/// What a file looks like from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    modified: Option<SystemTime>,
    bytes: u64,
}

/// The configured file as it is now; `None` where there is none.
pub(super) fn stamp(setup: &PluginSetup) -> Option<Stamp> {
    let PluginSource::File(file) = &setup.source else { return None };
    let found = std::fs::metadata(file).ok()?;
    Some(Stamp { modified: found.modified().ok(), bytes: found.len() })
}

/// Looks after the plugins, until the host stops.
pub fn run(node: &Node, stop: &Stop) {
    let Some(loaded) = node.loaded() else { return };
    let mut looked = clock::monotonic();
    while stop.reason().is_none() {
        std::thread::sleep(NAP);
        loaded.plugins.settle_all();
        let now = clock::monotonic();
        if now.saturating_sub(looked) >= LOOK_EVERY {
            looked = now;
            loaded.plugins.look_at_files(false);
        }
        let paused = loaded.plugins.paused();
        node.note_upkeep(|upkeep| upkeep.paused_plugins = paused);
    }
}

impl HostPlugins {
    fn ids(&self) -> Vec<String> {
        self.shelf().iter().map(|shelved| shelved.setup.id.clone()).collect()
    }

    fn settle_all(&self) {
        for id in self.ids() {
            self.settle(&id);
        }
    }

    /// Takes plugin files that changed as upgrades; with `all`, also those that look as before.
    pub fn look_at_files(&self, all: bool) {
        for id in self.ids() {
            self.look_at_file(&id, all);
        }
    }

    fn look_at_file(&self, id: &str, all: bool) {
        let Ok(setup) = self.known(id) else { return };
        let now = stamp(&setup);
        let (before, source) =
            self.with(id, |shelved| (shelved.seen, shelved.source)).unwrap_or((now, Source::Uploaded));
        if now.is_none() || (now == before && !all) {
            return;
        }
        // Still being written, perhaps: it is looked at again.
        std::thread::sleep(NAP);
        if stamp(&setup) != now {
            return;
        }
        self.with(id, |shelved| shelved.seen = now);
        if source == Source::Uploaded {
            tracing::warn!(
                plugin = id,
                "its file changed, but an upload serves in its place; `trellis plugins restore {id}` gives that up"
            );
            return;
        }
        let considered = configured(&setup)
            .map_err(super::ChangeError::from)
            .and_then(|component| self.consider(id, component, Origin::Configured, Wish::Replace));
        let complaint = match considered {
            Ok(super::Changed::Same) => None,
            Ok(_) => {
                let sha256 =
                    self.with(id, |shelved| shelved.candidate.map(|found| hex::encode(found.sha256))).flatten();
                tracing::info!(plugin = id, sha256, "its file changed; the new component is to take its place");
                None
            }
            Err(error) => {
                let plugin = plugin_id(id);
                tracing::error!(%plugin, %error, "its file changed and cannot be used; the plugin stays as it was");
                Some(error.to_string())
            }
        };
        self.with(id, |shelved| shelved.complaint = complaint);
    }
}
