//! The basket manager: a ticket of the seller's is available, anybody else's is sold.
//!
//! A ticket that is passed on is moved, so the two baskets and the topic change together, and what is counted as available is
//! never also counted as sold.

use trellis_plugin::{BasketManager, Operation, Organising, Refusal, Token};

use crate::ticket::{self, Ticket};
use crate::{Tickets, configured};

const AVAILABLE: &str = "tickets/available";
const SOLD: &str = "tickets/sold";

impl BasketManager for Tickets {
    fn operations(organising: Organising) -> Result<Vec<Operation>, Refusal> {
        let Organising { transaction, admitted, held, .. } = organising;
        let seller = configured::key("seller")?;
        let mut operations = Vec::new();
        // What is held and does not reappear was torn: the host takes it out of its basket without being told.
        for output_index in admitted.iter().map(|admitted| admitted.output_index) {
            let output = transaction.output(output_index);
            let Some(ticket) = output.and_then(|output| ticket::read(&output.locking_script)) else { continue };
            let token = token(&ticket, if ticket.owner == seller { AVAILABLE } else { SOLD });
            let is_same_seat = |held: &Token| held.asset == token.asset && held.tags == token.tags;
            operations.push(match held.iter().find(|held| is_same_seat(&held.token)) {
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

/// A ticket as it lies in a basket: to be found by event, owner, row and seat.
fn token(ticket: &Ticket, basket: &str) -> Token {
    Token::new(basket, &ticket.seat.event, 1)
        .owned_by(hex::encode(&ticket.owner))
        .tagged(format!("row:{}", ticket.seat.row()))
        .tagged(format!("seat:{}", ticket.seat.name))
}

#[cfg(test)]
mod tests {
    use trellis_plugin::{AdmittedToTopic, HeldToken, Output, Transaction, Txid, stand_in};

    use super::*;

    const SELLER: [u8; 33] = [2; 33];
    const ANN: [u8; 33] = [3; 33];

    fn organise(makes: &[(&[u8; 33], &str)], held: Vec<HeldToken>) -> Vec<Operation> {
        stand_in::reset();
        stand_in::set_config("seller", &hex::encode(SELLER));
        let output = |(owner, seat): &(&[u8; 33], &str)| Output {
            satoshis: 1,
            locking_script: ticket::testing::ticket(owner, seat),
        };
        let outputs = makes.iter().map(output).collect();
        let transaction = Transaction { txid: Txid([1; 32]), version: 1, inputs: Vec::new(), outputs, lock_time: 0 };
        let admitted = (0..makes.len() as u32)
            .map(|output_index| AdmittedToTopic { topic: "tm_tickets".into(), output_index })
            .collect();
        Tickets::operations(Organising { transaction, admitted, held, off_chain_values: None }).unwrap()
    }

    fn in_basket(basket: &str, owner: &[u8; 33], seat: &str) -> Token {
        Token::new(basket, "concert", 1)
            .owned_by(hex::encode(owner))
            .tagged(format!("row:{}", &seat[..1]))
            .tagged(format!("seat:{seat}"))
    }

    #[test]
    fn new_tickets_of_the_seller_are_available() {
        let created = Operation::Create { output_index: 0, token: in_basket(AVAILABLE, &SELLER, "A-1") };
        assert_eq!(organise(&[(&SELLER, "A-1")], Vec::new()), [created]);
    }

    #[test]
    fn a_sold_ticket_moves_whatever_the_order() {
        let held = |input_index, seat| HeldToken { input_index, token: in_basket(AVAILABLE, &SELLER, seat) };
        let moved = |input_index, output_index, token| Operation::Move {
            input_index,
            from_basket: AVAILABLE.into(),
            output_index,
            token,
        };
        let operations = organise(&[(&ANN, "A-2"), (&SELLER, "A-1")], vec![held(0, "A-1"), held(1, "A-2")]);
        let wanted = [moved(1, 0, in_basket(SOLD, &ANN, "A-2")), moved(0, 1, in_basket(AVAILABLE, &SELLER, "A-1"))];
        assert_eq!(operations, wanted);
    }
}
