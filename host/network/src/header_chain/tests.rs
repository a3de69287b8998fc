//! The chain over its life, its archive included.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use super::testing::{Shelf, chain, constant, extend, first, rules, unmined};
use super::*;

fn open(shelf: &Arc<Shelf>, rules: Rules) -> (HeaderChain, Option<String>) {
    let opened = HeaderChain::open(rules, Arc::clone(shelf) as _).unwrap();
    (opened.chain, opened.dropped)
}

fn raw(headers: &[Header]) -> Vec<[u8; 80]> {
    headers.iter().map(Header::raw).collect()
}

#[test]
fn what_was_known_is_known_after_a_restart() {
    let shelf = Arc::new(Shelf::default());
    let headers = chain(5_000, 1);
    let rules = rules(constant(), 100, &headers[0]);
    let (chain, dropped) = open(&shelf, rules.clone());
    assert_eq!((chain.tip(), dropped), (None, None));
    for page in headers.chunks(1_000) {
        chain.insert(page.to_vec());
    }
    assert_eq!(shelf.from(100), raw(&headers));
    let longer = extend(&headers[..4_900], 200, 2);
    chain.insert(longer.clone());
    assert_eq!(shelf.from(100), raw(&longer), "after a reorganisation nothing of the old branch is left");
    drop(chain);
    let (chain, dropped) = open(&shelf, rules);
    assert_eq!(dropped, None);
    assert_eq!(chain.best(), Some((100 + 5_099, longer[5_099].hash())));
    for (height, header) in longer.iter().enumerate() {
        assert_eq!(chain.header(100 + height as u32).unwrap().root, header.root());
    }
}

#[test]
fn an_archive_is_believed_only_as_far_as_it_keeps_the_rules() {
    let headers = chain(50, 1);
    let rules = rules(constant(), 0, &headers[0]);
    type Spoil = fn(&mut BTreeMap<u32, [u8; 80]>);
    let spoil: [(&str, Spoil); 3] = [
        ("does not continue", |kept| _ = kept.remove(&30)),
        ("does not continue", |kept| _ = kept.insert(30, first(9).raw())),
        ("work", |kept| {
            let previous = Header::parse(&kept[&29]).unwrap();
            kept.insert(30, unmined(&previous, 1).raw());
        }),
    ];
    for (words, spoil) in spoil {
        let shelf = Arc::new(Shelf::default());
        open(&shelf, rules.clone()).0.insert(headers.clone());
        spoil(&mut shelf.headers.lock().unwrap());
        let (chain, dropped) = open(&shelf, rules.clone());
        assert!(dropped.as_ref().is_some_and(|dropped| dropped.contains(words)), "{words}: {dropped:?}");
        assert_eq!(chain.tip(), Some(29));
        assert_eq!(shelf.from(0), raw(&headers[..30]));
        chain.insert(headers.clone());
        assert_eq!(shelf.from(0), raw(&headers));
    }
}

#[test]
fn another_checkpoint_begins_where_it_says() {
    let headers = chain(50, 1);
    let shelf = Arc::new(Shelf::default());
    open(&shelf, rules(constant(), 0, &headers[0])).0.insert(headers.clone());
    // Higher on the same chain: what is above it counts.
    let (chain, dropped) = open(&shelf, rules(constant(), 20, &headers[20]));
    assert_eq!((chain.tip(), chain.header(19), dropped), (Some(49), None, None));
    // On another chain, or above all that is there: nothing counts, and nothing stays.
    for (height, first) in [(20, headers[21]), (70, headers[21])] {
        let shelf = Arc::new(Shelf::default());
        open(&shelf, rules(constant(), 0, &headers[0])).0.insert(headers.clone());
        let (chain, _) = open(&shelf, rules(constant(), height, &first));
        assert_eq!(chain.tip(), None);
        assert!(shelf.from(0).is_empty());
    }
}

#[test]
fn a_failing_archive_stops_nothing_and_catches_up() {
    let headers = chain(30, 1);
    let shelf = Arc::new(Shelf::default());
    let (chain, _) = open(&shelf, rules(constant(), 0, &headers[0]));
    chain.insert(headers[..10].to_vec());
    shelf.is_broken.store(true, Ordering::SeqCst);
    chain.insert(headers[10..20].to_vec());
    assert_eq!(chain.tip(), Some(19));
    assert!(chain.archive_error().unwrap().contains("full"));
    shelf.is_broken.store(false, Ordering::SeqCst);
    chain.insert(headers[20..].to_vec());
    assert_eq!(chain.archive_error(), None);
    assert_eq!(shelf.from(0), raw(&headers));
}
