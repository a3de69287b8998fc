//! The topic manager of both topics: the one called as the configuration's `money-topic` is the money's, any other is assets'.

use trellis_plugin::{AdmittanceInstructions, Refusal, Submission, TopicManager, config, topics};

use crate::{Marketplace, money, trade};

impl TopicManager for Marketplace {
    fn identify_admissible_outputs(submission: Submission) -> Result<AdmittanceInstructions, Refusal> {
        let money_topic = config::get("money-topic")
            .ok_or("this host's marketplace has no `money-topic` in its config; tell the operator")?;
        if submission.topic == money_topic {
            return money::judge(&submission);
        }
        trade::judge(&submission, |input| topics::output(&money_topic, &input.source).is_some())
    }
}

#[cfg(test)]
mod tests {
    use trellis_plugin::stand_in;
    use trellis_plugin::topics::HeldOutput;

    use super::*;
    use crate::token::testing::{asset, money, transaction};

    #[test]
    fn only_what_the_money_topic_holds_pays() {
        stand_in::reset();
        stand_in::set_config("money-topic", "tm_money");
        let (ann, bob) = ([2; 33], [3; 33]);
        let coin = money(&bob, "250");
        let transaction = transaction(
            &[asset(&ann, "painting", "250"), coin.clone()],
            &[asset(&bob, "painting", "0"), money(&ann, "250")],
        );
        let source = transaction.inputs[1].source;
        let submission =
            Submission { topic: "tm_assets".into(), transaction, previous_coins: vec![0], off_chain_values: None };
        let judge = || Marketplace::identify_admissible_outputs(submission.clone());
        assert!(judge().unwrap_err().text().contains("out of nothing"));
        stand_in::add_topic_output("tm_money", source, HeldOutput { satoshis: 1, locking_script: coin, spent: false });
        assert_eq!(judge(), Ok(AdmittanceInstructions::admit([0])));
    }
}
