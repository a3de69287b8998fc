//! Which transactions concern a topic: none, unless told otherwise.

use trellis_plugin::{Refusal, TopicRelevance, Transaction, config, state};

use crate::{Hostile, behaviour};

impl TopicRelevance for Hostile {
    fn is_relevant(_topic: String, transaction: Transaction) -> Result<bool, Refusal> {
        let told = config::get("behave-is-relevant").unwrap_or_default();
        let (name, argument) = behaviour::split(&told);
        Ok(match name {
            "always" => true,
            // Of transactions with so many outputs.
            "outputs" => transaction.outputs.len() as u64 == behaviour::number(argument, 1),
            // As long as the topic has such a row.
            "row" => state::get(argument.as_bytes()).is_some(),
            _ => {
                behaviour::act(&told)?;
                false
            }
        })
    }
}
