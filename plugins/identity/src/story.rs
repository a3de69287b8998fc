//! The whole plugin in an overlay: natively, and as the component that ships.

use serde_json::json;
use trellis_testing::{Overlay, Party, component};

use crate::Identity;

const TOPIC: &str = "tm_identity";
const SERVICE: &str = "ls_identity";

/// Of a certificate that says who somebody is on the social networks.
const TYPE: &str = "vdDWvftf1H+5+ZprUw123kjHlywH+v20aPQTuXgMpNc=";

#[test]
fn who_reveals_a_certificate_is_found_by_it_until_they_take_it_back() {
    let overlay = Overlay::new().topic(TOPIC, Identity).service(SERVICE, Identity, [TOPIC]);
    overlay.component(Identity, component!("plugin")).test(|host| {
        let (alice, mallory, registry) = (Party::named("alice"), Party::named("mallory"), Party::named("registry"));
        let [hers, others] = [&alice, &mallory].map(|party| party.child("1-identity-1"));
        let certified = registry.certifies(&alice, TYPE).field("userName", "Alice Liddell").kept_field("age", "7");
        let json = certified.issue().json().to_string();

        let stolen = host.transaction().signed_token(&others, [&json]).sign();
        host.submit(&stolen, [TOPIC]).refused(TOPIC, "not locked by the certificate's subject");

        let shown = host.transaction().signed_token(&hers, [&json]).sign();
        host.submit(&shown, [TOPIC]).admits(TOPIC, [0]);
        for query in [
            json!({ "attributes": { "userName": "Alice Liddell" } }),
            json!({ "attributes": { "any": "liddell" }, "certifiers": [registry.key_hex()] }),
            json!({ "identityKey": alice.key_hex() }),
        ] {
            host.lookup(SERVICE, query).outputs([(&shown, 0)]);
        }
        host.lookup(SERVICE, json!({ "attributes": { "age": "7" } })).outputs([]);
        host.lookup(SERVICE, json!({ "name": "alice" })).refused("the field \"name\" means nothing here");

        let taken_back = host.transaction().spend(&shown, 0, &hers).pay(&alice, 1).sign();
        host.submit(&taken_back, [TOPIC]).removes(TOPIC, [0]);
        host.lookup(SERVICE, json!({ "identityKey": alice.key_hex() })).outputs([]);
        host.state(SERVICE).count(0);
    });
}
