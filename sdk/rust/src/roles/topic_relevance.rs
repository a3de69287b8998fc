//! Saying which transactions concern a topic, for submitters that name none.

use crate::{Refusal, Transaction};

/// Says which transactions concern a topic. Optional, beside [`TopicManager`](crate::TopicManager); exported with
/// [`export_topic_relevance!`](crate::export_topic_relevance). Without it a topic judges what names it, and what spends a
/// coin of it.
///
/// ```
/// use trellis_plugin::{Refusal, TopicRelevance, Transaction, push_drop};
///
/// struct Tickets;
///
/// impl TopicRelevance for Tickets {
///     fn is_relevant(_topic: String, transaction: Transaction) -> Result<bool, Refusal> {
///         Ok(transaction.outputs.iter().any(|output| push_drop::decode(&output.locking_script).is_some()))
///     }
/// }
/// # use trellis_plugin::{Output, Txid};
/// let outputs = vec![Output::default()];
/// let transaction = Transaction { txid: Txid([2; 32]), version: 1, inputs: vec![], outputs, lock_time: 0 };
/// assert_eq!(Tickets::is_relevant("tm_tickets".into(), transaction), Ok(false));
/// ```
pub trait TopicRelevance {
    /// Whether the topic is to judge a transaction that spends no coin of it and whose submitter left it to the host to find
    /// the topics.
    ///
    /// Asked of every such transaction, so decide by what is quick to see. Here [`state`](crate::state) is read-only. `Err` says
    /// that the topic is not to judge it, and tells the submitter why; so does a panic, as the plugin's mistake. Other topics take
    /// the transaction all the same, unless the submitter wants all of them. A transaction that does not concern the topic is
    /// `Ok(false)`.
    fn is_relevant(topic: String, transaction: Transaction) -> Result<bool, Refusal>;
}
