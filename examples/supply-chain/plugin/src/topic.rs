//! The topic manager of every organisation: what its topic lets in and lets go.
//!
//! A good comes in from the organisation this one receives from, whose topic must hold it; an organisation that receives from
//! nobody makes goods, each once. A good that goes out goes to somebody who receives from here; from the last organisation of
//! the chain it is sold. Coins are retained, so that the way of every good stays known.

use std::collections::BTreeSet;

use trellis_plugin::{AdmittanceInstructions, Refusal, Submission, TopicManager, refuse, state, topics};

use crate::SupplyChain;
use crate::good::{self, Good};
use crate::organisation::{Organisation, Organisations};

impl TopicManager for SupplyChain {
    fn identify_admissible_outputs(submission: Submission) -> Result<AdmittanceInstructions, Refusal> {
        let organisations = Organisations::configured()?;
        let own = organisations.behind(&submission.topic)?;
        lets_go(&submission, &organisations, &own)?;
        let mut known = brought(&submission, &own);
        let mut admitted = Vec::new();
        for (index, good) in good::made(&submission.transaction).filter(|(_, good)| good.holder == own.key) {
            if !known.remove(&good.id) {
                make(&good, &own)?;
            }
            admitted.push(index);
        }
        if admitted.is_empty() && submission.previous_coins.is_empty() {
            refuse!("no good comes to {} or leaves it", own.topic);
        }
        Ok(AdmittanceInstructions::admit(admitted).retaining(submission.previous_coins))
    }
}

/// Whether every good of this topic that is spent goes to somebody who receives from here, or stays.
fn lets_go(submission: &Submission, organisations: &Organisations, own: &Organisation<'_>) -> Result<(), Refusal> {
    let mut keys: Vec<Vec<u8>> = organisations.receivers(own.topic).map(|receiver| receiver.key).collect();
    if keys.is_empty() {
        return Ok(());
    }
    keys.push(own.key.clone());
    let made: Vec<Good> = good::made(&submission.transaction).map(|(_, good)| good).collect();
    let spent = good::spent(&submission.transaction).filter(|(input, _)| submission.previous_coins.contains(input));
    for (_, spent) in spent {
        let goes_on = made.iter().filter(|made| made.id == spent.id && keys.contains(&made.holder)).count();
        if goes_on != 1 {
            let from = own.topic;
            refuse!("{:?} leaves {from} and does not go to exactly one who receives from there", spent.id);
        }
    }
    Ok(())
}

/// The goods that come in: those this topic holds already, and those the topic before it holds. That a good is locked by the
/// other organisation's key would not do: everybody can write a script.
fn brought(submission: &Submission, own: &Organisation<'_>) -> BTreeSet<String> {
    let comes = |(input, good): (u32, Good)| {
        let held_before = |topic| topics::output(topic, &submission.transaction.input(input)?.source);
        let is_known = submission.previous_coins.contains(&input) || own.receives_from.and_then(held_before).is_some();
        is_known.then_some(good.id)
    };
    good::spent(&submission.transaction).filter_map(comes).collect()
}

/// Notes a good that is made here, or refuses it.
fn make(good: &Good, own: &Organisation<'_>) -> Result<(), Refusal> {
    if let Some(before) = own.receives_from {
        refuse!("{:?} comes to {} from nowhere: {before} does not hand it over", good.id, own.topic);
    }
    if state::get(good.id.as_bytes()).is_some() {
        refuse!("{:?} was made before", good.id);
    }
    state::set(good.id.as_bytes(), &[]);
    Ok(())
}

#[cfg(test)]
mod tests {
    use trellis_plugin::stand_in;
    use trellis_plugin::topics::HeldOutput;

    use super::*;
    use crate::good::testing::{self, good, transaction};
    use crate::organisation::testing::{CARRIER, PRODUCER, configure};

    /// A key of nobody in the chain.
    fn stranger() -> [u8; 33] {
        let mut key = CARRIER;
        key[32] = 7;
        key
    }

    /// Judges for one of the two topics a transaction that spends and makes goods.
    fn judge(topic: &str, spends: &[Vec<u8>], makes: &[Vec<u8>]) -> Result<AdmittanceInstructions, String> {
        let transaction = transaction(spends, makes);
        for (input, good) in good::spent(&transaction).filter(|(_, good)| good.holder == PRODUCER) {
            let held = HeldOutput { satoshis: 1, locking_script: testing::good(&PRODUCER, &good.id), spent: false };
            stand_in::add_topic_output("tm_producer", testing::outpoint(input), held);
        }
        let own = if topic == "tm_producer" { PRODUCER } else { CARRIER };
        let coins = good::spent(&transaction).filter(|(_, good)| good.holder == own).map(|(input, _)| input);
        let previous_coins = coins.collect();
        let submission = Submission { topic: topic.into(), transaction, previous_coins, off_chain_values: None };
        SupplyChain::identify_admissible_outputs(submission).map_err(|refusal| refusal.to_string())
    }

    #[test]
    fn goods_are_made_once_and_where_the_chain_begins() {
        configure();
        let made = [good(&PRODUCER, "crate 7")];
        assert_eq!(judge("tm_producer", &[], &made), Ok(AdmittanceInstructions::admit([0])));
        assert_eq!(judge("tm_producer", &[], &made), Err("\"crate 7\" was made before".into()));
        let text = judge("tm_carrier", &[], &[good(&CARRIER, "crate 7")]).unwrap_err();
        assert_eq!(text, "\"crate 7\" comes to tm_carrier from nowhere: tm_producer does not hand it over");
    }

    #[test]
    fn one_transaction_is_a_farewell_in_one_topic_and_a_welcome_in_the_other() {
        configure();
        let (spends, makes) = ([good(&PRODUCER, "crate 7")], [good(&CARRIER, "crate 7")]);
        let farewell = AdmittanceInstructions::admit([]).retaining([0]);
        assert_eq!(judge("tm_producer", &spends, &makes), Ok(farewell));
        assert_eq!(judge("tm_carrier", &spends, &makes), Ok(AdmittanceInstructions::admit([0])));
    }

    #[test]
    fn goods_go_only_to_who_receives_from_here_and_only_once() {
        configure();
        let spends = [good(&PRODUCER, "crate 7")];
        let twice = [good(&CARRIER, "crate 7"), good(&CARRIER, "crate 7")];
        for makes in [&[good(&stranger(), "crate 7")][..], &[good(&CARRIER, "crate 8")], &[], &twice] {
            let text = judge("tm_producer", &spends, makes).unwrap_err();
            assert!(text.contains("\"crate 7\" leaves tm_producer"), "{text}");
        }
        assert!(judge("tm_carrier", &spends, &[good(&CARRIER, "crate 8")]).unwrap_err().contains("from nowhere"));
        assert!(judge("tm_carrier", &spends, &twice).unwrap_err().contains("from nowhere"));
        assert!(judge("tm_carrier", &[], &[good(&stranger(), "crate 7")]).unwrap_err().contains("no good comes"));
    }

    #[test]
    fn a_good_may_get_another_note_and_from_the_last_one_it_is_sold() {
        configure();
        let own = [good(&CARRIER, "crate 7")];
        assert_eq!(judge("tm_carrier", &own, &own), Ok(AdmittanceInstructions::admit([0]).retaining([0])));
        assert_eq!(judge("tm_carrier", &own, &[]), Ok(AdmittanceInstructions::admit([]).retaining([0])));
    }
}
