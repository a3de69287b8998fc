//! One test for each flaw found in other overlay engines that a host which submits, looks up and broadcasts could have.
//!
//! Flaws with a theme of their own are in other files: both sides of a double spend admitted and known parents that cannot be
//! left out (`rivals`), answers before storing (`crash`, `power_cut`), a port that opens only once all is loaded (`lifecycle`),
//! a gigabyte as a body (`bad_requests`), a reorganisation's proofs ignored, forged proofs taken from a callback, and eviction
//! that leaves the output served elsewhere (`network_truth`), an ancestor pruned that a live child references
//! (`host/engine/tests/ancestors.rs`).

use std::fs;
use std::thread;

use serde_json::{Value, json};
use trellis_spv::beef::{Beef, BeefVersion};
use trellis_spv::testing::{Coin, Wallet, beef, build, coin};
use trellis_spv::transaction::Transaction;
use trellis_spv::verify::{Policy, verify};
use trellis_system_tests::arc::ScriptedArc;
use trellis_system_tests::client::{Client, Found};
use trellis_system_tests::configuration::Configuration;
use trellis_system_tests::host::{Host, bytes_under, wait_for};
use trellis_system_tests::tokens::{TOKEN, hello, message, split, with_change};
use trellis_system_tests::world::World;

struct Scene {
    world: World,
    wallet: Wallet,
}

impl Scene {
    fn new() -> Self {
        Self { world: World::new(), wallet: Wallet::from_seed(8) }
    }

    fn coins(&self, count: usize) -> Vec<Coin> {
        self.world.coins(&self.wallet, count, 10_000)
    }

    fn start(&self, configuration: &Configuration) -> Host {
        self.world.publish();
        Host::start(configuration, &self.world)
    }

    fn beef(&self, transaction: &Transaction) -> Vec<u8> {
        self.world.beef_bytes(&[transaction])
    }

    /// Believes an answer as a client does that knows nothing but the headers.
    fn believe(&self, found: &Found) {
        let beef = found.beef.clone().expect("outputs come with a BEEF");
        for (outpoint, _) in &found.outputs {
            let subject = Beef { subject: outpoint.txid, ..beef.clone() };
            let verified = verify(&subject, &*self.world.chain(), &(), &Policy::default());
            verified.unwrap_or_else(|error| panic!("the answer does not prove {outpoint}: {error}"));
        }
    }
}

fn everything(client: &Client, service: &str) -> Found {
    client.find(service, &json!({ "findAll": true, "limit": 1000 }))
}

#[test]
fn a_fault_in_one_topic_never_leaves_half_a_submission_in_another() {
    let scene = Scene::new();
    let file = scene.world.folder().join("broken.wasm");
    fs::write(&file, trellis_plugins_embedded::HOSTILE).unwrap();
    let coins = scene.coins(1);
    let broken = Configuration::usual().file("broken", &file, "behave = \"panic\"").topic("tm_broken", "broken");
    let mut host = scene.start(&broken);
    let transaction = hello(&scene.wallet, &coins, "half");
    for topics in [["tm_anytx", "tm_broken"], ["tm_broken", "tm_anytx"]] {
        let _ = host.client().submit(&topics, &scene.beef(&transaction)).refusal(502, "ERR_PLUGIN_FAULT");
    }
    assert!(host.client().transaction(&transaction.txid()).is_none());
    assert!(everything(&host.client(), "ls_anytx").outputs.is_empty());
    assert!(host.end().success());
    assert_eq!(host.check_store()["transactions"], 0);
}

#[test]
fn a_plugin_fault_never_looks_like_a_verdict() {
    let scene = Scene::new();
    let file = scene.world.folder().join("broken.wasm");
    fs::write(&file, trellis_plugins_embedded::HOSTILE).unwrap();
    let coins = scene.coins(2);
    let configuration = Configuration::new()
        .file("panics", &file, "behave = \"panic\"")
        .file("refuses", &file, "behave = \"refuse\"")
        .topic("tm_panics", "panics")
        .topic("tm_refuses", "refuses");
    let host = scene.start(&configuration);
    let transaction = hello(&scene.wallet, &coins[..1], "unwanted");
    let fault = host.client().submit(&["tm_panics"], &scene.beef(&transaction));
    assert!(fault.refusal(502, "ERR_PLUGIN_FAULT").contains("tm_panics"));
    let refusal = host.client().submit(&["tm_refuses"], &scene.beef(&transaction));
    assert_eq!(refusal.admittance("tm_refuses"), [const { Vec::<u32>::new() }; 3]);
}

#[test]
fn an_answer_is_never_before_the_store() {
    let scene = Scene::new();
    let coins = scene.coins(5);
    let mut host = scene.start(&Configuration::usual());
    for (number, coin) in coins.iter().enumerate() {
        let transaction = hello(&scene.wallet, std::slice::from_ref(coin), &format!("message {number}"));
        let _ = host.client().submit(&["tm_helloworld"], &scene.beef(&transaction)).expect(200);
        // Not a moment between the answer and the end.
        host.kill_9();
        host.start_again();
        let found = host.client().find("ls_helloworld", &json!({ "message": format!("message {number}") }));
        assert_eq!(found.outpoints(), [coin_of(&transaction)]);
    }
}

fn coin_of(transaction: &Transaction) -> trellis_spv::hash::Outpoint {
    coin(transaction, 0).outpoint
}

#[test]
fn what_one_topic_lets_go_another_keeps() {
    let scene = Scene::new();
    let coins = scene.coins(1);
    // One topic forgets what is spent, the other retains it.
    let configuration = Configuration::usual()
        .builtin("keeps", "anytx", "retain = true")
        .topic("tm_keeps", "keeps")
        .service("ls_keeps", "keeps", &["tm_keeps"]);
    let mut host = scene.start(&configuration);
    let first = hello(&scene.wallet, &coins, "first");
    let second = split(&scene.wallet, &[coin(&first, 0), coin(&first, 1)], 2);
    let topics = ["tm_anytx", "tm_keeps", "tm_helloworld"];
    let _ = host.client().submit(&topics, &scene.beef(&first)).expect(200);
    let steak = host.client().submit(&topics, &scene.beef(&second)).expect(200);
    assert_eq!(steak.admittance("tm_anytx"), [vec![0, 1], vec![], vec![0, 1]]);
    assert_eq!(steak.admittance("tm_keeps"), [vec![0, 1], vec![0, 1], vec![]]);
    assert_eq!(steak.admittance("tm_helloworld"), [vec![], vec![], vec![0]]);
    // The retaining topic still has the history that the others have forgotten.
    let query = json!({ "txid": second.txid().to_string(), "historyDepth": 1 });
    let found = host.client().find("ls_keeps", &query);
    scene.believe(&found);
    assert!(found.beef.expect("a BEEF").transactions.iter().any(|entry| entry.txid() == first.txid()));
    assert!(host.end().success());
    host.check_store();
}

#[test]
fn a_coin_is_spent_in_every_topic_whichever_one_was_named() {
    let scene = Scene::new();
    let coins = scene.coins(1);
    let mut host = scene.start(&Configuration::usual());
    let client = host.client();
    let first = hello(&scene.wallet, &coins, "everywhere");
    let _ = client.submit(&["tm_anytx", "tm_helloworld"], &scene.beef(&first)).expect(200);
    let second = split(&scene.wallet, &[coin(&first, 0), coin(&first, 1)], 1);
    let _ = client.submit(&["tm_anytx"], &scene.beef(&second)).expect(200);
    assert!(everything(&client, "ls_helloworld").outputs.is_empty(), "spent, and still on offer");
    // The topic that was not named may still judge that very transaction, and is told what it removes.
    let later = client.submit(&["tm_helloworld"], &scene.beef(&second)).expect(200);
    assert_eq!(later.admittance("tm_helloworld"), [vec![], vec![], vec![0]]);
    assert!(host.end().success());
    host.check_store();
}

#[test]
fn lookups_never_mix_the_topics_of_one_outpoint() {
    let scene = Scene::new();
    let coins = scene.coins(2);
    let host = scene.start(&Configuration::usual());
    let client = host.client();
    let [one, two] = [0, 1].map(|n| split(&scene.wallet, &coins[n..=n], 2));
    let _ = client.submit(&["tm_anytx"], &scene.beef(&one)).expect(200);
    let _ = client.submit(&["tm_anytx_two"], &scene.beef(&two)).expect(200);
    for (service, own) in [("ls_anytx", &one), ("ls_anytx_two", &two)] {
        let found = everything(&client, service).outpoints();
        assert_eq!(found.len(), 2, "{service}");
        assert!(found.iter().all(|outpoint| outpoint.txid == own.txid()), "{service}: {found:?}");
    }
    // Held by both now, and listed once by each.
    let _ = client.submit(&["tm_anytx_two"], &scene.beef(&one)).expect(200);
    assert_eq!(everything(&client, "ls_anytx").outputs.len(), 2);
    assert_eq!(everything(&client, "ls_anytx_two").outputs.len(), 4);
}

#[test]
fn a_proof_never_overwrites_that_of_a_sibling() {
    let scene = Scene::new();
    let coins = scene.coins(2);
    let mut host = scene.start(&Configuration::usual());
    let siblings = [0, 1].map(|n| split(&scene.wallet, &coins[n..=n], 2));
    for sibling in &siblings {
        let _ = host.client().submit(&["tm_anytx"], &scene.beef(sibling)).expect(200);
    }
    // Both in one block, their proofs arrive one by one.
    scene.world.chain().mine(&[&siblings[0], &siblings[1]]);
    scene.world.publish_to_running_hosts();
    for sibling in &siblings {
        let _ = host.client().submit(&["tm_anytx"], &scene.beef(sibling)).expect(200);
    }
    for sibling in &siblings {
        let found = host.client().find("ls_anytx", &json!({ "txid": sibling.txid().to_string() }));
        scene.believe(&found);
        assert_eq!(found.beef.expect("a BEEF").transactions.len(), 1, "its own proof, and nothing else");
        assert!(host.client().transaction(&sibling.txid()).expect("held")["blockHeight"].is_u64());
    }
    let all = everything(&host.client(), "ls_anytx");
    scene.believe(&all);
    assert!(host.end().success());
    host.check_store();
}

#[test]
fn parents_the_submitter_left_out_are_in_the_answer() {
    let scene = Scene::new();
    let coins = scene.coins(1);
    let host = scene.start(&Configuration::usual());
    let mut last = split(&scene.wallet, &coins, 1);
    let _ = host.client().submit(&["tm_anytx"], &scene.beef(&last)).expect(200);
    for generation in 0..10 {
        let next = split(&scene.wallet, &[coin(&last, 0)], 1);
        // By turns: the parent not at all, and the parent as a txid.
        let parents: &[(Transaction, _)] = if generation % 2 == 0 { &[] } else { &[(last.clone(), None)] };
        let mut sent = beef(BeefVersion::V2, &[parents, &[(next.clone(), None)]].concat());
        for entry in sent.transactions.iter_mut().rev().skip(1) {
            *entry = trellis_spv::beef::BeefEntry::TxidOnly(entry.txid());
        }
        let _ = host.client().submit(&["tm_anytx"], &sent.to_bytes()).expect(200);
        last = next;
    }
    let found = everything(&host.client(), "ls_anytx");
    assert_eq!(found.outpoints(), [coin_of(&last)]);
    scene.believe(&found);
}

#[test]
fn a_burn_and_a_resubmission_are_successes() {
    let scene = Scene::new();
    let coins = scene.coins(1);
    let host = scene.start(&Configuration::usual());
    let token = hello(&scene.wallet, &coins, "to be burned");
    let burn = build(
        &[coin(&token, 0).by(&scene.wallet), coin(&token, 1).by(&scene.wallet)],
        &[(9_000, scene.wallet.p2pkh())],
    );
    for _ in 0..2 {
        let admitted = host.client().submit(&["tm_helloworld"], &scene.beef(&token)).expect(200);
        assert_eq!(admitted.admittance("tm_helloworld"), [vec![0], vec![], vec![]]);
    }
    for _ in 0..2 {
        let burned = host.client().submit(&["tm_helloworld"], &scene.beef(&burn)).expect(200);
        assert_eq!(burned.admittance("tm_helloworld"), [vec![], vec![], vec![0]]);
    }
    let admitted = host.client().submit(&["tm_helloworld"], &scene.beef(&token)).expect(200);
    assert_eq!(admitted.admittance("tm_helloworld"), [vec![0], vec![], vec![]]);
}

#[test]
fn what_is_mined_already_is_never_broadcast() {
    let scene = Scene::new();
    let coins = scene.coins(3);
    let arc = ScriptedArc::start();
    let historical = split(&scene.wallet, &coins[..1], 2);
    scene.world.chain().mine(&[&historical]);
    let mut host = scene.start(&Configuration::usual().arc(&arc.url()));
    let _ = host.client().submit(&["tm_anytx"], &scene.beef(&historical)).expect(200);
    // What comes after it in the outbox's order shows when the outbox is done with it.
    let child = split(&scene.wallet, &[coin(&historical, 0)], 1);
    let _ = host.client().submit(&["tm_anytx"], &scene.beef(&child)).expect(200);
    wait_for("the child", || arc.has(&child.txid()).then_some(()));
    assert_eq!(arc.received().iter().map(|sent| sent.txid).collect::<Vec<_>>(), [child.txid()]);
    let report = host.client().transaction(&historical.txid()).expect("held");
    assert_eq!(report["status"], "mined", "{report}");
    assert!(host.end().success());
    assert_eq!(host.check_store()["outbox"], 0);
}

#[test]
fn off_chain_values_are_kept_for_whoever_judges_later() {
    let scene = Scene::new();
    let file = scene.world.folder().join("told.wasm");
    fs::write(&file, trellis_plugins_embedded::HOSTILE).unwrap();
    let coins = scene.coins(1);
    let configuration = Configuration::new()
        .file("told", &file, "")
        .topic("tm_told", "told")
        .topic("tm_told_later", "told")
        .topic("tm_told_last", "told");
    let mut host = scene.start(&configuration);
    let transaction = hello(&scene.wallet, &coins, "told");
    let beef = scene.beef(&transaction);
    // Longer than a value of the store may be.
    let values = format!("admit-only:{}1", "0".repeat(10_000));
    let told = host.client().submit_with_values(&["tm_told"], &beef, values.as_bytes());
    assert_eq!(told.admittance("tm_told")[0], [1]);
    host.kill_9();
    host.start_again();
    // Neither none nor others take the place of the first ones.
    let later = host.client().submit(&["tm_told_later"], &beef);
    assert_eq!(later.admittance("tm_told_later")[0], [1]);
    let last = host.client().submit_with_values(&["tm_told_last"], &beef, b"admit-only:0");
    assert_eq!(last.admittance("tm_told_last")[0], [1]);
    assert!(host.end().success());
    host.check_store();
}

#[test]
fn more_satoshis_than_32_bits_hold_arrive_everywhere() {
    const MANY: u64 = (1 << 32) + 5;
    let scene = Scene::new();
    let funding = scene.world.coin(&scene.wallet, 3 * MANY);
    let arc = ScriptedArc::start();
    let host = scene.start(&Configuration::usual().arc(&arc.url()));
    let transaction = with_change(&scene.wallet, &[funding], vec![(MANY, message(&scene.wallet, "rich"))]);
    let _ = host.client().submit(&["tm_helloworld"], &scene.beef(&transaction)).expect(200);
    let found = everything(&host.client(), "ls_helloworld");
    scene.believe(&found);
    let beef = found.beef.expect("a BEEF");
    let answered = beef.transactions.iter().find_map(|entry| match entry {
        trellis_spv::beef::BeefEntry::Raw { transaction, .. } if transaction.txid() == found.outputs[0].0.txid => {
            transaction.satoshis(0)
        }
        _ => None,
    });
    assert_eq!(answered, Some(MANY));
    let sent = wait_for("the broadcast", || arc.received().first().cloned());
    assert_eq!(sent.extended.sources[0].0, 3 * MANY);
}

#[test]
fn names_that_mean_something_to_a_language_are_just_names() {
    let scene = Scene::new();
    let coins = scene.coins(1);
    let names = ["tm___proto__", "tm_constructor", "tm_tostring", "tm_hasownproperty"];
    let configuration = names.iter().fold(
        Configuration::new().builtin("anytx", "anytx", "").service("ls___proto__", "anytx", &["tm___proto__"]),
        |configuration, name| configuration.topic(name, "anytx"),
    );
    let host = scene.start(&configuration);
    let transaction = split(&scene.wallet, &coins, 2);
    let steak = host.client().submit(&names, &scene.beef(&transaction)).expect(200);
    for name in names {
        assert_eq!(steak.admittance(name)[0], [0, 1], "{name}");
    }
    assert_eq!(everything(&host.client(), "ls___proto__").outputs.len(), 2);
    let managers = host.client().get("/listTopicManagers").expect(200).json();
    assert_eq!(managers.as_object().expect("a map").keys().collect::<Vec<_>>().len(), names.len(), "{managers}");
    // A name that is a key of every object elsewhere is not hosted here unless it was configured.
    let stranger = host.client().submit(&["tm_valueof"], &scene.beef(&transaction));
    let _ = stranger.refusal(400, "ERR_TOPIC_NOT_HOSTED");
}

#[test]
fn a_chain_of_unproven_transactions_is_stored_once_not_once_for_each_child() {
    const GENERATIONS: usize = 50;
    /// Bytes each transaction carries, so that storing them again for every child would show.
    const WEIGHT: usize = 20_000;
    let scene = Scene::new();
    let coins = scene.world.coins(&scene.wallet, 1, 1_000_000);
    let mut host = scene.start(&Configuration::usual());
    assert!(host.end().success());
    let empty = bytes_under(&host.data_folder());
    host.start_again();
    let mut chain: Vec<Transaction> = Vec::new();
    let mut last = coins[0].clone();
    let data = [&[0x00, 0x6a][..], &trellis_spv::testing::push(&vec![7; WEIGHT])].concat();
    for _ in 0..GENERATIONS {
        let next = build(&[last.by(&scene.wallet)], &[(last.satoshis - 100, scene.wallet.p2pkh()), (0, data.clone())]);
        last = coin(&next, 0);
        chain.push(next);
        // Every submission brings the whole chain along, as clients do.
        let beef = scene.world.beef_bytes(&chain.iter().collect::<Vec<_>>());
        let _ = host.client().submit(&["tm_anytx"], &beef).expect(200);
    }
    let found = everything(&host.client(), "ls_anytx");
    scene.believe(&found);
    assert!(host.end().success());
    assert_eq!(host.check_store()["submissions"], GENERATIONS);
    let grown = bytes_under(&host.data_folder()) - empty;
    // Once: 1 MB. Once for each child: 25 MB.
    let (once, for_each_child) = (GENERATIONS * WEIGHT, GENERATIONS * GENERATIONS / 2 * WEIGHT);
    println!("{grown} bytes more on disk; once is {once}, once for each child is {for_each_child}");
    assert!(grown < for_each_child as u64 / 3, "{grown} bytes more on disk");
}

#[test]
fn an_outpoint_is_listed_once_however_often_it_was_submitted() {
    let scene = Scene::new();
    let coins = scene.coins(1);
    let host = scene.start(&Configuration::usual());
    let transaction = hello(&scene.wallet, &coins, "once");
    let beef = scene.beef(&transaction);
    thread::scope(|scope| {
        for _ in 0..8 {
            let (client, beef) = (host.client(), &beef);
            scope.spawn(move || {
                for _ in 0..5 {
                    let steak = client.submit(&["tm_helloworld", "tm_anytx"], beef).expect(200);
                    assert_eq!(steak.admittance("tm_helloworld")[0], [0]);
                }
            });
        }
    });
    assert_eq!(everything(&host.client(), "ls_helloworld").outpoints(), [coin_of(&transaction)]);
    assert_eq!(everything(&host.client(), "ls_anytx").outputs.len(), 2);
    let answer: Value = host.client().lookup("ls_helloworld", &json!({ "message": "once" })).expect(200).json();
    assert_eq!(answer["outputs"].as_array().map(Vec::len), Some(1));
    assert_eq!(transaction.satoshis(0), Some(TOKEN));
}
