//! Who may ask for what: paths, topics and baskets that answer only clients that say who they are. The promises are in
//! `tests/sdk/access.test.mjs`, kept by the unmodified `AuthFetch` of `@bsv/sdk`.

use std::fs;

use trellis_spv::identity::key::PrivateKey;
use trellis_system_tests::configuration::Configuration;
use trellis_system_tests::promises;
use trellis_system_tests::world::World;

/// What is not open.
const CLOSED: &str = r#"
[access]
authenticated = ["/listTopicManagers", "/v1/transactions", "/v1/events/ws/"]

[[access.certified]]
path = "/getDocumentationForTopicManager"
type = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc="
fields = ["role"]
federation = "trade"

[[topic]]
name = "tm_closed"
plugin = "helloworld"
access = "authenticated"

[[basket]]
names = ["mine/*"]
manager = "mine"
topics = ["tm_mine"]
access = "owner"

[[basket]]
names = ["members/*"]
manager = "members"
topics = ["tm_members"]
access = "authenticated"

[[basket]]
names = ["trade/*"]
manager = "trade"
topics = ["tm_trade"]
access = "certified"
certified = { type = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=", fields = ["role"], federation = "trade" }
"#;

/// Whom the host trusts; the certifier's secret key is the number 7.
fn federations(world: &World) -> String {
    let mut secret = [0; 32];
    secret[31] = 7;
    let certifier = PrivateKey::from_bytes(secret).unwrap().public_key();
    let file = world.folder().join("federations.toml");
    let text = format!(
        "[certifier.registry]\nkey = \"{}\"\n[organisation.acme]\ncertifiers = [\"registry\"]\n\
         [[organisation.acme.vouches]]\ntype = \"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\"\nfields = [\"role\"]\n\
         expires = \"until\"\n[federation.trade]\norganisations = [\"acme\"]\nrevocation = \"best-effort\"\n",
        hex::encode(certifier.serialize())
    );
    fs::write(&file, text).unwrap();
    format!("[identity]\nfederations = '{}'\n", file.display())
}

fn configuration(world: &World) -> Configuration {
    let file = world.folder().join("shop.wasm");
    fs::write(&file, trellis_plugins_embedded::SHOP).unwrap();
    Configuration::usual()
        .file("mine", &file, "")
        .file("members", &file, "")
        .file("trade", &file, "")
        .topic("tm_mine", "mine")
        .topic("tm_members", "members")
        .topic("tm_trade", "trade")
        .service("ls_closed", "helloworld", &["tm_helloworld", "tm_closed"])
        .tables(&federations(world))
        .tables(CLOSED)
}

#[test]
fn what_is_closed_opens_to_sessions_and_each_owner_has_its_own() {
    promises::keep("access.test.mjs", configuration, &[]);
}
