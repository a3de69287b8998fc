//! The whole plugin in an overlay: natively, and as the component that ships.

use trellis_testing::{Member, Overlay, Party, Wanted, component};

use crate::Marketplace;

const MONEY: &str = "tm_money";
const ASSETS: &str = "tm_assets";

fn overlay(issuer: &Party) -> Overlay {
    Overlay::new()
        .topic(MONEY, Marketplace)
        .topic(ASSETS, Marketplace)
        .reads(ASSETS, [MONEY])
        .baskets(Marketplace, ["assets/*", "money/*"], [ASSETS, MONEY])
        .config(Marketplace, "issuer", issuer.key_hex())
        .config(Marketplace, "money-topic", MONEY)
        .component(Marketplace, component!("plugin"))
}

#[test]
fn an_asset_leaves_its_owner_only_against_its_price() {
    let issuer = Party::named("issuer");
    overlay(&issuer).test(|host| {
        let (alice, bob) = (Party::named("alice"), Party::named("bob"));
        let (alices, bobs) = (format!("assets/{}", alice.key_hex()), format!("assets/{}", bob.key_hex()));
        let issued = host.transaction().fund(&issuer, 1_000).token(&bob, ["money", "100"]).sign();
        host.submit(&issued, [MONEY]).admits(MONEY, [0]);
        let forged = host.transaction().token(&bob, ["money", "100"]).sign();
        host.submit(&forged, [MONEY]).refused(MONEY, "100 would come out of nothing");
        let painting = host.transaction().token(&alice, ["asset", "painting", "70"]).sign();
        host.submit(&painting, [ASSETS]).admits(ASSETS, [0]);
        host.basket(&alices).holds([(&painting, 0, "asset/painting", 1)]);

        let trade = |host: &mut trellis_testing::Host, price: &str, change: &str| {
            let draft = host.transaction().spend(&painting, 0, &alice).spend(&issued, 0, &bob);
            let draft = draft.token(&bob, ["asset", "painting", "0"]).token(&alice, ["money", price]);
            draft.token(&bob, ["money", change]).sign()
        };
        let cheap = trade(host, "60", "40");
        host.submit(&cheap, [ASSETS]).refused(ASSETS, "the price is 70, and the seller gets 60");
        let fair = trade(host, "70", "30");
        host.submit(&fair, [ASSETS]).fails("submit a trade to both topics");
        host.submit(&fair, [MONEY, ASSETS]).admits(ASSETS, [0]).admits(MONEY, [1, 2]).removes(MONEY, [1]);
        host.basket(&alices).is_empty();
        host.basket(&bobs).holds([(&fair, 0, "asset/painting", 1)]);
        host.basket(&format!("money/{}", alice.key_hex())).holds([(&fair, 1, "money", 70)]);
    });
}

#[test]
fn who_pays_is_handed_the_money_and_what_is_paid_with_what_was_issued_is_stored_with_that_or_not_at_all() {
    let issuer = Party::named("issuer");
    overlay(&issuer).test(|host| {
        let (alice, bob) = (Party::named("alice"), Party::named("bob"));
        let bobs = format!("money/{}", bob.key_hex());
        let draft = host.transaction().fund(&issuer, 1_000).token(&bob, ["money", "60"]);
        let issued = draft.token(&bob, ["money", "40"]).sign();
        let all = host.transaction().spend(&issued, 0, &bob).spend(&issued, 1, &bob).token(&alice, ["money", "100"]);
        let all = all.sign();
        let forged = host.transaction().spend(&all, 0, &alice).token(&bob, ["money", "101"]).sign();

        let to_money = |transaction| Member::of(transaction).to([MONEY]);
        let refused = host.submit_batch([to_money(&issued), to_money(&all), to_money(&forged)]);
        refused.blames(2, "1 would come out of nothing");
        host.basket(&bobs).is_empty();

        host.submit(&issued, [MONEY]).admits(MONEY, [0, 1]);
        let kept = host.reserve(Wanted::amount(&bobs, 50).asset("money").each_at_least(50), 60);
        kept.tokens([(&issued, 0)]);
        host.take(Wanted::amount(&bobs, 100)).fails("insufficient inventory");
        host.release(&kept);
        host.organise([Wanted::count(&bobs, 2)]).tokens([(&issued, 0), (&issued, 1)]);
        host.submit_batch([to_money(&all)]).member(0).admits(MONEY, [0]).removes(MONEY, [0, 1]);
        host.basket(&bobs).is_empty();
    });
}
