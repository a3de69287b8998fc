//! Batches are stored whole or not at all, and tokens are chosen and kept, as on a host.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs, reason = "a failed test")]

use std::panic::{AssertUnwindSafe, catch_unwind};

use trellis_plugin::push_drop;
use trellis_plugin::{
    AdmittanceInstructions, BasketManager, Description, Operation, Organising, Output, Plugin, Refusal, Submission,
    Token, TopicManager,
};
use trellis_testing::{Event, FaultKind, Host, Member, Overlay, Party, Transaction, Wanted};

const TOPIC: &str = "tm_coins";
const BASKET: &str = "coins/all";

/// Tokens with an amount, as text.
struct Coins;

fn amount(output: &Output) -> Option<u64> {
    let token = push_drop::decode(&output.locking_script)?;
    std::str::from_utf8(token.fields.first()?).ok()?.parse().ok()
}

impl Plugin for Coins {
    fn describe() -> Description {
        Description::new("Coins", "Tokens with an amount.")
    }

    fn documentation() -> String {
        "# Coins".into()
    }
}

impl TopicManager for Coins {
    fn identify_admissible_outputs(submission: Submission) -> Result<AdmittanceInstructions, Refusal> {
        assert!(submission.off_chain_values.is_none(), "off-chain values are too much for it");
        let outputs = (0u32..).zip(&submission.transaction.outputs);
        let coins: Vec<u32> = outputs.filter(|(_, output)| amount(output).is_some()).map(|(index, _)| index).collect();
        if coins.is_empty() { Err("there is no coin in it".into()) } else { Ok(AdmittanceInstructions::admit(coins)) }
    }
}

impl BasketManager for Coins {
    fn operations(organising: Organising) -> Result<Vec<Operation>, Refusal> {
        let coin = |output_index: u32| {
            let amount = amount(organising.transaction.outputs.get(output_index as usize)?)?;
            Some(Operation::Create { output_index, token: Token::new(BASKET, "coin", amount) })
        };
        Ok(organising.admitted.iter().filter_map(|admitted| coin(admitted.output_index)).collect())
    }
}

fn overlay() -> Overlay {
    Overlay::new().topic(TOPIC, Coins).baskets(Coins, ["coins/*"], [TOPIC])
}

fn to_coins(transaction: &Transaction) -> Member {
    Member::of(transaction).to([TOPIC])
}

fn commits(host: &Host) -> usize {
    host.events().iter().filter(|event| matches!(event, Event::Applied(_))).count()
}

#[test]
fn a_batch_takes_effect_in_one_commit_whatever_the_order_of_its_members() {
    overlay().test(|host| {
        let (alice, bob) = (Party::named("alice"), Party::named("bob"));
        let made = host.transaction().token(&alice, ["7"]).sign();
        let moved = host.transaction().spend(&made, 0, &alice).token(&bob, ["7"]).sign();
        let answer = host.submit_batch([to_coins(&moved), to_coins(&made)]);
        answer.member(0).admits(TOPIC, [0]).removes(TOPIC, [0]);
        answer.member(1).admits(TOPIC, [0]);
        assert_eq!(answer.member(1).txid(), made.txid());
        assert_eq!(commits(host), 1);
        host.basket(BASKET).holds([(&moved, 0, "coin", 7)]);
    });
}

#[test]
fn of_a_batch_with_a_bad_member_nothing_is_stored_and_the_member_is_named() {
    overlay().test(|host| {
        let alice = Party::named("alice");
        let good = host.transaction().token(&alice, ["7"]).sign();
        let bad = host.transaction().pay(&alice, 10).sign();
        let refused = host.submit_batch([to_coins(&good), to_coins(&bad)]);
        refused.blames(1, "there is no coin in it").fails("nothing of the batch was stored");
        let broken = host.submit_batch([to_coins(&good), to_coins(&bad).off_chain_values("values")]);
        broken.faults(1, FaultKind::Panic, "too much for it");
        host.submit_batch([to_coins(&good), to_coins(&good)]).blames(1, "the same transaction");
        host.submit_batch([]).fails("1 to 100 members");
        assert_eq!(commits(host), 0);
        host.basket(BASKET).is_empty();
    });
}

#[test]
fn members_that_are_submitted_each_by_itself_fail_by_themselves() {
    overlay().test(|host| {
        let alice = Party::named("alice");
        let good = host.transaction().token(&alice, ["7"]).sign();
        let bad = host.transaction().pay(&alice, 10).sign();
        let answers = host.submit_each([to_coins(&bad), to_coins(&good)]);
        answers[0].refused(TOPIC, "there is no coin in it");
        answers[1].admits(TOPIC, [0]);
        host.basket(BASKET).holds([(&good, 0, "coin", 7)]);
    });
}

#[test]
fn tokens_are_chosen_for_several_needs_and_none_twice() {
    overlay().test(|host| {
        let alice = Party::named("alice");
        let made = host.transaction().token(&alice, ["5"]).token(&alice, ["2"]).token(&alice, ["9"]).sign();
        host.submit(&made, [TOPIC]).admits(TOPIC, [0, 1, 2]);
        let small = Wanted::count(BASKET, 2).asset("coin").each_at_most(5);
        let chosen = host.organise([Wanted::amount(BASKET, 9).each_at_least(9), small.clone()]);
        chosen.meets(0, [(&made, 2)]).meets(1, [(&made, 0), (&made, 1)]);
        chosen.tokens([(&made, 0), (&made, 1), (&made, 2)]);
        host.organise([small.clone(), small]).fails("insufficient inventory");
        host.organise([Wanted::count("coins/none", 1)]).fails("not known here");
    });
}

#[test]
fn what_is_kept_is_handed_out_to_nobody_else_until_it_is_let_go_of_or_its_time_is_over() {
    overlay().test(|host| {
        let alice = Party::named("alice");
        let made = host.transaction().token(&alice, ["5"]).token(&alice, ["5"]).sign();
        host.submit(&made, [TOPIC]).admits(TOPIC, [0, 1]);
        let all = || Wanted::amount(BASKET, 10);
        host.take(all()).tokens([(&made, 0), (&made, 1)]);
        let kept = host.reserve(all(), 60);
        kept.tokens([(&made, 0), (&made, 1)]);
        host.take(Wanted::count(BASKET, 1)).fails("insufficient inventory");
        host.release(&kept);
        host.reserve(all(), 60).tokens([(&made, 0), (&made, 1)]);
        host.wait(61);
        host.take(all()).tokens([(&made, 0), (&made, 1)]);
    });
}

/// The text that a test fails with.
fn failure(body: impl Fn(&mut Host)) -> String {
    let failed = catch_unwind(AssertUnwindSafe(|| overlay().test(body))).unwrap_err();
    failed.downcast_ref::<String>().unwrap().clone()
}

#[test]
fn a_batch_or_a_choice_that_came_to_something_else_says_what_it_came_to() {
    let text = failure(|host| {
        let made = host.transaction().token(&Party::named("alice"), ["5"]).sign();
        host.submit_batch([to_coins(&made)]).blames(0, "no");
    });
    for part in ["natively: as one, transaction ", "expected it to fail because of member 0", "tm_coins admits [0]"] {
        assert!(text.contains(part), "no {part} in {text}");
    }
    let text = failure(|host| {
        let paid = host.transaction().pay(&Party::named("alice"), 10).sign();
        host.submit_batch([to_coins(&paid)]).member(0).admits(TOPIC, [0]);
    });
    assert!(text.contains("expected member 0 to be stored") && text.contains("there is no coin in it"), "{text}");
    let text = failure(|host| {
        let made = host.transaction().token(&Party::named("alice"), ["5"]).sign();
        host.submit(&made, [TOPIC]);
        host.take(Wanted::count(BASKET, 1)).tokens([]);
    });
    for part in ["natively: 1 tokens of basket coins/all are taken", "expected []", "outpoint"] {
        assert!(text.contains(part), "no {part} in {text}");
    }
}
