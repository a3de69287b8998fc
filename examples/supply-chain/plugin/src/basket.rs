//! The basket manager: what an organisation has lies in its basket.
//!
//! A good that is handed over moves from one organisation's basket into the other's, in the transaction that changes both topics.

use trellis_plugin::{BasketManager, Operation, Organising, Refusal, Token};

use crate::SupplyChain;
use crate::good;
use crate::organisation::Organisations;

impl BasketManager for SupplyChain {
    fn operations(organising: Organising) -> Result<Vec<Operation>, Refusal> {
        let Organising { transaction, admitted, held, .. } = organising;
        let organisations = Organisations::configured()?;
        let mut operations = Vec::new();
        for (output_index, good) in good::made(&transaction) {
            let Some(admitted) = admitted.iter().find(|admitted| admitted.output_index == output_index) else {
                continue;
            };
            let basket = organisations.behind(&admitted.topic)?.basket;
            let mut token = Token::new(basket, &good.id, 1).owned_by(hex::encode(&good.holder));
            token.data = good.note.into_bytes();
            operations.push(match held.iter().find(|held| held.token.asset == good.id) {
                Some(held) => Operation::Move {
                    input_index: held.input_index,
                    from_basket: held.token.basket.clone(),
                    output_index,
                    token,
                },
                None => Operation::Create { output_index, token },
            });
        }
        Ok(operations)
    }
}

#[cfg(test)]
mod tests {
    use trellis_plugin::{AdmittedToTopic, HeldToken};

    use super::*;
    use crate::good::testing::{good, transaction};
    use crate::organisation::testing::{CARRIER, PRODUCER, configure};

    #[test]
    fn a_good_that_is_handed_over_moves_from_basket_to_basket() {
        configure();
        let in_stock = Token::new("producer/stock", "crate 7", 1).owned_by(hex::encode(PRODUCER));
        let operations = SupplyChain::operations(Organising {
            transaction: transaction(&[good(&PRODUCER, "crate 7")], &[good(&CARRIER, "crate 7")]),
            admitted: vec![AdmittedToTopic { topic: "tm_carrier".into(), output_index: 0 }],
            held: vec![HeldToken { input_index: 0, token: in_stock }],
            off_chain_values: None,
        });
        let mut token = Token::new("carrier/vans", "crate 7", 1).owned_by(hex::encode(CARRIER));
        token.data = b"fresh".to_vec();
        let moved = Operation::Move { input_index: 0, from_basket: "producer/stock".into(), output_index: 0, token };
        assert_eq!(operations, Ok(vec![moved]));
    }
}
