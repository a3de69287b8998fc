//! The lookup service: keeps the index and answers from it.

use trellis_plugin::{AdmittedOutput, Answer, FoundOutput, LookupService, Outpoint, Question, Refusal, SpentOutput};

use crate::query::{self, What};
use crate::{AnyTx, index};

/// Counting reads every row, and a call's reads are bounded.
const COUNT_MOST: usize = 10_000;

impl LookupService for AnyTx {
    fn output_admitted(output: AdmittedOutput) -> Result<(), Refusal> {
        index::insert(&output.topic, &output.outpoint, output.admitted_at);
        Ok(())
    }

    fn output_spent(output: SpentOutput) -> Result<(), Refusal> {
        index::remove(&output.topic, &output.outpoint);
        Ok(())
    }

    fn output_evicted(topic: String, outpoint: Outpoint) -> Result<(), Refusal> {
        index::remove(&topic, &outpoint);
        Ok(())
    }

    fn lookup(question: Question) -> Result<Answer, Refusal> {
        let query = query::parse(&question.query)?;
        let outpoints = match query.what {
            What::Outpoint(outpoint) => {
                if index::contains(&outpoint) {
                    vec![outpoint]
                } else {
                    Vec::new()
                }
            }
            What::Transaction(txid) => index::of_transaction(&txid),
            What::All { limit, skip } => index::newest_first(skip, limit),
            What::Count => return Ok(Answer::Freeform(count())),
        };
        let context = query.context.map(String::into_bytes);
        let found = |outpoint| FoundOutput { outpoint, history_depth: query.history_depth, context: context.clone() };
        Ok(outpoints.into_iter().map(found).collect())
    }
}

fn count() -> String {
    match index::count(COUNT_MOST) {
        COUNT_MOST => format!("{{\"count\":{COUNT_MOST},\"atLeast\":true}}"),
        count => format!("{{\"count\":{count}}}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trellis_plugin::{Txid, stand_in};

    fn outpoint(transaction: u8, output_index: u32) -> Outpoint {
        Outpoint { txid: Txid([transaction; 32]), output_index }
    }

    fn admit(topic: &str, outpoint: Outpoint, admitted_at: u64) {
        let output = AdmittedOutput {
            topic: topic.into(),
            outpoint,
            satoshis: 1,
            locking_script: Vec::new(),
            admitted_at,
            off_chain_values: None,
        };
        AnyTx::output_admitted(output).unwrap();
    }

    fn spend(topic: &str, outpoint: Outpoint) {
        let output = stand_in::spent_output(topic, outpoint);
        AnyTx::output_spent(output).unwrap();
    }

    fn ask(query: &str) -> Answer {
        AnyTx::lookup(Question { service: "ls_anytx".into(), query: query.into() }).unwrap()
    }

    #[test]
    fn unspent_outputs_are_found_by_outpoint_by_transaction_and_newest_first() {
        stand_in::reset();
        (1..=3).for_each(|n| (0..2).for_each(|index| admit("tm_anytx", outpoint(n, index), u64::from(n))));
        spend("tm_anytx", outpoint(2, 1));
        let all = [outpoint(3, 1), outpoint(3, 0), outpoint(2, 0), outpoint(1, 1), outpoint(1, 0)];
        assert_eq!(ask("{\"findAll\": true}"), all.into_iter().collect());
        assert_eq!(ask("{\"findAll\": true, \"skip\": 1, \"limit\": 2}"), all[1..3].iter().copied().collect());
        let txid = Txid([2; 32]);
        assert_eq!(ask(&format!("{{\"txid\": \"{txid}\"}}")), [outpoint(2, 0)].into_iter().collect());
        assert_eq!(ask(&format!("{{\"outpoint\": \"{txid}.1\"}}")), Answer::OutputList(Vec::new()));
        assert_eq!(ask("{\"count\": true}"), Answer::Freeform("{\"count\":5}".into()));
    }

    #[test]
    fn depth_and_context_come_back_with_every_output() {
        stand_in::reset();
        admit("tm_anytx", outpoint(1, 0), 1);
        let found = FoundOutput { outpoint: outpoint(1, 0), history_depth: 5, context: Some(b"back".to_vec()) };
        assert_eq!(
            ask("{\"findAll\": true, \"historyDepth\": 5, \"context\": \"back\"}"),
            Answer::OutputList(vec![found])
        );
    }

    #[test]
    fn an_output_is_listed_once_until_its_last_topic_gives_it_up() {
        stand_in::reset();
        admit("tm_one", outpoint(1, 0), 1);
        admit("tm_two", outpoint(1, 0), 2);
        let listed: Answer = [outpoint(1, 0)].into_iter().collect();
        assert_eq!(ask("{\"findAll\": true}"), listed);
        assert_eq!(ask(&format!("{{\"txid\": \"{}\"}}", Txid([1; 32]))), listed);
        spend("tm_one", outpoint(1, 0));
        assert_eq!(ask("{\"findAll\": true}"), listed);
        AnyTx::output_evicted("tm_two".into(), outpoint(1, 0)).unwrap();
        assert_eq!(stand_in::state_rows(), 0);
    }
}
