//! One call: what it is about, what it may do, what it has left.

mod budget;
mod memory;
mod state;

pub(crate) use budget::{Budget, Spent};
pub(crate) use memory::{Exhausted, MemoryLimiter};
pub(crate) use state::{CallState, Stop};

use trellis_spv::hash::{Outpoint, Txid};

/// Which exported function is called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Export {
    Describe,
    Documentation,
    IdentifyAdmissibleOutputs,
    Operations,
    IsRelevant,
    OutputAdmitted,
    OutputSpent,
    OutputNoLongerRetained,
    OutputEvicted,
    Lookup,
}

impl Export {
    /// Its name in the interface.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Describe => "describe",
            Self::Documentation => "documentation",
            Self::IdentifyAdmissibleOutputs => "identify-admissible-outputs",
            Self::Operations => "operations",
            Self::IsRelevant => "is-relevant",
            Self::OutputAdmitted => "output-admitted",
            Self::OutputSpent => "output-spent",
            Self::OutputNoLongerRetained => "output-no-longer-retained",
            Self::OutputEvicted => "output-evicted",
            Self::Lookup => "lookup",
        }
    }

    /// Whether it is about what happens on this host, and not about the plugin itself.
    const fn is_at_work(self) -> bool {
        !matches!(self, Self::Describe | Self::Documentation)
    }

    /// Whether rows may be read, the plugin's own and those of topics. A basket manager has none.
    pub(crate) const fn may_read_state(self) -> bool {
        self.is_at_work() && !matches!(self, Self::Operations)
    }

    /// Whether rows may be written.
    pub(crate) const fn may_write_state(self) -> bool {
        self.may_read_state() && !matches!(self, Self::IsRelevant | Self::Lookup)
    }

    /// Whether transactions held by this host may be read. A verdict may not depend on them, nor who gives one.
    pub(crate) const fn may_read_ancestry(self) -> bool {
        self.is_at_work() && !matches!(self, Self::IdentifyAdmissibleOutputs | Self::IsRelevant)
    }

    /// The call's fuel.
    pub(crate) const fn fuel(self, limits: &crate::limits::Limits) -> u64 {
        match self {
            Self::Describe | Self::Documentation => limits.describe_fuel,
            Self::IdentifyAdmissibleOutputs | Self::IsRelevant | Self::Operations => limits.judge_fuel,
            Self::OutputAdmitted | Self::OutputSpent | Self::OutputNoLongerRetained | Self::OutputEvicted => {
                limits.index_fuel
            }
            Self::Lookup => limits.lookup_fuel,
        }
    }
}

/// What a call is about: the words of logs and faults. Cheap to make; formatted only when needed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Subject<'a> {
    /// The plugin itself.
    Plugin,
    /// A topic judges a transaction.
    Verdict(&'a str, Txid),
    /// A basket manager organises a transaction.
    Organising(&'a str, Txid),
    /// A service is told of an output of a topic.
    Notice(&'a str, &'a str, Outpoint),
    /// A service is asked.
    Question(&'a str),
}

impl Subject<'_> {
    /// The configured topic or service whose namespace the call works in; empty for calls about the plugin itself.
    pub(crate) const fn namespace(&self) -> &str {
        match self {
            Self::Plugin => "",
            Self::Verdict(name, _) | Self::Organising(name, _) | Self::Notice(name, _, _) | Self::Question(name) => {
                name
            }
        }
    }

    /// For the operator: topic or service and transaction.
    pub(crate) fn words(&self) -> Option<String> {
        Some(match self {
            Self::Plugin => return None,
            Self::Verdict(topic, txid) => format!("topic {topic}, transaction {txid}"),
            Self::Organising(_, txid) => format!("transaction {txid}"),
            Self::Notice(service, topic, outpoint) => format!("service {service}, topic {topic}, output {outpoint}"),
            Self::Question(service) => format!("service {service}"),
        })
    }
}
