//! What a lookup brings and what it can come to.

use trellis_spv::hash::Outpoint;

use crate::domain::status::Status;
use crate::domain::time::Sequence;
use crate::ports::plugins::PluginFault;

/// A question to a lookup service.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The service's name as the client wrote it.
    pub service: &'a str,
    /// The query, as JSON text.
    pub query: &'a str,
    /// How the BEEF is wanted.
    pub shape: AnswerShape,
    /// How far an output's transaction must have come with the network to be in the answer.
    pub minimum: Standing,
}

/// How far a transaction has come with the network, in ascending order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Standing {
    /// It is here, and perhaps the network has not heard of it. What is contested is no further.
    #[default]
    Admitted,
    /// A broadcaster took it.
    Broadcast,
    /// Nodes of the network have it.
    Seen,
    /// A block has it.
    Mined,
}

impl Standing {
    /// Of a transaction held here.
    #[must_use]
    pub const fn of(status: Status) -> Self {
        match status {
            Status::Mined(_) => Self::Mined,
            Status::Seen => Self::Seen,
            Status::Broadcast => Self::Broadcast,
            Status::Admitted | Status::Contested | Status::Rejected => Self::Admitted,
        }
    }
}

/// How the BEEF of an answer is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AnswerShape {
    /// One BEEF per output: the JSON answer.
    PerOutput,
    /// One BEEF holding all: the binary answer of clients that aggregate.
    Merged,
}

/// A service's answer, at one sequence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LookupAnswer {
    /// The durable sequence the answer is true of.
    pub sequence: Sequence,
    /// The answer.
    pub content: AnswerContent,
}

/// What was answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AnswerContent {
    /// Outputs, each with its own BEEF.
    PerOutput(Vec<(AnsweredOutput, Vec<u8>)>),
    /// Outputs, and one BEEF holding all of them (an empty BEEF where there are none).
    Merged(Vec<AnsweredOutput>, Vec<u8>),
    /// JSON text.
    Freeform(String),
}

/// One output of an answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AnsweredOutput {
    /// The output.
    pub outpoint: Outpoint,
    /// Bytes for the client.
    pub context: Option<Vec<u8>>,
}

/// Why a lookup came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum LookupError {
    /// No such service.
    #[error("lookup service `{service}` is not hosted here; GET /listLookupServiceProviders lists those that are")]
    NotHosted {
        /// The name as asked, cut to a sensible length.
        service: String,
    },
    /// Nothing of it is complete: it was added to topics with a history, or what it knew was taken back.
    #[error(
        "lookup service `{service}` is being rebuilt from what its topics hold, {done} of {all} outputs so far; ask again in a moment"
    )]
    BeingRebuilt {
        /// The service.
        service: String,
        /// Outputs it was told of.
        done: u64,
        /// Outputs there are.
        all: u64,
    },
    /// The service refuses the query, in its own words.
    #[error("lookup service `{service}` refused the query: {text}")]
    Refused {
        /// The service.
        service: String,
        /// Its words.
        text: String,
    },
    /// The plugin broke.
    #[error(transparent)]
    Fault(Box<PluginFault>),
    /// The answer would be larger than a host hands out.
    #[error("the answer is too large: {0}; ask for fewer outputs or less history")]
    TooLarge(String),
    /// The host cannot serve it right now: try again.
    #[error("{0}")]
    Unavailable(String),
    /// The host failed.
    #[error("{0}")]
    Internal(String),
}
