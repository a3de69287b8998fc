//! The JavaScript client (`sdk/client-js`) against the real binary: everything an application may ask of it. Its promises are in
//! `tests/sdk/client`, a test of Node's own each.

use std::ffi::OsStr;
use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;

use trellis_system_tests::arc::ScriptedArc;
use trellis_system_tests::configuration::{BASKET_TOKEN, BASKET_TOKEN_VARIABLE, Configuration};
use trellis_system_tests::host::Host;
use trellis_system_tests::sdk;
use trellis_system_tests::world::World;

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

/// Runs a file of tests against a host of its own, which can be killed and started again, and audits the store afterwards.
fn promises(file: &str, configuration: impl FnOnce(&World) -> Configuration) {
    let world = World::new();
    world.publish();
    let mut host = Host::start(&configuration(&world), &world);
    let (url, headers) = (format!("http://127.0.0.1:{}", host.port()), world.headers_file());
    let door = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let door_port = door.local_addr().unwrap().port();
    thread::scope(|scope| {
        scope.spawn(move || {
            let _last = Last(door_port);
            let script = format!("client/{file}.test.mjs");
            let arguments = [&url, headers.to_str().expect("a path in UTF-8"), &door_port.to_string()];
            let environment = [(BASKET_TOKEN_VARIABLE, OsStr::new(BASKET_TOKEN))];
            if let Some(said) = sdk::run_in(&sdk::folder(), &script, &arguments, &environment) {
                print!("{said}");
            }
        });
        serve(&door, &mut host);
    });
    assert!(host.end().success());
    host.check_store();
}

/// Runs a file of tests that needs no host.
fn alone(file: &str) {
    if let Some(said) = sdk::run(&format!("client/{file}.test.mjs"), &[]) {
        print!("{said}");
    }
}

/// Kills the host and starts it again for everybody who says something at the door, until somebody says nothing.
fn serve(door: &TcpListener, host: &mut Host) {
    for visitor in door.incoming() {
        let mut visitor = visitor.unwrap();
        if visitor.read(&mut [0; 16]).unwrap() == 0 {
            return;
        }
        host.kill_9();
        host.start_again();
        visitor.write_all(b"up").unwrap();
    }
}

/// Whoever comes last, also where the tests failed: says nothing at the door of this port.
struct Last(u16);

impl Drop for Last {
    fn drop(&mut self) {
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.0));
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
fn the_types_of_the_client_fit_a_strict_application() {
    alone("types");
}

#[test]
fn the_client_speaks_to_every_public_route() {
    alone("document");
}
