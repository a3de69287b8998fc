//! A plugin's code, as functions: which of the roles it plays.

use trellis_plugin::{
    AdmittanceInstructions, AdmittedOutput, Answer, BasketManager, Description, LookupService, Operation, Organising,
    Outpoint, Plugin, Question, Refusal, SpentOutput, Submission, TopicManager, TopicRelevance, Transaction,
};

/// A plugin's function over what it is asked.
type Function<Q, A> = fn(Q) -> Result<A, Refusal>;

/// Whether a transaction concerns a topic.
type RelevanceFunction = fn(String, Transaction) -> Result<bool, Refusal>;

/// The functions of a plugin.
#[derive(Clone, Debug)]
pub(crate) struct NativePlugin {
    pub(crate) check_configuration: fn() -> Result<(), Refusal>,
    pub(crate) describe: fn() -> Description,
    pub(crate) documentation: fn() -> String,
    pub(crate) topic_manager: Option<Function<Submission, AdmittanceInstructions>>,
    pub(crate) topic_relevance: Option<RelevanceFunction>,
    pub(crate) basket_manager: Option<Function<Organising, Vec<Operation>>>,
    pub(crate) lookup_service: Option<LookupFunctions>,
}

/// The functions of a lookup service.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LookupFunctions {
    admitted: fn(AdmittedOutput) -> Result<(), Refusal>,
    spent: fn(SpentOutput) -> Result<(), Refusal>,
    no_longer_retained: fn(String, Outpoint) -> Result<(), Refusal>,
    evicted: fn(String, Outpoint) -> Result<(), Refusal>,
    pub(crate) lookup: fn(Question) -> Result<Answer, Refusal>,
}

/// What happened to an output.
pub(crate) enum Notice {
    Admitted(AdmittedOutput),
    Spent(SpentOutput),
    NoLongerRetained(String, Outpoint),
    Evicted(String, Outpoint),
}

impl LookupFunctions {
    /// Tells the service.
    pub(crate) fn tell(&self, notice: Notice) -> Result<(), Refusal> {
        match notice {
            Notice::Admitted(output) => (self.admitted)(output),
            Notice::Spent(output) => (self.spent)(output),
            Notice::NoLongerRetained(topic, outpoint) => (self.no_longer_retained)(topic, outpoint),
            Notice::Evicted(topic, outpoint) => (self.evicted)(topic, outpoint),
        }
    }
}

impl NativePlugin {
    /// A plugin without roles.
    pub(crate) fn of<T: Plugin>() -> Self {
        Self {
            check_configuration: T::check_configuration,
            describe: T::describe,
            documentation: T::documentation,
            topic_manager: None,
            topic_relevance: None,
            basket_manager: None,
            lookup_service: None,
        }
    }

    pub(crate) fn judge_with<T: TopicManager>(&mut self) {
        self.topic_manager = Some(T::identify_admissible_outputs);
    }

    pub(crate) fn find_with<T: TopicRelevance>(&mut self) {
        self.topic_relevance = Some(T::is_relevant);
    }

    pub(crate) fn organise_with<T: BasketManager>(&mut self) {
        self.basket_manager = Some(T::operations);
    }

    pub(crate) fn answer_with<T: LookupService>(&mut self) {
        self.lookup_service = Some(LookupFunctions {
            admitted: T::output_admitted,
            spent: T::output_spent,
            no_longer_retained: T::output_no_longer_retained,
            evicted: T::output_evicted,
            lookup: T::lookup,
        });
    }
}
