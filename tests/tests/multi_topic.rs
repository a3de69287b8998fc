//! A submission to several topics is one operation: named or found, judged by all, stored by one commit or not at all.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use trellis_engine::domain::row::RowKey;
use trellis_engine::domain::time::Sequence;
use trellis_engine::ports::store::Store;
use trellis_spv::testing::{Coin, Wallet, coin};
use trellis_spv::transaction::Transaction;
use trellis_store::sled_store::{Options, SledStore};
use trellis_system_tests::client::{Client, Reply};
use trellis_system_tests::configuration::Configuration;
use trellis_system_tests::host::Host;
use trellis_system_tests::tokens::split;
use trellis_system_tests::world::World;

/// Two topics that take everything, one that refuses everything, and two whose plugin says what concerns them: transactions
/// with three outputs, and all once the topic has a certain row.
fn configuration(world: &World) -> Configuration {
    let file = world.folder().join("hostile.wasm");
    fs::write(&file, trellis_plugins_embedded::HOSTILE).unwrap();
    let plugin =
        |configuration: Configuration, id: &str, config: &str| configuration.file(id, Path::new(&file), config);
    let configuration = plugin(Configuration::usual(), "taker", "");
    let configuration = plugin(configuration, "refuser", "behave = \"refuse-with:too late\"");
    let configuration = plugin(configuration, "three", "behave-is-relevant = \"outputs:3\"");
    let configuration = plugin(configuration, "peek", "behave-is-relevant = \"row:key\"");
    configuration
        .topic("tm_one", "taker")
        .topic_that_reads("tm_two", "taker", &["tm_one"])
        .topic("tm_no", "refuser")
        .topic("tm_three", "three")
        .topic("tm_on", "peek")
}

struct Stage {
    world: World,
    wallet: Wallet,
    coins: Vec<Coin>,
}

impl Stage {
    fn new() -> Self {
        let (world, wallet) = (World::new(), Wallet::from_seed(4));
        let coins = world.coins(&wallet, 10, 10_000);
        world.publish();
        Self { world, wallet, coins }
    }

    fn host(&self) -> Host {
        Host::start(&configuration(&self.world), &self.world)
    }

    /// A transaction of a fresh coin, with so many outputs.
    fn fresh(&mut self, outputs: u64) -> Transaction {
        split(&self.wallet, &[self.coins.pop().unwrap()], outputs)
    }
}

/// Submits for a receipt; `topics` is the header as it stands.
fn submit(client: &Client, topics: &Value, beef: &[u8], more: &[(&str, &str)]) -> Reply {
    let topics = topics.to_string();
    let mut headers = vec![("content-type", "application/octet-stream"), ("x-topics", &*topics)];
    headers.extend(more);
    client.post("/v1/submit", &headers, beef)
}

const ALL: (&str, &str) = ("x-trellis-require", "all");

fn names(receipt: &Value) -> Vec<&str> {
    receipt["topics"].as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn multi_topic_operation_is_one_commit_for_all_topics() {
    let mut stage = Stage::new();
    let mut host = stage.host();
    let client = host.client();
    let [before, operation, after] = [1, 2, 1].map(|outputs| stage.fresh(outputs));
    let sequence = |transaction: &Transaction, topics: Value| {
        let receipt = submit(&client, &topics, &stage.world.beef_bytes(&[transaction]), &[ALL]).expect(200).json();
        assert_eq!(receipt["txid"], transaction.txid().to_string());
        receipt["sequence"].as_u64().unwrap()
    };
    let first = sequence(&before, json!(["tm_one"]));
    let at = sequence(&operation, json!(["tm_one", "tm_two", "tm_anytx"]));
    assert_eq!((at, sequence(&after, json!(["tm_one"]))), (first + 1, first + 2));
    host.end();
    host.check_store();

    let store = SledStore::open(&host.data_folder().join("store"), &Options::new([1; 16])).unwrap();
    let record = store.log(Sequence(at - 1), 1).unwrap().remove(0);
    let verdicts =
        record.wrote.iter().filter(|key| matches!(key, RowKey::Verdict(txid, _) if *txid == operation.txid()));
    let outputs = record.wrote.iter().filter(|key| matches!(key, RowKey::Output(..)));
    assert_eq!((record.sequence.0, verdicts.count(), outputs.count()), (at, 3, 6));
    assert!(record.event.is_some(), "whoever follows the log hears of it once");
}

#[test]
fn multi_topic_operation_happens_in_every_topic_or_in_none() {
    let mut stage = Stage::new();
    let mut host = stage.host();
    let client = host.client();
    let transaction = stage.fresh(2);
    let beef = stage.world.beef_bytes(&[&transaction]);
    for (topics, words) in [
        (json!(["tm_one", "tm_no"]), ["`tm_no`", "too late"]),
        (json!(["tm_one", "tm_nowhere"]), ["`tm_nowhere`", "not hosted"]),
        (json!(["tm_no", "tm_one", "tm_nowhere"]), ["`tm_no`", "`tm_nowhere`"]),
    ] {
        let message = submit(&client, &topics, &beef, &[ALL]).refusal(422, "ERR_NOT_TAKEN_BY_ALL");
        for word in words {
            assert!(message.contains(word), "{message}");
        }
        assert!(client.transaction(&transaction.txid()).is_none(), "{topics} left something behind");
    }
    let _ = submit(&client, &json!(["tm_one", "tm_two"]), &beef, &[ALL]).expect(200);
    host.end();
    host.check_store();
}

#[test]
fn multi_topic_operation_tells_what_each_topic_decided_and_why() {
    let mut stage = Stage::new();
    let host = stage.host();
    let client = host.client();
    let first = stage.fresh(2);
    let beef = stage.world.beef_bytes(&[&first]);
    let topics = json!(["tm_one", "tm_no", "tm_nowhere"]);
    let receipt = submit(&client, &topics, &beef, &[]).expect(200).json();
    let sequence = receipt["sequence"].clone();
    let nothing = json!({ "outputsToAdmit": [], "coinsToRetain": [], "coinsRemoved": [], "refusal": "too late" });
    let taken = json!({ "outputsToAdmit": [0, 1], "coinsToRetain": [], "coinsRemoved": [] });
    assert!(sequence.is_u64(), "{receipt}");
    let expected = json!({
        "txid": first.txid().to_string(),
        "sequence": sequence,
        "repeated": false,
        "topics": { "tm_no": nothing, "tm_one": taken },
        "notHosted": ["tm_nowhere"],
        "unjudged": {},
    });
    assert_eq!(receipt, expected);
    // The same body and headers at the door of BRC-22 get the STEAK.
    let reply = client.submit(&["tm_one", "tm_no", "tm_nowhere"], &beef);
    assert_eq!((reply.admittance("tm_one")[0].len(), reply.admittance("tm_no")[0].len()), (2, 0));
    let again = submit(&client, &json!(["tm_one"]), &beef, &[]).expect(200).json();
    assert_eq!((&again["repeated"], &again["sequence"]), (&json!(true), &sequence));
}

#[test]
fn multi_topic_operation_whose_topics_are_found_is_for_those_it_concerns() {
    let mut stage = Stage::new();
    let mut host = stage.host();
    let client = host.client();
    let auto = json!("auto");
    let first = stage.fresh(2);
    let message = submit(&client, &auto, &stage.world.beef_bytes(&[&first]), &[]).refusal(422, "ERR_NO_TOPIC_FOUND");
    assert!(message.contains("name the topics"), "{message}");
    assert!(client.transaction(&first.txid()).is_none(), "what concerned nobody was stored");

    let _ = submit(&client, &json!(["tm_one", "tm_two"]), &stage.world.beef_bytes(&[&first]), &[]).expect(200);
    // Three outputs concern one topic, the coin concerns the two that hold it.
    let second = split(&stage.wallet, &[coin(&first, 0)], 3);
    let beef = stage.world.beef_bytes(&[&first, &second]);
    let receipt = submit(&client, &auto, &beef, &[ALL]).expect(200).json();
    assert_eq!(names(&receipt), ["tm_one", "tm_three", "tm_two"]);
    assert_eq!(receipt["topics"]["tm_one"]["coinsRemoved"], json!([0]));
    let again = submit(&client, &auto, &beef, &[ALL]).expect(200).json();
    assert_eq!((&again["repeated"], &again["topics"]), (&json!(true), &receipt["topics"]));

    // Relevance may follow from what a topic has written.
    let [on, other] = [1, 1].map(|outputs| stage.fresh(outputs));
    let on = stage.world.beef_bytes(&[&on]);
    let _ = client.submit_with_values(&["tm_on"], &on, b"write:on").expect(200);
    let other = stage.world.beef_bytes(&[&other]);
    let receipt = submit(&client, &auto, &other, &[]).expect(200).json();
    assert_eq!(names(&receipt), ["tm_on"]);
    host.end();
    host.check_store();
}

#[test]
fn multi_topic_operation_fails_by_name_where_a_plugin_breaks_or_may_not() {
    let mut stage = Stage::new();
    let mut host = stage.host();
    let client = host.client();
    let transaction = stage.fresh(2);
    let beef = stage.world.beef_bytes(&[&transaction]);
    // Only the second topic is granted the first one's rows.
    let values = b"copy-topic-state:tm_one key";
    let reply = client.submit_with_values(&["tm_two", "tm_three"], &beef, values);
    let message = reply.refusal(502, "ERR_PLUGIN_FAULT");
    for part in ["plugin `three`", "topic `tm_one`", "reads = [\"tm_one\"] under [[topic]] name = \"tm_three\""] {
        assert!(message.contains(part), "{message}");
    }
    assert!(client.transaction(&transaction.txid()).is_none());
    let reply = client.submit_with_values(&["tm_two"], &beef, b"copy-topic-state:tm_nowhere key");
    let message = reply.refusal(502, "ERR_PLUGIN_FAULT");
    assert!(message.contains("topic `tm_nowhere`") && message.contains("not hosted"), "{message}");
    let _ = client.submit_with_values(&["tm_two"], &beef, values).expect(200);
    host.end();
    host.check_store();
}
