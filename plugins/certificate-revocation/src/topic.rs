//! The topic manager: which outputs are kept.
//!
//! Certificates do not travel with the transactions, and certifiers lock their revocation outputs as they like: nothing in an
//! output says that a certificate names it. So every output that can be spent is kept, unless the submitter says which ones.
//! What no certificate names does no harm here: nobody asks for it.
//!
//! Who submits does not matter. Only who can spend the output revokes the certificate, and a topic keeps what is true of the
//! chain.

use trellis_plugin::{AdmittanceInstructions, Output, Refusal, Submission, TopicManager};

use crate::CertificateRevocation;

/// How data begins that no script can spend: `OP_FALSE OP_RETURN`.
const DATA: [u8; 2] = [0x00, 0x6a];

impl TopicManager for CertificateRevocation {
    fn identify_admissible_outputs(submission: Submission) -> Result<AdmittanceInstructions, Refusal> {
        let outputs = &submission.transaction.outputs;
        let admitted = match submission.off_chain_values.as_deref() {
            None | Some([]) => {
                (0u32..).zip(outputs).filter(|(_, output)| can_be_spent(output)).map(|(index, _)| index).collect()
            }
            Some(named) => named_outputs(named, outputs)?,
        };
        if admitted.is_empty() && submission.previous_coins.is_empty() {
            return Err("the transaction has no output that could revoke a certificate, and spends none".into());
        }
        // A spent one is what the topic is there to remember.
        Ok(AdmittanceInstructions::admit(admitted).retaining(submission.previous_coins))
    }
}

fn can_be_spent(output: &Output) -> bool {
    !output.locking_script.starts_with(&DATA)
}

/// The outputs the submitter names: a JSON list of their indices.
fn named_outputs(json: &[u8], outputs: &[Output]) -> Result<Vec<u32>, Refusal> {
    let Ok(mut named) = serde_json::from_slice::<Vec<u32>>(json) else {
        return Err(
            "the off-chain values name the outputs that revoke certificates, as a JSON list of their indices: [0, 1]"
                .into(),
        );
    };
    named.sort_unstable();
    named.dedup();
    let is_there = |index: &&u32| usize::try_from(**index).ok().and_then(|index| outputs.get(index)).is_some();
    if let Some(missing) = named.iter().find(|index| !is_there(index)) {
        return Err(format!(
            "the off-chain values name output {missing}, but the transaction has {} outputs",
            outputs.len()
        )
        .into());
    }
    Ok(named)
}

#[cfg(test)]
mod tests {
    use super::*;
    use trellis_plugin::{Transaction, Txid};

    fn judge(
        scripts: &[&[u8]],
        named: Option<&str>,
        previous_coins: &[u32],
    ) -> Result<AdmittanceInstructions, Refusal> {
        let outputs = scripts.iter().map(|script| Output { satoshis: 1, locking_script: script.to_vec() }).collect();
        CertificateRevocation::identify_admissible_outputs(Submission {
            topic: "tm_certificate_revocation".into(),
            transaction: Transaction { txid: Txid([1; 32]), version: 1, inputs: Vec::new(), outputs, lock_time: 0 },
            previous_coins: previous_coins.to_vec(),
            off_chain_values: named.map(|named| named.as_bytes().to_vec()),
        })
    }

    #[test]
    fn every_output_that_can_be_spent_is_kept() {
        assert_eq!(judge(&[&[0x51], &[0x00, 0x6a, 1, 2], &[]], None, &[]), Ok(AdmittanceInstructions::admit([0, 2])));
    }

    #[test]
    fn who_names_outputs_has_only_these_kept() {
        assert_eq!(judge(&[&[0x51], &[0x51]], Some("[1, 1]"), &[]), Ok(AdmittanceInstructions::admit([1])));
        assert_eq!(judge(&[&[0x51]], Some("[]"), &[3]), Ok(AdmittanceInstructions::default().retaining([3])));
    }

    #[test]
    fn what_is_spent_is_remembered() {
        let verdict = judge(&[&[0x51]], None, &[0, 2]);
        assert_eq!(verdict, Ok(AdmittanceInstructions::admit([0]).retaining([0, 2])));
    }

    #[test]
    fn anything_else_is_refused_with_what_would_be_right() {
        for (scripts, named, says) in [
            (&[&[0x00, 0x6a][..]][..], None, "no output that could revoke"),
            (&[], None, "no output that could revoke"),
            (&[&[0x51]], Some("[]"), "no output that could revoke"),
            (&[&[0x51]], Some("[1]"), "name output 1, but the transaction has 1 outputs"),
            (&[&[0x51]], Some("[-1]"), "as a JSON list of their indices"),
            (&[&[0x51]], Some("all"), "as a JSON list of their indices"),
        ] {
            let refusal = judge(scripts, named, &[]).unwrap_err();
            assert!(refusal.text().contains(says), "{refusal}");
        }
    }
}
