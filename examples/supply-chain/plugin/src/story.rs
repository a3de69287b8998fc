//! The whole plugin in an overlay: natively, and as the component that ships.

use serde_json::json;
use trellis_testing::{Overlay, Party, component};

use crate::SupplyChain;

const PRODUCER: &str = "tm_producer";
const CARRIER: &str = "tm_carrier";
const SERVICE: &str = "ls_goods";

#[test]
fn a_good_passes_from_basket_to_basket_with_its_history() {
    let (producer, carrier) = (Party::named("producer"), Party::named("carrier"));
    let organisations = json!({
        PRODUCER: { "key": producer.key_hex(), "basket": "producer/stock" },
        CARRIER: { "key": carrier.key_hex(), "basket": "carrier/in-transit", "receives-from": PRODUCER },
    });
    let overlay = Overlay::new()
        .topic(PRODUCER, SupplyChain)
        .topic(CARRIER, SupplyChain)
        .relevance(SupplyChain)
        .reads(CARRIER, [PRODUCER])
        .service(SERVICE, SupplyChain, [PRODUCER, CARRIER])
        .baskets(SupplyChain, ["producer/*", "carrier/*"], [PRODUCER, CARRIER])
        .config(SupplyChain, "organisations", organisations)
        .component(SupplyChain, component!("plugin"));
    overlay.test(|host| {
        let made = host.transaction().token(&producer, ["good", "crate 7", "apples"]).sign();
        // Nobody says which topics: the plugin does.
        host.submission(&made).send().admits(PRODUCER, [0]);
        let from_nowhere = host.transaction().token(&carrier, ["good", "crate 8", "pears"]).sign();
        host.submission(&from_nowhere).send().refused(CARRIER, "\"crate 8\" comes to tm_carrier from nowhere");

        let handed = host.transaction().spend(&made, 0, &producer).token(&carrier, ["good", "crate 7", "on the way"]);
        let handed = handed.sign();
        host.submission(&handed).send().admits(CARRIER, [0]).admits(PRODUCER, []).retains(PRODUCER, [0]);
        host.basket("producer/stock").is_empty();
        let basket = host.basket("carrier/in-transit");
        assert_eq!(basket.holds([(&handed, 0, "crate 7", 1)]).tokens()[0].data, b"on the way");
        host.lookup(SERVICE, json!({ "good": "crate 7" })).outputs([(&handed, 0)]);
        host.lookup(SERVICE, json!({ "good": 7 })).refused("a query is {\"good\": \"<id>\"}");
    });
}
