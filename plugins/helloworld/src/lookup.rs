//! The lookup service: keeps the index and answers from it.

use trellis_plugin::{AdmittedOutput, Answer, LookupService, Outpoint, Question, Refusal, SpentOutput, log};

use crate::{HelloWorld, index, query, topic};

impl LookupService for HelloWorld {
    fn output_admitted(output: AdmittedOutput) -> Result<(), Refusal> {
        match topic::text(&output.locking_script) {
            Ok(text) => index::insert(&output.topic, &output.outpoint, text, output.admitted_at),
            // Some other topic's output: not findable here, and no reason to fail the submission it came with.
            Err(reason) => log::debug(format!("{} is not listed: {reason}", output.outpoint)),
        }
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
        let search = query::parse(&question.query)?;
        Ok(index::find(&search).into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trellis_plugin::{Txid, stand_in};

    const SECOND: u64 = 1_000_000;

    fn outpoint(transaction: u8, output_index: u32) -> Outpoint {
        Outpoint { txid: Txid([transaction; 32]), output_index }
    }

    fn spend(topic: &str, outpoint: Outpoint) {
        let output = stand_in::spent_output(topic, outpoint);
        HelloWorld::output_spent(output).unwrap();
    }

    fn ask(query: &str) -> Answer {
        HelloWorld::lookup(Question { service: "ls_helloworld".into(), query: query.into() }).unwrap()
    }

    fn list(outpoints: impl IntoIterator<Item = Outpoint>) -> Answer {
        outpoints.into_iter().collect()
    }

    /// Message "a" at seconds 1, 3, 5 and "b" at seconds 2, 4.
    fn five_messages() {
        stand_in::reset();
        for n in 1..=5u8 {
            let message: &[u8] = if n % 2 == 1 { b"a" } else { b"b" };
            index::insert("tm_helloworld", &outpoint(n, 0), message, u64::from(n) * SECOND);
        }
    }

    #[test]
    fn everything_is_found_newest_first() {
        five_messages();
        for query in ["{\"findAll\": true}", "\"findAll\"", "{}"] {
            assert_eq!(ask(query), list([5, 4, 3, 2, 1].map(|n| outpoint(n, 0))), "{query}");
        }
        assert_eq!(ask("{\"sortOrder\": \"asc\"}"), list([1, 2, 3, 4, 5].map(|n| outpoint(n, 0))));
    }

    #[test]
    fn pages_follow_on_one_another() {
        five_messages();
        assert_eq!(ask("{\"limit\": 2}"), list([5, 4].map(|n| outpoint(n, 0))));
        assert_eq!(ask("{\"limit\": 2, \"skip\": 2}"), list([3, 2].map(|n| outpoint(n, 0))));
        assert_eq!(ask("{\"limit\": 2, \"skip\": 4}"), list([outpoint(1, 0)]));
        assert_eq!(ask("{\"skip\": 5}"), list([]));
    }

    #[test]
    fn a_message_is_found_by_its_exact_text() {
        five_messages();
        assert_eq!(ask("{\"message\": \"b\"}"), list([4, 2].map(|n| outpoint(n, 0))));
        assert_eq!(ask("{\"message\": \"B\"}"), list([]));
        assert_eq!(
            ask("{\"message\": \"a\", \"limit\": 1, \"skip\": 1, \"sortOrder\": \"asc\"}"),
            list([outpoint(3, 0)])
        );
    }

    #[test]
    fn both_ends_of_a_stretch_of_time_belong_to_it() {
        five_messages();
        let wanted = list([4, 3, 2].map(|n| outpoint(n, 0)));
        assert_eq!(ask("{\"startDate\": 2000, \"endDate\": 4000}"), wanted);
        assert_eq!(ask("{\"startDate\": \"1970-01-01T00:00:02Z\", \"endDate\": \"1970-01-01T00:00:04Z\"}"), wanted);
        assert_eq!(ask("{\"message\": \"a\", \"startDate\": 2000, \"endDate\": 4000}"), list([outpoint(3, 0)]));
        assert_eq!(ask("{\"startDate\": 4001}"), list([outpoint(5, 0)]));
        assert_eq!(ask("{\"startDate\": 4000, \"endDate\": 2000}"), list([]));
    }

    #[test]
    fn a_spent_or_evicted_message_leaves_no_row_behind() {
        five_messages();
        (1..=3).for_each(|n| spend("tm_helloworld", outpoint(n, 0)));
        assert_eq!(ask("{}"), list([5, 4].map(|n| outpoint(n, 0))));
        (4..=5).for_each(|n| HelloWorld::output_evicted("tm_helloworld".into(), outpoint(n, 0)).unwrap());
        spend("tm_helloworld", outpoint(7, 0));
        assert_eq!(stand_in::state_rows(), 0);
    }

    #[test]
    fn a_message_two_topics_hold_is_listed_once_until_the_last_gives_it_up() {
        stand_in::reset();
        index::insert("tm_one", &outpoint(1, 0), b"hi", SECOND);
        index::insert("tm_two", &outpoint(1, 0), b"hi", 2 * SECOND);
        assert_eq!(ask("{}"), list([outpoint(1, 0)]));
        spend("tm_one", outpoint(1, 0));
        assert_eq!(ask("{\"message\": \"hi\"}"), list([outpoint(1, 0)]));
        spend("tm_two", outpoint(1, 0));
        assert_eq!(stand_in::state_rows(), 0);
    }

    #[test]
    fn an_output_that_is_no_message_is_left_out_of_the_index() {
        stand_in::reset();
        let output = AdmittedOutput {
            topic: "tm_anytx".into(),
            outpoint: outpoint(1, 0),
            satoshis: 1,
            locking_script: vec![0x51],
            admitted_at: SECOND,
            off_chain_values: None,
        };
        assert_eq!(HelloWorld::output_admitted(output), Ok(()));
        assert_eq!(stand_in::state_rows(), 0);
    }
}
