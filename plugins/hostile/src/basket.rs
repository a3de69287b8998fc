//! Operations on tokens that are not there and baskets that are somebody else's.

use trellis_plugin::{BasketManager, Operation, Organising, Refusal, Token, config};

use crate::{Hostile, behaviour};

impl BasketManager for Hostile {
    /// Places nothing, unless told otherwise.
    fn operations(organising: Organising) -> Result<Vec<Operation>, Refusal> {
        let told = config::get("behave-operations").unwrap_or_default();
        let (name, argument) = behaviour::split(&told);
        let create =
            |output_index, basket: &str| Operation::Create { output_index, token: Token::new(basket, "loot", 1) };
        Ok(match name {
            "create-in" => vec![create(0, argument)],
            "create-out-of-range" => vec![create(organising.transaction.outputs.len() as u32, argument)],
            "create-twice" => vec![create(0, argument), create(0, argument)],
            "consume-nothing" => vec![Operation::Consume { input_index: 0, from_basket: argument.to_owned() }],
            _ => {
                behaviour::act(&told)?;
                Vec::new()
            }
        })
    }
}
