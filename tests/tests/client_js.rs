//! The JavaScript client (`sdk/client-js`) against the real binary: everything an application may ask of it. Its promises are in
//! `tests/sdk/client`, a test of Node's own each.

use std::fs;

use trellis_system_tests::arc::ScriptedArc;
use trellis_system_tests::configuration::{BASKET_TOKEN, BASKET_TOKEN_VARIABLE, Configuration};
use trellis_system_tests::world::World;
use trellis_system_tests::{promises, sdk};

/// The usual topics; `tm_told`, which does what off-chain values say; open baskets of `tm_shop`, closed ones of `tm_vault`.
fn configuration(world: &World) -> Configuration {
    let [told, shop] =
        [("told.wasm", trellis_plugins_embedded::HOSTILE), ("shop.wasm", trellis_plugins_embedded::SHOP)].map(
            |(name, bytes)| {
                let file = world.folder().join(name);
                fs::write(&file, bytes).unwrap();
                file
            },
        );
    Configuration::usual()
        .file("told", &told, "")
        .topic("tm_told", "told")
        .file("shop", &shop, "")
        .file("vault", &shop, "")
        .topic("tm_shop", "shop")
        .topic("tm_vault", "vault")
        .baskets(&["shop/*", "bag/*", "till"], "shop", &["tm_shop"], true)
        .baskets(&["vault/*"], "vault", &["tm_vault"], false)
}

/// The same, and whatever is submitted or relayed goes to this network.
fn with_network(world: &World, arc: &ScriptedArc) -> Configuration {
    configuration(world).relay("access = \"open\"").arc(&arc.url())
}

/// Runs a file of tests against a host of its own.
fn promises(file: &str, configuration: impl FnOnce(&World) -> Configuration) {
    promises::keep(&format!("client/{file}.test.mjs"), configuration, &[(BASKET_TOKEN_VARIABLE, BASKET_TOKEN)]);
}

/// Runs a file of tests that needs no host.
fn alone(file: &str) {
    if let Some(said) = sdk::run(&format!("client/{file}.test.mjs"), &[]) {
        print!("{said}");
    }
}

#[test]
fn the_client_submits_relays_and_reads_topics() {
    let arc = ScriptedArc::start();
    promises("submit", |world| with_network(world, &arc));
}

#[test]
fn the_client_goes_from_baskets_to_an_accepted_spend() {
    promises("baskets", configuration);
}

#[test]
fn the_client_is_told_every_commit_once_whatever_breaks() {
    promises("subscribe", configuration);
}

#[test]
fn the_client_signs_who_stands_behind_a_submission() {
    alone("evidence");
}

#[test]
fn the_types_of_the_client_fit_a_strict_application() {
    alone("types");
}

#[test]
fn the_client_speaks_to_every_public_route() {
    alone("document");
}
