//! The whole plugin in an overlay: the host's own engine in memory, and transactions that are really signed.

// role lookup-service
use serde_json::json;
// end role
// role topic-manager
use trellis_testing::{Overlay, Party};
// end role
// without topic-manager
use trellis_testing::{Everything, Overlay, Party};
// end role

use crate::ThisPlugin;

const TOPIC: &str = "tm_my_plugin";
// role lookup-service
const SERVICE: &str = "ls_my_plugin";
// end role
// role basket-manager
const BASKET: &str = "my_plugin/messages";
// end role

fn overlay() -> Overlay {
    Overlay::new()
        // role topic-manager
        .topic(TOPIC, ThisPlugin)
        // end role
        // without topic-manager
        .topic(TOPIC, Everything)
        // end role
        // role topic-relevance
        .relevance(ThisPlugin)
        // end role
        // role lookup-service
        .service(SERVICE, ThisPlugin, [TOPIC])
        // end role
        // role basket-manager
        .baskets(ThisPlugin, ["my_plugin/*"], [TOPIC])
        // end role
}

#[test]
fn a_message_counts_until_it_is_spent() {
    overlay().test(|host| {
        let (alice, bob) = (Party::named("alice"), Party::named("bob"));
        let hello = host.transaction().signed_token(&alice, ["hello"]).pay(&bob, 500).sign();
        // role topic-manager
        host.submit(&hello, [TOPIC]).admits(TOPIC, [0]);
        // end role
        // without topic-manager
        host.submit(&hello, [TOPIC]).admits(TOPIC, [0, 1]);
        // end role
        // role lookup-service
        host.lookup(SERVICE, json!({})).outputs([(&hello, 0)]);
        // end role
        // role basket-manager
        host.basket(BASKET).holds([(&hello, 0, "message", 1)]);
        // end role

        let gone = host.transaction().spend(&hello, 0, &alice).pay(&alice, 1).sign();
        // role topic-manager
        host.submit(&gone, [TOPIC]).removes(TOPIC, [0]);
        // end role
        // without topic-manager
        host.submit(&gone, [TOPIC]).retains(TOPIC, [0]);
        // end role
        // role lookup-service
        host.lookup(SERVICE, json!({})).outputs([]);
        host.state(SERVICE).count(0);
        // end role
        // role basket-manager
        host.basket(BASKET).is_empty();
        // end role
    });
}

#[test]
fn the_cases_hold() {
    overlay().cases(concat!(env!("CARGO_MANIFEST_DIR"), "/cases"));
}
// role topic-manager

#[test]
fn a_payment_is_no_message() {
    overlay().test(|host| {
        let payment = host.transaction().pay(&Party::named("bob"), 500).sign();
        host.submit(&payment, [TOPIC]).refused(TOPIC, "output 0: not a PushDrop token with the lock before the data");
    });
}
// end role
