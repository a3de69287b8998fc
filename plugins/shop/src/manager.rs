//! The operations: what is spent of an asset moves to what is made of it.

use std::collections::BTreeMap;

use trellis_plugin::{BasketManager, HeldToken, Operation, Organising, Refusal, Token};

use crate::{Shop, record};

impl BasketManager for Shop {
    fn operations(organising: Organising) -> Result<Vec<Operation>, Refusal> {
        let token = |(index, output)| Some((index, record::read(output)?));
        let placed: Vec<(u32, Token)> = organising.admitted_outputs().filter_map(token).collect();
        check_sums(&organising.held, &placed)?;
        let mut held = organising.held;
        let operation =
            |(output_index, token): (u32, Token)| match held.iter().position(|held| held.token.asset == token.asset) {
                None => Operation::Create { output_index, token },
                Some(found) => {
                    let HeldToken { input_index, token: old } = held.remove(found);
                    Operation::Move { input_index, from_basket: old.basket, output_index, token }
                }
            };
        Ok(placed.into_iter().map(operation).collect())
    }
}

/// Of an asset that is spent and made, as much is made as is spent.
fn check_sums(held: &[HeldToken], placed: &[(u32, Token)]) -> Result<(), Refusal> {
    let mut sums: BTreeMap<&str, (u128, u128)> = BTreeMap::new();
    for HeldToken { token, .. } in held {
        sums.entry(&token.asset).or_default().0 += u128::from(token.amount);
    }
    for (_, token) in placed {
        sums.entry(&token.asset).or_default().1 += u128::from(token.amount);
    }
    match sums.into_iter().find(|(_, (spent, made))| *spent > 0 && *made > 0 && spent != made) {
        None => Ok(()),
        Some((asset, (spent, made))) => Err(format!("{spent} of {asset} are spent, but {made} made").into()),
    }
}

#[cfg(test)]
mod tests {
    use trellis_plugin::{AdmittedToTopic, Output, Transaction, Txid};

    use super::*;

    /// A script of one key and these fields, none of them longer than 75 bytes.
    fn script(fields: [&str; 5]) -> Vec<u8> {
        let push = |bytes: &[u8]| [&[bytes.len() as u8][..], bytes].concat();
        let data: Vec<u8> = fields.iter().flat_map(|field| push(field.as_bytes())).collect();
        [push(&[2; 33]), vec![0xac], data, vec![0x6d, 0x6d, 0x75]].concat()
    }

    fn organising(made: &[[&str; 5]], held: Vec<HeldToken>) -> Organising {
        let output = |fields: &[&str; 5]| Output { satoshis: 1, locking_script: script(*fields) };
        let outputs: Vec<_> = made.iter().map(output).collect();
        let indices = (0..).take(outputs.len());
        Organising {
            admitted: indices.map(|output_index| AdmittedToTopic { topic: "tm_shop".into(), output_index }).collect(),
            transaction: Transaction { txid: Txid([1; 32]), version: 1, inputs: vec![], outputs, lock_time: 0 },
            held,
            off_chain_values: None,
        }
    }

    #[test]
    fn what_is_made_of_an_asset_that_is_spent_is_moved_and_the_rest_created() {
        let held = HeldToken { input_index: 3, token: Token::new("shop/tickets", "seat", 5) };
        let made = [["shop", "money/till", "gold", "20", ""], ["shop", "bag/one", "seat", "5", "a,b"]];
        let operations = Shop::operations(organising(&made, vec![held.clone()])).unwrap();
        assert!(matches!(&operations[0], Operation::Create { output_index: 0, token } if token.amount == 20));
        assert!(matches!(
            &operations[1],
            Operation::Move { input_index: 3, from_basket, output_index: 1, token }
                if from_basket == "shop/tickets" && token.tags == ["a", "b"]
        ));
        let more = Shop::operations(organising(&[["shop", "bag/one", "seat", "6", ""]], vec![held]));
        assert_eq!(more, Err("5 of seat are spent, but 6 made".into()));
    }
}
