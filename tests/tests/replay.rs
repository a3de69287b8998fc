//! `trellis plugin replay`: what an upgrade would change is known before it happens, from a host's own data folder, and nothing of
//! that folder changes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use trellis_plugins_embedded::{ANYTX, CERTIFICATE_REVOCATION, HELLOWORLD, HOSTILE, IDENTITY};
use trellis_spv::testing::{Wallet, coin};
use trellis_spv::transaction::Transaction;
use trellis_system_tests::configuration::Configuration;
use trellis_system_tests::host::Host;
use trellis_system_tests::replay::{Report, assert_alike, replay};
use trellis_system_tests::tokens::{hello, split};
use trellis_system_tests::world::World;

/// Topics whose plugin reads and writes rows, its own and those of the others.
const TALLIES: [&str; 2] = ["tm_tally_one", "tm_tally_two"];

/// Transactions that the tallies judge.
const TALLIED: usize = 12;

/// What the report says of each transaction whose verdict would be another one.
fn differing(report: &Value) -> BTreeMap<String, Vec<String>> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let entry = |entry: &Value| {
        (text(&entry["txid"]), entry["differences"].as_array().unwrap().iter().map(text).collect::<Vec<_>>())
    };
    report["differing"].as_array().unwrap().iter().map(entry).collect()
}

struct Scene {
    _world: World,
    host: Host,
    /// Messages, each of which spends the one before, with change.
    messages: Vec<Transaction>,
    /// What is no message.
    others: Vec<Transaction>,
}

/// A host that judged, and ended.
fn scene() -> Scene {
    let world = World::new();
    let wallet = Wallet::from_seed(4);
    let coins = world.coins(&wallet, 3 + TALLIED, 100_000);
    world.publish();
    let guest = world.folder().join("hostile.wasm");
    std::fs::write(&guest, HOSTILE).unwrap();
    let others = |topic: &str| TALLIES.into_iter().filter(|other| *other != topic).collect::<Vec<_>>();
    let told = |topic: &str| format!("tally-topics = \"{}\"", others(topic).join(" "));
    let configuration = TALLIES.iter().fold(Configuration::usual(), |configuration, topic| {
        let plugin = topic.trim_start_matches("tm_").replace('_', "-");
        configuration.file(&plugin, &guest, &told(topic)).topic_that_reads(topic, &plugin, &others(topic))
    });
    let configuration = configuration
        .builtin("identity", "identity", "")
        .topic("tm_identity", "identity")
        .builtin("revocation", "certificate-revocation", "")
        .topic("tm_certificate_revocation", "revocation");
    let mut host = Host::start(&configuration, &world);
    let client = host.client();

    let mut messages: Vec<Transaction> = Vec::new();
    for number in 0..4 {
        let spent = messages.last().map_or_else(|| coins[0].clone(), |last| coin(last, 1));
        messages.push(hello(&wallet, &[spent], &format!("message {number}")));
        let beef = world.beef_bytes(&messages.iter().collect::<Vec<_>>());
        let _ = client.submit(&["tm_helloworld", "tm_anytx"], &beef).expect(200);
    }
    let plain: Vec<Transaction> = (1..3).map(|number| split(&wallet, &coins[number..=number], 3)).collect();
    for transaction in &plain {
        let topics = ["tm_anytx", "tm_certificate_revocation", "tm_identity"];
        let _ = client.submit(&topics, &world.beef_bytes(&[transaction])).expect(200);
    }
    for (number, spent) in coins[3..].iter().enumerate() {
        let transaction = split(&wallet, std::slice::from_ref(spent), 2);
        let values = format!("tally:{}", 977 * number);
        let topics = if number % 3 == 0 { &TALLIES[..] } else { &TALLIES[number % 3 - 1..number % 3] };
        let _ = client.submit_with_values(topics, &world.beef_bytes(&[&transaction]), values.as_bytes()).expect(200);
    }
    let Report { same, error, .. } = replay(ANYTX, &host.config_file(), &["--topic", "tm_anytx"]);
    assert!(!same && error.contains("is in use by process"), "a running host has its store to itself: {error}");
    assert!(host.end().success());
    Scene { _world: world, host, messages, others: plain }
}

#[test]
fn the_same_components_decide_the_same_and_others_exactly_what_they_would() {
    let Scene { _world, mut host, messages, others } = scene();
    let before = host.check_store();
    let config = host.config_file();
    let judged = [
        ("tm_anytx", ANYTX, messages.len() + others.len()),
        ("tm_helloworld", HELLOWORLD, messages.len()),
        ("tm_identity", IDENTITY, 0),
        ("tm_certificate_revocation", CERTIFICATE_REVOCATION, others.len()),
        (TALLIES[0], HOSTILE, TALLIED * 2 / 3),
        (TALLIES[1], HOSTILE, TALLIED * 2 / 3),
    ];
    for (topic, component, verdicts) in judged {
        assert_eq!(assert_alike(component, &config, topic), verdicts as u64, "{topic}");
    }

    // Who takes messages only, instead of everything: a message is the first of two outputs, and all else is refused.
    let Report { same, report, error } = replay(HELLOWORLD, &config, &["--topic", "tm_anytx"]);
    assert!(!same && error.contains("6 of 6 verdicts would be others"), "{error}");
    let found = differing(&report);
    assert_eq!(found.len(), messages.len() + others.len());
    for message in &messages {
        assert_eq!(found[&message.txid().to_string()], ["admits outputs [0] instead of [0, 1]"]);
    }
    for other in &others {
        let [refusal] = &found[&other.txid().to_string()][..] else { panic!("{found:?}") };
        assert!(refusal.starts_with("refuses it: "), "{refusal}");
    }
    // Who takes everything, instead of messages only.
    let all = differing(&replay(ANYTX, &config, &["--topic", "tm_helloworld"]).report);
    let all: BTreeSet<String> = all.into_values().flatten().collect();
    assert_eq!(all, ["admits outputs [0, 1] instead of [0]".to_owned()].into());
    // Who takes the same and keeps no rows: what the other one wrote is missing.
    let found = differing(&replay(ANYTX, &config, &["--topic", TALLIES[0]]).report);
    assert_eq!(found.len(), TALLIED * 2 / 3);
    assert!(found.values().flatten().all(|difference| difference.contains("leaves it as it is")), "{found:?}");

    // One transaction, and which topic is meant.
    let txid = messages[1].txid().to_string();
    let Report { error, .. } = replay(ANYTX, &config, &[&txid]);
    assert!(error.contains("different plugins") && error.contains("--topic"), "{error}");
    let Report { same, report, error } = replay(ANYTX, &config, &[&txid, "--topic", "tm_anytx"]);
    assert!(same && report["replayed"] == 1, "{error} {report}");
    let Report { error, .. } = replay(ANYTX, &config, &[&"7".repeat(64)]);
    assert!(error.contains("no topic of"), "{error}");
    let Report { error, .. } = replay(ANYTX, &config, &["--topic", "tm_nowhere"]);
    assert!(error.contains("names no topic `tm_nowhere`") && error.contains("tm_anytx"), "{error}");

    // All of it left the store as it was, and the host goes on.
    assert_eq!(host.check_store(), before);
    host.start_again();
    assert!(host.end().success());
}
