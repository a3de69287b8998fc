//! The whole plugin in an overlay: natively, and as the component that ships.

use trellis_testing::{Overlay, Party, component};

use crate::Tickets;

const TOPIC: &str = "tm_tickets";

#[test]
fn every_seat_is_sold_once() {
    let (organiser, seller) = (Party::named("organiser"), Party::named("seller"));
    let overlay = Overlay::new()
        .topic(TOPIC, Tickets)
        .baskets(Tickets, ["tickets/available", "tickets/sold"], [TOPIC])
        .config(Tickets, "organiser", organiser.key_hex())
        .config(Tickets, "seller", seller.key_hex())
        .component(Tickets, component!("plugin"));
    overlay.test(|host| {
        let (alice, bob) = (Party::named("alice"), Party::named("bob"));
        let [a17, a18] = ["A-17", "A-18"].map(|seat| ["ticket", "the play", seat]);
        let made = host.transaction().fund(&organiser, 1_000).token(&seller, a17).token(&seller, a18).sign();
        host.submit(&made, [TOPIC]).admits(TOPIC, [0, 1]);
        let forged = host.transaction().token(&alice, ["ticket", "the play", "A-19"]).sign();
        host.submit(&forged, [TOPIC]).refused(TOPIC, "only the organiser makes tickets");
        let twice = host.transaction().fund(&organiser, 1_000).token(&seller, a17).sign();
        host.submit(&twice, [TOPIC]).refused(TOPIC, "seat A-17 of the play exists already");

        let sold = host.transaction().spend(&made, 0, &seller).token(&alice, a17).sign();
        host.submit(&sold, [TOPIC]).admits(TOPIC, [0]).removes(TOPIC, [0]);
        host.basket("tickets/available").holds([(&made, 1, "the play", 1)]);
        let basket = host.basket("tickets/sold");
        assert_eq!(basket.holds([(&sold, 0, "the play", 1)]).tokens()[0].owner, Some(alice.key_hex()));
        let again = host.transaction().spend(&made, 0, &seller).token(&bob, a17).sign();
        host.submit(&again, [TOPIC]).fails(&format!("is already spent by transaction {}", sold.txid()));

        let torn = host.transaction().spend(&sold, 0, &alice).pay(&alice, 1).sign();
        host.submit(&torn, [TOPIC]).admits(TOPIC, []).removes(TOPIC, [0]);
        host.basket("tickets/sold").is_empty();
    });
}
