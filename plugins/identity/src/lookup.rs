//! The lookup service: keeps the index and answers from it.

use trellis_plugin::{AdmittedOutput, Answer, LookupService, Outpoint, Question, Refusal, SpentOutput, log};

use crate::{Identity, index, query, token};

impl LookupService for Identity {
    fn output_admitted(output: AdmittedOutput) -> Result<(), Refusal> {
        match token::read(&output.locking_script) {
            Ok(certificate) => index::insert(&output.topic, &output.outpoint, &certificate, output.admitted_at),
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
        Ok(index::find(&search)?.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use trellis_plugin::identity::{Certificate, CertificateType, Field, IdentityKey, SerialNumber};
    use trellis_plugin::{Txid, stand_in};

    use super::*;
    use crate::testing::Token;

    fn outpoint(transaction: u8) -> Outpoint {
        Outpoint { txid: Txid([transaction; 32]), output_index: 0 }
    }

    fn key(number: u8) -> IdentityKey {
        let mut key = [number; 33];
        key[0] = 2;
        IdentityKey(key)
    }

    /// A certificate about somebody by somebody.
    fn certificate(serial: u8, kind: u8, subject: u8, certifier: u8, fields: &[(&str, &str)]) -> Certificate {
        let field = |(name, value): &(&str, &str)| Field { name: (*name).into(), value: (*value).into() };
        Certificate {
            certificate_type: CertificateType([kind; 32]),
            serial_number: SerialNumber([serial; 32]),
            subject: key(subject),
            certifier: key(certifier),
            revocation: None,
            revealed: fields.iter().map(field).collect(),
            vouched_by: Vec::new(),
        }
    }

    /// Five certificates, admitted one after another: of 1 to 3 about 11 (Alice) and 12 (Bob).
    fn five() {
        stand_in::reset();
        let five = [
            certificate(1, 1, 11, 1, &[("firstName", "Alice"), ("lastName", "Smith")]),
            certificate(2, 2, 11, 1, &[("email", "alice@example.com")]),
            certificate(3, 1, 12, 1, &[("firstName", "Bob"), ("lastName", "Alice-Smith")]),
            // The same serial number by another certifier.
            certificate(3, 1, 11, 2, &[("firstName", "Alice"), ("lastName", "Smith")]),
            certificate(5, 3, 11, 3, &[("userName", "Alice S"), ("profilePhoto", "https://alice.example/smith.png")]),
        ];
        for (number, certificate) in (1u8..).zip(&five) {
            index::insert("tm_identity", &outpoint(number), certificate, u64::from(number));
        }
    }

    fn ask(query: &Value) -> Vec<u8> {
        let question = Question { service: "ls_identity".into(), query: query.to_string() };
        match Identity::lookup(question).unwrap() {
            Answer::OutputList(found) => found.iter().map(|found| found.outpoint.txid.0[0]).collect(),
            Answer::Freeform(text) => panic!("{text}"),
        }
    }

    fn certifiers(numbers: &[u8]) -> Vec<String> {
        numbers.iter().map(|number| key(*number).to_string()).collect()
    }

    #[test]
    fn somebody_is_found_by_identity_key_newest_first() {
        five();
        let alice = key(11).to_string();
        assert_eq!(ask(&json!({ "identityKey": alice })), [5, 4, 2, 1]);
        assert_eq!(ask(&json!({ "identityKey": alice.to_uppercase() })), [5, 4, 2, 1]);
        assert_eq!(ask(&json!({ "identityKey": alice, "certifiers": [] })), [5, 4, 2, 1]);
        assert_eq!(ask(&json!({ "identityKey": alice, "certifiers": certifiers(&[3, 1]) })), [5, 2, 1]);
        assert_eq!(ask(&json!({ "identityKey": key(99).to_string() })), [0u8; 0]);
    }

    #[test]
    fn certificates_are_found_by_type_by_certifier_and_by_serial_number() {
        five();
        let alice = key(11).to_string();
        let types = |numbers: &[u8]| numbers.iter().map(|n| CertificateType([*n; 32]).to_string()).collect::<Vec<_>>();
        assert_eq!(ask(&json!({ "identityKey": alice, "certificateTypes": types(&[1, 3]) })), [5, 4, 1]);
        let query = json!({ "identityKey": alice, "certificateTypes": types(&[1, 2]), "certifiers": certifiers(&[1]) });
        assert_eq!(ask(&query), [2, 1]);
        assert_eq!(ask(&json!({ "certifiers": certifiers(&[1]) })), [3, 2, 1]);
        assert_eq!(ask(&json!({ "certifiers": certifiers(&[2, 3, 3]) })), [5, 4]);
        let serial = SerialNumber([3; 32]).to_string();
        assert_eq!(ask(&json!({ "serialNumber": serial })), [4, 3], "two of one number are both found");
    }

    #[test]
    fn somebody_is_found_by_the_words_of_what_is_revealed() {
        five();
        let attributes = |attributes: Value| ask(&json!({ "attributes": attributes }));
        assert_eq!(attributes(json!({ "firstName": "alice" })), [4, 1]);
        assert_eq!(attributes(json!({ "firstName": " ALICE ", "lastName": "Smith" })), [4, 1]);
        assert_eq!(attributes(json!({ "lastName": "smith" })), [4, 3, 1]);
        assert_eq!(attributes(json!({ "lastName": "Alice Smith" })), [3]);
        assert_eq!(attributes(json!({ "email": "alice@example.com" })), [2]);
        assert_eq!(attributes(json!({ "any": "alice smith" })), [4, 3, 1]);
        assert_eq!(attributes(json!({ "any": "alice" })), [5, 4, 3, 2, 1]);
        assert_eq!(attributes(json!({ "any": "png" })), [0u8; 0], "pictures are not searched");
        assert_eq!(attributes(json!({ "userName": "Alice S" })), [5]);
        assert_eq!(attributes(json!({ "userName": "alice s" })), [0u8; 0], "user names have capitals");
        for nothing in [json!({}), json!({ "any": " " }), json!({ "firstName": "" })] {
            assert_eq!(attributes(nothing), [0u8; 0]);
        }
        let query = json!({ "attributes": { "any": "alice" }, "certifiers": certifiers(&[2, 3]) });
        assert_eq!(ask(&query), [5, 4], "the word of others is left out");
    }

    #[test]
    fn pages_follow_on_one_another_over_several_certifiers() {
        five();
        let page = |skip, limit| {
            let all = certifiers(&[1, 2, 3]);
            ask(&json!({ "attributes": { "any": "alice" }, "certifiers": all, "skip": skip, "limit": limit }))
        };
        assert_eq!((page(0, 2), page(2, 2), page(4, 2), page(5, 2)), (vec![5, 4], vec![3, 2], vec![1], vec![]));
    }

    #[test]
    fn a_spent_or_evicted_certificate_leaves_no_row_behind() {
        five();
        for number in 1..=3 {
            let spent = stand_in::spent_output("tm_identity", outpoint(number));
            Identity::output_spent(spent).unwrap();
        }
        assert_eq!(ask(&json!({ "attributes": { "any": "alice" } })), [5, 4]);
        (4..=5).for_each(|n| Identity::output_evicted("tm_identity".into(), outpoint(n)).unwrap());
        assert_eq!(stand_in::state_rows(), 0);
    }

    #[test]
    fn a_certificate_two_topics_hold_is_listed_until_the_last_gives_it_up() {
        stand_in::reset();
        let certificate = certificate(1, 1, 11, 1, &[("name", "Alice")]);
        index::insert("tm_one", &outpoint(1), &certificate, 1);
        index::insert("tm_two", &outpoint(1), &certificate, 2);
        let query = json!({ "attributes": { "name": "Alice" } });
        index::remove("tm_one", &outpoint(1));
        assert_eq!(ask(&query), [1]);
        index::remove("tm_two", &outpoint(1));
        assert_eq!(stand_in::state_rows(), 0);
    }

    #[test]
    fn a_token_is_indexed_by_what_it_reveals_and_other_outputs_are_left_out() {
        stand_in::reset();
        let admit = |script: Vec<u8>| {
            let output = AdmittedOutput {
                topic: "tm_identity".into(),
                outpoint: outpoint(1),
                satoshis: 1,
                locking_script: script,
                admitted_at: 1,
                off_chain_values: None,
            };
            Identity::output_admitted(output).unwrap();
        };
        admit(vec![0x51]);
        assert_eq!(stand_in::state_rows(), 0);
        let token = Token::vector();
        admit(token.script());
        assert_eq!(ask(&json!({ "serialNumber": token.json["serialNumber"] })), [1]);
        assert_eq!(
            ask(&json!({ "attributes": { "email": "alice@example.org" }, "certifiers": [token.json["certifier"]] })),
            [1]
        );
    }

    #[test]
    fn rows_stay_within_their_bounds_however_much_is_revealed() {
        stand_in::reset();
        let words: Vec<String> = (0..10_000).map(|n| format!("{n}ü{}", "x".repeat(100))).collect();
        let words = words.join(" ");
        let fields: Vec<String> = (0..64).map(|n| format!("field {n}")).collect();
        let fields: Vec<(&str, &str)> = fields.iter().map(|name| (name.as_str(), words.as_str())).collect();
        index::insert("tm_identity", &outpoint(1), &certificate(1, 1, 11, 1, &fields), 1);
        for row in trellis_plugin::state::scan(trellis_plugin::state::Range::all()) {
            assert!(row.key.len() <= 128 && row.value.len() <= 6144, "{} {}", row.key.len(), row.value.len());
        }
        assert_eq!(stand_in::state_rows(), 1 + 2 * 68);
    }
}
