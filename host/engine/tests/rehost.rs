//! Other topics, services and baskets while the host runs: nobody who asks notices, and nothing is missed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a failed test")]

mod support;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use support::*;
use trellis_engine::domain::status::NetworkWord;
use trellis_engine::lookup::{AnswerShape, LookupError, Question, Standing};
use trellis_engine::rebuild::{Pace, Promotion, Step};
use trellis_engine::submit::SubmitError;
use trellis_spv::hash::Outpoint;

const NOTHING_BESIDE: Setup<'static> = Setup { services: &[], shop: false, upgraded: false };
const INDEXED: Setup<'static> = Setup { services: &[INDEX], shop: false, upgraded: false };
const JOURNALLED: Setup<'static> = Setup { services: &[INDEX, JOURNAL], shop: false, upgraded: false };

/// Submissions of each thread.
const SUBMISSIONS: usize = 40;

fn finish(world: &World) {
    while world.engine.rebuild_step(Pace::default(), NOW).unwrap() == Step::Worked {}
}

fn listed(world: &World) -> BTreeSet<Outpoint> {
    world.listed().into_iter().map(|output| output.outpoint).collect()
}

#[test]
fn submissions_that_meet_the_change_are_judged_and_indexed_by_what_is_hosted_then() {
    let world = world(&[ADMIT_ALL, COUNTER]);
    world.engine.find_rebuilds(NOW).unwrap();
    let payments: Vec<Vec<_>> =
        (0..3).map(|_| (0..SUBMISSIONS).map(|_| world.pay(&[world.coin(10_000)])).collect()).collect();
    let beefs: Vec<Vec<_>> =
        payments.iter().map(|its| its.iter().map(|payment| world.beef(&[payment])).collect()).collect();
    let done = AtomicBool::new(false);
    let (world, done) = (&world, &done);
    std::thread::scope(|scope| {
        let submitters: Vec<_> = beefs
            .iter()
            .map(|beefs| {
                scope.spawn(move || {
                    for beef in beefs {
                        // Always the first engine: it passes them on.
                        assert_eq!(
                            world.submit(&[ADMIT_ALL], beef).unwrap().steak[&topic(ADMIT_ALL)],
                            entry(&[0], &[], &[])
                        );
                    }
                })
            })
            .collect();
        scope.spawn(|| {
            for setup in [&JOURNALLED, &INDEXED].iter().cycle() {
                world.rehost(&[ADMIT_ALL, COUNTER], setup);
                let _ = world.engine.rebuild_step(Pace::default(), NOW).unwrap();
                if done.load(Ordering::Relaxed) {
                    break;
                }
            }
        });
        submitters.into_iter().for_each(|submitter| submitter.join().unwrap());
        done.store(true, Ordering::Relaxed);
    });
    finish(world);
    let all: BTreeSet<_> = payments.iter().flatten().map(|payment| Outpoint::new(payment.txid(), 0)).collect();
    assert_eq!(listed(world), all);
    world.assert_sound();
}

#[test]
fn a_batch_that_meets_the_change_is_indexed_by_what_is_hosted_then_and_taken_back_from_it() {
    let world = world(&[ADMIT_ALL]);
    world.engine.find_rebuilds(NOW).unwrap();
    world.rehost(&[ADMIT_ALL], &JOURNALLED);
    let paid = world.pay(&[world.coin(10_000)]);
    let beef = world.beef(&[&paid]);
    // The engine that was there before passes on both.
    world.submit_batch(&[(paid.clone(), vec![ADMIT_ALL], beef)]).unwrap();
    assert_eq!(world.notices().len(), 2, "the index and the journal");
    let word = NetworkWord { broadcaster: "arc".into(), code: 461, text: "no".into(), at: NOW };
    world.engine.take_back(&paid.txid(), &word, NOW).unwrap();
    assert_eq!(listed(&World { engine: world.engine.latest(), ..world }), BTreeSet::new());
}

#[test]
fn what_is_not_hosted_any_more_is_refused_and_comes_back_as_it_would_have_been() {
    let world = world(&[ADMIT_ALL, COUNTER]);
    world.engine.find_rebuilds(NOW).unwrap();
    let early = world.pay(&[world.coin(10_000)]);
    world.submit(&[ADMIT_ALL, COUNTER], &world.beef(&[&early])).unwrap();

    world.rehost(&[ADMIT_ALL], &NOTHING_BESIDE);
    let later = world.pay(&[world.coin(10_000)]);
    let beef = world.beef(&[&later]);
    let refused = world.submit(&[COUNTER], &beef).unwrap_err();
    assert!(matches!(refused, SubmitError::NotHosted { .. }), "{refused:?}");
    world.submit(&[ADMIT_ALL], &beef).unwrap();
    let question =
        Question { service: "ls_index", query: "0", shape: AnswerShape::Merged, minimum: Standing::Admitted };
    let gone = world.engine.latest().lookup(&question).unwrap_err();
    assert!(matches!(gone, LookupError::NotHosted { .. }), "{gone:?}");
    let changed = world.engine.lookup(&question).unwrap_err();
    assert!(matches!(changed, LookupError::Unavailable(_)), "whoever may ask it is not known here: {changed:?}");

    world.rehost(&[ADMIT_ALL, COUNTER], &INDEXED);
    finish(&world);
    let expected = [&early, &later].map(|payment| Outpoint::new(payment.txid(), 0));
    assert_eq!(listed(&world), BTreeSet::from(expected));
    world.assert_sound();
}

#[test]
fn who_names_no_topics_is_not_taken_for_allowed_to_topics_it_could_not_know() {
    let world = world(&[COUNTER]);
    let before = std::sync::Arc::clone(&world.engine);
    world.rehost(&[COUNTER, RELEVANT], &NOTHING_BESIDE);
    let paid = world.pay(&[world.coin(10_000)]);
    let beef = world.beef(&[&paid]);
    let refused = world.submit_auto(&beef).unwrap_err();
    assert!(matches!(refused, SubmitError::NotOpen { .. }), "{refused:?}");
    let world = World { engine: before.latest(), ..world };
    assert!(world.submit_auto(&beef).unwrap().steak.contains_key(&topic(RELEVANT)));
}

#[test]
fn a_promotion_under_way_begins_again_and_ends() {
    let world = world_set_up(SharedChain(Default::default()), Default::default(), &[ADMIT_ALL], &INDEXED);
    world.engine.find_rebuilds(NOW).unwrap();
    let paid = world.pay(&[world.coin(10_000)]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&paid])).unwrap();
    let index = trellis_engine::ports::plugins::PluginId(INDEX.into());
    world.plugins.candidates.lock().unwrap().insert(INDEX.to_owned(), INDEX);
    world.engine.promote(&index).unwrap();
    let _ = world.engine.rebuild_step(Pace::default(), NOW).unwrap();
    assert_eq!(world.engine.promotion(&index), Some(Promotion::Building));
    let next = world.rehost(&[ADMIT_ALL, COUNTER], &JOURNALLED);
    assert_eq!(next.promotion(&index), Some(Promotion::Waiting));
    finish(&world);
    assert_eq!(next.promotion(&index), Some(Promotion::Promoted));
    let world = World { engine: next, ..world };
    assert_eq!(listed(&world), BTreeSet::from([Outpoint::new(paid.txid(), 0)]));
}
