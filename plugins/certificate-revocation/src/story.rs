//! The whole plugin in an overlay: natively, and as the component that ships.

use serde_json::json;
use trellis_testing::{Overlay, Party, component};

use crate::CertificateRevocation;

const TOPIC: &str = "tm_certificate_revocation";
const SERVICE: &str = "ls_certificate_revocation";

#[test]
fn a_certificate_is_revoked_when_its_output_is_spent() {
    let overlay = Overlay::new().topic(TOPIC, CertificateRevocation).service(SERVICE, CertificateRevocation, [TOPIC]);
    overlay.component(CertificateRevocation, component!("plugin")).test(|host| {
        let registry = Party::named("registry");
        let issued = host.transaction().pay(&registry, 1).pay(&registry, 1).data(["a note"]).sign();
        host.submit(&issued, [TOPIC]).admits(TOPIC, [0, 1]);
        let [first, second] = [0, 1].map(|output| format!("{}.{output}", issued.txid()));
        host.lookup(SERVICE, json!({ "outpoint": first })).json(json!({ &first: "unrevoked" }));
        let revoked = host.transaction().spend(&issued, 0, &registry).pay(&registry, 1).sign();
        let answer = host.submission(&revoked).to([TOPIC]).off_chain_values("[]").send();
        answer.admits(TOPIC, []).retains(TOPIC, [0]);
        let unknown = format!("{}.7", revoked.txid());
        let all = json!({ &first: "revoked", &second: "unrevoked", &unknown: "unknown" });
        host.lookup(SERVICE, json!({ "outpoints": [first, second, unknown] })).json(all);

        let none = host.submission(&revoked).to([TOPIC]).off_chain_values("[9]").send();
        none.retains(TOPIC, [0]);
        let fresh = host.transaction().pay(&registry, 1).sign();
        let named = host.submission(&fresh).to([TOPIC]).off_chain_values("[9]").send();
        named.refused(TOPIC, "name output 9, but the transaction has 1 outputs");
    });
}
