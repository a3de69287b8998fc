//! What is in baskets, as it is asked for: every list against a plain search, every choice against the rules.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a failed test")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use proptest::prelude::*;
use support::{NOW, SHOP, World, world};
use trellis_engine::baskets::limits::{MAX_ORGANISED_TOKENS, MAX_RESERVATION_SECONDS, MAX_RESERVATIONS};
use trellis_engine::baskets::{
    BasketError, Field, FoundToken, GroupBy, Keep, Need, PageOf, Requirement, Shortage, Take, Taken, TokenFilter,
};
use trellis_engine::chain::ChainWatch;
use trellis_engine::domain::basket::{BasketName, ManagerId, Token, TokenRow};
use trellis_engine::domain::plan::{Adjust, Cause, Plan};
use trellis_engine::domain::row::{NumberKey, ReservationId, Row, RowKey};
use trellis_engine::domain::time::{Sequence, Stamp, Timestamp};
use trellis_engine::ports::store::Store;
use trellis_spv::beef;
use trellis_spv::hash::{Outpoint, Txid};
use trellis_spv::testing::{build, coin};
use trellis_spv::transaction::Transaction;

fn shop(world: &World) -> ManagerId {
    world.engine.hosting().managers().next().unwrap().id
}

/// Puts tokens into the store as submissions would, but of any kind.
fn put(world: &World, tokens: &[(Outpoint, Token)]) {
    let manager = shop(world);
    let topic = world.engine.hosting().topics().next().unwrap().id;
    let mut writes = BTreeMap::new();
    let mut adjust = Vec::new();
    for (outpoint, token) in tokens {
        for part in token.parts(manager) {
            writes.insert(RowKey::Place(part, *outpoint), Some(Row::Place));
            adjust.push(Adjust::Number(NumberKey::Tokens(part), 1));
            adjust.push(Adjust::Number(NumberKey::Amount(part), i128::from(token.amount)));
        }
        for (digest, name) in token.names() {
            writes.insert(RowKey::Name(digest), Some(Row::Name(name.to_owned())));
        }
        let row = TokenRow {
            token: token.clone(),
            topic,
            satoshis: 1,
            claimed: false,
            placed: Stamp::ThisCommit,
            placed_at: NOW,
        };
        writes.insert(RowKey::Token(manager, *outpoint), Some(Row::Token(row)));
    }
    let plan = Plan {
        cause: Cause::Submission(Txid::from_internal([0; 32])),
        once: None,
        expect: Vec::new(),
        writes: writes.into_iter().collect(),
        adjust,
        contents: Vec::new(),
        event: None,
        at: NOW,
    };
    world.store.commit(plan).unwrap();
}

fn token(asset: &str, amount: u64, owner: Option<&str>, tags: &[String]) -> Token {
    let basket = BasketName::new("bag/any").unwrap();
    let (asset, owner, tags) = (asset.to_owned(), owner.map(str::to_owned), tags.to_vec());
    Token { basket, asset, amount, owner, tags, data: vec![] }.checked().unwrap()
}

fn any_name() -> impl Strategy<Value = String> {
    "[a-c]"
}

fn any_tags(most: usize) -> impl Strategy<Value = Vec<String>> {
    prop::collection::btree_set("[p-t]", 0..=most).prop_map(|tags| tags.into_iter().collect())
}

fn any_tokens() -> impl Strategy<Value = Vec<(Outpoint, Token)>> {
    let one = (any_name(), 0..20u64, prop::option::of(any_name()), any_tags(3), 0..3u32);
    prop::collection::vec(one, 0..40).prop_map(|kinds| {
        let numbered = kinds.into_iter().enumerate();
        numbered
            .map(|(number, (asset, amount, owner, tags, vout))| {
                let txid = Txid::from_internal([(number * 37 % 251) as u8; 32]);
                (Outpoint::new(txid, vout), token(&asset, amount, owner.as_deref(), &tags))
            })
            .collect()
    })
}

fn any_filter() -> impl Strategy<Value = TokenFilter> {
    let names = (prop::option::of(any_name()), prop::option::of(any_name()));
    (names, any_tags(2), any_tags(3), prop::option::of(0..10u64), prop::option::of(10..20u64)).prop_map(
        |((asset, owner), tags_all, tags_any, minimum, maximum)| TokenFilter {
            asset,
            owner,
            tags_all,
            tags_any,
            minimum,
            maximum,
        },
    )
}

/// What a filter means, in other words than the engine's.
fn is_meant(filter: &TokenFilter, token: &Token) -> bool {
    let tags: BTreeSet<_> = token.tags.iter().collect();
    let wanted = |name: &Option<String>, found: Option<&String>| name.is_none() || name.as_ref() == found;
    wanted(&filter.asset, Some(&token.asset))
        && wanted(&filter.owner, token.owner.as_ref())
        && filter.tags_all.iter().collect::<BTreeSet<_>>().is_subset(&tags)
        && (filter.tags_any.is_empty() || !filter.tags_any.iter().collect::<BTreeSet<_>>().is_disjoint(&tags))
        && (filter.minimum.unwrap_or(0)..=filter.maximum.unwrap_or(u64::MAX)).contains(&token.amount)
}

/// All pages of a list.
fn all_pages<T>(limit: u64, mut page: impl FnMut(&PageOf) -> (Vec<T>, Option<String>)) -> Vec<T> {
    let mut of = PageOf { limit: Some(limit), ..PageOf::default() };
    let mut all = Vec::new();
    loop {
        let (entries, next) = page(&of);
        assert!(entries.len() as u64 <= limit);
        all.extend(entries);
        match next {
            None => return all,
            next => of.cursor = next,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn pages_of_any_filter_hold_every_token_that_is_meant_once_and_in_order(
        tokens in any_tokens(), filter in any_filter(), limit in 1..8u64
    ) {
        let world = world(&[SHOP]);
        put(&world, &tokens);
        // Once for each outpoint: a later token of one outpoint would replace the earlier one.
        let known = world.engine.tokens("bag/any", &TokenFilter::default(), &PageOf::default());
        if tokens.is_empty() {
            prop_assert!(matches!(known, Err(BasketError::UnknownBasket(_))));
            return Ok(());
        }
        let all: BTreeMap<_, _> = tokens.into_iter().collect();
        let expected: Vec<_> =
            all.iter().filter(|(_, token)| is_meant(&filter, token)).map(|(outpoint, _)| *outpoint).collect();
        let found = all_pages(limit, |page| {
            let page = world.engine.tokens("bag/any", &filter, page).unwrap();
            (page.tokens.into_iter().map(|token| token.outpoint).collect(), page.next)
        });
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn numbers_of_a_basket_are_the_sums_over_its_tokens(tokens in any_tokens(), limit in 1..4u64) {
        let world = world(&[SHOP]);
        let tokens: BTreeMap<_, _> = tokens.into_iter().collect();
        prop_assume!(!tokens.is_empty());
        put(&world, &tokens.clone().into_iter().collect::<Vec<_>>());
        let engine = &world.engine;
        let summary = engine.basket("bag/any", None).unwrap();
        let amount: u64 = tokens.values().map(|token| token.amount).sum();
        prop_assert_eq!((summary.whole.tokens, summary.whole.amount), (tokens.len() as u64, u128::from(amount)));
        for by in [GroupBy::Asset, GroupBy::Owner, GroupBy::Tag] {
            let mut expected = BTreeMap::new();
            for token in tokens.values() {
                let names = match by {
                    GroupBy::Asset => vec![token.asset.clone()],
                    GroupBy::Owner => token.owner.clone().into_iter().collect(),
                    GroupBy::Tag => token.tags.clone(),
                };
                for name in names {
                    let entry: &mut (u64, u128) = expected.entry(name).or_default();
                    *entry = (entry.0 + 1, entry.1 + u128::from(token.amount));
                }
            }
            let found = all_pages(limit, |page| {
                let page = engine.basket_groups("bag/any", by, page).unwrap();
                (page.groups, page.next)
            });
            let found: Vec<_> = found.into_iter().map(|group| (group.name, (group.figures.tokens, group.figures.amount))).collect();
            prop_assert_eq!(found.len(), expected.len());
            prop_assert_eq!(found.into_iter().collect::<BTreeMap<_, _>>(), expected);
        }
        for (asset, owner) in [(None, None), (Some("a"), None), (None, Some("b")), (Some("a"), Some("b"))] {
            let mut expected: BTreeMap<_, (u64, u128)> = BTreeMap::new();
            for token in tokens.values() {
                let Some(of) = &token.owner else { continue };
                if asset.is_none_or(|asset| asset == token.asset) && owner.is_none_or(|owner| owner == of) {
                    let entry = expected.entry((token.asset.clone(), of.clone())).or_default();
                    *entry = (entry.0 + 1, entry.1 + u128::from(token.amount));
                }
            }
            if let (Some(asset), Some(owner)) = (asset, owner) {
                expected.entry((asset.to_owned(), owner.to_owned())).or_default();
            }
            let found = all_pages(limit, |page| {
                let page = engine.balances("bag/any", asset, owner, page).unwrap();
                (page.balances, page.next)
            });
            let count = found.len();
            let found: BTreeMap<_, _> = found.into_iter()
                .map(|balance| ((balance.asset, balance.owner), (balance.figures.tokens, balance.figures.amount)))
                .collect();
            prop_assert_eq!((count, found), (expected.len(), expected));
        }
    }
}

/// A submission whose outputs are on the shelf.
fn stock(world: &World, amounts: &[u64]) -> Transaction {
    let coin = world.coin(amounts.iter().sum::<u64>() + 1_000);
    let outputs: Vec<_> = amounts.iter().map(|amount| (*amount, world.alice.p2pkh())).collect();
    let transaction = build(&[coin.by(&world.alice)], &outputs);
    world.submit(&[SHOP], &world.beef(&[&transaction])).unwrap();
    transaction
}

fn of_shelf(need: Need) -> Requirement {
    Requirement { basket: "shelf".to_owned(), filter: TokenFilter::default(), need }
}

fn amounts(tokens: &[FoundToken]) -> Vec<u64> {
    tokens.iter().map(|token| token.row.token.amount).collect()
}

fn shortage(error: BasketError) -> Shortage {
    match error {
        BasketError::Insufficient(shortages) => shortages.into_iter().next().unwrap(),
        other => panic!("{other}"),
    }
}

fn keep(number: u8, client: u8, seconds: u64) -> Keep {
    Keep { seconds, id: ReservationId([number; 16]), client: [client; 32] }
}

fn take(world: &World, count: u64, keep: Option<Keep>, now: Timestamp) -> Result<Taken, BasketError> {
    world.engine.take_tokens(&Take { requirement: of_shelf(Need::Count(count)), keep }, now)
}

fn later(seconds: u64) -> Timestamp {
    NOW.plus_milliseconds(seconds * 1000)
}

#[test]
fn baskets_are_listed_with_their_managers_and_tokens() {
    let world = world(&[SHOP]);
    let first = stock(&world, &[400, 300]);
    let moved = build(&[coin(&first, 0).by(&world.alice)], &[(399, world.alice.p2pkh())]);
    world.submit(&[SHOP], &world.beef(&[&first, &moved])).unwrap();
    let found = all_pages(1, |page| {
        let page = world.engine.baskets(page).unwrap();
        (page.baskets, page.next)
    });
    let found: BTreeSet<_> =
        found.into_iter().map(|basket| (basket.name, basket.manager.to_string(), basket.tokens)).collect();
    let expected = [("bag/moved".to_owned(), SHOP.to_owned(), 1), ("shelf".to_owned(), SHOP.to_owned(), 1)];
    assert_eq!(found, expected.into());
}

#[test]
fn a_basket_that_nobody_manages_or_ever_filled_is_unknown() {
    let world = world(&[SHOP]);
    for unknown in ["elsewhere", "bag/never", "Shelf", ""] {
        assert!(matches!(world.engine.basket(unknown, None), Err(BasketError::UnknownBasket(_))), "{unknown}");
    }
    // The configuration names it.
    assert_eq!(world.engine.basket("shelf", None).unwrap().whole.tokens, 0);
}

#[test]
fn a_cursor_of_another_list_is_refused_and_one_of_the_same_goes_on() {
    let world = world(&[SHOP]);
    stock(&world, &[400, 300, 200]);
    let filter = TokenFilter::default();
    let page = |at| PageOf { limit: Some(1), at, ..PageOf::default() };
    let cursor = world.engine.tokens("shelf", &filter, &page(None)).unwrap().next;
    let on = |at| PageOf { cursor: cursor.clone(), ..page(at) };
    assert_eq!(world.engine.tokens("shelf", &filter, &on(None)).unwrap().tokens.len(), 1);
    let other = TokenFilter { minimum: Some(0), ..TokenFilter::default() };
    let rubbish = PageOf { cursor: Some("00ff".to_owned()), ..page(None) };
    for refused in [
        world.engine.tokens("shelf", &other, &on(None)).unwrap_err(),
        world.engine.tokens("shelf", &filter, &on(Some(world.store.durable()))).unwrap_err(),
        world.engine.tokens("shelf", &filter, &rubbish).unwrap_err(),
        world.engine.basket_groups("shelf", GroupBy::Asset, &on(None)).unwrap_err(),
        world.engine.balances("shelf", None, None, &on(None)).unwrap_err(),
    ] {
        assert!(matches!(refused, BasketError::Malformed { field: Field::Cursor, .. }), "{refused}");
    }
}

#[test]
fn a_basket_is_read_as_it_was_and_not_as_it_will_be() {
    let world = world(&[SHOP]);
    stock(&world, &[400]);
    let then = world.store.durable();
    stock(&world, &[300]);
    assert_eq!(world.engine.basket("shelf", Some(then)).unwrap().whole.amount, 400);
    assert_eq!(world.engine.basket("shelf", None).unwrap().whole.amount, 700);
    let page = PageOf { at: Some(then), ..PageOf::default() };
    let then_there = world.engine.tokens("shelf", &TokenFilter::default(), &page).unwrap();
    assert_eq!((then_there.sequence, amounts(&then_there.tokens)), (then, vec![400]));
    let refused = world.engine.basket("shelf", Some(Sequence(1_000))).unwrap_err();
    assert!(matches!(refused, BasketError::NotYet { .. }), "{refused}");
}

#[test]
fn questions_that_make_no_sense_are_refused_with_their_field() {
    let world = world(&[SHOP]);
    let tokens = |filter| world.engine.tokens("shelf", &filter, &PageOf::default()).map(drop);
    let tags: Vec<_> = (0..17).map(|tag| tag.to_string()).collect();
    let organise = |need| world.engine.organise_tokens(&[of_shelf(need)], NOW).map(drop);
    let page = |limit| world.engine.baskets(&PageOf { limit: Some(limit), ..PageOf::default() }).map(drop);
    let default = TokenFilter::default;
    for (result, expected) in [
        (tokens(TokenFilter { asset: Some(String::new()), ..default() }), Field::Asset),
        (tokens(TokenFilter { owner: Some("a\n".to_owned()), ..default() }), Field::Owner),
        (tokens(TokenFilter { tags_all: tags.clone(), ..default() }), Field::TagsAll),
        (tokens(TokenFilter { tags_any: vec!["x".repeat(65)], ..default() }), Field::TagsAny),
        (tokens(TokenFilter { minimum: Some(1 << 53), ..default() }), Field::MinimumAmount),
        (tokens(TokenFilter { maximum: Some(u64::MAX), ..default() }), Field::MaximumAmount),
        (tokens(TokenFilter { minimum: Some(2), maximum: Some(1), ..default() }), Field::MinimumAmount),
        (organise(Need::Count(0)), Field::Count),
        (organise(Need::Count(MAX_ORGANISED_TOKENS as u64 + 1)), Field::Count),
        (organise(Need::Amount(0)), Field::Amount),
        (organise(Need::Amount(1 << 53)), Field::Amount),
        (world.engine.organise_tokens(&[], NOW).map(drop), Field::Requirements),
        (page(0), Field::Limit),
        (page(1_001), Field::Limit),
        (take(&world, 1, Some(keep(1, 1, 0)), NOW).map(drop), Field::Reservation),
        (take(&world, 1, Some(keep(1, 1, MAX_RESERVATION_SECONDS + 1)), NOW).map(drop), Field::Reservation),
    ] {
        match result {
            Err(BasketError::Malformed { field, .. }) => assert_eq!(field, expected),
            other => panic!("{expected:?}: {other:?}"),
        }
    }
}

#[test]
fn organise_tokens_meets_every_requirement_with_other_tokens_and_one_beef() {
    let world = world(&[SHOP]);
    let (first, second) = (stock(&world, &[100, 200, 301]), stock(&world, &[50]));
    let even = TokenFilter { tags_all: vec!["even".to_owned()], ..TokenFilter::default() };
    let needs = [Requirement { filter: even.clone(), ..of_shelf(Need::Amount(250)) }, of_shelf(Need::Count(1))];
    let organised = world.engine.organise_tokens(&needs, NOW).unwrap();
    let chosen: Vec<_> = organised.met.iter().flat_map(|met| &met.tokens).map(|token| token.outpoint).collect();
    assert_eq!(chosen.iter().collect::<BTreeSet<_>>().len(), chosen.len());
    assert!(organised.met[0].figures().amount >= 250);
    assert!(organised.met[0].tokens.iter().all(|token| token.row.token.tags == ["even"]));
    assert_eq!(organised.met[1].tokens.len(), 1);
    let beef = beef::parse(&organised.beef).unwrap();
    let held: BTreeSet<_> = beef.transactions.iter().map(beef::BeefEntry::txid).collect();
    assert!(chosen.iter().all(|outpoint| held.contains(&outpoint.txid)));
    // The same question at the same sequence has the same answer.
    assert_eq!(world.engine.organise_tokens(&needs, NOW).unwrap(), organised);
    assert!(held.contains(&first.txid()) || held.contains(&second.txid()));
}

#[test]
fn organise_tokens_says_for_each_requirement_what_is_missing_and_where_the_rest_is() {
    let world = world(&[SHOP]);
    stock(&world, &[100, 200, 301]);
    take(&world, 1, Some(keep(1, 1, 60)), NOW).unwrap();
    let needs = [of_shelf(Need::Count(2)), of_shelf(Need::Amount(10_000)), of_shelf(Need::Count(5))];
    let error = world.engine.organise_tokens(&needs, NOW).unwrap_err();
    let text = error.to_string();
    let BasketError::Insufficient(shortages) = error else { panic!("{text}") };
    let figures: Vec<_> = shortages
        .iter()
        .map(|short| (short.requirement, short.available.tokens, short.reserved.tokens, short.used.tokens))
        .collect();
    assert_eq!(figures, [(1, 0, 1, 2), (2, 0, 1, 2)]);
    let total = |short: &Shortage| short.available.amount + short.reserved.amount + short.used.amount;
    assert!(shortages.iter().all(|short| total(short) == 601));
    for part in ["requirement 1", "amount of 10000", "5 tokens", "`shelf`", "1 more kept for somebody else"] {
        assert!(text.contains(part), "no {part} in: {text}");
    }
}

#[test]
fn what_is_taken_is_kept_until_it_is_released_swept_or_spent() {
    let world = world(&[SHOP]);
    let stocked = stock(&world, &[100, 200]);
    let first = take(&world, 1, Some(keep(1, 1, 60)), NOW).unwrap();
    assert_eq!(first.reservation, Some((ReservationId([1; 16]), later(60))));
    let second = take(&world, 1, Some(keep(2, 2, 60)), NOW).unwrap();
    assert_ne!(first.organised.met[0].tokens, second.organised.met[0].tokens);
    let none = shortage(take(&world, 1, None, NOW).unwrap_err());
    assert_eq!((none.available.tokens, none.reserved.tokens), (0, 2));
    world.assert_sound();

    // Nobody is kept from spending.
    let outpoint = first.organised.met[0].tokens[0].outpoint;
    let spend = build(&[coin(&stocked, outpoint.vout).by(&world.alice)], &[(99, world.alice.p2pkh())]);
    world.submit(&[SHOP], &world.beef(&[&stocked, &spend])).unwrap();
    let none = shortage(take(&world, 1, None, NOW).unwrap_err());
    assert_eq!(none.reserved.tokens, 1);
    world.assert_sound();

    world.engine.release_tokens(ReservationId([2; 16]), NOW).unwrap();
    let again = world.engine.release_tokens(ReservationId([2; 16]), NOW).unwrap_err();
    assert!(matches!(again, BasketError::UnknownReservation));
    assert_eq!(take(&world, 1, None, NOW).unwrap().organised.met[0].tokens, second.organised.met[0].tokens);
    assert_eq!(world.engine.sweep_reservations(NOW).unwrap(), 0);
    assert_eq!(world.engine.sweep_reservations(later(60)).unwrap(), 1);
    assert_eq!(world.engine.sweep_reservations(later(60)).unwrap(), 0);
    world.assert_sound();
}

#[test]
fn a_reservation_whose_time_is_over_keeps_nothing_even_before_it_is_swept() {
    let world = world(&[SHOP]);
    stock(&world, &[100, 200, 300]);
    let first = take(&world, 2, Some(keep(1, 1, 60)), NOW).unwrap();
    let second = take(&world, 1, Some(keep(2, 2, 60)), later(60)).unwrap();
    assert_eq!(first.organised.met[0].tokens[0], second.organised.met[0].tokens[0]);
    world.assert_sound();
    assert!(world.engine.release_tokens(ReservationId([1; 16]), later(61)).is_err());
    assert_eq!(take(&world, 2, None, later(61)).unwrap().organised.met[0].tokens.len(), 2);
}

#[test]
fn a_client_has_so_many_reservations_and_those_of_spent_tokens_do_not_count() {
    let world = world(&[SHOP]);
    let stocked = stock(&world, &[100; MAX_RESERVATIONS + 2]);
    let mut taken = Vec::new();
    for number in 0..MAX_RESERVATIONS as u8 {
        taken.push(take(&world, 1, Some(keep(number, 1, 60)), NOW).unwrap());
    }
    assert!(matches!(take(&world, 1, Some(keep(100, 1, 60)), NOW), Err(BasketError::TooManyReservations)));
    take(&world, 1, Some(keep(101, 2, 60)), NOW).unwrap();
    let outpoint = taken[0].organised.met[0].tokens[0].outpoint;
    let spend = build(&[coin(&stocked, outpoint.vout).by(&world.alice)], &[(99, world.alice.p2pkh())]);
    world.submit(&[SHOP], &world.beef(&[&stocked, &spend])).unwrap();
    take(&world, 1, Some(keep(102, 1, 60)), NOW).unwrap();
    assert!(matches!(take(&world, 1, Some(keep(103, 1, 60)), NOW), Err(BasketError::Insufficient(_))));
    world.assert_sound();
    // What a client had before a restart counts after it.
    let again = support::world_on(world.chain.clone(), std::sync::Arc::clone(&world.store), &[SHOP]);
    again.engine.release_tokens(ReservationId([101; 16]), NOW).unwrap();
    assert!(matches!(take(&again, 1, Some(keep(104, 1, 60)), NOW), Err(BasketError::TooManyReservations)));
}

#[test]
fn takes_at_the_same_time_get_different_tokens_and_the_rest_is_told_what_is_there() {
    let world = world(&[SHOP]);
    stock(&world, &[10; 20]);
    let (taken, refused) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for number in 0..60 {
            let (world, taken, refused) = (&world, &taken, &refused);
            scope.spawn(move || match take(world, 1, Some(keep(number, number, 60)), NOW) {
                Ok(found) => taken.lock().unwrap().push(found.organised.met[0].tokens[0].outpoint),
                Err(error) => refused.lock().unwrap().push(shortage(error)),
            });
        }
    });
    let (taken, refused) = (taken.into_inner().unwrap(), refused.into_inner().unwrap());
    assert_eq!((taken.len(), taken.iter().collect::<BTreeSet<_>>().len(), refused.len()), (20, 20, 40));
    assert!(refused.iter().all(|short| (short.available.tokens, short.reserved.tokens) == (0, 20)));
    world.assert_sound();
}

#[test]
fn a_token_whose_block_left_the_chain_is_not_handed_out_until_something_proves_it() {
    let world = world(&[SHOP]);
    let coin = world.coin(1_000);
    let orphan = build(&[coin.by(&world.alice)], &[(400, world.alice.p2pkh())]);
    world.mine(&[&orphan]);
    world.submit(&[SHOP], &world.beef(&[&orphan])).unwrap();
    let mut watch = ChainWatch::default();
    world.engine.follow_chain(&mut watch, NOW).unwrap();
    let stocked = stock(&world, &[100]);
    world.chain.0.lock().unwrap().reorganise(2);
    world.engine.follow_chain(&mut watch, NOW).unwrap();
    // The coin's block went too, so nothing proves either of them.
    let none = shortage(take(&world, 1, None, NOW).unwrap_err());
    assert_eq!((none.available.tokens, none.unproven.tokens), (0, 2));
    assert!(none.reserved.tokens == 0 && none.used.tokens == 0);
    world.mine(&[&orphan]);
    world.submit(&[SHOP], &world.beef(&[&orphan])).unwrap();
    let found = world.engine.organise_tokens(&[of_shelf(Need::Count(1))], NOW).unwrap();
    assert_eq!(found.met[0].tokens[0].outpoint.txid, orphan.txid());
    let none = shortage(take(&world, 2, None, NOW).unwrap_err());
    assert_eq!((none.available.tokens, none.unproven.tokens), (1, 1));
    drop(stocked);
}
