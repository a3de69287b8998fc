//! The plugins port: calls into sandboxed third-party rules, and what such a call may ask of the host.

mod failure;

use std::collections::BTreeMap;
use std::sync::Arc;

use trellis_spv::hash::{Outpoint, Txid};
use trellis_spv::transaction::Transaction;

use crate::domain::basket::{BasketName, Token};
use crate::domain::evidence::TopicEvidence;
use crate::domain::name::{ServiceName, TopicName};
use crate::domain::time::Timestamp;

pub use failure::{FaultKind, HostFailure, NotGranted, PluginError, PluginFault};

/// The operator's name for a configured plugin (`[[plugin]] id`).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PluginId(pub Arc<str>);

impl PluginId {
    /// As what the plugin that may take this one's place is loaded. No configured id has a space.
    #[must_use]
    pub fn candidate(&self) -> Self {
        Self(format!("{} candidate", self.0).into())
    }
}

impl std::fmt::Display for PluginId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Calls into loaded plugins. Every call is a fresh instance; calls block and use CPU. What a call cost is told to its host
/// ([`PluginHost::spent`]) however it ends.
pub trait Plugins: Send + Sync {
    /// What a loaded plugin says about itself.
    fn description(&self, plugin: &PluginId) -> Option<Arc<PluginDescription>>;

    /// From now on `plugin` is what was loaded as its candidate ([`PluginId::candidate`]); `false` where there is no candidate.
    /// Calls under way end as they began.
    fn promote(&self, plugin: &PluginId) -> bool;

    /// Asks a topic manager which outputs enter its topic.
    ///
    /// # Errors
    /// [`PluginError`].
    fn identify_admissible_outputs(
        &self,
        plugin: &PluginId,
        submission: &TopicSubmission<'_>,
        host: &mut dyn PluginHost,
    ) -> Result<Judgement, PluginError>;

    /// Asks whether a transaction whose submitter named no topics concerns a topic. Only of plugins with
    /// [`PluginDescription::topic_relevance`].
    ///
    /// # Errors
    /// [`PluginError`].
    fn is_relevant(
        &self,
        plugin: &PluginId,
        topic: &TopicName,
        transaction: TransactionView<'_>,
        host: &mut dyn PluginHost,
    ) -> Result<bool, PluginError>;

    /// Tells a lookup service what happened to an output.
    ///
    /// # Errors
    /// [`PluginError`].
    fn index(
        &self,
        plugin: &PluginId,
        service: &ServiceName,
        notice: &IndexNotice<'_>,
        host: &mut dyn PluginHost,
    ) -> Result<(), PluginError>;

    /// Asks a basket manager what a transaction means to its baskets. The answer is checked as far as the interface goes: indices
    /// that exist and tokens within their bounds.
    ///
    /// # Errors
    /// [`PluginError`].
    fn operations(
        &self,
        plugin: &PluginId,
        organising: &Organising<'_>,
        host: &mut dyn PluginHost,
    ) -> Result<Vec<Operation>, PluginError>;

    /// Asks a lookup service.
    ///
    /// # Errors
    /// [`PluginError`].
    fn lookup(
        &self,
        plugin: &PluginId,
        service: &ServiceName,
        query: &str,
        host: &mut dyn PluginHost,
    ) -> Result<LookupFindings, PluginError>;
}

/// What a plugin says about itself, and what the host found out when it loaded it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PluginDescription {
    /// Its name, length-capped and with control characters escaped, as all plugin text.
    pub name: String,
    /// One sentence.
    pub short_description: String,
    /// The author's version.
    pub version: Option<String>,
    /// Where an icon is.
    pub icon_url: Option<String>,
    /// Where more is said.
    pub information_url: Option<String>,
    /// Markdown.
    pub documentation: String,
    /// SHA-256 of the component.
    pub sha256: [u8; 32],
    /// SHA-256 over the component's digest and its configuration, in canonical form: what a verdict depends on.
    pub configuration_digest: [u8; 32],
    /// Bytes of keys and values that each topic or service of it may hold in its state.
    pub state_quota: u64,
    /// Exports `topic-manager`.
    pub topic_manager: bool,
    /// Exports `topic-relevance`.
    pub topic_relevance: bool,
    /// Exports `lookup-service`.
    pub lookup_service: bool,
    /// Exports `basket-manager`.
    pub basket_manager: bool,
}

/// A transaction with the outputs it spends, as a plugin sees it.
#[derive(Clone, Copy, Debug)]
pub struct TransactionView<'a> {
    /// The transaction.
    pub transaction: &'a Transaction,
    /// Per input, the output it spends: satoshis and locking script. `None` where this host has never seen it.
    pub sources: &'a [Option<SourceOutput<'a>>],
}

/// An output being spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceOutput<'a> {
    /// Its value.
    pub satoshis: u64,
    /// Its locking script.
    pub locking_script: &'a [u8],
}

impl<'a> SourceOutput<'a> {
    /// An output of a transaction, if it has it.
    #[must_use]
    pub fn of(transaction: &'a Transaction, vout: u32) -> Option<Self> {
        Some(Self { satoshis: transaction.satoshis(vout)?, locking_script: transaction.locking_script(vout)? })
    }
}

/// What a topic manager is asked.
#[derive(Clone, Copy, Debug)]
pub struct TopicSubmission<'a> {
    /// The topic.
    pub topic: &'a TopicName,
    /// The transaction.
    pub view: TransactionView<'a>,
    /// Inputs that spend outputs of the topic, ascending.
    pub previous_coins: &'a [u32],
    /// What came with the BEEF.
    pub off_chain_values: Option<&'a [u8]>,
}

/// A topic manager's verdict, checked: indices in range, ascending, no repeats, retained coins are previous coins.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Judgement {
    /// Outputs that enter the topic.
    pub outputs_to_admit: Vec<u32>,
    /// Inputs whose spent outputs stay in the history.
    pub coins_to_retain: Vec<u32>,
    /// What the call cost.
    pub cost: CallCost,
}

/// What a call cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CallCost {
    /// Fuel used; exactly repeatable for one component and one engine version.
    pub fuel: u64,
    /// What the host did for the call, estimated in units of fuel: the fresh instance, signatures, hashes, rows.
    pub host_work: u64,
}

/// What happened to an output.
#[derive(Clone, Copy, Debug)]
pub enum IndexNotice<'a> {
    /// It entered a topic of the service.
    Admitted {
        /// The topic.
        topic: &'a TopicName,
        /// The output.
        outpoint: Outpoint,
        /// The transaction that has it.
        transaction: &'a Transaction,
        /// Unique and increasing per host.
        admitted_at: Timestamp,
        /// What came with the BEEF.
        off_chain_values: Option<&'a [u8]>,
    },
    /// It was spent.
    Spent {
        /// The topic.
        topic: &'a TopicName,
        /// The output.
        outpoint: Outpoint,
        /// The transaction that spends it.
        transaction: &'a Transaction,
        /// The spending input.
        input: u32,
        /// What the output held.
        output: SourceOutput<'a>,
        /// What came along with the spending transaction; `None` where that came along with another one.
        off_chain_values: Option<&'a [u8]>,
        /// Whether the topic keeps it for its history.
        retained: bool,
        /// Of the spending submission.
        spent_at: Timestamp,
    },
    /// A spent output left the topic's history.
    NoLongerRetained {
        /// The topic.
        topic: &'a TopicName,
        /// The output.
        outpoint: Outpoint,
        /// The transaction that spent it.
        transaction: &'a Transaction,
    },
    /// The operator took it out.
    Evicted {
        /// The topic.
        topic: &'a TopicName,
        /// The output.
        outpoint: Outpoint,
    },
}

/// What a basket manager is asked.
#[derive(Clone, Copy, Debug)]
pub struct Organising<'a> {
    /// The transaction.
    pub view: TransactionView<'a>,
    /// Unspent outputs that entered topics of the manager, with the topic; ascending by output.
    pub admitted: &'a [(TopicName, u32)],
    /// The manager's tokens that the transaction spends, by input, ascending.
    pub held: &'a [(u32, Token)],
    /// What came with the BEEF.
    pub off_chain_values: Option<&'a [u8]>,
}

/// What a basket manager makes of a transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Operation {
    /// An output enters a basket.
    Create {
        /// The output.
        output: u32,
        /// What it is there.
        token: Token,
    },
    /// What an input spends leaves its basket, and an output takes its place in the same or another one.
    Move {
        /// The input.
        input: u32,
        /// The basket it leaves.
        from: BasketName,
        /// The output.
        output: u32,
        /// What it is there.
        token: Token,
    },
    /// What an input spends leaves its basket.
    Consume {
        /// The input.
        input: u32,
        /// The basket it leaves.
        from: BasketName,
    },
}

/// What a lookup service answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LookupFindings {
    /// Outputs of its topics.
    Outputs(Vec<FoundOutput>),
    /// JSON text, checked to be JSON.
    Freeform(String),
}

/// One output of an answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FoundOutput {
    /// The output.
    pub outpoint: Outpoint,
    /// Generations of ancestors to carry along (BRC-64).
    pub history_depth: u32,
    /// Bytes for the client.
    pub context: Option<Vec<u8>>,
}

/// What a running plugin may ask of the host. One per call; the sandbox forwards to it, within its budgets.
///
/// Errors of these calls are host failures ([`HostFailure`]); they end the plugin's call as [`PluginError::Host`].
pub trait PluginHost {
    /// Hears from the sandbox, at the end of the call, what it cost: also of a call that refused or broke. Whoever charges
    /// nobody need not listen.
    fn spent(&mut self, _cost: CallCost) {}

    /// A state row as this submission sees it: its own writes over the pinned sequence.
    ///
    /// # Errors
    /// [`HostFailure`].
    fn state_get(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, HostFailure>;
    /// Writes (`None` removes) a state row, kept aside until the commit.
    ///
    /// # Errors
    /// [`HostFailure::NotAllowed`] in lookups.
    fn state_set(&mut self, key: &[u8], value: Option<&[u8]>) -> Result<(), HostFailure>;
    /// A page of state rows.
    ///
    /// # Errors
    /// [`HostFailure`].
    fn state_scan(&mut self, range: &StateRange) -> Result<StatePage, HostFailure>;
    /// An output a topic holds, unspent or retained, as it was before the submission. A host of calls that may read no topic
    /// need not say so.
    ///
    /// # Errors
    /// [`HostFailure::NotGranted`].
    fn topic_output(&mut self, _: &TopicName, _: &Outpoint) -> Result<Option<HeldOutput>, HostFailure> {
        Err(HostFailure::NotAllowed(NO_TOPICS))
    }
    /// A state row of a topic, as it was before the submission.
    ///
    /// # Errors
    /// [`HostFailure::NotGranted`].
    fn topic_state_get(&mut self, _: &TopicName, _: &[u8]) -> Result<Option<Vec<u8>>, HostFailure> {
        Err(HostFailure::NotAllowed(NO_TOPICS))
    }
    /// A page of state rows of a topic, as they were before the submission.
    ///
    /// # Errors
    /// [`HostFailure::NotGranted`].
    fn topic_state_scan(&mut self, _: &TopicName, _: &StateRange) -> Result<StatePage, HostFailure> {
        Err(HostFailure::NotAllowed(NO_TOPICS))
    }
    /// Who stands behind the submission being judged. A host of other calls need not say so.
    ///
    /// # Errors
    /// [`HostFailure::NotAllowed`] where nothing is judged.
    fn evidence(&mut self) -> Result<TopicEvidence, HostFailure> {
        Err(HostFailure::NotAllowed(NO_EVIDENCE))
    }
    /// Raw bytes of a transaction held here, the current one and its ancestors included.
    ///
    /// # Errors
    /// [`HostFailure::NotAllowed`] for topic managers.
    fn transaction(&mut self, txid: &Txid) -> Result<Option<Vec<u8>>, HostFailure>;
    /// Atomic BEEF of a transaction held here.
    ///
    /// # Errors
    /// [`HostFailure::NotAllowed`] for topic managers.
    fn atomic_beef(&mut self, txid: &Txid) -> Result<Option<Vec<u8>>, HostFailure>;
}

/// What a plugin hears that asks who stands behind a submission in a call that judges none.
pub(crate) const NO_EVIDENCE: &str =
    "`identity.signers` and `identity.certificates` are for a topic manager that judges a submission";

/// What a plugin hears that asks what topics hold in a call that may not know.
const NO_TOPICS: &str = "what topics hold is not available in this call";

/// A range of state rows: `start <= key < end`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StateRange {
    /// First key.
    pub start: Vec<u8>,
    /// Key behind the last.
    pub end: Option<Vec<u8>>,
    /// From the end of the range downwards.
    pub reverse: bool,
    /// Most rows, 1 to 1000.
    pub limit: usize,
}

/// A page of state rows.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct StatePage {
    /// Keys and values, in the order asked for.
    pub entries: Vec<(Vec<u8>, Vec<u8>)>,
    /// Whether the range has more rows.
    pub more: bool,
}

/// An output a topic holds, for plugins that may read that topic.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HeldOutput {
    /// Its value.
    pub satoshis: u64,
    /// The script that locks it.
    pub locking_script: Vec<u8>,
    /// Whether it is spent, and retained for the topic's history.
    pub spent: bool,
}

/// Configuration values of a plugin: text as it stands, anything else as JSON text.
pub type PluginConfiguration = BTreeMap<String, String>;
