//! A marketplace: money is made, assets are registered, listed and sold, and some try to get them for less.

use std::collections::BTreeSet;

use rand::Rng;
use rand::seq::IndexedRandom;
use trellis_spv::testing::Wallet;

use super::deed::{Deed, Make, Piece, Token};
use super::desk::{Desk, Meant, Purse};
use super::held::Held;

const MONEY: [&str; 1] = ["tm_money"];
const ASSETS: [&str; 1] = ["tm_assets"];
const BOTH: [&str; 2] = ["tm_assets", "tm_money"];

/// Satoshis that lie in a token.
const SATOSHIS: u64 = 10;

/// Who trades.
const TRADERS: u64 = 6;

fn money(owner: &Wallet, amount: u64) -> Make {
    let key = hex::encode(owner.public_key());
    let token = Token {
        topic: MONEY[0].to_owned(),
        basket: format!("money/{key}"),
        asset: "money".to_owned(),
        amount,
        owner: Some(key),
        tags: BTreeSet::new(),
    };
    Make { satoshis: SATOSHIS, script: owner.push_drop(&[b"money", amount.to_string().as_bytes()]), token }
}

fn asset(owner: &Wallet, id: &str, price: u64) -> Make {
    let key = hex::encode(owner.public_key());
    let for_sale = || BTreeSet::from(["for-sale".to_owned(), format!("price:{price}")]);
    let token = Token {
        topic: ASSETS[0].to_owned(),
        basket: format!("assets/{key}"),
        asset: format!("asset/{id}"),
        amount: 1,
        owner: Some(key),
        tags: if price > 0 { for_sale() } else { BTreeSet::new() },
    };
    let script = owner.push_drop(&[b"asset", id.as_bytes(), price.to_string().as_bytes()]);
    Make { satoshis: SATOSHIS, script, token }
}

/// Brings assets and money together, one sale after the other.
pub fn trade(desk: &mut Desk<'_>, issuer: &mut Purse, purse: &mut Purse) -> Option<()> {
    let traders: Vec<Wallet> = (3_000..3_000 + TRADERS).map(Wallet::from_seed).collect();
    loop {
        let pair: Vec<&Wallet> = traders.choose_multiple(&mut desk.random, 2).collect();
        let (ann, bob) = (pair[0], pair[1]);
        let (id, price, change) = (desk.name("painting"), desk.random.random_range(100..300), 50);
        let coins = vec![money(bob, price - 30), money(bob, 30 + change)];
        let issued = Deed::new(&MONEY, &[&issuer.coin()?], coins);
        let brought = Deed::new(&ASSETS, &[&purse.coin()?], vec![asset(ann, &id, 0)]);
        if !desk.one_by_one(&[issued.clone(), brought.clone()])? {
            continue;
        }
        let listed = Deed::new(&ASSETS, &[&brought.piece(0, ann), &purse.coin()?], vec![asset(ann, &id, price)]);
        let (wares, coins) = (listed.piece(0, ann), [0, 1].map(|coin| issued.piece(coin, bob)));
        // With another coin to pay for it, each is another transaction.
        let sale = |topics: &[&'static str], fuel: &Piece, to_ann: u64| {
            let rest = price + change - to_ann;
            let makes = vec![asset(bob, &id, 0), money(ann, to_ann), money(bob, rest)];
            Deed::new(topics, &[&wares, &coins[0], &coins[1], fuel], makes)
        };
        let cheap = sale(&BOTH, &purse.coin()?, price - 1);
        let half = sale(&ASSETS, &purse.coin()?, price);
        let sold = sale(&BOTH, &purse.coin()?, price);
        let is_sold = if desk.one_in(2) {
            if desk.one_in(3) {
                desk.together(&[listed.clone(), cheap], Meant::Wrong)?;
            }
            desk.together(&[listed.clone(), sold.clone()], Meant::Right)?
        } else {
            if !desk.right(&listed)? {
                continue;
            }
            match desk.random.random_range(0..4) {
                0 => desk.wrong(&cheap)?,
                1 => desk.wrong(&half)?,
                _ => {}
            }
            desk.right(&sold)?
        };
        if is_sold && desk.one_in(3) {
            let split = vec![money(ann, price - 1), money(ann, 1)];
            desk.right(&Deed::new(&MONEY, &[&sold.piece(1, ann), &purse.coin()?], split))?;
        }
    }
}

/// No asset is in two baskets, nor twice in one.
///
/// # Panics
/// One is.
pub fn assert_true(held: &Held) {
    let mut assets = BTreeSet::new();
    for token in held.tokens().filter(|token| token["topic"] == ASSETS[0]) {
        assert!(assets.insert(token["asset"].as_str().expect("an asset")), "there twice: {token}");
    }
}
