//! Answering questions about the outputs of topics (BRC-24).

use crate::{Outpoint, Refusal, Txid};

/// Answers questions about the outputs of its topics. Exported with
/// [`export_lookup_service!`](crate::export_lookup_service).
///
/// The first four functions keep the service's index in [`state`](crate::state) up to date. They run inside the
/// submission: what they write commits with it or not at all, and a refusal or a fault fails the whole submission. So
/// index what can be indexed and refuse only where going on would make the index wrong.
pub trait LookupService {
    /// An output entered one of the service's topics.
    fn output_admitted(output: AdmittedOutput) -> Result<(), Refusal>;

    /// An output of one of the topics was spent. Does nothing unless implemented; a service that answers with unspent
    /// outputs must take it out of its index here.
    fn output_spent(_output: SpentOutput) -> Result<(), Refusal> {
        Ok(())
    }

    /// A spent output left the topic's history; follows `output_spent` at once where the topic judged the spending transaction and
    /// did not retain the output, and later, if at all, where it had not judged it yet. Does nothing unless implemented; a service
    /// that indexes spent outputs must forget the output here, not in `output_spent`.
    fn output_no_longer_retained(_topic: String, _outpoint: Outpoint) -> Result<(), Refusal> {
        Ok(())
    }

    /// An operator took the output out for lawful reasons: forget everything about it. Has no default, because doing
    /// nothing would go on serving what must not be served. Told of every output that a topic held, spent or not; one that the
    /// service does not know is no error.
    fn output_evicted(topic: String, outpoint: Outpoint) -> Result<(), Refusal>;

    /// Answers a question. Here `state` is read-only. `Err` is answered to the client as a bad request with its text,
    /// so say what would be accepted.
    fn lookup(question: Question) -> Result<Answer, Refusal>;
}

/// An output that entered a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdmittedOutput {
    /// The topic it entered.
    pub topic: String,
    /// Which output it is.
    pub outpoint: Outpoint,
    /// Its value, in satoshis.
    pub satoshis: u64,
    /// The script that locks it.
    pub locking_script: Vec<u8>,
    /// Microseconds since 1970-01-01 UTC. Strictly increasing from submission to submission on one host, so it sorts.
    pub admitted_at: u64,
    /// What the submitter sent along with the BEEF; bytes whose meaning the topic decides.
    pub off_chain_values: Option<Vec<u8>>,
}

/// An output of a topic that was spent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpentOutput {
    /// The topic it was in.
    pub topic: String,
    /// Which output it is.
    pub outpoint: Outpoint,
    /// What its value was, in satoshis.
    pub satoshis: u64,
    /// The script that locked it.
    pub locking_script: Vec<u8>,
    /// The transaction that spends it.
    pub spending_txid: Txid,
    /// Which of that transaction's inputs.
    pub input_index: u32,
    /// The script of that input.
    pub unlocking_script: Vec<u8>,
    /// The sequence number of that input.
    pub sequence: u32,
    /// What the submitter of the spending transaction sent along. `None` also where that transaction came along as another
    /// one's ancestor, or was here before the output entered the topic.
    pub off_chain_values: Option<Vec<u8>>,
    /// Whether the topic manager keeps the output for its history. Also `false` while the topic has not judged the spending
    /// transaction; see [`LookupService::output_no_longer_retained`].
    pub retained: bool,
    /// When the submission that brought the spend was admitted, as in [`AdmittedOutput::admitted_at`]; of an output that was
    /// spent before it entered the topic, when it entered.
    pub spent_at: u64,
}

/// A client's question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The service's name, as the operator configured it.
    pub service: String,
    /// The query, as JSON text.
    pub query: String,
}

/// A lookup service's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Outputs of the service's topics, in order; the host adds the BEEF.
    OutputList(Vec<FoundOutput>),
    /// Any JSON text.
    Freeform(String),
}

impl<T: Into<FoundOutput>> FromIterator<T> for Answer {
    fn from_iter<I: IntoIterator<Item = T>>(outputs: I) -> Self {
        Self::OutputList(outputs.into_iter().map(Into::into).collect())
    }
}

/// One output of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundOutput {
    /// Which output.
    pub outpoint: Outpoint,
    /// How many generations of ancestors the answer carries along (BRC-64); 0 for none beyond what proves the output.
    pub history_depth: u32,
    /// Bytes for the client, handed over beside the output.
    pub context: Option<Vec<u8>>,
}

impl From<Outpoint> for FoundOutput {
    fn from(outpoint: Outpoint) -> Self {
        Self { outpoint, history_depth: 0, context: None }
    }
}
