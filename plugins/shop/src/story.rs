//! The whole plugin in an overlay: natively, and as the component that ships.

use trellis_testing::{Overlay, Party, component};

use crate::Shop;

const TOPIC: &str = "tm_shop";

#[test]
fn what_is_spent_of_an_asset_moves_and_no_more_comes_of_it() {
    let overlay = Overlay::new().topic(TOPIC, Shop).baskets(Shop, ["shop/*", "bag/*"], [TOPIC]);
    overlay.component(Shop, component!("plugin")).test(|host| {
        let (alice, bob) = (Party::named("alice"), Party::named("bob"));
        let made = host.transaction().token(&alice, ["shop", "shop/seats", "seat", "20", "row-a,front"]).sign();
        host.submit(&made, [TOPIC]).admits(TOPIC, [0]);
        host.basket("shop/seats").holds([(&made, 0, "seat", 20)]);
        let basket = host.basket("shop/seats");
        let seat = basket.token(&made, 0).unwrap();
        assert_eq!((seat.owner.clone(), seat.claimed), (Some(alice.key_hex()), false));
        assert_eq!(seat.tags, ["front", "row-a"]);

        let more =
            host.transaction().spend(&made, 0, &alice).token(&bob, ["shop", "bag/bob", "seat", "21", "x"]).sign();
        host.submit(&more, [TOPIC]).fails("20 of seat are spent, but 21 made");
        let sold =
            host.transaction().spend(&made, 0, &alice).token(&bob, ["shop", "bag/bob", "seat", "20", "x"]).sign();
        host.submit(&sold, [TOPIC]).admits(TOPIC, [0]).removes(TOPIC, [0]);
        host.basket("shop/seats").is_empty();
        host.basket("bag/bob").holds([(&sold, 0, "seat", 20)]);
        host.network_refuses(&sold, "it was never meant");
        host.basket("shop/seats").holds([(&made, 0, "seat", 20)]);
        host.basket("bag/bob").is_empty();
    });
}
