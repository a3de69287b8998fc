//! What an overlay hosts, and the engine that hosts it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use trellis_calls::limits::{Language, LimitOverrides, Limits};
use trellis_engine::domain::name::{ServiceName, TopicName};
use trellis_engine::engine::{Engine, EngineParts};
use trellis_engine::federation::Federations;
use trellis_engine::hosting::{BroadcastPolicy, Hosting, ManagerSetup, Rules, ServiceSetup, TopicSetup};
use trellis_engine::ports::observer::Unobserved;
use trellis_engine::ports::plugins::{PluginConfiguration, PluginId, Plugins};
use trellis_engine::ports::store::Store;
use trellis_spv::testing::Chain;
use trellis_spv::verify::{HeaderInfo, Headers, Network, Policy};
use trellis_store::memory::MemoryStore;

use crate::component::Component;
use crate::diary::Diary;
use crate::native::{NativePlugin, NativePlugins};

/// How plugins run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mode {
    /// Their functions are called.
    Native,
    /// Those that have a component run as one.
    #[cfg_attr(not(feature = "component"), allow(dead_code, reason = "there is no sandbox without the feature"))]
    Component,
}

impl std::fmt::Display for Mode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Native => "natively",
            Self::Component => "as a component",
        })
    }
}

/// A plugin of the overlay.
#[derive(Clone, Debug, Default)]
pub(crate) struct PluginSetup {
    pub(crate) native: Option<NativePlugin>,
    pub(crate) component: Option<Component>,
    pub(crate) configuration: PluginConfiguration,
    pub(crate) limits: LimitOverrides,
}

/// All that is hosted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Setup {
    pub(crate) plugins: BTreeMap<PluginId, PluginSetup>,
    pub(crate) topics: Vec<TopicSetup>,
    pub(crate) services: Vec<ServiceSetup>,
    pub(crate) managers: Vec<ManagerSetup>,
    pub(crate) federations: Federations,
    /// The folder for compiled code, where that is not kept beside the running program.
    #[cfg_attr(not(feature = "component"), allow(dead_code, reason = "there is no sandbox without the feature"))]
    pub(crate) compiled: Option<PathBuf>,
}

/// A chain that a test mines while the engine reads it.
#[derive(Clone)]
pub(crate) struct SharedChain(pub(crate) Arc<Mutex<Chain>>);

impl Headers for SharedChain {
    fn tip(&self) -> Option<u32> {
        self.0.lock().expect("nobody panics with the chain in hand").tip()
    }

    fn header(&self, height: u32) -> Option<HeaderInfo> {
        self.0.lock().expect("nobody panics with the chain in hand").header(height)
    }
}

/// Why an overlay cannot be hosted.
pub(crate) type SetupError = Box<dyn std::error::Error + Send + Sync>;

impl Setup {
    pub(crate) fn topic(&mut self, name: &str) -> Option<&mut TopicSetup> {
        self.topics.iter_mut().find(|topic| topic.name.as_str() == name)
    }

    pub(crate) fn add_topic(&mut self, name: &str, plugin: PluginId) -> Result<(), SetupError> {
        let name = TopicName::new(name)?;
        self.topics.push(TopicSetup { name, plugin, reads: Vec::new(), certified: None });
        Ok(())
    }

    pub(crate) fn add_service(&mut self, name: &str, plugin: PluginId, topics: &[&str]) -> Result<(), SetupError> {
        let (name, topics) = (ServiceName::new(name)?, topic_names(topics)?);
        self.services.push(ServiceSetup { name, plugin, topics, reads: Vec::new() });
        Ok(())
    }

    /// The engine, with its plugins as `mode` has them.
    pub(crate) fn start(
        &self,
        mode: Mode,
        store: &Arc<MemoryStore>,
        chain: &SharedChain,
        diary: &Arc<Diary>,
    ) -> Result<Engine, SetupError> {
        let hosting = Hosting::new(store.as_ref(), &self.topics, &self.services)?;
        let hosting = hosting.with_managers(store.as_ref(), &self.managers)?;
        let parts = EngineParts {
            store: Arc::clone(store) as Arc<dyn Store>,
            plugins: self.plugins(mode, diary)?,
            headers: Arc::new(chain.clone()),
            observer: Arc::new(Unobserved),
        };
        let verification = Policy { network: Network::Local, ..Policy::default() };
        let engine = Engine::new(parts, hosting, Rules { verification, broadcast: BroadcastPolicy::AfterCommit })?;
        engine.trust(self.federations.clone());
        Ok(engine)
    }

    fn plugins(&self, mode: Mode, diary: &Arc<Diary>) -> Result<Arc<dyn Plugins>, SetupError> {
        let in_sandbox = |plugin: &PluginSetup| mode == Mode::Component && plugin.component.is_some();
        let mut native = NativePlugins::new(Arc::clone(diary) as _);
        for (id, plugin) in self.plugins.iter().filter(|(_, plugin)| !in_sandbox(plugin)) {
            let functions = plugin.native.as_ref().ok_or_else(|| format!("plugin `{id}` has no code to call"))?;
            let limits = Limits::of(Language::Compiled).with(&plugin.limits)?;
            native.load(id, functions, &plugin.configuration, limits)?;
        }
        #[cfg(feature = "component")]
        if mode == Mode::Component {
            let components = self.plugins.iter().filter(|(_, plugin)| in_sandbox(plugin));
            return crate::component::in_sandbox(components, native, diary, self.compiled.clone());
        }
        Ok(Arc::new(native))
    }
}

pub(crate) fn topic_names(names: &[&str]) -> Result<Vec<TopicName>, SetupError> {
    names.iter().map(|name| Ok(TopicName::new(name)?)).collect()
}
