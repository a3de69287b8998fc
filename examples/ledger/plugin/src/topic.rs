//! The topic manager of every account: its entries, and the balance they come to in the topic's state.

use trellis_plugin::{AdmittanceInstructions, Refusal, Submission, TopicManager, refuse, state};

use crate::{Ledger, posting};

/// The row of the topic's state with the balance, in cents, as text.
const BALANCE: &[u8] = b"balance";

impl TopicManager for Ledger {
    fn identify_admissible_outputs(submission: Submission) -> Result<AdmittanceInstructions, Refusal> {
        let Submission { topic, transaction, previous_coins, .. } = submission;
        if !previous_coins.is_empty() {
            return Err("what is posted stays posted: post the opposite instead of spending an entry".into());
        }
        let entries = posting::read(&transaction)?;
        let own: Vec<_> = entries.iter().filter(|(_, entry)| entry.topic == topic).collect();
        if own.is_empty() {
            refuse!("nothing is posted to {topic}");
        }
        let change: i128 = own.iter().map(|(_, entry)| i128::from(entry.amount)).sum();
        state::set(BALANCE, (balance()? + change).to_string().as_bytes());
        Ok(AdmittanceInstructions::admit(own.iter().map(|(index, _)| *index)))
    }
}

/// The balance so far: zero before the first posting.
fn balance() -> Result<i128, Refusal> {
    let Some(text) = state::get(BALANCE) else { return Ok(0) };
    let balance = std::str::from_utf8(&text).ok().and_then(|text| text.parse().ok());
    balance.ok_or_else(|| "the account's balance cannot be read; tell the operator".into())
}

#[cfg(test)]
mod tests {
    use trellis_plugin::stand_in;

    use super::*;
    use crate::entry::testing::{BOOKKEEPER, entry, transaction};

    fn post(topic: &str, entries: &[(&str, &str)], previous_coins: Vec<u32>) -> Result<AdmittanceInstructions, String> {
        let scripts: Vec<_> = entries.iter().map(|(topic, amount)| entry(topic, amount)).collect();
        let transaction = transaction(&BOOKKEEPER, &scripts);
        let submission = Submission { topic: topic.into(), transaction, previous_coins, off_chain_values: None };
        Ledger::identify_admissible_outputs(submission).map_err(|refusal| refusal.to_string())
    }

    #[test]
    fn an_account_keeps_its_own_entries_and_their_sum() {
        stand_in::reset();
        stand_in::set_config("bookkeeper", &hex::encode(BOOKKEEPER));
        let sale = [("tm_cash", "119"), ("tm_sales", "-100"), ("tm_tax", "-19")];
        assert_eq!(post("tm_cash", &sale, Vec::new()), Ok(AdmittanceInstructions::admit([0])));
        assert_eq!(balance(), Ok(119));
        let returned = [("tm_sales", "150"), ("tm_cash", "-100"), ("tm_cash", "-50")];
        assert_eq!(post("tm_cash", &returned, Vec::new()), Ok(AdmittanceInstructions::admit([1, 2])));
        assert_eq!(balance(), Ok(-31));
    }

    #[test]
    fn a_refused_posting_changes_no_balance() {
        stand_in::reset();
        stand_in::set_config("bookkeeper", &hex::encode(BOOKKEEPER));
        let sale = [("tm_cash", "5"), ("tm_sales", "-5")];
        assert_eq!(post("tm_tax", &sale, Vec::new()), Err("nothing is posted to tm_tax".into()));
        assert!(post("tm_cash", &sale[..1], Vec::new()).is_err());
        assert!(post("tm_cash", &sale, vec![0]).unwrap_err().contains("stays posted"));
        assert_eq!(stand_in::state_rows(), 0);
    }
}
