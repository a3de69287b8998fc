//! How a call into a plugin can fail: what the host may not or cannot do for it, its refusal, and its faults.

use super::PluginId;
use crate::domain::name::TopicName;

/// What a plugin asked of a topic that the operator did not grant it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("what topic `{topic}` holds; that topic {}", if *.hosted { "is not granted to it" } else { "is not hosted" })]
pub struct NotGranted {
    /// The topic asked for.
    pub topic: TopicName,
    /// Whether that topic is hosted.
    pub hosted: bool,
    /// The configuration table of whoever asked: `[[topic]]` or `[[lookup]]`.
    pub table: &'static str,
    /// The topic or service that asked.
    pub reader: String,
}

impl NotGranted {
    /// What the operator can do.
    #[must_use]
    pub fn remedy(&self) -> String {
        let Self { topic, hosted, table, reader } = self;
        if *table == "[[topic]]" && topic.as_str() == reader {
            return "A topic finds its own rows in `state`: report this to the plugin's author".to_owned();
        }
        let first = if *hosted { "" } else { "host the topic with a [[topic]] of that name, and " };
        format!("If it is meant to, {first}write reads = [\"{topic}\"] under {table} name = \"{reader}\"")
    }
}

/// Why the host could not do what a plugin asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum HostFailure {
    /// The operator did not grant it: a fault, but not the plugin's mistake.
    #[error(transparent)]
    NotGranted(Box<NotGranted>),
    /// This call is not available here: the plugin's mistake, a fault. The text says what and why.
    #[error("{0}")]
    NotAllowed(&'static str),
    /// Its state would hold more than the operator allows: a fault.
    #[error(
        "a row for which there is no room: its state holds {held} bytes, {quota} are allowed (limit `state-bytes`)"
    )]
    OverQuota {
        /// Bytes it may hold.
        quota: u64,
        /// Bytes it holds.
        held: u64,
    },
    /// The store failed: not the plugin's doing.
    #[error(transparent)]
    Store(#[from] crate::ports::store::StoreError),
}

/// How a call into a plugin can fail to give an answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PluginError {
    /// The plugin said no, in its own words.
    #[error("{0}")]
    Refusal(String),
    /// The plugin broke.
    #[error(transparent)]
    Fault(Box<PluginFault>),
    /// The host could not serve the call: the plugin's share of the calls at once stayed taken, or all slots for calls. Try again.
    #[error(
        "as many calls as this host makes at once are under way, into this plugin or into all of them together; try again in a moment"
    )]
    Busy,
    /// The host failed while the plugin ran.
    #[error(transparent)]
    Host(#[from] crate::ports::store::StoreError),
    /// No plugin of that id is loaded, or not in that role: a wiring mistake.
    #[error("plugin `{0}` is not loaded in the role it is configured for")]
    NotLoaded(PluginId),
}

/// A plugin that broke: which, where, how, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("plugin `{plugin}` broke in {call}{}: {text}. {remedy}", about.as_deref().map(|about| format!(" ({about})")).unwrap_or_default())]
pub struct PluginFault {
    /// The configured plugin.
    pub plugin: PluginId,
    /// The exported function.
    pub call: &'static str,
    /// Topic or service and txid the call was about.
    pub about: Option<String>,
    /// What kind of fault.
    pub kind: FaultKind,
    /// What happened, the panic's text included where there is one.
    pub text: String,
    /// What the operator or author can do.
    pub remedy: String,
}

/// Kinds of faults, for metrics and tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaultKind {
    /// It panicked or executed `unreachable`.
    Panic,
    /// It used up its fuel.
    OutOfFuel,
    /// It ran longer than its wall-clock backstop.
    Deadline,
    /// Its stack overflowed.
    StackOverflow,
    /// It wanted more memory than allowed.
    Memory,
    /// Too many host calls, or too much data through them.
    Budget,
    /// It returned something the interface forbids: an index out of range, a repeat, a foreign coin, no JSON.
    BadResult,
    /// It called something that is not available in that role.
    NotAllowed,
    /// Any other trap.
    Trap,
    /// It was not called: it is paused, because it broke again and again.
    Paused,
}

impl FaultKind {
    /// A metric label.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Panic => "panic",
            Self::OutOfFuel => "out_of_fuel",
            Self::Deadline => "deadline",
            Self::StackOverflow => "stack_overflow",
            Self::Memory => "memory",
            Self::Budget => "budget",
            Self::BadResult => "bad_result",
            Self::NotAllowed => "not_allowed",
            Self::Trap => "trap",
            Self::Paused => "paused",
        }
    }
}
