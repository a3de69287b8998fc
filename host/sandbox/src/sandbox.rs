//! The sandbox: plugins loaded under their ids, and the engine's port over them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use trellis_calls::limits::Limits;
use trellis_calls::results::judgement;
use trellis_calls::{CallObserver, Export, Subject, Unobserved, notice_parts};
use trellis_engine::domain::name::{ServiceName, TopicName};
use trellis_engine::ports::plugins::{
    IndexNotice, Judgement, LookupFindings, Operation, Organising, PluginDescription, PluginError, PluginHost,
    PluginId, Plugins, TopicSubmission, TransactionView,
};
use wasmtime::component::Linker;

use crate::arguments::{NoticeRecord, with_notice, with_organising, with_submission, with_transaction};
use crate::bindings::exports::bsv::overlay::lookup_service::Question;
use crate::cache::{Cache, CodeOrigin};
use crate::call::CallState;
use crate::check::Inspection;
use crate::compile::Compiler;
use crate::error::{LoadError, SandboxError};
use crate::host_functions;
use crate::load::{self, Plugin, PluginConfig};
use crate::record::PluginRecord;
use crate::results;
use crate::run::{Call, Runtime};
use crate::wasm_engine::code_digest;

/// Calls at once, unless configured. Far more than processors, because a call may wait for the store; few enough that the
/// worst case of memory (this times 64 MiB) is a number an operator can provide.
pub const DEFAULT_SLOTS: u32 = 64;
/// How long a call waits for a slot, unless configured: longer than any well-behaved plugin holds one.
pub const DEFAULT_PATIENCE: Duration = Duration::from_secs(5);

/// Calls at once into one plugin, unless configured: half as many as there are processors. With as many, a plugin that burns all its
/// fuel more than doubled how long others' submissions take (`trellis bench isolation`: 2.1 to 2.3 times at the 99th percentile); and
/// a submission needs the other half for everything that is no call.
fn default_share() -> u32 {
    std::thread::available_parallelism().map_or(1, |cores| u32::try_from(cores.get() / 2).unwrap_or(u32::MAX)).max(1)
}

/// What a sandbox needs.
pub struct SandboxOptions {
    /// The folder of compiled code: the host's own, inside its data folder.
    pub cache_folder: PathBuf,
    /// The program that compiles.
    pub compiler: Compiler,
    /// Most calls at once.
    pub slots: u32,
    /// Most calls at once into one plugin.
    pub share: u32,
    /// How long a call waits for its plugin's share, and then for a slot, before it is answered busy.
    pub patience: Duration,
    /// Hears of every call.
    pub observer: Arc<dyn CallObserver>,
}

impl SandboxOptions {
    /// The defaults, unobserved.
    #[must_use]
    pub fn new(cache_folder: impl Into<PathBuf>, compiler: Compiler) -> Self {
        Self {
            cache_folder: cache_folder.into(),
            compiler,
            slots: DEFAULT_SLOTS,
            share: default_share(),
            patience: DEFAULT_PATIENCE,
            observer: Arc::new(Unobserved),
        }
    }
}

/// Loaded plugins. Calls go on while others are loaded, promoted and unloaded; what is under way ends as it began.
pub struct Sandbox {
    pub(crate) runtime: Runtime,
    linker: Linker<CallState>,
    cache: Cache,
    compiler: Compiler,
    code_digest: [u8; 32],
    share: u32,
    plugins: RwLock<BTreeMap<PluginId, Arc<Plugin>>>,
}

/// What became of a plugin that was loaded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Loaded {
    /// What was found in its file.
    pub inspection: Inspection,
    /// What its calls may use.
    pub limits: Limits,
    /// Whether it had to be compiled.
    pub code: CodeOrigin,
}

impl Sandbox {
    /// An empty sandbox.
    ///
    /// # Errors
    /// [`SandboxError`]: the engine, its clock or the folder of compiled code is not to be had.
    pub fn new(options: SandboxOptions) -> Result<Self, SandboxError> {
        let SandboxOptions { cache_folder, compiler, slots, share, patience, observer } = options;
        let runtime = Runtime::start(slots, patience, observer)?;
        let mut linker = Linker::new(&runtime.engine);
        host_functions::link(&mut linker).map_err(|error| SandboxError::Engine(error.root_cause().to_string()))?;
        let code_digest = code_digest(&runtime.engine);
        Ok(Self {
            runtime,
            linker,
            cache: Cache::open(&cache_folder)?,
            compiler,
            code_digest,
            share,
            plugins: RwLock::default(),
        })
    }

    /// Checks, compiles and links a plugin, and lets it describe itself.
    ///
    /// # Errors
    /// [`LoadError`] says what is wrong with it and what to do; nothing of it stays loaded.
    pub fn load(&self, config: PluginConfig) -> Result<Loaded, LoadError> {
        let id = config.id.clone();
        if self.find(&id).is_some() {
            return Err(LoadError::Duplicate(id));
        }
        let (inspection, limits) = load::check(&config)?;
        let (component, code) =
            self.cache.load(&self.runtime.engine, self.code_digest, &self.compiler, &config.wasm, inspection.sha256)?;
        let plugin = load::link(&self.runtime, &self.linker, &component, config, inspection, limits, self.share)?;
        let loaded = Loaded { inspection: plugin.inspection.clone(), limits, code };
        self.change(|plugins| plugins.insert(id, Arc::new(plugin)));
        Ok(loaded)
    }

    /// Forgets a plugin; `false` where there is none of that id. Calls under way end as they began.
    pub fn unload(&self, plugin: &PluginId) -> bool {
        self.change(|plugins| plugins.remove(plugin)).is_some()
    }

    /// What is loaded under one id is loaded under another one from now on, with a record that begins; `false` where there is
    /// nothing. What had that id is forgotten.
    pub fn rename(&self, from: &PluginId, to: &PluginId) -> bool {
        self.change(|plugins| match plugins.remove(from) {
            None => false,
            Some(found) => {
                plugins.insert(to.clone(), Arc::new(found.renamed(to.clone(), self.share)));
                true
            }
        })
    }

    /// The ids of all loaded plugins, ascending.
    #[must_use]
    pub fn ids(&self) -> Vec<PluginId> {
        self.plugins.read().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }

    /// The limits of a plugin's calls.
    #[must_use]
    pub fn limits(&self, plugin: &PluginId) -> Option<Limits> {
        self.find(plugin).map(|plugin| plugin.program.limits)
    }

    /// What was found in a plugin's file.
    #[must_use]
    pub fn inspection(&self, plugin: &PluginId) -> Option<Inspection> {
        self.find(plugin).map(|plugin| plugin.inspection.clone())
    }

    /// What the calls into a plugin came to since it was loaded or promoted.
    #[must_use]
    pub fn record(&self, plugin: &PluginId) -> Option<PluginRecord> {
        self.find(plugin).map(|plugin| plugin.program.record.so_far())
    }

    /// Has a paused plugin called again; `false` where it was not paused.
    pub fn resume(&self, plugin: &PluginId) -> bool {
        self.find(plugin).is_some_and(|plugin| plugin.program.record.resume())
    }

    fn find(&self, id: &PluginId) -> Option<Arc<Plugin>> {
        self.plugins.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    fn change<R>(&self, change: impl FnOnce(&mut BTreeMap<PluginId, Arc<Plugin>>) -> R) -> R {
        // A map has no half-made change.
        change(&mut self.plugins.write().unwrap_or_else(PoisonError::into_inner))
    }

    /// A loaded plugin and the indices of one of its roles.
    pub(crate) fn role<I: Clone>(
        &self,
        id: &PluginId,
        role: impl FnOnce(&Plugin) -> Option<&I>,
    ) -> Result<(Arc<Plugin>, I), PluginError> {
        let found = self.find(id).and_then(|plugin| {
            let indices = role(&plugin)?.clone();
            Some((plugin, indices))
        });
        found.ok_or_else(|| PluginError::NotLoaded(id.clone()))
    }
}

impl Plugins for Sandbox {
    fn description(&self, plugin: &PluginId) -> Option<Arc<PluginDescription>> {
        self.find(plugin).map(|plugin| Arc::clone(&plugin.description))
    }

    fn promote(&self, plugin: &PluginId) -> bool {
        self.rename(&plugin.candidate(), plugin)
    }

    fn identify_admissible_outputs(
        &self,
        plugin: &PluginId,
        submission: &TopicSubmission<'_>,
        host: &mut dyn PluginHost,
    ) -> Result<Judgement, PluginError> {
        let (plugin, topic_manager) = self.role(plugin, |plugin| plugin.topic_manager.as_ref())?;
        let transaction = submission.view.transaction;
        let call = Call {
            export: Export::IdentifyAdmissibleOutputs,
            subject: Subject::Verdict(submission.topic.as_str(), transaction.txid()),
            transaction: Some(transaction),
        };
        let (judgement, cost) = with_submission(submission, |record| {
            self.runtime.run(
                &plugin.program,
                &call,
                host,
                |store, instance| {
                    topic_manager.load(&mut *store, instance)?.call_identify_admissible_outputs(store, record)
                },
                |told| judgement(told.outputs_to_admit, told.coins_to_retain, submission),
            )
        })?;
        Ok(Judgement { cost, ..judgement })
    }

    fn is_relevant(
        &self,
        plugin: &PluginId,
        topic: &TopicName,
        transaction: TransactionView<'_>,
        host: &mut dyn PluginHost,
    ) -> Result<bool, PluginError> {
        let (plugin, topic_relevance) = self.role(plugin, |plugin| plugin.topic_relevance.as_ref())?;
        let subject = Subject::Verdict(topic.as_str(), transaction.transaction.txid());
        let call = Call { export: Export::IsRelevant, subject, transaction: Some(transaction.transaction) };
        let (relevant, _) = with_transaction(transaction, |record| {
            self.runtime.run(
                &plugin.program,
                &call,
                host,
                |store, instance| {
                    topic_relevance.load(&mut *store, instance)?.call_is_relevant(store, topic.as_str(), record)
                },
                Ok,
            )
        })?;
        Ok(relevant)
    }

    fn index(
        &self,
        plugin: &PluginId,
        service: &ServiceName,
        notice: &IndexNotice<'_>,
        host: &mut dyn PluginHost,
    ) -> Result<(), PluginError> {
        let (plugin, lookup_service) = self.role(plugin, |plugin| plugin.lookup_service.as_ref())?;
        let (export, topic, outpoint, transaction) = notice_parts(notice);
        let call = Call { export, subject: Subject::Notice(service.as_str(), topic, outpoint), transaction };
        let ((), _) = with_notice(notice, |record| {
            self.runtime.run(
                &plugin.program,
                &call,
                host,
                |store, instance| {
                    let guest = lookup_service.load(&mut *store, instance)?;
                    match record {
                        NoticeRecord::Admitted(output) => guest.call_output_admitted(store, output),
                        NoticeRecord::Spent(output) => guest.call_output_spent(store, output),
                        NoticeRecord::NoLongerRetained(topic, outpoint) => {
                            guest.call_output_no_longer_retained(store, topic, outpoint)
                        }
                        NoticeRecord::Evicted(topic, outpoint) => guest.call_output_evicted(store, topic, outpoint),
                    }
                },
                Ok,
            )
        })?;
        Ok(())
    }

    fn operations(
        &self,
        plugin: &PluginId,
        organising: &Organising<'_>,
        host: &mut dyn PluginHost,
    ) -> Result<Vec<Operation>, PluginError> {
        let (plugin, basket_manager) = self.role(plugin, |plugin| plugin.basket_manager.as_ref())?;
        let transaction = organising.view.transaction;
        let call = Call {
            export: Export::Operations,
            subject: Subject::Organising(&plugin.program.id.0, transaction.txid()),
            transaction: Some(transaction),
        };
        let (operations, _) = with_organising(organising, |record| {
            self.runtime.run(
                &plugin.program,
                &call,
                host,
                |store, instance| basket_manager.load(&mut *store, instance)?.call_operations(store, record),
                results::operations,
            )
        })?;
        Ok(operations)
    }

    fn lookup(
        &self,
        plugin: &PluginId,
        service: &ServiceName,
        query: &str,
        host: &mut dyn PluginHost,
    ) -> Result<LookupFindings, PluginError> {
        let (plugin, lookup_service) = self.role(plugin, |plugin| plugin.lookup_service.as_ref())?;
        let service = service.as_str();
        let call = Call { export: Export::Lookup, subject: Subject::Question(service), transaction: None };
        let (findings, _) = self.runtime.run(
            &plugin.program,
            &call,
            host,
            |store, instance| {
                lookup_service.load(&mut *store, instance)?.call_lookup(store, Question { service, query })
            },
            |answer| results::findings(answer, &plugin.program.limits),
        )?;
        Ok(findings)
    }
}
