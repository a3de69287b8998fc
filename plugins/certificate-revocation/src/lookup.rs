//! The lookup service: one row for each output, `<outpoint 36> -> unrevoked | revoked`, read by its key.
//!
//! Spent is spent, whichever topic heard of it: a service of several topics keeps one row for an output all the same.

use serde_json::{Map, Value};
use trellis_plugin::{AdmittedOutput, Answer, LookupService, Outpoint, Question, Refusal, SpentOutput, state};

use crate::{CertificateRevocation, query};

/// The host has the output, and nothing spends it.
const UNREVOKED: &str = "unrevoked";
/// The host has a transaction that spends the output.
const REVOKED: &str = "revoked";
/// The host never heard of the output.
const UNKNOWN: &str = "unknown";

impl LookupService for CertificateRevocation {
    fn output_admitted(output: AdmittedOutput) -> Result<(), Refusal> {
        let key = output.outpoint.to_bytes();
        // A second topic may be told of an output that the first has seen spent.
        if state::get(&key).is_none() {
            state::set(&key, UNREVOKED.as_bytes());
        }
        Ok(())
    }

    fn output_spent(output: SpentOutput) -> Result<(), Refusal> {
        state::set(&output.outpoint.to_bytes(), REVOKED.as_bytes());
        Ok(())
    }

    fn output_evicted(_topic: String, outpoint: Outpoint) -> Result<(), Refusal> {
        state::remove(&outpoint.to_bytes());
        Ok(())
    }

    fn lookup(question: Question) -> Result<Answer, Refusal> {
        let answers: Map<String, Value> = query::parse(&question.query)?
            .into_iter()
            .map(|outpoint| (outpoint.to_string(), Value::from(standing(&outpoint))))
            .collect();
        Ok(Answer::Freeform(Value::from(answers).to_string()))
    }
}

fn standing(outpoint: &Outpoint) -> &'static str {
    match state::get(&outpoint.to_bytes()).as_deref() {
        Some(row) if row == REVOKED.as_bytes() => REVOKED,
        Some(_) => UNREVOKED,
        None => UNKNOWN,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use trellis_plugin::{Txid, stand_in};

    use super::*;

    fn outpoint(number: u8) -> Outpoint {
        Outpoint { txid: Txid([number; 32]), output_index: 1 }
    }

    fn admit(topic: &str, outpoint: Outpoint) {
        let output = AdmittedOutput {
            topic: topic.into(),
            outpoint,
            satoshis: 1,
            locking_script: Vec::new(),
            admitted_at: 1,
            off_chain_values: None,
        };
        CertificateRevocation::output_admitted(output).unwrap();
    }

    fn spend(outpoint: Outpoint) {
        let output = SpentOutput {
            retained: true,
            spent_at: 2,
            ..stand_in::spent_output("tm_certificate_revocation", outpoint)
        };
        CertificateRevocation::output_spent(output).unwrap();
    }

    fn ask(query: &Value) -> Result<Value, Refusal> {
        let question = Question { service: "ls_certificate_revocation".into(), query: query.to_string() };
        CertificateRevocation::lookup(question).map(|answer| match answer {
            Answer::Freeform(text) => serde_json::from_str(&text).unwrap(),
            Answer::OutputList(outputs) => panic!("{outputs:?}"),
        })
    }

    #[test]
    fn an_output_is_unknown_then_unrevoked_then_revoked_for_ever() {
        stand_in::reset();
        let query = json!({ "outpoint": outpoint(1).to_string() });
        let is = |standing: &str| Ok(json!({ outpoint(1).to_string(): standing }));
        assert_eq!(ask(&query), is("unknown"));
        admit("tm_certificate_revocation", outpoint(1));
        assert_eq!(ask(&query), is("unrevoked"));
        spend(outpoint(1));
        assert_eq!(ask(&query), is("revoked"));
        CertificateRevocation::output_no_longer_retained("tm_certificate_revocation".into(), outpoint(1)).unwrap();
        admit("tm_other", outpoint(1));
        assert_eq!(ask(&query), is("revoked"));
    }

    #[test]
    fn what_is_evicted_is_forgotten() {
        stand_in::reset();
        admit("tm_certificate_revocation", outpoint(1));
        CertificateRevocation::output_evicted("tm_certificate_revocation".into(), outpoint(1)).unwrap();
        assert_eq!(stand_in::state_rows(), 0);
    }

    #[test]
    fn many_are_answered_at_once() {
        stand_in::reset();
        admit("tm_certificate_revocation", outpoint(1));
        admit("tm_certificate_revocation", outpoint(2));
        spend(outpoint(2));
        let all = [1, 2, 3].map(|number| outpoint(number).to_string());
        let wanted = json!({ &all[0]: "unrevoked", &all[1]: "revoked", &all[2]: "unknown" });
        assert_eq!(ask(&json!({ "outpoints": all })), Ok(wanted));
        assert_eq!(ask(&json!({ "outpoints": [] })), Ok(json!({})));
    }

    #[test]
    fn anything_else_is_refused_with_what_is_accepted() {
        let many = vec![outpoint(1).to_string(); 1001];
        for (query, says) in [
            (json!(null), "a query is"),
            (json!({}), "a query is"),
            (json!({ "outpoint": null }), "a query is"),
            (json!({ "outpoint": 1 }), "a query is"),
            (json!({ "outpoints": "x" }), "a query is"),
            (json!({ "outpoint": "x", "outpoints": [] }), "a query is"),
            (json!({ "txid": "x" }), "a query is"),
            (json!({ "outpoint": "x" }), "an outpoint is"),
            (json!({ "outpoints": ["xx.1"] }), "a transaction id is"),
            (json!({ "outpoints": many }), "1001 outpoints are asked for; at most 1000"),
        ] {
            let refusal = ask(&query).unwrap_err();
            assert!(refusal.text().contains(says), "{query}: {refusal}");
        }
    }
}
