//! A lookup service that is added to a host with a history is complete once it is rebuilt.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a failed test")]

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};
use trellis_spv::hash::Outpoint;
use trellis_spv::testing::Wallet;
use trellis_system_tests::binary;
use trellis_system_tests::configuration::Configuration;
use trellis_system_tests::host::{Host, wait_for};
use trellis_system_tests::tokens::hello;
use trellis_system_tests::world::World;

/// Submissions before the service is there.
const BEFORE: usize = 20;

fn listed(host: &Host, service: &str) -> BTreeSet<Outpoint> {
    host.client().find(service, &json!({ "findAll": true })).outputs.into_iter().map(|(outpoint, _)| outpoint).collect()
}

/// What the command says of a service.
fn told(host: &Host, service: &str) -> Value {
    let output = binary::command().args(["rebuild", "--json", "--url"]).arg(host.admin().url()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let all = answer["all"].as_array().unwrap();
    all.iter().find(|of| of["name"] == service).unwrap_or_else(|| panic!("no {service} in {answer}")).clone()
}

fn wait_until_complete(host: &Host, service: &str) -> Value {
    wait_for("the rebuild", || Some(told(host, service)).filter(|told| told["state"] == "complete"))
}

#[test]
fn a_service_that_is_added_to_a_history_answers_completely_and_the_command_line_shows_it() {
    let (world, wallet) = (&World::new(), &Wallet::from_seed(4));
    let coins = world.coins(wallet, BEFORE + 1, 10_000);
    world.publish();
    let mut host = Host::start(&Configuration::usual(), world);
    let submit = |host: &Host, number: usize| {
        let transaction = hello(wallet, &coins[number..=number], &format!("message {number}"));
        let _ = host.client().submit(&["tm_anytx"], &world.beef_bytes(&[&transaction])).expect(200);
    };
    (0..BEFORE).for_each(|number| submit(&host, number));
    assert!(host.end().success());

    let added = "\n[[lookup]]\nname = \"ls_added\"\nplugin = \"anytx\"\ntopics = [\"tm_anytx\"]\n";
    let configuration = fs::read_to_string(host.config_file()).unwrap();
    fs::write(host.config_file(), configuration + added).unwrap();
    host.start_again();
    submit(&host, BEFORE);
    let complete = wait_until_complete(&host, "ls_added");
    assert_eq!(complete["builtWith"], complete["loaded"]);
    assert_eq!(complete["topics"], json!(["tm_anytx"]));
    let expected = listed(&host, "ls_anytx");
    assert!(expected.len() > BEFORE);
    assert_eq!(listed(&host, "ls_added"), expected);

    let again = binary::command().args(["rebuild", "ls_added", "--url"]).arg(host.admin().url()).output().unwrap();
    assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
    let since = |told: &Value| told["servingSince"].as_u64().unwrap();
    wait_for("the second rebuild", || (since(&told(&host, "ls_added")) > since(&complete)).then_some(()));
    assert_eq!(listed(&host, "ls_added"), expected);
    let unknown = binary::command().args(["rebuild", "ls_nobody", "--url"]).arg(host.admin().url()).output().unwrap();
    assert!(!unknown.status.success());
    let metrics = String::from_utf8(host.admin().get("/metrics").expect(200).body).unwrap();
    let rebuilds: Vec<_> = metrics.lines().filter(|line| line.starts_with("trellis_rebuilds_total")).collect();
    assert_eq!(rebuilds, ["trellis_rebuilds_total 2"]);
    assert!(host.end().success());
    host.check_store();
}
