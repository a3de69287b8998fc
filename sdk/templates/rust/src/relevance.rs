//! Which transactions concern the topic, for submitters that name none: those with an output in the form of a message.

use trellis_plugin::{Refusal, TopicRelevance, Transaction};

use crate::{ThisPlugin, message};

impl TopicRelevance for ThisPlugin {
    fn is_relevant(_topic: String, transaction: Transaction) -> Result<bool, Refusal> {
        Ok(transaction.outputs.iter().any(|output| message::read(&output.locking_script).is_ok()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::testing::{token, transaction};

    #[test]
    fn a_transaction_with_a_message_concerns_the_topic() {
        let concerns = |scripts: &[Vec<u8>]| ThisPlugin::is_relevant("tm_my_plugin".into(), transaction(scripts));
        assert_eq!(concerns(&[vec![0x51], token()]), Ok(true));
        assert_eq!(concerns(&[vec![0x51]]), Ok(false));
    }
}
