//! The lookup service: keeps an index of messages by time and answers from it.
//!
//! Rows sort by the bytes of their keys, so "newest first" is a scan from the end. A spend names nothing but the outpoint, so
//! a second row remembers the time:
//!
//! ```text
//! t <admitted at 8> <outpoint 36>      every message by time
//! o <outpoint 36> -> <admitted at 8>   when it came
//! ```

use serde_json::Value;
use trellis_plugin::state::{self, Range};
use trellis_plugin::{AdmittedOutput, Answer, LookupService, Outpoint, Question, Refusal, SpentOutput};

use crate::{ThisPlugin, message};

/// What a client gets that does not say how many.
const LIMIT: usize = 50;
/// The most outputs of one answer.
const LIMIT_MOST: usize = 1000;
/// What stands before the outpoint in a key by time.
const TIME_KEY: usize = 1 + 8;

impl LookupService for ThisPlugin {
    fn output_admitted(output: AdmittedOutput) -> Result<(), Refusal> {
        // Some other topic's output: not findable here, and no reason to fail the submission it came with.
        if message::read(&output.locking_script).is_err() {
            return Ok(());
        }
        let time = output.admitted_at.to_be_bytes();
        state::set(&by_time(&time, &output.outpoint), &[]);
        state::set(&by_outpoint(&output.outpoint), &time);
        Ok(())
    }

    fn output_spent(output: SpentOutput) -> Result<(), Refusal> {
        forget(&output.outpoint);
        Ok(())
    }

    fn output_evicted(_topic: String, outpoint: Outpoint) -> Result<(), Refusal> {
        forget(&outpoint);
        Ok(())
    }

    fn lookup(question: Question) -> Result<Answer, Refusal> {
        let limit = limit_of(&question.query)?;
        let rows = state::scan_reverse(Range::prefix("t")).page_size(limit).take(limit);
        Ok(rows.filter_map(|row| Outpoint::from_bytes(row.key.get(TIME_KEY..)?)).collect())
    }
}

fn by_time(time: &[u8], outpoint: &Outpoint) -> Vec<u8> {
    [b"t", time, &outpoint.to_bytes()].concat()
}

fn by_outpoint(outpoint: &Outpoint) -> Vec<u8> {
    [&b"o"[..], &outpoint.to_bytes()].concat()
}

fn forget(outpoint: &Outpoint) {
    let Some(time) = state::get(&by_outpoint(outpoint)) else { return };
    state::remove(&by_time(&time, outpoint));
    state::remove(&by_outpoint(outpoint));
}

/// How many outputs a query asks for. A wrong one is told what would be right.
fn limit_of(query: &str) -> Result<usize, Refusal> {
    let Ok(Value::Object(fields)) = serde_json::from_str(query) else {
        return Err("a query is a JSON object: {} or {\"limit\": 10}".into());
    };
    let Some(limit) = fields.get("limit") else { return Ok(LIMIT) };
    let limit = limit.as_u64().and_then(|limit| usize::try_from(limit).ok());
    limit
        .filter(|limit| (1..=LIMIT_MOST).contains(limit))
        .ok_or_else(|| format!("\"limit\" is a whole number from 1 to {LIMIT_MOST}").into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::testing::{token, transaction};
    use trellis_plugin::{Txid, stand_in};

    fn outpoint(number: u8) -> Outpoint {
        Outpoint { txid: Txid([number; 32]), output_index: 0 }
    }

    fn admit(number: u8, locking_script: Vec<u8>) {
        for output in transaction(&[locking_script]).outputs {
            let admitted = AdmittedOutput {
                topic: "tm_my_plugin".into(),
                outpoint: outpoint(number),
                satoshis: output.satoshis,
                locking_script: output.locking_script,
                admitted_at: u64::from(number),
                off_chain_values: None,
            };
            ThisPlugin::output_admitted(admitted).unwrap();
        }
    }

    fn ask(query: &str) -> Result<Answer, Refusal> {
        ThisPlugin::lookup(Question { service: "ls_my_plugin".into(), query: query.into() })
    }

    #[test]
    fn messages_are_found_newest_first_as_many_as_wanted() {
        stand_in::reset();
        (1..=3).for_each(|number| admit(number, token()));
        admit(4, vec![0x51]);
        assert_eq!(ask("{}"), Ok([3, 2, 1].map(outpoint).into_iter().collect()));
        assert_eq!(ask("{\"limit\": 2}"), Ok([3, 2].map(outpoint).into_iter().collect()));
    }

    #[test]
    fn an_evicted_message_leaves_no_row_behind() {
        stand_in::reset();
        admit(1, token());
        ThisPlugin::output_evicted("tm_my_plugin".into(), outpoint(1)).unwrap();
        assert_eq!(stand_in::state_rows(), 0);
    }

    #[test]
    fn a_wrong_query_is_told_what_would_be_right() {
        for query in ["", "[]", "{\"limit\": 0}", "{\"limit\": \"ten\"}"] {
            assert!(ask(query).unwrap_err().text().contains("limit"), "{query}");
        }
    }
}
