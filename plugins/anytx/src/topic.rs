//! The verdict: everything is welcome.

use trellis_plugin::{AdmittanceInstructions, Refusal, Submission, TopicManager, config};

use crate::AnyTx;

impl TopicManager for AnyTx {
    fn identify_admissible_outputs(submission: Submission) -> Result<AdmittanceInstructions, Refusal> {
        let outputs = (0u32..).zip(&submission.transaction.outputs).map(|(index, _)| index);
        let verdict = AdmittanceInstructions::admit(outputs);
        // The operator's `retain = true` arrives as JSON text.
        Ok(if config::get("retain").as_deref() == Some("true") {
            verdict.retaining(submission.previous_coins)
        } else {
            verdict
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trellis_plugin::{Output, Transaction, Txid, stand_in};

    fn submission() -> Submission {
        Submission {
            topic: "tm_anytx".into(),
            transaction: Transaction {
                txid: Txid([1; 32]),
                version: 1,
                inputs: Vec::new(),
                outputs: vec![Output::default(); 3],
                lock_time: 0,
            },
            previous_coins: vec![0, 2],
            off_chain_values: None,
        }
    }

    #[test]
    fn every_output_is_admitted_and_nothing_retained() {
        stand_in::reset();
        assert_eq!(AnyTx::identify_admissible_outputs(submission()), Ok(AdmittanceInstructions::admit([0, 1, 2])));
    }

    #[test]
    fn spent_outputs_are_retained_where_the_operator_says_so() {
        stand_in::reset();
        stand_in::set_config("retain", "true");
        let verdict = AdmittanceInstructions::admit([0, 1, 2]).retaining([0, 2]);
        assert_eq!(AnyTx::identify_admissible_outputs(submission()), Ok(verdict));
    }
}
