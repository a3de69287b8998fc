//! A plugin that breaks fails its submission with a fault that names it; nothing is stored, and the host goes on.

use std::fs;
use std::path::PathBuf;

use serde_json::json;
use trellis_spv::testing::Wallet;
use trellis_system_tests::configuration::Configuration;
use trellis_system_tests::door::Door;
use trellis_system_tests::hostile::{Told, faults};
use trellis_system_tests::tokens::hello;
use trellis_system_tests::world::World;

const FAULT: &str = "ERR_PLUGIN_FAULT";

fn hostile(world: &World) -> PathBuf {
    let file = world.folder().join("hostile.wasm");
    fs::write(&file, trellis_plugins_embedded::HOSTILE).unwrap();
    file
}

#[test]
fn whatever_a_topic_manager_does_wrong_is_a_fault_with_its_name_and_nothing_is_stored() {
    let world = World::new();
    let wallet = Wallet::from_seed(4);
    let misdeeds: Vec<_> = faults(Told::Judging).collect();
    let coins = world.coins(&wallet, misdeeds.len(), 10_000);
    let configuration = Configuration::usual().file("hostile", &hostile(&world), "").topic("tm_hostile", "hostile");
    let mut door = Door::open_with(&world, &configuration);
    for (member, coin) in misdeeds.iter().zip(&coins) {
        let misdeed = member.name;
        let transaction = hello(&wallet, std::slice::from_ref(coin), "hello");
        let beef = world.beef_bytes(&[&transaction]);
        // A topic that would take it loses it as well: a submission is stored whole or not at all.
        let topics = ["tm_anytx", "tm_hostile"];
        let reply = door.client().submit_with_values(&topics, &beef, misdeed.as_bytes());
        let words = ["plugin `hostile`", "tm_hostile", member.reads];
        let message = Door::assert_refused(misdeed, &reply, 502, FAULT, &words);
        assert!(message.len() < 2_000, "{misdeed}: {message}");
        assert!(door.client().transaction(&transaction.txid()).is_none(), "{misdeed} left its transaction behind");
        assert!(door.client().outputs_of(&transaction.txid()).is_empty(), "{misdeed} left its outputs behind");
        // Well told, the same plugin takes the same transaction: what is broken is the call, not the plugin.
        let reply = door.client().submit_with_values(&topics, &beef, b"behave");
        assert_eq!(reply.admittance("tm_hostile")[0], [0, 1], "after {misdeed}");
        door.accepted(&beef);
    }
    let metrics = door.host.admin().get("/metrics").expect(200).body;
    let metrics = String::from_utf8(metrics).unwrap();
    let told = metrics.lines().any(|line| line.contains("fault") && line.contains("hostile"));
    assert!(told, "no metric tells of the faults:\n{metrics}");
    door.close();
}

#[test]
fn a_refusal_is_no_fault() {
    let world = World::new();
    let wallet = Wallet::from_seed(4);
    let coins = world.coins(&wallet, 1, 10_000);
    let configuration = Configuration::usual().file("hostile", &hostile(&world), "").topic("tm_hostile", "hostile");
    let door = Door::open_with(&world, &configuration);
    let transaction = hello(&wallet, &coins, "hello");
    let beef = world.beef_bytes(&[&transaction]);
    for told in ["refuse", "admit-nothing", "refuse-control", "refuse-bytes"] {
        let reply = door.client().submit_with_values(&["tm_hostile"], &beef, told.as_bytes());
        assert_eq!(reply.admittance("tm_hostile"), [const { Vec::<u32>::new() }; 3], "{told}");
        assert!(door.client().transaction(&transaction.txid()).is_none(), "{told}: nobody wanted it, and it was kept");
    }
    door.close();
}

#[test]
fn a_lookup_service_that_breaks_while_indexing_fails_the_submission_whole() {
    let world = World::new();
    let wallet = Wallet::from_seed(4);
    let coins = world.coins(&wallet, 1, 10_000);
    let file = hostile(&world);
    for (config, words) in [
        (r#"behave-output-admitted = "panic""#, "a hostile panic"),
        (r#"behave-output-admitted = "loop""#, "fuel"),
        (r#"behave-output-admitted = "write-rows""#, "bytes"),
    ] {
        let configuration =
            Configuration::usual().file("hostile", &file, config).service("ls_hostile", "hostile", &["tm_helloworld"]);
        let door = Door::open_with(&world, &configuration);
        let transaction = hello(&wallet, &coins, "hello");
        let reply = door.client().submit(&["tm_anytx", "tm_helloworld"], &world.beef_bytes(&[&transaction]));
        Door::assert_refused(config, &reply, 502, FAULT, &["plugin `hostile`", "ls_hostile", words]);
        assert!(door.client().transaction(&transaction.txid()).is_none(), "{config}");
        let mut host = door.host;
        assert!(host.end().success());
        assert_eq!(host.check_store()["transactions"], 0);
    }
}

#[test]
fn a_lookup_that_breaks_is_a_fault_of_that_service_alone() {
    let world = World::new();
    let configuration = Configuration::usual().file("hostile", &hostile(&world), "").service(
        "ls_hostile",
        "hostile",
        &["tm_helloworld"],
    );
    let door = Door::open_with(&world, &configuration);
    for member in faults(Told::Asked) {
        let misdeed = member.name;
        let reply = door.client().lookup("ls_hostile", &json!(misdeed));
        Door::assert_refused(misdeed, &reply, 502, FAULT, &["plugin `hostile`", "ls_hostile", member.reads]);
        let other = door.client().lookup("ls_anytx", &json!({ "findAll": true })).expect(200);
        assert_eq!(other.json()["type"], "output-list");
    }
    // Outputs it invents are not served.
    let invented = door.client().lookup("ls_hostile", &json!("unknown-output")).expect(200);
    assert_eq!(invented.json()["outputs"], json!([]));
    door.close();
}
