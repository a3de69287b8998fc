//! The verdict: whatever says it is a token is one.

use trellis_plugin::{AdmittanceInstructions, Refusal, Submission, TopicManager};

use crate::Shop;
use crate::record;

impl TopicManager for Shop {
    fn identify_admissible_outputs(submission: Submission) -> Result<AdmittanceInstructions, Refusal> {
        let outputs = (0u32..).zip(&submission.transaction.outputs);
        let tokens: Vec<u32> =
            outputs.filter(|(_, output)| record::read(output).is_some()).map(|(index, _)| index).collect();
        // A transaction that only spends tokens is welcome: it takes them out of the topic.
        if tokens.is_empty() && submission.previous_coins.is_empty() {
            return Err("no output is a token of this shop, and none is spent".into());
        }
        Ok(AdmittanceInstructions::admit(tokens))
    }
}
