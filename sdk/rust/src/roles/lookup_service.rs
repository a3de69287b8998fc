//! Answering questions about the outputs of topics (BRC-24).

use crate::{Outpoint, Refusal, Txid};

/// Answers questions about the outputs of its topics. Exported with
/// [`export_lookup_service!`](crate::export_lookup_service).
///
/// The first four functions keep the service's index in [`state`](crate::state) up to date. They run inside the
/// submission: what they write commits with it or not at all, and a refusal or a fault fails the whole submission. So
/// index what can be indexed and refuse only where going on would make the index wrong.
///
/// ```
/// use trellis_plugin::state::Table;
/// use trellis_plugin::{AdmittedOutput, Answer, LookupService, Outpoint, Question, Refusal, SpentOutput};
///
/// /// Outputs by the time they were admitted at.
/// const OUTPUTS: Table<(u64, Outpoint), ()> = Table::new("output/");
/// /// The time, by output: a spend names nothing else.
/// const ADMITTED_AT: Table<Outpoint, u64> = Table::new("time/");
///
/// /// Lists what is unspent, newest first.
/// struct Newest;
///
/// impl Newest {
///     fn forget(outpoint: Outpoint) {
///         if let Some(admitted_at) = ADMITTED_AT.get(&outpoint) {
///             OUTPUTS.remove(&(admitted_at, outpoint));
///             ADMITTED_AT.remove(&outpoint);
///         }
///     }
/// }
///
/// impl LookupService for Newest {
///     fn output_admitted(output: AdmittedOutput) -> Result<(), Refusal> {
///         OUTPUTS.set(&(output.admitted_at, output.outpoint), &());
///         ADMITTED_AT.set(&output.outpoint, &output.admitted_at);
///         Ok(())
///     }
///
///     fn output_spent(output: SpentOutput) -> Result<(), Refusal> {
///         Self::forget(output.outpoint);
///         Ok(())
///     }
///
///     fn output_evicted(_topic: String, outpoint: Outpoint) -> Result<(), Refusal> {
///         Self::forget(outpoint);
///         Ok(())
///     }
///
///     fn lookup(_question: Question) -> Result<Answer, Refusal> {
///         Ok(OUTPUTS.rows().reversed().take(50).map(|((_, outpoint), ())| outpoint).collect())
///     }
/// }
/// # trellis_plugin::stand_in::reset();
/// # let outpoint = Outpoint { txid: trellis_plugin::Txid([7; 32]), output_index: 0 };
/// # let output = AdmittedOutput {
/// #     topic: "tm_tickets".into(), outpoint, satoshis: 1, locking_script: vec![], admitted_at: 5, off_chain_values: None,
/// # };
/// # let question = Question { service: "ls_tickets".into(), query: "{}".into() };
/// Newest::output_admitted(output)?;
/// assert_eq!(Newest::lookup(question.clone())?, [outpoint].into_iter().collect());
/// Newest::output_evicted("tm_tickets".into(), outpoint)?;
/// assert_eq!(Newest::lookup(question)?, Answer::OutputList(vec![]));
/// # Ok::<(), Refusal>(())
/// ```
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
///
/// ```
/// use trellis_plugin::{AdmittedOutput, Outpoint, Txid};
///
/// let output = AdmittedOutput {
///     topic: "tm_tickets".into(),
///     outpoint: Outpoint { txid: Txid([7; 32]), output_index: 0 },
///     satoshis: 1,
///     locking_script: vec![0x51],
///     admitted_at: 1_893_456_000_000_000,
///     off_chain_values: None,
/// };
/// assert_eq!(output.admitted_at / 1_000_000, 1_893_456_000, "2030-01-01, in seconds since 1970");
/// ```
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
///
/// ```
/// use trellis_plugin::state::Table;
/// use trellis_plugin::{Outpoint, SpentOutput, Txid, stand_in};
///
/// /// Which transaction used a ticket, for the tickets that the topic keeps in its history.
/// const USED_BY: Table<Outpoint, Txid> = Table::new("used/");
///
/// let ticket = Outpoint { txid: Txid([7; 32]), output_index: 0 };
/// let spent = SpentOutput {
///     spending_txid: Txid([8; 32]),
///     retained: true,
///     ..stand_in::spent_output("tm_tickets", ticket)
/// };
/// if spent.retained {
///     USED_BY.set(&spent.outpoint, &spent.spending_txid);
/// }
/// assert_eq!(USED_BY.get(&spent.outpoint), Some(Txid([8; 32])));
/// ```
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

/// A client's question (BRC-24).
///
/// ```
/// use trellis_plugin::{Answer, Question, Refusal};
///
/// /// Says yes to `"all"`, and to anything else what would be accepted.
/// fn lookup(question: Question) -> Result<Answer, Refusal> {
///     match question.query.as_str() {
///         "\"all\"" => Ok(Answer::Freeform("\"yes\"".into())),
///         other => Err(format!("{} is asked for \"all\", not {other}", question.service).into()),
///     }
/// }
/// let question = Question { service: "ls_tickets".into(), query: "\"all\"".into() };
/// assert!(lookup(question).is_ok());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The service's name, as the operator configured it: `ls_` and more, at most 50 bytes.
    pub service: String,
    /// The query, as JSON text (UTF-8).
    pub query: String,
}

/// A lookup service's answer (BRC-24). Outputs and outpoints collect into one.
///
/// ```
/// use trellis_plugin::{Answer, FoundOutput, Outpoint, Txid};
///
/// let ticket = Outpoint { txid: Txid([7; 32]), output_index: 0 };
/// let answer: Answer = [ticket].into_iter().collect();
/// assert_eq!(answer, Answer::OutputList(vec![FoundOutput::from(ticket)]));
/// let count = Answer::Freeform(r#"{"sold":7}"#.into());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Outputs of the service's topics, in order; the host adds the BEEF (BRC-62). At most 10,000, unless the operator
    /// says otherwise.
    OutputList(Vec<FoundOutput>),
    /// Any JSON text, at most 4 MiB. What is not JSON is a fault.
    Freeform(String),
}

impl<T: Into<FoundOutput>> FromIterator<T> for Answer {
    fn from_iter<I: IntoIterator<Item = T>>(outputs: I) -> Self {
        Self::OutputList(outputs.into_iter().map(Into::into).collect())
    }
}

/// One output of an answer.
///
/// ```
/// use trellis_plugin::{FoundOutput, Outpoint, Txid};
///
/// let ticket = Outpoint { txid: Txid([7; 32]), output_index: 0 };
/// let found = FoundOutput { context: Some(b"seat 12A".to_vec()), ..FoundOutput::from(ticket) };
/// assert_eq!(found.history_depth, 0);
/// ```
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
