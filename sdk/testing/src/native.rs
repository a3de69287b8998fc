//! Plugins called directly: their own code in this process, under the rules that the sandbox holds components to.
//!
//! What cannot hold here: fuel, deadlines and memory are not measured, and what a plugin keeps in a `static` outlives its call.

mod convert;
mod functions;
mod panics;
mod plugin;
mod thread;

use std::collections::BTreeMap;
use std::sync::Arc;

use trellis_calls::limits::Limits;
use trellis_calls::results::{self, Violation};
use trellis_calls::{
    CallObserver, CallOutcome, CallReport, CallSetup, Export, NoHost, Place, RunningCall, SelfDescription, Subject,
    configuration_digest, notice_parts,
};
use trellis_engine::domain::name::{ServiceName, TopicName};
use trellis_engine::ports::plugins::{
    CallCost, IndexNotice, Judgement, LookupFindings, Operation, Organising, PluginConfiguration, PluginDescription,
    PluginError, PluginHost, PluginId, Plugins, TopicSubmission, TransactionView,
};
use trellis_plugin::Refusal;
use trellis_spv::transaction::Transaction;

pub(crate) use plugin::NativePlugin;

/// Plugins under their ids, and the engine's port over them.
pub(crate) struct NativePlugins {
    plugins: BTreeMap<PluginId, Loaded>,
    observer: Arc<dyn CallObserver>,
}

/// A plugin with what its calls are given.
struct Loaded {
    functions: NativePlugin,
    description: Arc<PluginDescription>,
    configuration: Arc<PluginConfiguration>,
    limits: Limits,
}

/// A call to make.
struct Call<'a> {
    export: Export,
    subject: Subject<'a>,
    transaction: Option<&'a Transaction>,
}

impl NativePlugins {
    pub(crate) fn new(observer: Arc<dyn CallObserver>) -> Self {
        Self { plugins: BTreeMap::new(), observer }
    }

    /// Lets a plugin describe itself, and has it ready.
    pub(crate) fn load(
        &mut self,
        id: &PluginId,
        functions: &NativePlugin,
        configuration: &PluginConfiguration,
        limits: Limits,
    ) -> Result<(), PluginError> {
        let mut loaded = Loaded {
            functions: functions.clone(),
            description: Arc::new(undescribed(functions, configuration, &limits)),
            configuration: Arc::new(configuration.clone()),
            limits,
        };
        let call = |export| Call { export, subject: Subject::Plugin, transaction: None };
        let (describe, documentation) = (functions.describe, functions.documentation);
        let check_configuration = functions.check_configuration;
        let described = move || {
            check_configuration()?;
            Ok(describe())
        };
        let (described, _) = self.run(id, &loaded, &call(Export::Describe), &mut NoHost, described, Ok)?;
        let (documentation, _) =
            self.run(id, &loaded, &call(Export::Documentation), &mut NoHost, move || Ok(documentation()), Ok)?;
        let told = convert::self_description(described, documentation).made_safe();
        let SelfDescription { name, short_description, version, icon_url, information_url, documentation } = told;
        loaded.description = Arc::new(PluginDescription {
            name,
            short_description,
            version,
            icon_url,
            information_url,
            documentation,
            ..PluginDescription::clone(&loaded.description)
        });
        self.plugins.insert(id.clone(), loaded);
        Ok(())
    }

    fn loaded(&self, id: &PluginId) -> Result<&Loaded, PluginError> {
        self.plugins.get(id).ok_or_else(|| PluginError::NotLoaded(id.clone()))
    }

    /// Makes a call on a thread of its own: `enter` calls the plugin, `check` makes of its answer what the host may rely on.
    fn run<A: Send, R>(
        &self,
        id: &PluginId,
        loaded: &Loaded,
        call: &Call<'_>,
        host: &mut dyn PluginHost,
        enter: impl FnOnce() -> Result<A, Refusal> + Send,
        check: impl FnOnce(A) -> Result<R, Violation>,
    ) -> Result<(R, CallCost), PluginError> {
        let place = Place { plugin: id, export: call.export, subject: &call.subject, limits: &loaded.limits };
        let mut running = RunningCall::begin(&CallSetup {
            plugin: id,
            export: call.export,
            subject: &call.subject,
            transaction: call.transaction,
            limits: &loaded.limits,
            configuration: &loaded.configuration,
            observer: &self.observer,
        });
        let result = thread::run(&mut running, host, &place, enter)
            .and_then(|answer| check(answer).map_err(|violation| place.bad_result(&violation)));
        let cost = running.cost(0);
        self.observer.called(&CallReport {
            plugin: id,
            call: call.export.name(),
            outcome: CallOutcome::of(&result),
            nanos: 0,
            waited_nanos: 0,
            fuel: cost.fuel,
            memory_bytes: 0,
        });
        host.spent(cost);
        result.map(|answer| (answer, cost))
    }
}

fn undescribed(functions: &NativePlugin, configuration: &PluginConfiguration, limits: &Limits) -> PluginDescription {
    let nothing = [0; 32];
    PluginDescription {
        name: String::new(),
        short_description: String::new(),
        version: None,
        icon_url: None,
        information_url: None,
        documentation: String::new(),
        sha256: nothing,
        configuration_digest: configuration_digest(&nothing, configuration),
        state_quota: limits.state_bytes,
        topic_manager: functions.topic_manager.is_some(),
        topic_relevance: functions.topic_relevance.is_some(),
        lookup_service: functions.lookup_service.is_some(),
        basket_manager: functions.basket_manager.is_some(),
    }
}

impl Plugins for NativePlugins {
    fn description(&self, plugin: &PluginId) -> Option<Arc<PluginDescription>> {
        self.plugins.get(plugin).map(|loaded| Arc::clone(&loaded.description))
    }

    fn promote(&self, _: &PluginId) -> bool {
        // There are no candidates.
        false
    }

    fn identify_admissible_outputs(
        &self,
        plugin: &PluginId,
        submission: &TopicSubmission<'_>,
        host: &mut dyn PluginHost,
    ) -> Result<Judgement, PluginError> {
        let loaded = self.loaded(plugin)?;
        let judge = loaded.functions.topic_manager.ok_or_else(|| PluginError::NotLoaded(plugin.clone()))?;
        let transaction = submission.view.transaction;
        let call = Call {
            export: Export::IdentifyAdmissibleOutputs,
            subject: Subject::Verdict(submission.topic.as_str(), transaction.txid()),
            transaction: Some(transaction),
        };
        let asked = convert::submission(submission);
        let check = |told: trellis_plugin::AdmittanceInstructions| {
            results::judgement(told.outputs_to_admit, told.coins_to_retain, submission)
        };
        let (judgement, cost) = self.run(plugin, loaded, &call, host, move || judge(asked), check)?;
        Ok(Judgement { cost, ..judgement })
    }

    fn is_relevant(
        &self,
        plugin: &PluginId,
        topic: &TopicName,
        transaction: TransactionView<'_>,
        host: &mut dyn PluginHost,
    ) -> Result<bool, PluginError> {
        let loaded = self.loaded(plugin)?;
        let is_relevant = loaded.functions.topic_relevance.ok_or_else(|| PluginError::NotLoaded(plugin.clone()))?;
        let subject = Subject::Verdict(topic.as_str(), transaction.transaction.txid());
        let call = Call { export: Export::IsRelevant, subject, transaction: Some(transaction.transaction) };
        let (name, asked) = (topic.to_string(), convert::transaction(transaction));
        let (relevant, _) = self.run(plugin, loaded, &call, host, move || is_relevant(name, asked), Ok)?;
        Ok(relevant)
    }

    fn index(
        &self,
        plugin: &PluginId,
        service: &ServiceName,
        notice: &IndexNotice<'_>,
        host: &mut dyn PluginHost,
    ) -> Result<(), PluginError> {
        let loaded = self.loaded(plugin)?;
        let functions = loaded.functions.lookup_service.ok_or_else(|| PluginError::NotLoaded(plugin.clone()))?;
        let (export, topic, outpoint, transaction) = notice_parts(notice);
        let subject = Subject::Notice(service.as_str(), topic, outpoint);
        let told = convert::notice(notice);
        let call = Call { export, subject, transaction };
        let ((), _) = self.run(plugin, loaded, &call, host, move || functions.tell(told), Ok)?;
        Ok(())
    }

    fn operations(
        &self,
        plugin: &PluginId,
        organising: &Organising<'_>,
        host: &mut dyn PluginHost,
    ) -> Result<Vec<Operation>, PluginError> {
        let loaded = self.loaded(plugin)?;
        let operations = loaded.functions.basket_manager.ok_or_else(|| PluginError::NotLoaded(plugin.clone()))?;
        let transaction = organising.view.transaction;
        let subject = Subject::Organising(&plugin.0, transaction.txid());
        let call = Call { export: Export::Operations, subject, transaction: Some(transaction) };
        let asked = convert::organising(organising);
        let (operations, _) = self.run(plugin, loaded, &call, host, move || operations(asked), convert::operations)?;
        Ok(operations)
    }

    fn lookup(
        &self,
        plugin: &PluginId,
        service: &ServiceName,
        query: &str,
        host: &mut dyn PluginHost,
    ) -> Result<LookupFindings, PluginError> {
        let loaded = self.loaded(plugin)?;
        let functions = loaded.functions.lookup_service.ok_or_else(|| PluginError::NotLoaded(plugin.clone()))?;
        let question = trellis_plugin::Question { service: service.to_string(), query: query.to_owned() };
        let call = Call { export: Export::Lookup, subject: Subject::Question(service.as_str()), transaction: None };
        let check = |answer| convert::findings(answer, &loaded.limits);
        let (findings, _) = self.run(plugin, loaded, &call, host, move || (functions.lookup)(question), check)?;
        Ok(findings)
    }
}
