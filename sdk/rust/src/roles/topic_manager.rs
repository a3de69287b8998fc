//! Deciding which outputs enter a topic (BRC-22).

use crate::{Output, Refusal, Transaction};

/// Decides which outputs enter a topic. Exported with [`export_topic_manager!`](crate::export_topic_manager).
///
/// The verdict may depend only on the submission, the plugin's [`config`](crate::config), the topic's own
/// [`state`](crate::state) and what other [`topics`](crate::topics) hold: where those are the same, the same submission must
/// get the same verdict on every host.
///
/// ```
/// use trellis_plugin::{AdmittanceInstructions, Refusal, Submission, TopicManager, push_drop};
///
/// struct Tickets;
///
/// impl TopicManager for Tickets {
///     fn identify_admissible_outputs(submission: Submission) -> Result<AdmittanceInstructions, Refusal> {
///         let outputs = submission.transaction.indexed_outputs();
///         let tickets = outputs.filter(|(_, output)| push_drop::decode(&output.locking_script).is_some());
///         Ok(AdmittanceInstructions::admit(tickets.map(|(index, _)| index)))
///     }
/// }
/// # use trellis_plugin::{Output, Transaction, Txid};
/// # let locking_script = [&[33, 2][..], &[7; 32], &[0xac, 3], b"12A", &[0x75]].concat();
/// # let outputs = vec![Output::default(), Output { satoshis: 1, locking_script }];
/// # let transaction = Transaction { txid: Txid([2; 32]), version: 1, inputs: vec![], outputs, lock_time: 0 };
/// # let submission =
/// #     Submission { topic: "tm_tickets".into(), transaction, previous_coins: vec![], off_chain_values: None };
/// assert_eq!(Tickets::identify_admissible_outputs(submission), Ok(AdmittanceInstructions::admit([1])));
/// ```
pub trait TopicManager {
    /// Which outputs enter the topic, and which spent ones stay in its history.
    ///
    /// `Ok` that admits nothing while previous coins are spent is a burn; without previous coins nothing is kept of it, what was
    /// written to [`state`](crate::state) included.
    ///
    /// `Err` is a refusal: nothing enters the topic, and its state stays as it was. Where the spends stand, because the transaction
    /// is in a block or was stored before, the previous coins leave the topic all the same. So a topic that keeps totals answers
    /// `Ok` and counts what leaves.
    fn identify_admissible_outputs(submission: Submission) -> Result<AdmittanceInstructions, Refusal>;
}

/// What a topic manager judges (BRC-22).
///
/// ```
/// use trellis_plugin::{Submission, Transaction, Txid};
///
/// let transaction = Transaction { txid: Txid([2; 32]), version: 1, inputs: vec![], outputs: vec![], lock_time: 0 };
/// let submission =
///     Submission { topic: "tm_tickets".into(), transaction, previous_coins: vec![], off_chain_values: None };
/// assert_eq!(submission.spent_coins().count(), 0, "it spends nothing of the topic");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// The topic's name, as the operator configured it: `tm_` and more, at most 50 bytes. One plugin may serve several.
    pub topic: String,
    /// The transaction.
    pub transaction: Transaction,
    /// Indices of the inputs that spend outputs of this topic, ascending.
    pub previous_coins: Vec<u32>,
    /// What the submitter sent along with the BEEF; bytes whose meaning the topic decides.
    pub off_chain_values: Option<Vec<u8>>,
}

impl Submission {
    /// The outputs of the topic that the transaction spends, with the inputs that spend them.
    ///
    /// ```
    /// use trellis_plugin::{Submission, push_drop};
    ///
    /// /// How many of the coins that are spent are tokens.
    /// fn tokens_spent(submission: &Submission) -> usize {
    ///     submission.spent_coins().filter(|(_, output)| push_drop::decode(&output.locking_script).is_some()).count()
    /// }
    /// ```
    pub fn spent_coins(&self) -> impl Iterator<Item = (u32, &Output)> {
        self.previous_coins.iter().filter_map(|input| Some((*input, self.transaction.spent_output(*input)?)))
    }
}

/// A topic manager's verdict (BRC-22).
///
/// ```
/// use trellis_plugin::AdmittanceInstructions;
///
/// let verdict = AdmittanceInstructions::admit([0, 2]).retaining([1]);
/// assert_eq!((verdict.outputs_to_admit, verdict.coins_to_retain), (vec![0, 2], vec![1]));
/// // Nothing enters: where previous coins are spent, they are burnt.
/// assert_eq!(AdmittanceInstructions::default(), AdmittanceInstructions::admit([]));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AdmittanceInstructions {
    /// Indices of the outputs that enter the topic, each once.
    pub outputs_to_admit: Vec<u32>,
    /// Input indices out of `previous_coins` whose spent outputs stay in the topic's history.
    pub coins_to_retain: Vec<u32>,
}

impl AdmittanceInstructions {
    /// Admits these outputs, by their indices, and retains nothing.
    pub fn admit(outputs: impl IntoIterator<Item = u32>) -> Self {
        Self { outputs_to_admit: outputs.into_iter().collect(), coins_to_retain: Vec::new() }
    }

    /// The same with these previous coins, by the inputs that spend them, kept for the topic's history.
    #[must_use]
    pub fn retaining(mut self, coins: impl IntoIterator<Item = u32>) -> Self {
        self.coins_to_retain.extend(coins);
        self
    }
}
