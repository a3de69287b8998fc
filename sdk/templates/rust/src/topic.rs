//! The topic manager: which outputs are messages.
//!
//! An output that is no message is skipped, not refused: change and payments travel in the same transaction. Only where
//! nothing is left to say yes to does the refusal explain, output by output, what was wrong.

use trellis_plugin::{AdmittanceInstructions, Output, Refusal, Submission, TopicManager};

use crate::{ThisPlugin, message};

impl TopicManager for ThisPlugin {
    fn identify_admissible_outputs(submission: Submission) -> Result<AdmittanceInstructions, Refusal> {
        let mut admitted = Vec::new();
        let mut reasons = String::new();
        for (index, output) in (0u32..).zip(&submission.transaction.outputs) {
            match judge(output) {
                Ok(()) => admitted.push(index),
                Err(reason) => reasons.push_str(&format!("; output {index}: {reason}")),
            }
        }
        // A transaction that only spends messages is welcome: it takes them out of the topic.
        if admitted.is_empty() && submission.previous_coins.is_empty() {
            return Err(format!("no output is a message{reasons}").into());
        }
        Ok(AdmittanceInstructions::admit(admitted))
    }
}

/// Why an output is no message, if it is none.
fn judge(output: &Output) -> Result<(), &'static str> {
    let token = message::read(&output.locking_script)?;
    token.is_signed().then_some(()).ok_or("the signature over the text is not by the key that locks the token")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::testing::{token, transaction};

    fn judge(scripts: &[Vec<u8>], previous_coins: Vec<u32>) -> Result<AdmittanceInstructions, Refusal> {
        ThisPlugin::identify_admissible_outputs(Submission {
            topic: "tm_my_plugin".into(),
            transaction: transaction(scripts),
            previous_coins,
            off_chain_values: None,
        })
    }

    #[test]
    fn messages_are_admitted_and_everything_else_is_skipped() {
        assert_eq!(judge(&[vec![0x51], token()], vec![]), Ok(AdmittanceInstructions::admit([1])));
    }

    #[test]
    fn spending_messages_without_a_new_one_takes_them_out() {
        assert_eq!(judge(&[vec![0x51]], vec![0]), Ok(AdmittanceInstructions::default()));
    }

    #[test]
    fn a_refusal_says_what_is_wrong_with_each_output() {
        let mut other_text = token();
        other_text[37] ^= 1;
        let refusal = judge(&[vec![0x51], other_text], vec![]).unwrap_err();
        assert_eq!(
            refusal.text(),
            "no output is a message; output 0: not a PushDrop token with the lock before the data; \
             output 1: the signature over the text is not by the key that locks the token"
        );
    }
}
