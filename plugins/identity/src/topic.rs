//! The topic manager: which outputs are identity tokens.
//!
//! An output that is none is skipped, not refused: change travels in the same transaction. Only where nothing is left to say
//! yes to does the refusal explain, output by output, what was wrong.

use trellis_plugin::{AdmittanceInstructions, Refusal, Submission, TopicManager};

use crate::{Identity, token};

/// A refusal explains so many outputs and counts the others.
const EXPLAINED_MOST: usize = 8;

impl TopicManager for Identity {
    fn identify_admissible_outputs(submission: Submission) -> Result<AdmittanceInstructions, Refusal> {
        let mut admitted = Vec::new();
        let mut reasons = Vec::new();
        let mut budget = token::Budget::new();
        for (index, output) in (0u32..).zip(&submission.transaction.outputs) {
            match token::verify(&output.locking_script, &mut budget) {
                Ok(_) => admitted.push(index),
                Err(reason) => reasons.push(reason),
            }
        }
        budget.check()?;
        // A transaction that only spends tokens is welcome: it takes back what was revealed.
        if admitted.is_empty() && submission.previous_coins.is_empty() {
            return Err(explain(&reasons));
        }
        Ok(AdmittanceInstructions::admit(admitted))
    }
}

fn explain(reasons: &[Refusal]) -> Refusal {
    let mut text = String::from("no output is an identity token");
    for (index, reason) in reasons.iter().take(EXPLAINED_MOST).enumerate() {
        text.push_str(&format!("; output {index}: {reason}"));
    }
    if let Some(others @ 1..) = reasons.len().checked_sub(EXPLAINED_MOST) {
        text.push_str(&format!("; and {others} more"));
    }
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Token;
    use trellis_plugin::{Output, Transaction, Txid};

    fn judge(scripts: &[Vec<u8>], previous_coins: Vec<u32>) -> Result<AdmittanceInstructions, Refusal> {
        let outputs = scripts.iter().map(|script| Output { satoshis: 1, locking_script: script.clone() }).collect();
        Identity::identify_admissible_outputs(Submission {
            topic: "tm_identity".into(),
            transaction: Transaction { txid: Txid([1; 32]), version: 1, inputs: Vec::new(), outputs, lock_time: 0 },
            previous_coins,
            off_chain_values: None,
        })
    }

    #[test]
    fn tokens_are_admitted_and_everything_else_skipped() {
        let scripts = [vec![0x51], Token::vector().script(), Vec::new(), Token::self_signed().script()];
        assert_eq!(judge(&scripts, Vec::new()), Ok(AdmittanceInstructions::admit([1, 3])));
    }

    #[test]
    fn more_than_can_be_verified_at_once_is_refused_as_a_whole() {
        let script = Token::vector().script();
        assert_eq!(judge(&vec![script.clone(); 20], Vec::new()), Ok(AdmittanceInstructions::admit(0..20)));
        let refusal = judge(&vec![script; 400], vec![0]).unwrap_err();
        assert!(refusal.text().contains("publish them in several transactions"), "{}", refusal.text());
    }

    #[test]
    fn spending_tokens_without_a_new_one_takes_them_back() {
        assert_eq!(judge(&[vec![0x51]], vec![0]), Ok(AdmittanceInstructions::default()));
    }

    #[test]
    fn a_refusal_says_what_is_wrong_and_stays_short() {
        let mut forged = Token::vector();
        forged.json["revocationOutpoint"] = format!("{}.1", "11".repeat(32)).into();
        let mut scripts = vec![vec![0x51]; 12];
        scripts[1] = forged.script();
        let refusal = judge(&scripts, Vec::new()).unwrap_err();
        let text = refusal.text();
        assert!(text.starts_with("no output is an identity token; output 0: not a PushDrop token"), "{text}");
        assert!(text.contains("output 1: the certificate's signature is not the one of its certifier"), "{text}");
        assert!(text.ends_with("; and 4 more"), "{text}");
    }
}
