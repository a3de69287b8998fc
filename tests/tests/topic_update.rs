//! A topic update is verified, judged, stored, told and sent to the network, in that order; where any of it cannot be, nothing of
//! it happens.

use std::fs;

use serde_json::{Value, json};
use trellis_spv::testing::{Coin, Wallet, coin};
use trellis_spv::transaction::Transaction;
use trellis_system_tests::arc::ScriptedArc;
use trellis_system_tests::client::{Client, Reply};
use trellis_system_tests::configuration::Configuration;
use trellis_system_tests::host::{Host, wait_for};
use trellis_system_tests::subscriber::{Subscriber, Told};
use trellis_system_tests::tokens::{hello, split};
use trellis_system_tests::world::World;

const TOPIC: &str = "tm_hostile";

struct Scene {
    world: World,
    wallet: Wallet,
    coins: Vec<Coin>,
    arc: ScriptedArc,
    host: Host,
}

/// A host with one topic whose plugin does what it is told, before a network that takes everything.
fn scene() -> Scene {
    let (world, wallet) = (World::new(), Wallet::from_seed(21));
    let coins = world.coins(&wallet, 4, 10_000);
    world.publish();
    let file = world.folder().join("hostile.wasm");
    fs::write(&file, trellis_plugins_embedded::HOSTILE).unwrap();
    let arc = ScriptedArc::start();
    let configuration = Configuration::usual().arc(&arc.url()).file("hostile", &file, "").topic(TOPIC, "hostile");
    let host = Host::start(&configuration, &world);
    Scene { world, wallet, coins, arc, host }
}

/// The transaction of an event that has one.
fn txid_of(told: &Told) -> Value {
    let body = told.body();
    assert_eq!(body["transactions"].as_array().map(Vec::len), Some(1), "{body}");
    body["transactions"][0]["txid"].clone()
}

/// What the topic holds, whatever the sequence.
fn held(client: &Client) -> (Value, Value) {
    let mut state = client.get(&format!("/v1/topics/{TOPIC}/state")).expect(200).json();
    let outputs = client.get(&format!("/v1/topics/{TOPIC}/outputs?spent=true")).expect(200).json();
    (state["hash"].take(), outputs["outputs"].clone())
}

#[test]
fn topic_update_is_verified_judged_stored_told_and_broadcast() {
    let mut scene = scene();
    let client = scene.host.client();
    let mut subscriber = Subscriber::stream(scene.host.port(), &format!("?topics={TOPIC}"));
    let (empty, _) = held(&client);

    let first = split(&scene.wallet, &scene.coins[..1], 2);
    let reply = client.submit_with_values(&[TOPIC], &scene.world.beef_bytes(&[&first]), b"write:a row");
    assert_eq!(reply.expect(200).admittance(TOPIC), [vec![0, 1], vec![], vec![]]);
    let told = subscriber.next_event().expect("an event");
    assert_eq!((told.event.as_str(), txid_of(&told)), ("applied", json!(first.txid().to_string())));
    // What subscribers are told is there for everybody at that sequence: outputs and state.
    let at = format!("/v1/topics/{TOPIC}/outputs?at={}", told.sequence);
    let outputs = client.get(&at).expect(200).json();
    assert_eq!(outputs["outputs"].as_array().map(Vec::len), Some(2), "{outputs}");
    assert_ne!(held(&client).0, empty);
    // And the network hears of it, with the outputs that it spends.
    let sent = wait_for("the broadcast", || scene.arc.received().into_iter().find(|sent| sent.txid == first.txid()));
    let (satoshis, script) = scene.world.chain().source(&first.inputs()[0].source).unwrap();
    assert_eq!(sent.extended.sources, [(satoshis, script)]);

    // The next update moves the topic on: the coin it spends goes, what it makes comes, in one event.
    let second = hello(&scene.wallet, &[coin(&first, 0)], "on");
    let reply = client.submit(&[TOPIC], &scene.world.beef_bytes(&[&first, &second]));
    assert_eq!(reply.expect(200).admittance(TOPIC)[2], [0]);
    // The network's word of the first one may come in between.
    let next =
        std::iter::repeat_with(|| subscriber.next_event().expect("an event")).find(|next| next.event == "applied");
    let next = next.expect("the second update");
    assert_eq!(txid_of(&next), second.txid().to_string());
    assert!(next.sequence > told.sequence);
    scene.host.end();
    scene.host.check_store();
}

#[test]
fn topic_update_that_cannot_be_whole_leaves_nothing_and_nobody_hears_of_it() {
    let mut scene = scene();
    let client = scene.host.client();
    let mut subscriber = Subscriber::stream(scene.host.port(), "");
    let before = held(&client);
    let fresh = |number: usize| split(&scene.wallet, &scene.coins[number..=number], 2);
    let submit = |transaction: &Transaction, values: &[u8]| -> Reply {
        client.submit_with_values(&[TOPIC], &scene.world.beef_bytes(&[transaction]), values)
    };

    // A signature of somebody else.
    let stranger = Wallet::from_seed(22);
    let stolen = split(&stranger, &scene.coins[..1], 2);
    let _ = submit(&stolen, b"").refusal(400, "ERR_NOT_VERIFIED");
    // A plugin that breaks after it wrote a row.
    let broken = fresh(1);
    let _ = submit(&broken, b"write-and-panic").refusal(502, "ERR_PLUGIN_FAULT");
    // A topic that refuses what must be taken.
    let refused = fresh(2);
    let beef = scene.world.beef_bytes(&[&refused]);
    let topics = json!([TOPIC, "tm_helloworld"]).to_string();
    let headers = [("x-topics", &*topics), ("x-trellis-require", "all"), ("content-type", "application/octet-stream")];
    let _ = client.post("/submit", &headers, &beef).refusal(422, "ERR_NOT_TAKEN_BY_ALL");

    assert_eq!(held(&client), before);
    for transaction in [&stolen, &broken, &refused] {
        assert!(client.transaction(&transaction.txid()).is_none());
    }
    // The first thing anybody hears of is what succeeds.
    let whole = fresh(3);
    let _ = submit(&whole, b"behave").expect(200);
    let told = subscriber.next_event().expect("an event");
    assert_eq!(txid_of(&told), whole.txid().to_string());
    wait_for("the broadcast", || scene.arc.has(&whole.txid()).then_some(()));
    let sent: Vec<_> = scene.arc.received().iter().map(|sent| sent.txid).collect();
    assert_eq!(sent, [whole.txid()]);
    scene.host.end();
    scene.host.check_store();
}
