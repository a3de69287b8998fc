//! What the topic lets in: new contracts and what becomes of them, each with the consent of both parties.

use trellis_plugin::identity::{Certificate, CertificateType, IdentityKey};
use trellis_plugin::parties::Requirement;
use trellis_plugin::{AdmittanceInstructions, Refusal, Submission, TopicManager, config, refuse, state};

use crate::Contracts;
use crate::contract::{AGREED, Contract, read};

impl TopicManager for Contracts {
    fn identify_admissible_outputs(submission: Submission) -> Result<AdmittanceInstructions, Refusal> {
        let Submission { transaction, previous_coins, .. } = submission;
        let mut made =
            transaction.indexed_outputs().filter_map(|(index, output)| Some((index, read(&output.locking_script)?)));
        let (Some((index, contract)), None) = (made.next(), made.next()) else {
            return Err("a transaction for this topic makes one contract, and no more".into());
        };
        let spent = previous_coins.iter().filter_map(|input| read(&transaction.spent_output(*input)?.locking_script));
        match spent.collect::<Vec<_>>().as_slice() {
            [] => begins(&contract)?,
            [before] if contract.continues(before) => {}
            [before] => {
                return Err(format!(
                    "contract \"{}\" goes on with its own terms and parties, and another step",
                    before.id
                )
                .into());
            }
            _ => return Err("a transaction carries one contract on, and no more".into()),
        }
        let [seller, buyer] = both_agree(&contract)?;
        if seller == buyer {
            refuse!("one organisation, {seller}, vouches for both parties: a contract is between two");
        }
        let mut instructions = AdmittanceInstructions::admit([index]);
        instructions.coins_to_retain = previous_coins;
        Ok(instructions)
    }
}

/// A contract that has not been here before.
fn begins(contract: &Contract) -> Result<(), Refusal> {
    let key = [b"c", contract.id.as_bytes()].concat();
    if contract.step != AGREED {
        refuse!("contract \"{}\" is not known here: it begins with \"{AGREED}\"", contract.id);
    }
    if contract.seller == contract.buyer {
        return Err("a contract is between two parties".into());
    }
    if state::get(&key).is_some() {
        refuse!("there is a contract \"{}\" already", contract.id);
    }
    state::set(&key, b"");
    Ok(())
}

/// That both signed this transaction and are known to the federation. Answers the organisations that vouch, the seller's first.
fn both_agree(contract: &Contract) -> Result<[String; 2], Refusal> {
    let configured = |key| {
        config::get(key)
            .ok_or_else(|| format!("this host's contracts have no `{key}` in their config; tell the operator"))
    };
    let federation = configured("federation")?;
    let certificate_type: CertificateType = configured("certificate-type")?.parse()?;
    let parties: [IdentityKey; 2] = [contract.seller, contract.buyer];
    let certificates = Requirement::new(&federation, certificate_type, &["company"]).consent_of(&parties)?;
    let organisation = |certificate: Option<&Certificate>| {
        let by = certificate?.vouched_by.iter().find(|by| by.federation == federation)?;
        Some(by.organisation.clone())
    };
    match [organisation(certificates.first()), organisation(certificates.get(1))] {
        [Some(seller), Some(buyer)] => Ok([seller, buyer]),
        _ => Err("nobody vouches for the parties".into()),
    }
}

#[cfg(test)]
mod tests {
    use trellis_plugin::identity::{Field, SerialNumber, Vouching};
    use trellis_plugin::{Input, Outpoint, Output, Transaction, Txid, stand_in};

    use super::*;
    use crate::contract::testing::{BUYER, SELLER, contract};

    const TYPE: CertificateType = CertificateType([7; 32]);

    fn member(subject: IdentityKey, organisation: &str) -> Certificate {
        let by =
            Vouching { federation: "supply".into(), organisation: organisation.into(), fields: vec!["company".into()] };
        Certificate {
            certificate_type: TYPE,
            serial_number: SerialNumber([1; 32]),
            subject,
            certifier: IdentityKey([9; 33]),
            revocation: None,
            revealed: vec![Field { name: "company".into(), value: "a firm".into() }],
            vouched_by: vec![by],
        }
    }

    /// A host where these signed, with certificates of their organisations.
    fn signed_by(parties: &[(IdentityKey, &str)]) {
        stand_in::reset();
        stand_in::set_config("federation", "supply");
        stand_in::set_config("certificate-type", "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=");
        stand_in::set_signers(parties.iter().map(|(party, _)| *party));
        parties.iter().for_each(|(party, organisation)| stand_in::add_certificate(member(*party, organisation)));
    }

    fn judge(spends: Option<Vec<u8>>, makes: &[Vec<u8>]) -> Result<AdmittanceInstructions, Refusal> {
        let output = |script: &Vec<u8>| Output { satoshis: 1, locking_script: script.clone() };
        let input = |script: &Vec<u8>| Input {
            source: Outpoint { txid: Txid([1; 32]), output_index: 0 },
            source_output: Some(output(script)),
            unlocking_script: Vec::new(),
            sequence: u32::MAX,
        };
        Contracts::identify_admissible_outputs(Submission {
            topic: "tm_contracts".into(),
            previous_coins: spends.iter().map(|_| 0).collect(),
            transaction: Transaction {
                txid: Txid([2; 32]),
                version: 1,
                inputs: spends.iter().map(input).collect(),
                outputs: makes.iter().map(output).collect(),
                lock_time: 0,
            },
            off_chain_values: None,
        })
    }

    const BOTH: [(IdentityKey, &str); 2] = [(SELLER, "growers"), (BUYER, "bakers")];

    #[test]
    fn what_both_signed_begins_and_goes_on() {
        signed_by(&BOTH);
        let agreed = contract("flour", "10 t", AGREED);
        assert_eq!(judge(None, std::slice::from_ref(&agreed)), Ok(AdmittanceInstructions::admit([0])));
        let delivered = judge(Some(agreed), &[contract("flour", "10 t", "delivered")]).unwrap();
        assert_eq!((delivered.outputs_to_admit, delivered.coins_to_retain), (vec![0], vec![0]));
    }

    #[test]
    fn who_is_missing_is_named() {
        signed_by(&BOTH[..1]);
        let refused = judge(None, &[contract("flour", "10 t", AGREED)]).unwrap_err();
        assert!(refused.text().contains(&format!("missing is of {BUYER} its signature")), "{}", refused.text());
    }

    #[test]
    fn one_organisation_cannot_sign_for_two() {
        signed_by(&[(SELLER, "growers"), (BUYER, "growers")]);
        let refused = judge(None, &[contract("flour", "10 t", AGREED)]).unwrap_err();
        assert!(refused.text().contains("vouches for both parties"), "{}", refused.text());
    }

    #[test]
    fn what_cannot_be_is_refused_with_its_reason() {
        signed_by(&BOTH);
        let agreed = contract("flour", "10 t", AGREED);
        judge(None, std::slice::from_ref(&agreed)).unwrap();
        for (spends, makes, reason) in [
            (None, vec![agreed.clone()], "there is a contract \"flour\" already"),
            (None, vec![contract("rye", "1 t", "delivered")], "it begins with \"agreed\""),
            (Some(agreed.clone()), vec![contract("flour", "1 t", "delivered")], "goes on with its own terms"),
            (Some(agreed.clone()), vec![], "makes one contract"),
            (None, vec![contract("a", "x", AGREED), contract("b", "x", AGREED)], "makes one contract"),
        ] {
            let refused = judge(spends, &makes).unwrap_err();
            assert!(refused.text().contains(reason), "{}", refused.text());
        }
    }

    #[test]
    fn without_a_configuration_the_operator_is_named() {
        signed_by(&BOTH);
        stand_in::reset();
        assert!(judge(None, &[contract("flour", "10 t", AGREED)]).unwrap_err().text().contains("operator"));
    }
}
