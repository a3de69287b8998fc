//! The whole plugin in an overlay: natively, and as the component that ships.

use serde_json::json;
use trellis_testing::{Host, Overlay, Party, component};

use crate::HelloWorld;

const TOPIC: &str = "tm_helloworld";
const SERVICE: &str = "ls_helloworld";

fn overlay() -> Overlay {
    Overlay::new()
        .topic(TOPIC, HelloWorld)
        .service(SERVICE, HelloWorld, [TOPIC])
        .component(HelloWorld, component!("plugin"))
}

fn test(body: impl Fn(&mut Host)) {
    overlay().test(body);
}

#[test]
fn the_cases_that_plugins_in_other_languages_are_held_to_hold_here() {
    overlay().cases(concat!(env!("CARGO_MANIFEST_DIR"), "/cases"));
}

#[test]
fn a_message_is_found_until_it_is_spent() {
    test(|host| {
        let (alice, bob) = (Party::named("alice"), Party::named("bob"));
        let hello = host.transaction().signed_token(&alice, ["hello"]).pay(&bob, 500).sign();
        host.submit(&hello, [TOPIC]).admits(TOPIC, [0]).takes_at_most(100_000);
        host.lookup(SERVICE, json!({ "message": "hello" })).outputs([(&hello, 0)]);
        host.lookup(SERVICE, json!({ "message": "hullo" })).outputs([]);

        let again = host.transaction().spend(&hello, 0, &alice).signed_token(&alice, ["hello again"]).sign();
        host.submit(&again, [TOPIC]).admits(TOPIC, [0]).removes(TOPIC, [0]);
        host.lookup(SERVICE, "findAll").outputs([(&again, 0)]);

        let gone = host.transaction().spend(&again, 0, &alice).pay(&alice, 1).sign();
        host.submit(&gone, [TOPIC]).admits(TOPIC, []).removes(TOPIC, [0]);
        host.lookup(SERVICE, json!({ "findAll": true })).outputs([]);
        host.state(SERVICE).count(0);
    });
}

#[test]
fn what_is_no_message_is_refused_with_its_reason() {
    test(|host| {
        let (alice, bob) = (Party::named("alice"), Party::named("bob"));
        let unsigned = host.transaction().token(&alice, ["hello", "not a signature"]).sign();
        host.submit(&unsigned, [TOPIC]).refused(TOPIC, "output 0: the signature over the text is not by the key");
        let payment = host.transaction().pay(&bob, 500).sign();
        host.submit(&payment, [TOPIC]).refused(TOPIC, "output 0: not a PushDrop token with the lock before the data");
        host.lookup(SERVICE, json!({ "limit": 0 })).refused("\"limit\" is a whole number from 1 to 1000");
    });
}

#[test]
fn what_is_evicted_or_refused_by_the_network_is_found_no_more() {
    test(|host| {
        let alice = Party::named("alice");
        let one = host.transaction().signed_token(&alice, ["one"]).sign();
        let two = host.transaction().signed_token(&alice, ["two"]).sign();
        host.submit(&one, [TOPIC]);
        host.submit(&two, [TOPIC]);
        host.lookup(SERVICE, "findAll").outputs([(&two, 0), (&one, 0)]);
        host.evict(&one, 0);
        host.lookup(SERVICE, "findAll").outputs([(&two, 0)]);
        host.network_refuses(&two, "fee too low");
        host.lookup(SERVICE, "findAll").outputs([]);
    });
}
