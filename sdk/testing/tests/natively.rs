//! What the sandbox holds components to holds natively as well, and what fails says why.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs, reason = "a failed test")]

use std::panic::{AssertUnwindSafe, catch_unwind};

use trellis_plugin::{
    AdmittanceInstructions, AdmittedOutput, Answer, Description, LookupService, Outpoint, Plugin, Question, Refusal,
    Submission, TopicManager, ancestry, config, identity, log, state, topics,
};
use trellis_testing::{Everything, FaultKind, Host, Overlay, Party};

/// Does what the off-chain values say.
struct Told;

impl Plugin for Told {
    fn describe() -> Description {
        Description::new("Told", "Does what the off-chain values say.")
    }

    fn documentation() -> String {
        "# Told".into()
    }
}

impl TopicManager for Told {
    fn identify_admissible_outputs(submission: Submission) -> Result<AdmittanceInstructions, Refusal> {
        let told = String::from_utf8(submission.off_chain_values.unwrap_or_default()).unwrap();
        let mut instructions = AdmittanceInstructions::admit([0]);
        match told.as_str() {
            "refuse" => return Err("not today".into()),
            "panic" => panic!("it was told to"),
            "an output that is not there" => instructions = AdmittanceInstructions::admit([7]),
            "a coin that is not its" => instructions = instructions.retaining([0]),
            "a long key" => state::set(&[0; 129], b""),
            "a long value" => state::set(b"key", &[0; 6_145]),
            "too many calls" => (0..10_001).for_each(|_| drop(config::get("key"))),
            "ancestry" => drop(ancestry::transaction(&submission.transaction.txid)),
            "another topic" => drop(topics::state_get("tm_beside", b"key")),
            "a long log" => (0..100).for_each(|number| log::info(format!("{number}: {}", "long ".repeat(100)))),
            "go on" => drop(std::panic::catch_unwind(|| state::set(b"", b""))),
            "count" => {
                let count = state::get(b"count").map_or(0, |count| count[0]);
                state::set(b"count", &[count + 1]);
            }
            "signers" => log::info(format!("{:?}", identity::signers())),
            _ => {}
        }
        Ok(instructions)
    }
}

impl LookupService for Told {
    fn output_admitted(output: AdmittedOutput) -> Result<(), Refusal> {
        state::set(&output.outpoint.to_bytes(), &output.admitted_at.to_be_bytes());
        Ok(())
    }

    fn output_evicted(_: String, outpoint: Outpoint) -> Result<(), Refusal> {
        state::remove(&outpoint.to_bytes());
        Ok(())
    }

    fn lookup(question: Question) -> Result<Answer, Refusal> {
        match question.query.as_str() {
            "\"write\"" => state::set(b"key", b""),
            "\"no json\"" => return Ok(Answer::Freeform("{".into())),
            "\"count\"" => return Ok(Answer::Freeform(state::scan(state::Range::all()).count().to_string())),
            _ => {}
        }
        Ok(Answer::OutputList(Vec::new()))
    }
}

fn overlay() -> Overlay {
    Overlay::new().topic("tm_told", Told).topic("tm_beside", Everything).service("ls_told", Told, ["tm_told"])
}

/// Submits a payment with a word to the plugin, and expects a fault.
fn breaks(word: &str, kind: FaultKind, text: &str) {
    overlay().test(|host| {
        let paid = host.transaction().pay(&Party::named("alice"), 10).sign();
        host.submission(&paid).to(["tm_told"]).off_chain_values(word).send().faults(kind, text);
        host.state("tm_told").count(0);
    });
}

#[test]
fn a_panic_is_a_fault_with_its_text() {
    breaks("panic", FaultKind::Panic, "it was told to");
    breaks("panic", FaultKind::Panic, "sdk/testing/tests/natively.rs:");
}

#[test]
fn results_that_the_interface_forbids_are_faults() {
    breaks("an output that is not there", FaultKind::BadResult, "output 7 in outputs-to-admit");
    breaks("a coin that is not its", FaultKind::BadResult, "input 0 in coins-to-retain");
}

#[test]
fn limits_and_permissions_hold() {
    breaks("a long key", FaultKind::Budget, "a key of 129 bytes");
    breaks("a long value", FaultKind::Budget, "a value of 6145 bytes");
    breaks("too many calls", FaultKind::Budget, "too many calls into the host");
    breaks("ancestry", FaultKind::NotAllowed, "`ancestry` is for lookup services");
    breaks("another topic", FaultKind::NotAllowed, "that topic is not granted to it");
}

#[test]
fn a_plugin_that_catches_the_end_of_its_call_has_ended_all_the_same() {
    breaks("go on", FaultKind::BadResult, "an empty key for `state`");
}

#[test]
fn a_lookup_only_reads_and_answers_json() {
    overlay().test(|host| {
        host.lookup("ls_told", "write").fails("writing to `state` in `lookup`");
        host.lookup("ls_told", "no json").fails("a freeform answer that is no JSON");
        host.lookup("ls_told", "count").json(0);
    });
}

#[test]
fn rows_are_kept_only_with_what_was_stored() {
    overlay().test(|host| {
        let paid = host.transaction().pay(&Party::named("alice"), 10).sign();
        host.submission(&paid).to(["tm_told"]).off_chain_values("refuse").send().refused("tm_told", "not today");
        host.submission(&paid).to(["tm_told"]).off_chain_values("count").send().admits("tm_told", [0]);
        let more = host.transaction().spend(&paid, 0, &Party::named("alice")).pay(&Party::named("bob"), 9).sign();
        host.submission(&more).to(["tm_told"]).off_chain_values("count").send().removes("tm_told", [0]);
        host.state("tm_told").has("count", [2]).count(1);
        host.state("ls_told").count(2);
        host.network_refuses(&paid, "no");
        host.state("tm_told").count(0);
    });
}

#[test]
fn a_long_log_is_cut_and_says_so() {
    overlay().test(|host| {
        let paid = host.transaction().pay(&Party::named("alice"), 10).sign();
        let answer = host.submission(&paid).to(["tm_told"]).off_chain_values("a long log").send();
        let last = answer.admits("tm_told", [0]).logged().last().unwrap();
        assert_eq!((last.level.as_str(), last.text.as_str()), ("WARN", "further lines of this call are left out"));
    });
}

#[test]
fn who_signed_is_known_to_the_plugin() {
    overlay().test(|host| {
        let (alice, bob) = (Party::named("alice"), Party::named("bob"));
        let paid = host.transaction().pay(&alice, 10).sign();
        let answer =
            host.submission(&paid).to(["tm_told"]).off_chain_values("signers").signed_by(&bob).signed_by(&alice).send();
        let expected = format!("[{}, {}]", bob.identity_key(), alice.identity_key());
        assert_eq!(answer.admits("tm_told", [0]).logged()[0].text, expected);
    });
}

/// The text that a test fails with.
fn failure(body: impl Fn(&mut Host)) -> String {
    let failed = catch_unwind(AssertUnwindSafe(|| overlay().test(body))).unwrap_err();
    failed.downcast_ref::<String>().unwrap().clone()
}

#[test]
fn what_fails_says_what_was_expected_what_came_and_what_was_logged() {
    let text = failure(|host| {
        let paid = host.transaction().pay(&Party::named("alice"), 10).sign();
        host.submission(&paid).to(["tm_told"]).off_chain_values("signers").send().admits("tm_told", [0, 1]);
    });
    for part in [
        "natively: transaction ",
        " is submitted to tm_told\n  expected tm_told to admit outputs [0, 1]\n  but those were [0]",
        "tm_told admits [0], retains [], loses []",
        "INFO Told tm_told identify-admissible-outputs: []",
    ] {
        assert!(text.contains(part), "{text}");
    }
    let text = failure(|host| {
        let paid = host.transaction().pay(&Party::named("alice"), 10).sign();
        host.submission(&paid).to(["tm_told"]).off_chain_values("refuse").send().admits("tm_told", [0]);
    });
    assert!(text.contains("tm_told refuses: not today"), "{text}");
    let text = failure(|host| {
        host.lookup("ls_told", "count").json(1);
    });
    assert!(text.contains("expected 1\n  it came to 0"), "{text}");
}

#[test]
fn a_case_shows_what_came_otherwise_and_ends_where_it_cannot_go_on() {
    let folder = std::env::temp_dir().join(format!("trellis-natively-cases-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let case = r#"{ "about": "It breaks.", "steps": [
        { "transaction": "made", "outputs": [{ "pay": "alice" }] },
        { "submit": "made", "to": ["tm_told"], "offChainValues": "go on", "expect": { "tm_told": { "admits": [0] } } },
        { "evict": "made.0" },
        { "state": "tm_told", "expect": [] }
    ] }"#;
    std::fs::write(folder.join("breaks.json"), case).unwrap();
    let panicked = catch_unwind(AssertUnwindSafe(|| overlay().cases(&folder))).unwrap_err();
    std::fs::remove_dir_all(&folder).unwrap();
    let text = panicked.downcast_ref::<String>().unwrap();
    for part in ["step 2, ", "an empty key for `state`", "step 3, evict \"made.0\"\n  cannot be taken any more"] {
        assert!(text.contains(part), "{text}");
    }
    assert!(!text.contains("step 4"), "{text}");
}
