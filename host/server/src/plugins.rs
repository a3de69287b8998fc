//! The plugins of a running host: what is loaded, what is to take its place, and what came of that.
//!
//! A component comes as the configuration says, as an upload, or because its file changed. It is checked and loaded beside the one
//! that serves (`candidate`); then it is dropped again, judges beside it, or takes its place, which the engine does between two
//! submissions once services and baskets are built anew. Whatever goes wrong, the plugin that serves stays.
//!
//! | module | one job |
//! |---|---|
//! | `accept` | pin, publisher, grants |
//! | `publisher` | signatures of components |
//! | `kept` | uploads in the data folder |
//! | `change` | a component that is to take a plugin's place |
//! | `hosted` | other topics, services, baskets and plugins than before |
//! | `watch` | plugin files and promotions, looked at again and again |
//! | `describe` | plugins as an operator sees them |

pub mod accept;
mod change;
mod describe;
mod hosted;
pub mod kept;
pub mod publisher;
mod watch;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use trellis_engine::engine::Engine;
use trellis_engine::ports::plugins::PluginId;
use trellis_sandbox::limits::MAX_FILE_BYTES;
use trellis_sandbox::{PluginConfig, Sandbox};

use accept::{Component, ComponentError};
use kept::Kept;

use crate::config::Config;
use crate::config::checked::{BasketSetup, PluginSetup, PluginSource};
use crate::engine_slot::EngineSlot;
pub use change::{ChangeError, Changed, Wish};
pub use describe::{ConfiguredRole, missing_role, role_names};
pub use hosted::Rehosted;
pub use watch::run;

/// Where the component that serves came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// As the configuration says.
    Configured,
    /// It was uploaded.
    Uploaded,
}

/// A plugin with all that is to be known of it.
struct Shelved {
    setup: PluginSetup,
    source: Source,
    candidate: Option<Candidate>,
    /// What became of the last candidate that was to take its place.
    last: Option<LastChange>,
    /// The configured file, as it was looked at last.
    seen: Option<watch::Stamp>,
    /// Why the configured file, as it is now, is not used.
    complaint: Option<String>,
}

impl Shelved {
    /// Loaded just now.
    fn new(setup: &PluginSetup, source: Source) -> Self {
        let seen = watch::stamp(setup);
        Self { setup: setup.clone(), source, candidate: None, last: None, seen, complaint: None }
    }
}

/// What may take a plugin's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Candidate {
    sha256: [u8; 32],
    origin: Origin,
    promoted: bool,
}

/// Where a candidate comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// Uploaded.
    Upload,
    /// What the configuration names: its file changed, or an upload is given up.
    Configured,
    /// What serves, under limits and with a configuration that changed.
    Reconfigured,
}

/// What became of a candidate that was to take a plugin's place.
#[derive(Debug, Clone, PartialEq, Eq)]
struct LastChange {
    sha256: [u8; 32],
    /// Why it did not; `None` where it did.
    failure: Option<String>,
}

/// The plugins of a running host.
pub struct HostPlugins {
    sandbox: Arc<Sandbox>,
    slot: Arc<EngineSlot>,
    kept: Kept,
    shelf: Mutex<Vec<Shelved>>,
    /// One component is checked at a time: compiling is work.
    changing: Mutex<()>,
    /// What became of a candidate is written down once, whoever notices first.
    settling: Mutex<()>,
}

impl HostPlugins {
    /// Over what was loaded at the start; `sources` says of each plugin of the configuration where its component came from.
    #[must_use]
    pub fn new(
        sandbox: Arc<Sandbox>,
        slot: Arc<EngineSlot>,
        kept: Kept,
        config: &Config,
        sources: Vec<Source>,
    ) -> Self {
        let shelf = config.plugins.iter().zip(sources).map(|(setup, source)| Shelved::new(setup, source)).collect();
        Self { sandbox, slot, kept, shelf: Mutex::new(shelf), changing: Mutex::default(), settling: Mutex::default() }
    }

    /// Has a paused plugin called again.
    ///
    /// # Errors
    /// There is no such plugin, or it is not paused.
    pub fn resume(&self, id: &str) -> Result<(), ChangeError> {
        self.known(id)?;
        if self.sandbox.resume(&plugin_id(id)) { Ok(()) } else { Err(ChangeError::NotPaused(id.to_owned())) }
    }

    /// Plugins that nobody calls, because they broke again and again.
    #[must_use]
    pub fn paused(&self) -> Vec<String> {
        let is_paused = |id: &PluginId| self.sandbox.record(id).is_some_and(|record| record.paused.is_some());
        self.sandbox.ids().iter().filter(|id| is_paused(id)).map(ToString::to_string).collect()
    }

    fn engine(&self) -> Arc<Engine> {
        self.slot.get()
    }

    fn known(&self, id: &str) -> Result<PluginSetup, ChangeError> {
        let shelf = self.shelf();
        let found = shelf.iter().find(|shelved| shelved.setup.id == id).map(|shelved| shelved.setup.clone());
        found.ok_or_else(|| ChangeError::Unknown {
            id: id.chars().take(MAX_SHOWN).collect(),
            known: shelf.iter().map(|shelved| shelved.setup.id.clone()).collect(),
        })
    }

    fn with<R>(&self, id: &str, work: impl FnOnce(&mut Shelved) -> R) -> Option<R> {
        self.shelf().iter_mut().find(|shelved| shelved.setup.id == id).map(work)
    }

    fn shelf(&self) -> MutexGuard<'_, Vec<Shelved>> {
        // What is on it is written in one step each.
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The limit of a component's size, as [`trellis_sandbox::LimitOverrides`] name it.
const FILE_BYTES: &str = "file_bytes";

/// Characters shown of a plugin id that is none.
const MAX_SHOWN: usize = 80;

/// The engine's id of a configured plugin.
#[must_use]
pub fn plugin_id(id: &str) -> PluginId {
    PluginId(id.into())
}

/// Why a configured component cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// Its file.
    #[error("{} cannot be read: {source}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is not built in.
    #[error("this program has no `{0}` built in")]
    Builtin(String),
}

/// The component that the configuration names.
///
/// # Errors
/// [`SourceError`].
pub fn configured(setup: &PluginSetup) -> Result<Component, SourceError> {
    match &setup.source {
        PluginSource::File(file) => {
            kept::read(file, most_bytes(setup)).map_err(|source| SourceError::File { file: file.clone(), source })
        }
        PluginSource::Builtin(builtin) => {
            let found = trellis_plugins_embedded::find(builtin).ok_or_else(|| SourceError::Builtin(builtin.clone()))?;
            Ok(Component { wasm: found.wasm.to_vec(), signature: None })
        }
    }
}

/// Bytes of the largest component that the configuration lets a plugin have.
#[must_use]
pub fn most_bytes(setup: &PluginSetup) -> u64 {
    setup.limits.get(FILE_BYTES).copied().unwrap_or(MAX_FILE_BYTES)
}

/// Loads a component under an id, as the configuration lets it.
///
/// # Errors
/// [`ComponentError`]; nothing of it stays loaded.
pub fn load(
    sandbox: &Sandbox,
    id: PluginId,
    setup: &PluginSetup,
    component: Component,
) -> Result<trellis_sandbox::Loaded, ComponentError> {
    accept::origin(setup, &component)?;
    let PluginSetup { sha256, limits, configuration, .. } = setup.clone();
    let loaded = sandbox.load(PluginConfig { id: id.clone(), wasm: component.wasm, sha256, limits, configuration })?;
    if let Err(refused) = accept::grants(setup, &loaded.inspection) {
        sandbox.unload(&id);
        return Err(refused.into());
    }
    Ok(loaded)
}

/// Baskets as they are written in the configuration.
fn patterns(setup: &BasketSetup) -> Vec<String> {
    setup.manager.baskets.iter().map(ToString::to_string).collect()
}
