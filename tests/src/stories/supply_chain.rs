//! A supply chain: goods are packed and handed on from organisation to organisation, some are sold, some fall off the van.

use std::collections::{BTreeMap, BTreeSet};

use rand::Rng;
use serde_json::json;
use trellis_spv::hash::Outpoint;

use super::deed::{Deed, Make, Piece, Token};
use super::desk::{Desk, Meant, Purse};
use super::held::Held;
use super::setup::Role;
use crate::client::Client;
use crate::tokens::FEE;

/// An organisation: its topic, its basket, and whose key it has.
type Organisation = (&'static str, &'static str, Role);

const CHAIN: [Organisation; 4] = [
    ("tm_producer", "producer/stock", Role::Producer),
    ("tm_carrier", "carrier/in-transit", Role::Carrier),
    ("tm_warehouse", "warehouse/shelves", Role::Warehouse),
    ("tm_shop", "shop/for-sale", Role::Shop),
];

/// Satoshis a good carries to pay for its way.
const SATOSHIS: u64 = 1_000;

fn good((topic, basket, role): Organisation, id: &str, satoshis: u64) -> Make {
    let holder = role.wallet();
    let token = Token {
        topic: topic.to_owned(),
        basket: basket.to_owned(),
        asset: id.to_owned(),
        amount: 1,
        owner: Some(hex::encode(holder.public_key())),
        tags: BTreeSet::new(),
    };
    Make { satoshis, script: holder.push_drop(&[b"good", id.as_bytes(), b"handle with care"]), token }
}

/// One organisation's good, to be spent.
fn good_of(deed: &Deed, holder: usize) -> Piece {
    deed.piece(0, &CHAIN[holder].2.wallet())
}

fn hand_over(before: &Deed, from: usize, to: usize, id: &str) -> Deed {
    let piece = good_of(before, from);
    let make = good(CHAIN[to], id, piece.coin.satoshis - FEE);
    Deed::new(&[CHAIN[from].0, CHAIN[to].0], &[&piece], vec![make])
}

/// Sends goods down the chain, step by step or all the way at once.
pub fn deliver(desk: &mut Desk<'_>, purse: &mut Purse) -> Option<()> {
    loop {
        let id = desk.name("crate");
        let packed = Deed::new(&[CHAIN[0].0], &[&purse.coin()?], vec![good(CHAIN[0], &id, SATOSHIS)]);
        if !desk.right(&packed)? {
            continue;
        }
        cheat(desk, &packed, &id, purse)?;
        let mut steps = vec![packed];
        for to in 1..CHAIN.len() {
            let step = hand_over(&steps[to - 1], to - 1, to, &id);
            steps.push(if desk.one_in(2) { step.found() } else { step });
        }
        // Some stay on the way.
        let arrives = desk.random.random_range(1..=CHAIN.len());
        let on_the_way = &steps[1..arrives];
        let has_arrived = match desk.one_in(3) && on_the_way.len() > 1 {
            true => desk.together(on_the_way, Meant::Right)?,
            false => {
                let mut goes_on = true;
                for step in on_the_way {
                    goes_on = goes_on && desk.right(step)?;
                }
                goes_on
            }
        };
        if has_arrived && arrives == CHAIN.len() && desk.one_in(2) {
            desk.right(&Deed::new(&[CHAIN[3].0], &[&good_of(&steps[3], 3)], Vec::new()))?;
        }
    }
}

/// Somebody tries something with a good the producer has.
fn cheat(desk: &mut Desk<'_>, packed: &Deed, id: &str, purse: &mut Purse) -> Option<()> {
    match desk.random.random_range(0..6) {
        0 => desk.wrong(&hand_over(packed, 0, 3, id)),
        1 => desk.wrong(&hand_over(packed, 0, 1, "something better")),
        2 => {
            let nowhere = vec![good(CHAIN[3], &desk.name("from nowhere"), SATOSHIS)];
            desk.wrong(&Deed::new(&[CHAIN[3].0], &[&purse.coin()?], nowhere))
        }
        _ => Some(()),
    }
}

/// Every good is in one place.
///
/// # Panics
/// One is in two.
pub fn assert_true(held: &Held) {
    let mut goods = BTreeSet::new();
    for token in CHAIN.iter().flat_map(|(_, basket, _)| held.tokens_in(basket)) {
        assert!(goods.insert(token["asset"].as_str().expect("a good")), "in two places: {token}");
    }
}

/// The lookup service finds every good where it is, or was last; `None` where it must not know it.
///
/// # Panics
/// It does not.
pub fn assert_found(client: &Client, goods: &BTreeMap<String, Option<Outpoint>>) {
    for (id, last) in goods {
        let found = client.find("ls_goods", &json!({ "good": id })).outpoints();
        let reports =
            || found.iter().chain(last).map(|outpoint| client.transaction(&outpoint.txid)).collect::<Vec<_>>();
        assert_eq!(found, Vec::from_iter(*last), "{id}: {:?}", reports());
    }
}

/// The good that a token is.
#[must_use]
pub fn good_in(token: &Token) -> Option<&str> {
    CHAIN.iter().any(|(topic, ..)| *topic == token.topic).then_some(&token.asset)
}
