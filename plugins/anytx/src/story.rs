//! The whole plugin in an overlay: natively, and as the component that ships.

use serde_json::json;
use trellis_testing::{Host, Overlay, Party, component};

use crate::AnyTx;

const TOPIC: &str = "tm_anytx";
const SERVICE: &str = "ls_anytx";

fn overlay() -> Overlay {
    Overlay::new().topic(TOPIC, AnyTx).service(SERVICE, AnyTx, [TOPIC]).component(AnyTx, component!("plugin"))
}

fn spent_coins_are(retained: &[u32]) -> impl Fn(&mut Host) {
    move |host| {
        let alice = Party::named("alice");
        let paid = host.transaction().pay(&alice, 500).data(["anything"]).sign();
        host.submit(&paid, [TOPIC]).admits(TOPIC, [0, 1]);
        host.lookup(SERVICE, json!({ "txid": paid.txid().to_string() })).outputs([(&paid, 0), (&paid, 1)]);
        let spent = host.transaction().spend(&paid, 0, &alice).pay(&alice, 400).sign();
        host.submit(&spent, [TOPIC]).admits(TOPIC, [0]).retains(TOPIC, retained.iter().copied());
        host.lookup(SERVICE, json!({ "count": true })).json(json!({ "count": 2 }));
        let newest_first = host.lookup(SERVICE, json!({ "findAll": true, "historyDepth": 3, "context": "mine" }));
        newest_first.outputs([(&spent, 0), (&paid, 1)]);
        assert_eq!(newest_first.list().unwrap()[0].context.as_deref(), Some(&b"mine"[..]));
        host.evict(&paid, 1);
        host.lookup(SERVICE, json!({ "count": true })).json(json!({ "count": 1 }));
    }
}

#[test]
fn every_output_is_found_until_it_is_spent_or_evicted() {
    overlay().test(spent_coins_are(&[]));
}

#[test]
fn an_operator_has_spent_coins_retained() {
    overlay().config(AnyTx, "retain", true).test(spent_coins_are(&[0]));
}
