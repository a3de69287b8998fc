//! The lookup service: a contract with everything that became of it.
//!
//! The index has one row a contract: its last output, and how many there were, which is the history depth (BRC-64) of the answer.

use serde_json::Value;
use trellis_plugin::{AdmittedOutput, Answer, FoundOutput, LookupService, Outpoint, Question, Refusal, state};

use crate::Contracts;
use crate::contract::read;

const FORM: &str = "a query is {\"contract\": \"<id>\"}";

impl LookupService for Contracts {
    fn output_admitted(output: AdmittedOutput) -> Result<(), Refusal> {
        if let Some(contract) = read(&output.locking_script) {
            let steps = last(&contract.id).map_or(0, |(_, steps)| steps).saturating_add(1);
            state::set(&row(&contract.id), &[&steps.to_be_bytes()[..], &output.outpoint.to_bytes()].concat());
            // An eviction names nothing but the outpoint.
            state::set(&by_outpoint(&output.outpoint), contract.id.as_bytes());
        }
        Ok(())
    }

    fn output_evicted(_topic: String, outpoint: Outpoint) -> Result<(), Refusal> {
        let key = by_outpoint(&outpoint);
        if let Some(id) = state::get(&key).and_then(|id| String::from_utf8(id).ok()) {
            state::remove(&key);
            if last(&id).is_some_and(|(last, _)| last == outpoint) {
                state::remove(&row(&id));
            }
        }
        Ok(())
    }

    fn lookup(question: Question) -> Result<Answer, Refusal> {
        let query: Value = serde_json::from_str(&question.query).map_err(|_| FORM)?;
        let id = query.get("contract").and_then(Value::as_str).ok_or(FORM)?;
        let found = last(id).map(|(outpoint, steps)| FoundOutput { outpoint, history_depth: steps, context: None });
        Ok(found.into_iter().collect())
    }
}

fn row(id: &str) -> Vec<u8> {
    [b"c", id.as_bytes()].concat()
}

fn by_outpoint(outpoint: &Outpoint) -> Vec<u8> {
    [&b"o"[..], &outpoint.to_bytes()].concat()
}

/// A contract's last output, and how many there were.
fn last(id: &str) -> Option<(Outpoint, u32)> {
    let value = state::get(&row(id))?;
    let (steps, outpoint) = value.split_first_chunk()?;
    Some((Outpoint::from_bytes(outpoint)?, u32::from_be_bytes(*steps)))
}

#[cfg(test)]
mod tests {
    use trellis_plugin::{Txid, stand_in};

    use super::*;
    use crate::contract::testing::contract;

    fn outpoint(output_index: u32) -> Outpoint {
        Outpoint { txid: Txid([1; 32]), output_index }
    }

    #[test]
    fn a_contract_is_found_as_far_as_it_has_come_with_all_its_history() {
        stand_in::reset();
        for (output_index, step) in (0..).zip(["agreed", "delivered"]) {
            let output = AdmittedOutput {
                topic: "tm_contracts".into(),
                outpoint: outpoint(output_index),
                satoshis: 1,
                locking_script: contract("flour", "10 t", step),
                admitted_at: 1,
                off_chain_values: None,
            };
            Contracts::output_admitted(output).unwrap();
        }
        let ask = |query: &str| Contracts::lookup(Question { service: "ls_contracts".into(), query: query.into() });
        let found = FoundOutput { outpoint: outpoint(1), history_depth: 2, context: None };
        assert_eq!(ask("{\"contract\": \"flour\"}"), Ok(Answer::OutputList(vec![found])));
        assert!(ask("\"flour\"").unwrap_err().text().contains("a query is"));
        Contracts::output_evicted("tm_contracts".into(), outpoint(1)).unwrap();
        assert_eq!(ask("{\"contract\": \"flour\"}"), Ok(Answer::OutputList(Vec::new())));
    }
}
