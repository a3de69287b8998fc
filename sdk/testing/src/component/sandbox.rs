//! Components in the host's sandbox, beside plugins that run natively.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use trellis_engine::domain::name::{ServiceName, TopicName};
use trellis_engine::ports::plugins::{
    IndexNotice, Judgement, LookupFindings, Operation, Organising, PluginDescription, PluginError, PluginHost,
    PluginId, Plugins, TopicSubmission, TransactionView,
};
use trellis_sandbox::{Compiler, PluginConfig, Sandbox, SandboxOptions};

use crate::diary::Diary;
use crate::native::NativePlugins;
use crate::setup::{PluginSetup, SetupError};

/// Calls at once: a test's submissions come one by one, and few of their plugins run side by side.
const SLOTS: u32 = 8;

/// One sandbox is loaded at a time: all of them share a folder of compiled code, which takes one host at a time.
static LOADING: Mutex<()> = Mutex::new(());

/// These components in a sandbox, and the other plugins beside it.
pub(crate) fn in_sandbox<'p>(
    plugins: impl Iterator<Item = (&'p PluginId, &'p PluginSetup)>,
    native: NativePlugins,
    diary: &Arc<Diary>,
    compiled: Option<PathBuf>,
) -> Result<Arc<dyn Plugins>, SetupError> {
    let _one_at_a_time = LOADING.lock().unwrap_or_else(PoisonError::into_inner);
    let compiled = match compiled {
        Some(folder) => folder,
        // Beside the program that runs the tests, and its alone.
        None => std::env::current_exe()?.with_extension("compiled-plugins"),
    };
    let mut options = SandboxOptions::new(compiled, Compiler::in_this_process());
    options.slots = SLOTS;
    options.observer = Arc::clone(diary) as _;
    let sandbox = Sandbox::new(options)?;
    for (id, plugin) in plugins {
        let Some(component) = &plugin.component else { continue };
        sandbox
            .load(PluginConfig {
                id: id.clone(),
                wasm: component.bytes()?,
                sha256: None,
                limits: plugin.limits.clone(),
                configuration: plugin.configuration.clone(),
            })
            .map_err(|error| format!("the component of `{id}` cannot be loaded: {error}"))?;
    }
    Ok(Arc::new(Mixed { sandbox, native }))
}

/// Plugins in the sandbox, and others.
struct Mixed {
    sandbox: Sandbox,
    native: NativePlugins,
}

impl Mixed {
    fn of(&self, plugin: &PluginId) -> &dyn Plugins {
        if self.sandbox.description(plugin).is_some() { &self.sandbox } else { &self.native }
    }
}

impl Plugins for Mixed {
    fn description(&self, plugin: &PluginId) -> Option<Arc<PluginDescription>> {
        self.of(plugin).description(plugin)
    }

    fn promote(&self, plugin: &PluginId) -> bool {
        self.of(plugin).promote(plugin)
    }

    fn identify_admissible_outputs(
        &self,
        plugin: &PluginId,
        submission: &TopicSubmission<'_>,
        host: &mut dyn PluginHost,
    ) -> Result<Judgement, PluginError> {
        self.of(plugin).identify_admissible_outputs(plugin, submission, host)
    }

    fn is_relevant(
        &self,
        plugin: &PluginId,
        topic: &TopicName,
        transaction: TransactionView<'_>,
        host: &mut dyn PluginHost,
    ) -> Result<bool, PluginError> {
        self.of(plugin).is_relevant(plugin, topic, transaction, host)
    }

    fn index(
        &self,
        plugin: &PluginId,
        service: &ServiceName,
        notice: &IndexNotice<'_>,
        host: &mut dyn PluginHost,
    ) -> Result<(), PluginError> {
        self.of(plugin).index(plugin, service, notice, host)
    }

    fn operations(
        &self,
        plugin: &PluginId,
        organising: &Organising<'_>,
        host: &mut dyn PluginHost,
    ) -> Result<Vec<Operation>, PluginError> {
        self.of(plugin).operations(plugin, organising, host)
    }

    fn lookup(
        &self,
        plugin: &PluginId,
        service: &ServiceName,
        query: &str,
        host: &mut dyn PluginHost,
    ) -> Result<LookupFindings, PluginError> {
        self.of(plugin).lookup(plugin, service, query, host)
    }
}
