//! Verdicts that should not be.

use trellis_plugin::{AdmittanceInstructions, Refusal, Submission, TopicManager, config};

use crate::{Hostile, behaviour, tally};

impl TopicManager for Hostile {
    fn identify_admissible_outputs(submission: Submission) -> Result<AdmittanceInstructions, Refusal> {
        let told = match &submission.off_chain_values {
            Some(values) => String::from_utf8_lossy(values).into_owned(),
            None => config::get("behave").unwrap_or_default(),
        };
        let outputs = submission.transaction.outputs.len() as u32;
        let everything = AdmittanceInstructions::admit(0..outputs);
        let (name, argument) = behaviour::split(&told);
        let verdict = match name {
            "admit-nothing" => AdmittanceInstructions::default(),
            "admit-only" => AdmittanceInstructions::admit([behaviour::number(argument, 0) as u32]),
            "admit-out-of-range" => AdmittanceInstructions::admit([outputs]),
            "admit-highest-number" => AdmittanceInstructions::admit([u32::MAX]),
            "admit-twice" => AdmittanceInstructions::admit([0, 0]),
            "admit-many" => AdmittanceInstructions::admit(0..behaviour::number(argument, 8 << 20) as u32),
            "admit-gigabyte" => AdmittanceInstructions { outputs_to_admit: gigabyte(), coins_to_retain: Vec::new() },
            "retain-all" => everything.retaining(submission.previous_coins),
            "retain-foreign" => everything.retaining([submission.transaction.inputs.len() as u32]),
            "retain-not-previous" => {
                let not_previous = |index: &u32| !submission.previous_coins.contains(index);
                everything.retaining((0..submission.transaction.inputs.len() as u32).filter(not_previous).take(1))
            }
            "retain-twice" => {
                let coins = submission.previous_coins;
                everything.retaining(coins.iter().copied().chain(coins.iter().copied()))
            }
            "tally" => {
                tally::tally(behaviour::number(argument, 0));
                tally::remember_output(submission.transaction.txid);
                everything
            }
            _ => {
                behaviour::act(&told)?;
                everything
            }
        };
        Ok(verdict)
    }
}

/// A list that says it has a gigabyte and lies far outside linear memory.
fn gigabyte() -> Vec<u32> {
    const ENTRIES: usize = 1 << 28;
    let start = Vec::leak(vec![0u32; 1024]).as_mut_ptr();
    // SAFETY: none; the host is to notice. Nothing in the guest reads or frees the list before that.
    unsafe { Vec::from_raw_parts(start, ENTRIES, ENTRIES) }
}
