//! The basket manager: every message is one token, owned by the key that locks it.

use trellis_plugin::{BasketManager, Operation, Organising, Refusal, Token};

use crate::{ThisPlugin, message};

/// As `trellis.toml` names it.
const BASKET: &str = "my_plugin/messages";

impl BasketManager for ThisPlugin {
    // Tokens that are spent leave the basket by themselves.
    fn operations(organising: Organising) -> Result<Vec<Operation>, Refusal> {
        let outputs = &organising.transaction.outputs;
        let create = |output_index: u32| {
            let output = outputs.get(output_index as usize)?;
            let token = message::read(&output.locking_script).ok()?;
            let owner: String = token.locking_public_key.iter().map(|byte| format!("{byte:02x}")).collect();
            Some(Operation::Create { output_index, token: Token::new(BASKET, "message", 1).owned_by(owner) })
        };
        Ok(organising.admitted.iter().filter_map(|admitted| create(admitted.output_index)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::testing::{token, transaction};
    use trellis_plugin::AdmittedToTopic;

    #[test]
    fn every_message_is_one_token_of_the_key_that_locks_it() {
        let admitted = |output_index| AdmittedToTopic { topic: "tm_my_plugin".into(), output_index };
        let operations = ThisPlugin::operations(Organising {
            transaction: transaction(&[vec![0x51], token()]),
            admitted: vec![admitted(0), admitted(1)],
            held: vec![],
            off_chain_values: None,
        });
        let owner = "02989c0b76cb563971fdc9bef31ec06c3560f3249d6ee9e5d83c57625596e05f6f";
        let token = Token::new(BASKET, "message", 1).owned_by(owner);
        assert_eq!(operations, Ok(vec![Operation::Create { output_index: 1, token }]));
    }
}
