//! The lookup service: where a good is, with every transaction it went through.
//!
//! The index has one row a good: its last output, and how many there were. That number is the history depth (BRC-64) of the
//! answer, so that whoever gets it can verify the whole way without asking again.

use serde_json::Value;
use trellis_plugin::{AdmittedOutput, Answer, FoundOutput, LookupService, Outpoint, Question, Refusal, state};

use crate::{SupplyChain, good};

const FORM: &str = "a query is {\"good\": \"<id>\"}";

impl LookupService for SupplyChain {
    fn output_admitted(output: AdmittedOutput) -> Result<(), Refusal> {
        if let Some(good) = good::read(&output.locking_script) {
            let outputs = Row::of(&good.id).map_or(0, |row| row.outputs).saturating_add(1);
            Row { outpoint: output.outpoint, outputs }.write(&good.id);
            // An eviction names nothing but the outpoint.
            state::set(&by_outpoint(&output.outpoint), good.id.as_bytes());
        }
        Ok(())
    }

    // A spent output stays: the next one takes its place, and a good that was sold keeps its last one.

    fn output_evicted(_topic: String, outpoint: Outpoint) -> Result<(), Refusal> {
        let key = by_outpoint(&outpoint);
        if let Some(id) = state::get(&key).and_then(|id| String::from_utf8(id).ok()) {
            state::remove(&key);
            if Row::of(&id).is_some_and(|row| row.outpoint == outpoint) {
                state::remove(&by_id(&id));
            }
        }
        Ok(())
    }

    fn lookup(question: Question) -> Result<Answer, Refusal> {
        let query: Value = serde_json::from_str(&question.query).map_err(|_| FORM)?;
        let id = query.get("good").and_then(Value::as_str).ok_or(FORM)?;
        let found = |row: Row| FoundOutput { outpoint: row.outpoint, history_depth: row.outputs, context: None };
        Ok(Row::of(id).map(found).into_iter().collect())
    }
}

/// What is known of a good.
struct Row {
    outpoint: Outpoint,
    outputs: u32,
}

impl Row {
    fn of(id: &str) -> Option<Self> {
        let value = state::get(&by_id(id))?;
        let (outputs, outpoint) = value.split_first_chunk()?;
        Some(Self { outpoint: Outpoint::from_bytes(outpoint)?, outputs: u32::from_be_bytes(*outputs) })
    }

    fn write(&self, id: &str) {
        state::set(&by_id(id), &[&self.outputs.to_be_bytes()[..], &self.outpoint.to_bytes()].concat());
    }
}

fn by_id(id: &str) -> Vec<u8> {
    [b"g", id.as_bytes()].concat()
}

fn by_outpoint(outpoint: &Outpoint) -> Vec<u8> {
    [&b"o"[..], &outpoint.to_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use trellis_plugin::stand_in;

    use super::*;
    use crate::good::testing::{good, outpoint};

    fn admit(output_index: u32, id: &str) {
        let output = AdmittedOutput {
            topic: "tm_carrier".into(),
            outpoint: outpoint(output_index),
            satoshis: 1,
            locking_script: good(&[2; 33], id),
            admitted_at: 1,
            off_chain_values: None,
        };
        SupplyChain::output_admitted(output).unwrap();
    }

    fn ask(query: &str) -> Result<Answer, Refusal> {
        SupplyChain::lookup(Question { service: "ls_goods".into(), query: query.into() })
    }

    #[test]
    fn a_good_is_found_where_it_is_last_with_all_its_history() {
        stand_in::reset();
        (0..3).for_each(|index| admit(index, "crate 7"));
        admit(9, "crate 8");
        let found = FoundOutput { outpoint: outpoint(2), history_depth: 3, context: None };
        assert_eq!(ask("{\"good\": \"crate 7\"}"), Ok(Answer::OutputList(vec![found])));
        assert_eq!(ask("{\"good\": \"crate 9\"}"), Ok(Answer::OutputList(Vec::new())));
        assert!(ask("\"crate 7\"").unwrap_err().text().contains("a query is"));
    }

    #[test]
    fn what_is_evicted_is_forgotten() {
        stand_in::reset();
        admit(1, "crate 7");
        SupplyChain::output_evicted("tm_carrier".into(), outpoint(1)).unwrap();
        assert_eq!(stand_in::state_rows(), 0);
    }
}
