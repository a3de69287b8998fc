//! What subscribers can read: every commit whole, once, in order, and to whom each is of interest.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a failed test")]

mod support;

use support::{ADMIT_ALL, NOW, RETAIN, SHOP, World, topic, world};
use trellis_engine::domain::basket::BasketName;
use trellis_engine::domain::event::Event;
use trellis_engine::domain::status::NetworkWord;
use trellis_engine::domain::time::Sequence;
use trellis_engine::events::{EventFilter, FilterError, Transition};
use trellis_engine::evict::{Dependents, Eviction};
use trellis_engine::ports::store::Store;
use trellis_spv::hash::Outpoint;
use trellis_spv::testing::coin;

fn all(world: &World) -> Vec<Transition> {
    let mut cursor = Sequence::ZERO;
    let next = || {
        let found = world.engine.transition_after(cursor).unwrap()?;
        cursor = found.sequence;
        Some(found)
    };
    std::iter::from_fn(next).collect()
}

fn filter(world: &World, topics: &[&str], baskets: &[&str]) -> EventFilter {
    let topics: Vec<_> = topics.iter().map(|rule| topic(rule)).collect();
    let baskets: Vec<_> = baskets.iter().map(|name| BasketName::new(name).unwrap()).collect();
    EventFilter::new(world.engine.hosting(), &topics, &baskets).unwrap()
}

/// The sequences that pass.
fn passing(world: &World, filter: &EventFilter) -> Vec<u64> {
    let passes = |found: &Transition| {
        let event = found.event.as_ref()?;
        filter.passes(&world.engine.touched(found.sequence, event).unwrap()).then_some(found.sequence.0)
    };
    all(world).iter().filter_map(passes).collect()
}

#[test]
fn every_commit_is_read_once_and_in_order_and_one_submission_is_one_event() {
    let world = world(&[ADMIT_ALL, RETAIN]);
    let first = world.pay(&[world.coin(1_000)]);
    world.submit(&[ADMIT_ALL, RETAIN], &world.beef(&[&first])).unwrap();
    let second = world.pay(&[coin(&first, 0)]);
    world.submit(&[ADMIT_ALL, RETAIN], &world.beef(&[&first, &second])).unwrap();
    let sequences: Vec<u64> = all(&world).iter().map(|found| found.sequence.0).collect();
    assert_eq!(sequences, (1..=world.store.durable().0).collect::<Vec<_>>());
    let applied: Vec<_> =
        all(&world).into_iter().filter(|found| matches!(found.event, Some(Event::Applied(_)))).collect();
    assert_eq!(applied.len(), 2);
    let Some(Event::Applied(transactions)) = &applied[1].event else { panic!("{applied:?}") };
    let [transaction] = &transactions[..] else { panic!("{transactions:?}") };
    assert_eq!((transaction.txid, transaction.topics.len()), (second.txid(), 2));
    assert_eq!(world.engine.transition_after(world.store.durable()).unwrap(), None);
}

#[test]
fn a_filter_passes_what_touches_its_topics_or_baskets_and_nothing_else() {
    let world = world(&[SHOP, ADMIT_ALL]);
    let sold = world.pay(&[world.coin(1_000)]);
    let of_shop = world.submit(&[SHOP], &world.beef(&[&sold])).unwrap().sequence.unwrap().0;
    let other = world.pay(&[world.coin(1_000)]);
    let of_other = world.submit(&[ADMIT_ALL], &world.beef(&[&other])).unwrap().sequence.unwrap().0;
    assert_eq!(passing(&world, &filter(&world, &[SHOP], &[])), [of_shop]);
    assert_eq!(passing(&world, &filter(&world, &[ADMIT_ALL], &[])), [of_other]);
    assert_eq!(passing(&world, &filter(&world, &[], &["shelf"])), [of_shop]);
    assert_eq!(passing(&world, &filter(&world, &[], &["bag/mine"])), Vec::<u64>::new());
    assert_eq!(passing(&world, &filter(&world, &[ADMIT_ALL], &["shelf"])), [of_shop, of_other]);
    assert_eq!(passing(&world, &EventFilter::default()), [of_shop, of_other]);
    // What the network says of a transaction concerns the topics that judged it; what becomes of it, those it leaves.
    let word = NetworkWord { broadcaster: "arc".into(), code: 461, text: "no".into(), at: NOW };
    world.engine.take_back(&sold.txid(), &word, NOW).unwrap();
    let taken_back = world.store.durable().0;
    assert_eq!(passing(&world, &filter(&world, &[], &["shelf"])), [of_shop, taken_back]);
    world.mine(&[&other]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&other])).unwrap();
    let proven = world.store.durable().0;
    assert!(proven > taken_back);
    assert_eq!(passing(&world, &filter(&world, &[ADMIT_ALL], &[])), [of_other, proven]);
    // Evicted now, it was of that topic when it was proven.
    let outpoint = Outpoint::new(other.txid(), 0);
    world.engine.evict(&Eviction { outpoint, reason: "court order", dependents: Dependents::Evict }, NOW).unwrap();
    let evicted = world.store.durable().0;
    assert_eq!(passing(&world, &filter(&world, &[ADMIT_ALL], &[])), [of_other, proven, evicted]);
    assert_eq!(passing(&world, &filter(&world, &[SHOP], &[])), [of_shop, taken_back]);
}

#[test]
fn a_filter_names_what_is_not_hosted() {
    let world = world(&[SHOP]);
    let (unknown, basket) = (topic(RETAIN), BasketName::new("elsewhere").unwrap());
    let hosting = world.engine.hosting();
    assert_eq!(EventFilter::new(hosting, std::slice::from_ref(&unknown), &[]), Err(FilterError::Topic(unknown)));
    assert_eq!(EventFilter::new(hosting, &[], std::slice::from_ref(&basket)), Err(FilterError::Basket(basket)));
}
