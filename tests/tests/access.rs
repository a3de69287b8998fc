//! Who may ask for what: paths, topics and baskets that answer only clients that say who they are. The promises are in
//! `tests/sdk/access.test.mjs`, kept by the unmodified `AuthFetch` of `@bsv/sdk`.

use std::fs;

use trellis_system_tests::configuration::Configuration;
use trellis_system_tests::promises;
use trellis_system_tests::world::World;

/// What is not open.
const CLOSED: &str = r#"
[access]
authenticated = ["/listTopicManagers", "/v1/transactions", "/v1/events/ws/"]

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
"#;

fn configuration(world: &World) -> Configuration {
    let file = world.folder().join("shop.wasm");
    fs::write(&file, trellis_plugins_embedded::SHOP).unwrap();
    Configuration::usual()
        .file("mine", &file, "")
        .file("members", &file, "")
        .topic("tm_mine", "mine")
        .topic("tm_members", "members")
        .service("ls_closed", "helloworld", &["tm_helloworld", "tm_closed"])
        .tables(CLOSED)
}

#[test]
fn what_is_closed_opens_to_sessions_and_each_owner_has_its_own() {
    promises::keep("access.test.mjs", configuration, &[]);
}
