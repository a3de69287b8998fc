//! What basket managers do to baskets, and what they may not do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a failed test")]

mod support;

use support::{ADMIT_ALL, FROM_THE_WRONG_BASKET, IN_ANOTHERS_BASKET, NOW, REFUSED_BY_SHOP, SHOP, World, topic, world};
use trellis_engine::domain::basket::{NameDigest, Part, TokenRow, TokensOf};
use trellis_engine::domain::event::{BasketOperation, Event};
use trellis_engine::domain::row::{NumberKey, Row, RowKey};
use trellis_engine::domain::status::NetworkWord;
use trellis_engine::domain::time::Sequence;
use trellis_engine::evict::{Dependents, Eviction};
use trellis_engine::ports::plugins::FaultKind;
use trellis_engine::ports::store::Store;
use trellis_engine::submit::SubmitError;
use trellis_spv::hash::Outpoint;
use trellis_spv::testing::{Coin, build, coin};
use trellis_spv::transaction::Transaction;

fn shop(world: &World) -> trellis_engine::domain::basket::ManagerId {
    world.engine.hosting().managers().next().unwrap().id
}

fn row(world: &World, key: &RowKey) -> Option<Row> {
    world.store.get(key, world.store.durable()).unwrap().map(|found| found.row)
}

fn token(world: &World, of: &Transaction, vout: u32) -> Option<TokenRow> {
    match row(world, &RowKey::Token(shop(world), Outpoint::new(of.txid(), vout))) {
        None => None,
        Some(Row::Token(row)) => Some(row),
        Some(other) => panic!("{other:?}"),
    }
}

fn basket_of(world: &World, of: &Transaction, vout: u32) -> Option<String> {
    token(world, of, vout).map(|row| row.token.basket.to_string())
}

/// Tokens and amount in a basket.
fn whole(world: &World, basket: &str) -> (i128, i128) {
    let basket = trellis_engine::domain::basket::BasketName::new(basket).unwrap().digest();
    let part = Part { manager: shop(world), tokens: TokensOf::Basket(basket) };
    let number = |key| match row(world, &RowKey::Number(key)) {
        None => 0,
        Some(Row::Number(number)) => number,
        Some(other) => panic!("{other:?}"),
    };
    (number(NumberKey::Tokens(part)), number(NumberKey::Amount(part)))
}

fn operations(world: &World) -> Vec<BasketOperation> {
    let last = world.store.log(Sequence(world.store.durable().0 - 1), 1).unwrap();
    match &last[0].event {
        Some(Event::Applied(applied)) => applied[0].operations.clone(),
        other => panic!("{other:?}"),
    }
}

/// Pays `coin` in outputs of these amounts.
fn pay(world: &World, coin: &Coin, amounts: &[u64]) -> Transaction {
    pay_all(world, std::slice::from_ref(coin), amounts)
}

fn pay_all(world: &World, coins: &[Coin], amounts: &[u64]) -> Transaction {
    let spends: Vec<_> = coins.iter().map(|coin| coin.by(&world.alice)).collect();
    let outputs: Vec<_> = amounts.iter().map(|amount| (*amount, world.alice.p2pkh())).collect();
    build(&spends, &outputs)
}

#[test]
fn basket_operations_create_move_and_consume_with_their_indices_and_sums() {
    let world = world(&[SHOP]);
    let first = pay(&world, &world.coin(1_000), &[400, 300]);
    world.submit(&[SHOP], &world.beef(&[&first])).unwrap();
    assert_eq!((basket_of(&world, &first, 0).as_deref(), whole(&world, "shelf")), (Some("shelf"), (2, 700)));
    assert_eq!(operations(&world).iter().filter(|done| done.placed.is_some() && done.taken.is_none()).count(), 2);

    let moved = pay(&world, &coin(&first, 0), &[399]);
    world.submit(&[SHOP], &world.beef(&[&first, &moved])).unwrap();
    assert_eq!(basket_of(&world, &first, 0), None);
    assert_eq!(basket_of(&world, &moved, 0).as_deref(), Some("bag/moved"));
    assert_eq!((whole(&world, "shelf"), whole(&world, "bag/moved")), ((1, 300), (1, 399)));
    let [done] = operations(&world).try_into().unwrap();
    assert_eq!(done.taken.unwrap().basket.as_str(), "shelf");
    assert_eq!(done.placed.unwrap().basket.as_str(), "bag/moved");

    // Two tokens become one: what no operation names is consumed.
    let merged = pay_all(&world, &[coin(&first, 1), coin(&moved, 0)], &[698]);
    world.submit(&[SHOP], &world.beef(&[&first, &moved, &merged])).unwrap();
    assert_eq!((whole(&world, "shelf"), whole(&world, "bag/moved")), ((0, 0), (1, 698)));
    assert_eq!(operations(&world).iter().filter(|done| done.placed.is_none()).count(), 1);
    world.assert_sound();
}

#[test]
fn a_token_spent_where_nobody_asks_the_manager_leaves_its_basket() {
    let world = world(&[SHOP, ADMIT_ALL]);
    let first = pay(&world, &world.coin(1_000), &[400, 300]);
    world.submit(&[SHOP], &world.beef(&[&first])).unwrap();
    // Another topic takes a child of the spender; the spender itself is judged by nobody.
    let spender = pay(&world, &coin(&first, 0), &[390]);
    let child = pay(&world, &coin(&spender, 0), &[380]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&first, &spender, &child])).unwrap();
    assert_eq!((basket_of(&world, &first, 0), whole(&world, "shelf")), (None, (1, 300)));
    world.assert_sound();
}

#[test]
fn an_owner_who_is_not_in_the_locking_script_is_marked_as_claimed() {
    let world = world(&[SHOP]);
    let first = pay(&world, &world.coin(1_000), &[400]);
    world.submit(&[SHOP], &world.beef(&[&first])).unwrap();
    let row = token(&world, &first, 0).unwrap();
    assert_eq!((row.token.owner.as_deref(), row.claimed), (Some("somebody"), true));
    assert_eq!(row.token.tags, ["even"]);
    let tag = Part { manager: shop(&world), tokens: TokensOf::Tag(row.token.basket.digest(), NameDigest::tag("even")) };
    assert!(self::row(&world, &RowKey::Place(tag, Outpoint::new(first.txid(), 0))).is_some());
}

#[test]
fn a_manager_that_refuses_or_oversteps_fails_the_submission_and_nothing_is_stored() {
    let world = world(&[SHOP, ADMIT_ALL]);
    let first = pay(&world, &world.coin(5_000), &[4_000]);
    world.submit(&[SHOP], &world.beef(&[&first])).unwrap();
    let before = world.store.durable();
    for (amount, kind) in
        [(REFUSED_BY_SHOP, None), (IN_ANOTHERS_BASKET, Some("not its own")), (FROM_THE_WRONG_BASKET, Some("nowhere"))]
    {
        let bad = pay(&world, &coin(&first, 0), &[100, amount]);
        let coin = if kind == Some("not its own") { world.coin(2_000) } else { coin(&first, 0) };
        let bad = if kind.is_some() { pay(&world, &coin, &[amount]) } else { bad };
        match (world.submit(&[SHOP, ADMIT_ALL], &world.beef(&[&first, &bad])).unwrap_err(), kind) {
            (SubmitError::OrganiseRefused { manager, text, .. }, None) => {
                assert_eq!((manager.as_str(), text.as_str()), (SHOP, "not for sale"));
            }
            (SubmitError::Fault(fault), Some(words)) => {
                assert_eq!((fault.kind, &*fault.plugin.0), (FaultKind::BadResult, SHOP));
                assert!(fault.text.contains(words), "{fault}");
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(world.store.durable(), before);
    world.assert_sound();
}

#[test]
fn a_manager_that_breaks_on_a_proven_transaction_loses_what_it_spends() {
    let world = world(&[SHOP]);
    let first = pay(&world, &world.coin(1_000), &[400]);
    world.submit(&[SHOP], &world.beef(&[&first])).unwrap();
    let spender = pay(&world, &coin(&first, 0), &[390]);
    world.mine(&[&first, &spender]);
    world.plugins.broken.lock().unwrap().insert(SHOP.into(), true);
    let topics = [topic(SHOP)];
    let beef = world.beef(&[&spender]);
    let submission = trellis_engine::submit::Submission {
        beef: &beef,
        off_chain_values: None,
        topics: trellis_engine::submit::TopicChoice::Named(&topics),
        require_all: false,
        evidence: None,
    };
    // The topic of that plugin breaks as well; the spend stands.
    world.engine.submit(&submission, NOW).unwrap();
    assert_eq!((basket_of(&world, &first, 0), whole(&world, "shelf")), (None, (0, 0)));
    assert_eq!(world.engine.unjudged().unwrap().len(), 2);
    world.assert_sound();
}

#[test]
fn what_the_network_refuses_gives_baskets_back_what_it_took() {
    let world = world(&[SHOP]);
    let first = pay(&world, &world.coin(1_000), &[400, 300]);
    world.submit(&[SHOP], &world.beef(&[&first])).unwrap();
    let moved = pay(&world, &coin(&first, 0), &[399]);
    world.submit(&[SHOP], &world.beef(&[&first, &moved])).unwrap();
    let word = NetworkWord { broadcaster: "arc".into(), code: 461, text: "no".into(), at: NOW };
    world.engine.take_back(&moved.txid(), &word, NOW).unwrap();
    assert_eq!(basket_of(&world, &first, 0).as_deref(), Some("shelf"));
    assert_eq!((whole(&world, "shelf"), whole(&world, "bag/moved")), ((2, 700), (0, 0)));
    let last = world.store.log(Sequence(world.store.durable().0 - 1), 1).unwrap();
    let Some(Event::Reverted { baskets, .. }) = &last[0].event else { panic!("{last:?}") };
    let names: Vec<_> = baskets.iter().map(|change| change.basket.as_str()).collect();
    assert_eq!(names, ["bag/moved", "shelf"]);
    assert_eq!((baskets[0].removed.len(), baskets[1].placed.len()), (1, 1));
    world.assert_sound();
}

#[test]
fn what_is_evicted_leaves_its_basket() {
    let world = world(&[SHOP]);
    let first = pay(&world, &world.coin(1_000), &[400, 300]);
    world.submit(&[SHOP], &world.beef(&[&first])).unwrap();
    let outpoint = Outpoint::new(first.txid(), 0);
    world.engine.evict(&Eviction { outpoint, reason: "court order", dependents: Dependents::Keep }, NOW).unwrap();
    assert_eq!((basket_of(&world, &first, 0), whole(&world, "shelf")), (None, (1, 300)));
    world.assert_sound();
}
