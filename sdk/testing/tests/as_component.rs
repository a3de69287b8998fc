//! What differs between a plugin's own code and its component fails the test, and says where.
#![cfg(feature = "component")]
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a failed test")]

use std::panic::{AssertUnwindSafe, catch_unwind};

use trellis_plugin::{
    AdmittanceInstructions, AdmittedOutput, Answer, Description, LookupService, Outpoint, Plugin, Question, Refusal,
    Submission, TopicManager, log,
};
use trellis_testing::{Component, Host, Overlay, Party};

/// Admits whatever has two outputs, and finds nothing: not what its component does, which is Hello World's.
struct NotHelloWorld;

impl Plugin for NotHelloWorld {
    fn describe() -> Description {
        Description::new("Not Hello World", "Another plugin than its component.")
    }

    fn documentation() -> String {
        "# Not Hello World".into()
    }
}

impl TopicManager for NotHelloWorld {
    fn identify_admissible_outputs(submission: Submission) -> Result<AdmittanceInstructions, Refusal> {
        log::info("it looks at the outputs");
        match submission.transaction.outputs.len() {
            2 => Ok(AdmittanceInstructions::admit([0])),
            _ => Err("two outputs are wanted".into()),
        }
    }
}

impl LookupService for NotHelloWorld {
    fn output_admitted(_: AdmittedOutput) -> Result<(), Refusal> {
        Ok(())
    }

    fn output_evicted(_: String, _: Outpoint) -> Result<(), Refusal> {
        Ok(())
    }

    fn lookup(_: Question) -> Result<Answer, Refusal> {
        Ok(Answer::OutputList(Vec::new()))
    }
}

/// The text that a test fails with.
fn failure(body: impl Fn(&mut Host)) -> String {
    let component = Component::of_package(concat!(env!("CARGO_MANIFEST_DIR"), "/../../plugins/helloworld"), "plugin");
    let overlay = Overlay::new()
        .topic("tm_x", NotHelloWorld)
        .service("ls_x", NotHelloWorld, ["tm_x"])
        .component(NotHelloWorld, component);
    let failed = catch_unwind(AssertUnwindSafe(|| overlay.test(body))).unwrap_err();
    failed.downcast_ref::<String>().unwrap().clone()
}

#[test]
fn a_test_that_passes_both_ways_fails_where_the_two_came_to_something_else() {
    let text = failure(|host| {
        let paid = host.transaction().pay(&Party::named("alice"), 5).sign();
        host.submit(&paid, ["tm_x"]).refused("tm_x", "");
    });
    for part in
        ["came to something else natively than as a component", "two outputs are wanted", "not a PushDrop token"]
    {
        assert!(text.contains(part), "no {part} in {text}");
    }
}

#[test]
fn what_only_the_component_does_wrong_is_named_as_its_doing() {
    let text = failure(|host| {
        let alice = Party::named("alice");
        let paid = host.transaction().signed_token(&alice, ["hello"]).pay(&alice, 5).sign();
        host.submit(&paid, ["tm_x"]).admits("tm_x", [0]);
        host.lookup("ls_x", "findAll").outputs([]);
    });
    assert!(text.contains("as a component: ls_x is asked \"findAll\"\n  expected outputs []"), "{text}");
}
