//! The basket manager: everybody's assets and everybody's money, `assets/<key>` and `money/<key>`.
//!
//! What changes hands is moved from basket to basket. As the whole trade is one transaction, there is no moment at which the
//! asset has left its seller and the money has not arrived. And as the manager is asked once for both topics, it is the one to
//! refuse a trade that was submitted to one of them only: no topic manager knows which others were named.

use trellis_plugin::{BasketManager, HeldToken, Operation, Organising, Refusal, Token, refuse};

use crate::Marketplace;
use crate::asset::{self, Asset};
use crate::money::{self, Money};

/// What all money is called in its baskets.
const MONEY: &str = "money";

impl BasketManager for Marketplace {
    fn operations(organising: Organising) -> Result<Vec<Operation>, Refusal> {
        let Organising { transaction, admitted, mut held, .. } = organising;
        let mut operations = Vec::new();
        // What spends tokens that no topic judges makes none.
        if admitted.is_empty() {
            return Ok(operations);
        }
        for (output_index, output) in transaction.indexed_outputs() {
            let Some(token) = token(&output.locking_script) else { continue };
            if !admitted.iter().any(|admitted| admitted.output_index == output_index) {
                let asset = &token.asset;
                refuse!("no topic took output {output_index}, {asset}: submit a trade to both topics");
            }
            // An asset takes the place of itself. Money is money: any coin that is spent will do, and what remains of them was
            // joined with others, so that the host takes it out of its basket without being told.
            operations.push(match held.iter().position(|held| held.token.asset == token.asset) {
                Some(at) => {
                    let HeldToken { input_index, token: before } = held.swap_remove(at);
                    Operation::Move { input_index, from_basket: before.basket, output_index, token }
                }
                None => Operation::Create { output_index, token },
            });
        }
        Ok(operations)
    }
}

/// A token as it lies in a basket.
fn token(locking_script: &[u8]) -> Option<Token> {
    if let Some(Money { owner, amount }) = money::read(locking_script) {
        let owner = hex::encode(owner);
        return Some(Token::new(format!("money/{owner}"), MONEY, amount).owned_by(owner));
    }
    let Asset { owner, id, price } = asset::read(locking_script)?;
    let owner = hex::encode(owner);
    let token = Token::new(format!("assets/{owner}"), format!("asset/{id}"), 1).owned_by(owner);
    Some(match price {
        Some(price) => token.tagged("for-sale").tagged(format!("price:{price}")),
        None => token,
    })
}

#[cfg(test)]
mod tests {
    use trellis_plugin::AdmittedToTopic;

    use super::*;
    use crate::token::testing;

    const ANN: [u8; 33] = [2; 33];
    const BOB: [u8; 33] = [3; 33];

    fn organise(spends: &[Vec<u8>], makes: &[Vec<u8>]) -> Vec<Operation> {
        organise_taken(spends, makes, makes.len() as u32).unwrap()
    }

    /// The same where topics took the first outputs only.
    fn organise_taken(spends: &[Vec<u8>], makes: &[Vec<u8>], taken: u32) -> Result<Vec<Operation>, Refusal> {
        let admitted = (0..taken).map(|output_index| AdmittedToTopic { topic: "tm".into(), output_index }).collect();
        let held =
            (0..).zip(spends).map(|(input_index, script)| HeldToken { input_index, token: token(script).unwrap() });
        let transaction = testing::transaction(spends, makes);
        let organising = Organising { transaction, admitted, held: held.collect(), off_chain_values: None };
        Marketplace::operations(organising)
    }

    #[test]
    fn a_trade_moves_the_asset_one_way_and_the_money_the_other() {
        let (painting, sold) = (testing::asset(&ANN, "painting", "250"), testing::asset(&BOB, "painting", "0"));
        let makes = [sold, testing::money(&ANN, "250"), testing::money(&BOB, "50")];
        let operations = organise(&[painting, testing::money(&BOB, "300")], &makes);
        let basket = |kind: &str, owner: &[u8; 33]| format!("{kind}/{}", hex::encode(owner));
        let moved = |input_index, from_basket, output_index: usize| Operation::Move {
            input_index,
            from_basket,
            output_index: output_index as u32,
            token: token(&makes[output_index]).unwrap(),
        };
        let created = Operation::Create { output_index: 2, token: token(&makes[2]).unwrap() };
        assert_eq!(operations, [moved(0, basket("assets", &ANN), 0), moved(1, basket("money", &BOB), 1), created]);
    }

    #[test]
    fn a_trade_reaches_both_topics_or_none() {
        let makes = [testing::asset(&BOB, "painting", "0"), testing::money(&ANN, "250")];
        let half = organise_taken(&[testing::asset(&ANN, "painting", "250")], &makes, 1).unwrap_err();
        assert_eq!(half.text(), "no topic took output 1, money: submit a trade to both topics");
    }

    #[test]
    fn what_is_for_sale_can_be_found_by_its_tag() {
        let listed = token(&testing::asset(&ANN, "painting", "250")).unwrap();
        assert_eq!(listed.tags, ["for-sale", "price:250"]);
        assert!(token(&testing::asset(&ANN, "painting", "0")).unwrap().tags.is_empty());
    }
}
