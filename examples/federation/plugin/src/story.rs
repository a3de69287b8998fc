//! The whole plugin in an overlay: natively, and as the component that ships.

use serde_json::json;
use trellis_testing::{Everything, Host, Overlay, Party, Transaction, Trust, component};

use crate::Contracts;

const TOPIC: &str = "tm_contracts";
const REVOCATION: &str = "tm_certificate_revocation";
const TYPE: &str = "CAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg=";

/// A contract of grower and baker, as far as it has come, that goes on from another transaction.
fn contract(host: &mut Host, before: Option<&Transaction>, step: &str) -> Transaction {
    let (grower, baker) = (Party::named("grower"), Party::named("baker"));
    let (seller, buyer) = (grower.key_hex(), baker.key_hex());
    let fields = ["contract", "flour", "10 t", &seller, &buyer, step];
    let draft = host.transaction();
    let draft = before.into_iter().fold(draft, |draft, before| draft.spend(before, 0, &grower));
    draft.token(&grower, fields).sign()
}

#[test]
fn both_parties_stand_behind_every_step_until_a_certificate_is_revoked() {
    let [growers, bakers] = ["growers-registry", "bakers-guild"].map(Party::named);
    let trust = Trust::new()
        .organisation("growers", &growers, TYPE, &["company"])
        .organisation("bakers", &bakers, TYPE, &["company"])
        .tracked_federation("supply", &["growers", "bakers"], REVOCATION);
    let overlay = Overlay::new()
        .topic(TOPIC, Contracts)
        .topic(REVOCATION, Everything)
        .service("ls_contracts", Contracts, [TOPIC])
        .config(Contracts, "federation", "supply")
        .config(Contracts, "certificate-type", TYPE)
        .trust(&trust)
        .component(Contracts, component!("plugin"));
    overlay.test(|host| {
        let (grower, baker) = (Party::named("grower"), Party::named("baker"));
        let issued = host.transaction().pay(&growers, 1).pay(&bakers, 1).sign();
        host.submit(&issued, [REVOCATION]).admits(REVOCATION, [0, 1]);
        let growers_card =
            growers.certifies(&grower, TYPE).field("company", "Green Fields").revoked_by_spending(&issued, 0);
        let bakers_card = bakers.certifies(&baker, TYPE).field("company", "Good Bread").revoked_by_spending(&issued, 1);
        let (growers_card, bakers_card) = (growers_card.issue(), bakers_card.issue());

        let agreed = contract(host, None, "agreed");
        let alone = host.submission(&agreed).to([TOPIC]).signed_by(&grower).certificate(&growers_card).send();
        alone.refused(TOPIC, &format!("missing is of {} its signature", baker.identity_key()));
        let both = |host: &mut Host, transaction: &Transaction| {
            let submission = host.submission(transaction).to([TOPIC]).signed_by(&grower).signed_by(&baker);
            submission.certificate(&growers_card).certificate(&bakers_card).send()
        };
        both(host, &agreed).admits(TOPIC, [0]);
        let delivered = contract(host, Some(&agreed), "delivered");
        both(host, &delivered).admits(TOPIC, [0]).retains(TOPIC, [0]);
        host.lookup("ls_contracts", json!({ "contract": "flour" })).outputs([(&delivered, 0)]);

        let revoked = host.transaction().spend(&issued, 1, &bakers).pay(&bakers, 1).sign();
        host.submit(&revoked, [REVOCATION]).retains(REVOCATION, [0]);
        let paid = contract(host, Some(&delivered), "paid");
        both(host, &paid).refused(TOPIC, "missing is");
    });
}
