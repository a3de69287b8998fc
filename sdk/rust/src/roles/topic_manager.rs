//! Deciding which outputs enter a topic (BRC-22).

use crate::{Output, Refusal, Transaction};

/// Decides which outputs enter a topic. Exported with [`export_topic_manager!`](crate::export_topic_manager).
///
/// The verdict may depend only on the submission, the plugin's [`config`](crate::config), the topic's own
/// [`state`](crate::state) and what other [`topics`](crate::topics) hold: where those are the same, the same submission must
/// get the same verdict on every host.
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

/// What a topic manager judges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// The topic's name, as the operator configured it. One plugin may serve several.
    pub topic: String,
    /// The transaction.
    pub transaction: Transaction,
    /// Indices of the inputs that spend outputs of this topic.
    pub previous_coins: Vec<u32>,
    /// What the submitter sent along with the BEEF.
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

/// A topic manager's verdict.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AdmittanceInstructions {
    /// Indices of the outputs that enter the topic, each once.
    pub outputs_to_admit: Vec<u32>,
    /// Input indices out of `previous_coins` whose spent outputs stay in the topic's history.
    pub coins_to_retain: Vec<u32>,
}

impl AdmittanceInstructions {
    /// Admits these outputs and retains nothing.
    pub fn admit(outputs: impl IntoIterator<Item = u32>) -> Self {
        Self { outputs_to_admit: outputs.into_iter().collect(), coins_to_retain: Vec::new() }
    }

    /// The same with these previous coins kept for the topic's history.
    #[must_use]
    pub fn retaining(mut self, coins: impl IntoIterator<Item = u32>) -> Self {
        self.coins_to_retain.extend(coins);
        self
    }
}
