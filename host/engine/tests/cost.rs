//! What a submission costs, whatever becomes of it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a failed test")]

mod support;

use support::{ADMIT_ALL, BREAK, COUNTER, INDEX_FUEL, JUDGE_FUEL, NOW, REFUSE, RETAIN, World, topic, world};
use trellis_engine::submit::{Meter, Submission, SubmissionCost, SubmitError, Submitted, TopicChoice};

/// Submits to the topics of these rules and reads the meter.
fn metered(world: &World, rules: &[&str], beef: &[u8]) -> (Result<Submitted, SubmitError>, SubmissionCost) {
    let topics: Vec<_> = rules.iter().map(|rule| topic(rule)).collect();
    let submission = Submission {
        beef,
        off_chain_values: None,
        topics: TopicChoice::Named(&topics),
        require_all: false,
        evidence: None,
    };
    let meter = Meter::default();
    let result = world.engine.submit_metered(&submission, NOW, &meter);
    (result, meter.read())
}

#[test]
fn a_submission_of_many_topics_is_charged_for_all_of_them() {
    let rules = [ADMIT_ALL, RETAIN, COUNTER, REFUSE];
    let world = world(&rules);
    let beef = world.beef(&[&world.pay(&[world.coin(1000), world.coin(1000)])]);
    let (result, cost) = metered(&world, &rules, &beef);
    result.unwrap();
    assert_eq!(cost.signature_checks, 2);
    assert!(cost.script_bytes > 2 * 25, "{cost:?}");
    assert_eq!(
        cost.fuel,
        4 * JUDGE_FUEL + 3 * INDEX_FUEL,
        "four verdicts, and a notice for each of three admitted outputs"
    );
}

#[test]
fn what_a_fault_or_a_refusal_took_is_charged_although_nothing_is_stored() {
    let world = world(&[ADMIT_ALL, BREAK, REFUSE]);
    let beef = world.beef(&[&world.pay(&[world.coin(1000)])]);
    let (result, cost) = metered(&world, &[ADMIT_ALL, BREAK, REFUSE], &beef);
    assert!(matches!(result, Err(SubmitError::Fault(_))), "{result:?}");
    assert_eq!((cost.signature_checks, cost.fuel), (1, 3 * JUDGE_FUEL));
    *world.plugins.index_refuses.lock().unwrap() = true;
    let (result, cost) = metered(&world, &[ADMIT_ALL], &beef);
    assert!(matches!(result, Err(SubmitError::IndexRefused { .. })), "{result:?}");
    assert_eq!((cost.signature_checks, cost.fuel), (1, JUDGE_FUEL + INDEX_FUEL));
}

#[test]
fn a_transaction_that_is_not_accepted_is_charged_for_its_scripts() {
    let world = world(&[ADMIT_ALL]);
    let stranger = trellis_spv::testing::Wallet::from_seed(2);
    let forged = stranger.pay(&[world.coin(1000)], &stranger.p2pkh(), 999);
    let (result, cost) = metered(&world, &[ADMIT_ALL], &world.beef(&[&forged]));
    assert!(matches!(result, Err(SubmitError::Verify(_))), "{result:?}");
    assert!(cost.signature_checks == 1 && cost.script_bytes > 25, "{cost:?}");
    assert_eq!(cost.fuel, 0);
}

#[test]
fn a_resubmission_is_charged_for_no_script_and_no_plugin() {
    let world = world(&[ADMIT_ALL]);
    let beef = world.beef(&[&world.pay(&[world.coin(1000)])]);
    world.submit(&[ADMIT_ALL], &beef).unwrap();
    let (result, cost) = metered(&world, &[ADMIT_ALL], &beef);
    assert!(result.unwrap().repeated);
    assert_eq!(cost, SubmissionCost::default());
}
