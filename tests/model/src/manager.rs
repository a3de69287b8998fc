//! What the basket manager does: the plugin of the host and of the model.

use crate::derived::Topic;
use crate::token::{Kind, Name, Token};
use crate::transaction::Transaction;

/// The owner that every output pays to. Any other owner is claimed by the manager alone.
pub const PAYEE: Name = "payee";

const BASKETS: [Name; 3] = ["bag/large", "bag/small", "shelf"];
const ASSETS: [Name; 2] = ["apple", "pear"];
const OWNERS: [Option<Name>; 3] = [None, Some(PAYEE), Some("somebody")];
const TAGS: [Name; 4] = ["even", "moved", "new", "odd"];

/// Most bytes of data of a token.
const MOST_DATA: usize = 6;

/// Of so many transactions it refuses one.
const REFUSES_ONE_OF: u8 = 16;

/// Every name it may give.
#[must_use]
pub fn names() -> Vec<(Kind, Name)> {
    let baskets = BASKETS.into_iter().map(|name| (Kind::Basket, name));
    let assets = ASSETS.into_iter().map(|name| (Kind::Asset, name));
    let owners = OWNERS.into_iter().flatten().map(|name| (Kind::Owner, name));
    let tags = TAGS.into_iter().map(|name| (Kind::Tag, name));
    baskets.chain(assets).chain(owners).chain(tags).collect()
}

/// A basket manager, in one of two versions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Manager {
    /// Whether it is the later one.
    pub later: bool,
}

/// What it is asked.
#[derive(Clone, Copy, Debug)]
pub struct Organising<'a> {
    /// The transaction.
    pub transaction: &'a Transaction,
    /// Unspent outputs that entered its topics, ascending by output.
    pub admitted: &'a [(Topic, u32)],
    /// Its tokens that the transaction spends, by input.
    pub held: &'a [(u32, Token)],
    /// Off-chain values.
    pub values: Option<&'a [u8]>,
}

/// What it makes of that.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Operation {
    /// An output enters a basket.
    Create(u32, Token),
    /// What an input spends leaves its basket, and an output takes its place.
    Move(u32, Name, u32, Token),
    /// What an input spends leaves its basket.
    Consume(u32, Name),
}

impl Manager {
    /// What the plugin is exchanged for, and back.
    #[must_use]
    pub const fn other(self) -> Self {
        Self { later: !self.later }
    }

    /// Organises a transaction, by what its id happens to be; `None` where it refuses it.
    #[must_use]
    pub fn organise(self, asked: Organising<'_>) -> Option<Vec<Operation>> {
        let Organising { transaction, admitted, held, .. } = asked;
        let bytes = transaction.id.0;
        if bytes[0] % REFUSES_ONE_OF == u8::from(self.later) {
            return None;
        }
        let mut held = held.iter();
        let mut operations = Vec::new();
        for (topic, output) in admitted {
            let byte = bytes[1 + *output as usize].wrapping_add(*topic as u8).wrapping_add(u8::from(self.later));
            let found = if byte % 8 < 3 { None } else { held.next() };
            match found {
                // Not everything is a token.
                None if byte % 8 == 0 => {}
                None => operations.push(Operation::Create(*output, token(asked, *output, byte, None))),
                Some((input, old)) => {
                    let token = token(asked, *output, byte, Some(old));
                    operations.push(Operation::Move(*input, old.basket, *output, token));
                }
            }
        }
        // The others leave as well, named or not.
        operations.extend(held.step_by(2).map(|(input, old)| Operation::Consume(*input, old.basket)));
        Some(operations)
    }
}

fn token(asked: Organising<'_>, output: u32, byte: u8, old: Option<&Token>) -> Token {
    let satoshis = asked.transaction.outputs[output as usize];
    let which = usize::from(byte / 8);
    let mut data = old.map_or_else(Vec::new, |old| old.data.clone());
    data.push(byte);
    data.extend(asked.values.and_then(<[u8]>::first));
    let data = data.split_off(data.len().saturating_sub(MOST_DATA));
    let mut tags = vec![if satoshis.is_multiple_of(2) { "even" } else { "odd" }];
    if which.is_multiple_of(2) {
        tags.push(if old.is_some() { "moved" } else { "new" });
    }
    tags.sort_unstable();
    Token {
        basket: BASKETS[which % BASKETS.len()],
        asset: ASSETS[which / 3 % ASSETS.len()],
        amount: if byte.is_multiple_of(5) { 0 } else { satoshis + old.map_or(0, |old| old.amount / 2) },
        owner: OWNERS[which / 2 % OWNERS.len()],
        tags,
        data,
    }
}
