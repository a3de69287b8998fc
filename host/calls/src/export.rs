//! Which function is called, what about, and what such a call may do.

use trellis_engine::ports::plugins::IndexNotice;
use trellis_spv::hash::{Outpoint, Txid};
use trellis_spv::transaction::Transaction;

/// Which exported function is called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Export {
    /// What the plugin says about itself.
    Describe,
    /// Its documentation.
    Documentation,
    /// A verdict.
    IdentifyAdmissibleOutputs,
    /// What a transaction means to baskets.
    Operations,
    /// Whether a transaction concerns a topic.
    IsRelevant,
    /// An output entered a topic.
    OutputAdmitted,
    /// An output was spent.
    OutputSpent,
    /// A spent output left the history.
    OutputNoLongerRetained,
    /// An operator took an output out.
    OutputEvicted,
    /// A question.
    Lookup,
}

impl Export {
    /// Its name in the interface.
    #[must_use]
    pub const fn name(self) -> &'static str {
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

    /// Whether the plugin's own rows may be read. A basket manager has none.
    #[must_use]
    pub const fn may_read_state(self) -> bool {
        self.is_at_work() && !matches!(self, Self::Operations)
    }

    /// Whether topics may be read. An index call may be made again long after it was made first, when topics hold something else.
    #[must_use]
    pub const fn may_read_topics(self) -> bool {
        matches!(self, Self::IdentifyAdmissibleOutputs | Self::IsRelevant | Self::Lookup)
    }

    /// Whether rows may be written.
    #[must_use]
    pub const fn may_write_state(self) -> bool {
        self.may_read_state() && !matches!(self, Self::IsRelevant | Self::Lookup)
    }

    /// Whether transactions held by this host may be read. Neither a verdict nor what is in a basket may depend on them.
    #[must_use]
    pub const fn may_read_ancestry(self) -> bool {
        self.is_at_work() && !matches!(self, Self::IdentifyAdmissibleOutputs | Self::IsRelevant | Self::Operations)
    }

    /// The call's fuel.
    #[must_use]
    pub const fn fuel(self, limits: &crate::limits::Limits) -> u64 {
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
pub enum Subject<'a> {
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
    #[must_use]
    pub const fn namespace(&self) -> &str {
        match self {
            Self::Plugin => "",
            Self::Verdict(name, _) | Self::Organising(name, _) | Self::Notice(name, _, _) | Self::Question(name) => {
                name
            }
        }
    }

    /// For the operator: topic or service and transaction.
    #[must_use]
    pub fn words(&self) -> Option<String> {
        Some(match self {
            Self::Plugin => return None,
            Self::Verdict(topic, txid) => format!("topic {topic}, transaction {txid}"),
            Self::Organising(_, txid) => format!("transaction {txid}"),
            Self::Notice(service, topic, outpoint) => format!("service {service}, topic {topic}, output {outpoint}"),
            Self::Question(service) => format!("service {service}"),
        })
    }
}

/// The parts every notice has: function, topic, output, and the transaction that caused it.
#[must_use]
pub fn notice_parts<'a>(notice: &IndexNotice<'a>) -> (Export, &'a str, Outpoint, Option<&'a Transaction>) {
    match *notice {
        IndexNotice::Admitted { topic, outpoint, transaction, .. } => {
            (Export::OutputAdmitted, topic.as_str(), outpoint, Some(transaction))
        }
        IndexNotice::Spent { topic, outpoint, transaction, .. } => {
            (Export::OutputSpent, topic.as_str(), outpoint, Some(transaction))
        }
        IndexNotice::NoLongerRetained { topic, outpoint, transaction } => {
            (Export::OutputNoLongerRetained, topic.as_str(), outpoint, Some(transaction))
        }
        IndexNotice::Evicted { topic, outpoint } => (Export::OutputEvicted, topic.as_str(), outpoint, None),
    }
}
