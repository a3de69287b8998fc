//! The basket manager: debit and credit of every account, as the host counts and sums them.
//!
//! A topic manager does not know which other topics a submission names. The basket manager is asked once for all of them and
//! sees what each admitted: so it is the one to refuse a posting that would reach some of its accounts only. What it refuses is
//! stored in none.

use trellis_plugin::{BasketManager, Operation, Organising, Refusal, Token, refuse};

use crate::entry::Entry;
use crate::{Ledger, posting};

/// What is summed in every basket.
const CENTS: &str = "cents";

impl BasketManager for Ledger {
    fn operations(organising: Organising) -> Result<Vec<Operation>, Refusal> {
        let Organising { transaction, admitted, .. } = organising;
        // Nothing was posted: an entry was spent by a transaction no account heard of.
        if admitted.is_empty() {
            return Ok(Vec::new());
        }
        let entries = posting::read(&transaction)?;
        let is_posted = |index: u32, entry: &Entry| {
            admitted.iter().any(|admitted| admitted.output_index == index && admitted.topic == entry.topic)
        };
        if let Some((_, missing)) = entries.iter().find(|(index, entry)| !is_posted(*index, entry)) {
            let topic = &missing.topic;
            refuse!("the posting does not reach {topic}: submit it to the topics of all its accounts");
        }
        let create = |(output_index, entry)| Operation::Create { output_index, token: token(entry) };
        Ok(entries.into_iter().map(create).collect())
    }
}

/// An entry as it lies in its basket: `ledger/cash/debit` holds what was posted to `tm_cash` with more than zero.
fn token(entry: Entry) -> Token {
    let account = entry.topic.trim_start_matches("tm_");
    let side = if entry.amount > 0 { "debit" } else { "credit" };
    let mut token = Token::new(format!("ledger/{account}/{side}"), CENTS, entry.amount.unsigned_abs());
    token.data = entry.text.into_bytes();
    token
}

#[cfg(test)]
mod tests {
    use trellis_plugin::{AdmittedToTopic, stand_in};

    use super::*;
    use crate::entry::testing::{BOOKKEEPER, entry, transaction};

    fn organise(admitted: &[(&str, u32)]) -> Result<Vec<Operation>, Refusal> {
        stand_in::reset();
        stand_in::set_config("bookkeeper", &hex::encode(BOOKKEEPER));
        let admitted = admitted
            .iter()
            .map(|(topic, output_index)| AdmittedToTopic { topic: (*topic).into(), output_index: *output_index });
        Ledger::operations(Organising {
            transaction: transaction(&BOOKKEEPER, &[entry("tm_cash", "5"), entry("tm_sales", "-5")]),
            admitted: admitted.collect(),
            held: Vec::new(),
            off_chain_values: None,
        })
    }

    #[test]
    fn a_posting_reaches_all_its_accounts_or_none() {
        let line = |output_index, basket: &str| {
            let mut token = Token::new(basket, CENTS, 5);
            token.data = b"sold".to_vec();
            Operation::Create { output_index, token }
        };
        let both = organise(&[("tm_cash", 0), ("tm_sales", 1)]);
        assert_eq!(both, Ok(vec![line(0, "ledger/cash/debit"), line(1, "ledger/sales/credit")]));
        let one = organise(&[("tm_cash", 0)]).unwrap_err();
        assert!(one.text().contains("does not reach tm_sales"), "{one}");
        assert_eq!(organise(&[]), Ok(Vec::new()));
    }
}
