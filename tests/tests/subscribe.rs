//! Subscribers hear of every commit they ask for: once, whole, in order, over event streams and WebSockets alike.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use trellis_spv::testing::{Coin, Wallet, coin};
use trellis_spv::transaction::Transaction;
use trellis_system_tests::arc::{Answer, ScriptedArc};
use trellis_system_tests::configuration::Configuration;
use trellis_system_tests::host::{Host, wait_for};
use trellis_system_tests::subscriber::{Subscriber, Told};
use trellis_system_tests::tokens::{hello, split};
use trellis_system_tests::world::World;

const BOTH: [&str; 2] = ["tm_anytx", "tm_helloworld"];

/// Bytes of the ring that subscribers are told from.
const RING_BYTES: usize = 8 * 1024 * 1024;

/// What a subscriber that takes nothing may hold: a batch and what its connection buffers, and with each the event that fills it.
const SUBSCRIBER_BYTES: usize = 2 * 64 * 1024;

fn wallet() -> Wallet {
    Wallet::from_seed(23)
}

/// `count` transactions that both topics take, each in a submission of its own.
fn submit(host: &Host, world: &World, wallet: &Wallet, coins: &[Coin]) -> Vec<Transaction> {
    let client = host.client();
    let submit = |coin: &Coin| {
        let transaction = hello(wallet, std::slice::from_ref(coin), "hello");
        let _ = client.submit(&BOTH, &world.beef_bytes(&[&transaction])).expect(200);
        transaction
    };
    coins.iter().map(submit).collect()
}

/// Everything the host ever told, as far as it is told now.
fn everything(host: &Host, count: usize) -> Vec<Told> {
    Subscriber::stream(host.port(), "?after=0").take(count)
}

fn sequences(told: &[Told]) -> Vec<u64> {
    told.iter().map(|told| told.sequence).collect()
}

fn texts(list: &Value) -> Vec<&str> {
    list.as_array().expect("a list").iter().map(|text| text.as_str().expect("a text")).collect()
}

/// The number a metric stands at.
fn metric(host: &Host, name: &str) -> u64 {
    let reply = host.admin().get("/metrics").expect(200);
    let text = String::from_utf8_lossy(&reply.body);
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("no {name} in {text}"))
}

#[test]
fn subscribe_tells_a_submission_that_touches_two_topics_as_one_event() {
    let (world, wallet) = (World::new(), wallet());
    let coins = world.coins(&wallet, 1, 10_000);
    world.publish();
    let host = Host::start(&Configuration::usual(), &world);
    let mut subscriber = Subscriber::stream(host.port(), "");
    let first = submit(&host, &world, &wallet, &coins).remove(0);
    let second = split(&wallet, &[coin(&first, 1)], 2);
    let _ = host.client().submit(&["tm_anytx"], &world.beef_bytes(&[&first, &second])).expect(200);
    let [of_first, of_second] = subscriber.take(2).try_into().unwrap();
    assert_eq!((of_first.event.as_str(), of_second.event.as_str()), ("applied", "applied"));
    let sequence = |of: &Transaction| host.client().transaction(&of.txid()).unwrap()["sequence"].clone();
    assert_eq!(json!([of_first.sequence, of_second.sequence]), json!([sequence(&first), sequence(&second)]));

    let body = of_first.body();
    assert_eq!(
        (&body["sequence"], &body["event"], &body["leftOut"]),
        (&json!(of_first.sequence), &json!("applied"), &json!(0))
    );
    let [transaction] = &body["transactions"].as_array().unwrap()[..] else { panic!("{body}") };
    let txid = first.txid().to_string();
    assert_eq!(transaction["txid"], json!(txid));
    let expected = json!([
        {"topic": "tm_anytx", "admitted": [format!("{txid}.0"), format!("{txid}.1")], "spent": []},
        {"topic": "tm_helloworld", "admitted": [format!("{txid}.0")], "spent": []},
    ]);
    let mut topics = transaction["topics"].as_array().unwrap().clone();
    topics.sort_by_key(|change| change["topic"].as_str().unwrap().to_owned());
    assert_eq!(Value::Array(topics), expected);

    let spent = &of_second.body()["transactions"][0]["topics"][0]["spent"];
    assert_eq!(spent, &json!([{"outpoint": format!("{txid}.1"), "retained": false}]));
}

/// The last commit there is: at its start a host notes what its services were built with.
fn last_commit(host: &Host) -> u64 {
    host.client().get("/v1/topics").expect(200).json()["sequence"].as_u64().unwrap()
}

#[test]
fn subscribe_again_with_the_last_event_id_loses_nothing_and_repeats_nothing() {
    let (world, wallet) = (World::new(), wallet());
    let coins = world.coins(&wallet, 30, 10_000);
    world.publish();
    let mut host = Host::start(&Configuration::usual(), &world);
    let start = last_commit(&host);
    let mut subscriber = Subscriber::stream(host.port(), "");
    submit(&host, &world, &wallet, &coins[..10]);
    let mut got = subscriber.take(4);
    drop(subscriber);
    submit(&host, &world, &wallet, &coins[10..20]);
    let again = |host: &Host, last: &Told| {
        // The header says where the reader is; the address is still that of its first visit.
        Subscriber::ask(host.port(), "?after=0", Some(&last.sequence.to_string())).unwrap()
    };
    got.extend(again(&host, got.last().unwrap()).take(9));
    // A host that was away knows every cursor it gave.
    host.kill_9();
    host.start_again();
    submit(&host, &world, &wallet, &coins[20..]);
    let mut subscriber = again(&host, got.last().unwrap());
    got.extend(subscriber.take(17));
    assert_eq!(got, everything(&host, 30));
    assert_eq!(sequences(&got), (start + 1..=start + 30).collect::<Vec<_>>());
}

#[test]
fn subscribe_with_a_filter_tells_what_touches_it_and_nothing_else() {
    let (world, wallet) = (World::new(), wallet());
    let coins = world.coins(&wallet, 3, 10_000);
    world.publish();
    let arc = ScriptedArc::start();
    let host = Host::start(&Configuration::usual().arc(&arc.url()), &world);
    let client = host.client();
    let topics: [&[&str]; 3] = [&["tm_anytx"], &["tm_helloworld"], &BOTH];
    let mut txids = Vec::new();
    for (coin, topics) in coins.iter().zip(topics) {
        let transaction = hello(&wallet, std::slice::from_ref(coin), "hello");
        let _ = client.submit(topics, &world.beef_bytes(&[&transaction])).expect(200);
        txids.push(transaction.txid());
    }
    wait_for("the network", || {
        let seen = |txid| client.transaction(txid).is_some_and(|report| report["status"] == "seen");
        txids.iter().all(seen).then_some(())
    });
    // Each is applied, and then seen by the network.
    let all = everything(&host, 6);
    let of = |told: &Told| {
        let body = told.body();
        body["txid"].as_str().or(body["transactions"][0]["txid"].as_str()).unwrap().to_owned()
    };
    for (filter, names) in [("tm_anytx", [0, 2]), ("tm_helloworld", [1, 2])] {
        let wanted: Vec<String> = names.iter().map(|name| txids[*name].to_string()).collect();
        let expected: Vec<Told> = all.iter().filter(|told| wanted.contains(&of(told))).cloned().collect();
        assert_eq!(expected.len(), 4);
        let mut subscriber = Subscriber::stream(host.port(), &format!("?after=0&topics={filter}"));
        assert_eq!(subscriber.take(4), expected);
    }
    let mut subscriber = Subscriber::stream(host.port(), "?after=0&topics=tm_anytx,tm_helloworld");
    assert_eq!(subscriber.take(6), all);
    for (query, name) in [("?topics=tm_anytx,tm_nowhere", "tm_nowhere"), ("?baskets=shop/tickets", "shop/tickets")] {
        let (status, error) = Subscriber::ask(host.port(), query, None).unwrap_err();
        assert_eq!((status, &error["code"]), (404, &json!("ERR_NOT_HOSTED")), "{error}");
        assert!(error["message"].as_str().unwrap().contains(name), "{error}");
    }
}

#[test]
fn subscribe_from_a_cursor_that_cannot_be_is_refused_with_what_can() {
    let (world, wallet) = (World::new(), wallet());
    let coins = world.coins(&wallet, 5, 10_000);
    world.publish();
    let configuration = Configuration::usual().events("subscribers = 1\nretention = 3");
    let host = Host::start(&configuration, &world);
    submit(&host, &world, &wallet, &coins);
    let last = last_commit(&host);
    let refused = |query: &str, id: Option<&str>, status: u16, code: &str, words: &str| {
        let (found, error) = Subscriber::ask(host.port(), query, id).unwrap_err();
        assert_eq!((found, &error["code"]), (status, &json!(code)), "{error}");
        assert!(error["message"].as_str().unwrap().contains(words), "{error}");
    };
    let ahead = last + 1;
    let words = format!("the last commit here is {last}");
    refused(&format!("?after={ahead}"), None, 400, "ERR_CURSOR_AHEAD", &words);
    refused("", Some(&ahead.to_string()), 400, "ERR_CURSOR_AHEAD", &words);
    refused("?after=2", Some("yesterday"), 400, "ERR_CURSOR", "whole number");
    refused("?after=-1", None, 400, "ERR_PARAMETER", "`after`");
    refused("?since=1", None, 400, "ERR_PARAMETER", "topics, baskets, after");
    let oldest = last - 3;
    let words = format!("after {oldest}");
    refused(&format!("?after={}", oldest - 1), None, 410, "ERR_CURSOR_GONE", &words);
    let mut subscriber = Subscriber::stream(host.port(), &format!("?after={oldest}"));
    refused("", None, 503, "ERR_SUBSCRIBERS", "1 subscribers");
    assert_eq!(sequences(&subscriber.take(3)), [last - 2, last - 1, last]);
    // Its place is free once it is gone.
    drop(subscriber);
    wait_for("the place of who is gone", || Subscriber::ask(host.port(), "", None).ok());
}

#[test]
fn subscribe_over_a_websocket_tells_the_same_as_over_an_event_stream() {
    let (world, wallet) = (World::new(), wallet());
    let coins = world.coins(&wallet, 40, 10_000);
    world.publish();
    let mut host = Host::start(&Configuration::usual(), &world);
    let start = last_commit(&host);
    submit(&host, &world, &wallet, &coins[..20]);
    // From the log at first, then as it happens.
    let after = format!("?after={}", start + 5);
    let mut pair = [Subscriber::stream(host.port(), &after), Subscriber::socket(host.port(), &after)];
    submit(&host, &world, &wallet, &coins[20..]);
    let [streamed, messages] = pair.each_mut().map(|subscriber| subscriber.take(35));
    assert_eq!(sequences(&streamed), (start + 6..=start + 40).collect::<Vec<_>>());
    assert_eq!(streamed, messages);
    assert_eq!(metric(&host, "trellis_event_subscribers"), 2);
    assert_eq!(metric(&host, "trellis_events_told_total"), 70);
    // The end of the host is the end of both, and neither is waited for.
    assert!(host.end().success());
    assert_eq!(pair.each_mut().map(Subscriber::next_event), [None, None]);
    assert!(!host.log().contains("cut off"), "{}", host.log());
}

#[test]
fn event_across_services_is_told_once_when_all_of_them_have_it_and_once_when_all_lose_it() {
    let (world, wallet) = (World::new(), wallet());
    let coins = world.coins(&wallet, 1, 10_000);
    world.publish();
    let arc = ScriptedArc::scripted(|_| Answer::Error(503, "later"));
    let host = Host::start(&Configuration::usual().arc(&arc.url()), &world);
    let client = host.client();
    let mut subscriber = Subscriber::stream(host.port(), "");
    let transaction = hello(&wallet, &coins, "hello");
    let txid = transaction.txid();
    let topics = ["tm_anytx", "tm_anytx_two", "tm_helloworld"];
    let _ = client.submit(&topics, &world.beef_bytes(&[&transaction])).expect(200);
    let count = |service: &str| {
        let query = if service == "ls_helloworld" { json!({"message": "hello"}) } else { json!({"findAll": true}) };
        client.find(service, &query).outputs.len()
    };
    let services = ["ls_anytx", "ls_anytx_two", "ls_helloworld"];
    let told = subscriber.next_event().unwrap();
    // Whoever is told finds it in every service: there is no moment in between.
    assert_eq!((told.event.as_str(), services.map(count)), ("applied", [2, 2, 1]));
    let changes = told.body()["transactions"][0]["topics"].as_array().unwrap().clone();
    let names: BTreeSet<_> = changes.iter().map(|change| change["topic"].as_str().unwrap()).collect();
    assert_eq!(names, BTreeSet::from(topics));

    arc.answer_with(|_| Answer::Error(461, "no"));
    let reverted = loop {
        let told = subscriber.next_event().unwrap();
        if told.event == "reverted" {
            break told;
        }
        assert_eq!(told.event, "status", "{}", told.json);
    };
    assert_eq!(services.map(count), [0, 0, 0]);
    let body = reverted.body();
    assert_eq!(body["transactions"], json!([txid.to_string()]));
    assert_eq!(body["undone"], json!([told.sequence]));
    let names: BTreeSet<_> =
        body["topics"].as_array().unwrap().iter().map(|change| change["topic"].as_str().unwrap()).collect();
    assert_eq!(names, BTreeSet::from(topics));
    let removed = texts(&body["topics"][0]["removed"]);
    assert!(removed.contains(&format!("{txid}.0").as_str()), "{body}");
}

#[test]
fn subscribe_without_ever_reading_takes_bounded_memory_and_loses_nothing() {
    /// Outputs of each transaction: an event of some 140 KiB.
    const OUTPUTS: u64 = 2_000;
    /// Three times the ring, and more than the system's own buffers hold.
    const BYTES: usize = 3 * RING_BYTES;
    let (world, wallet) = (World::new(), wallet());
    let coins = world.coins(&wallet, 1_000, 100_000);
    world.publish();
    let host = Host::start(&Configuration::usual(), &world);
    let silent = [Subscriber::stream(host.port(), ""), Subscriber::socket(host.port(), "")];
    let mut reader = Subscriber::stream(host.port(), "");
    let client = host.client();
    let (mut told, mut bytes, mut largest) = (Vec::new(), 0, 0);
    for coin in &coins {
        let transaction = split(&wallet, std::slice::from_ref(coin), OUTPUTS);
        let _ = client.submit(&["tm_anytx"], &world.beef_bytes(&[&transaction])).expect(200);
        let event = reader.next_event().unwrap();
        bytes += event.json.len();
        // The JSON stands in a frame with its id.
        largest = largest.max(event.json.len() + 100);
        told.push(event);
        let held = usize::try_from(metric(&host, "trellis_event_bytes_held")).unwrap();
        let bound = RING_BYTES + 3 * (SUBSCRIBER_BYTES + 2 * largest);
        assert!(held <= bound, "{held} bytes of events are held, {bound} may be");
        if bytes > BYTES {
            break;
        }
    }
    assert!(bytes > BYTES);
    println!("{} events of {bytes} bytes", told.len());
    // The connections are given up; what was sent can still be read, and from there on the host is asked again.
    wait_for("the end of who reads nothing", || {
        (metric(&host, "trellis_event_subscribers_dropped_total") == 2).then_some(())
    });
    assert_eq!(metric(&host, "trellis_event_subscribers"), 1);
    for mut subscriber in silent {
        let mut got: Vec<Told> = std::iter::from_fn(|| subscriber.next_event()).collect();
        assert!(got.len() < told.len(), "nothing was held back");
        println!("{} events were on their way", got.len());
        let last = got.last().map_or(0, |told| told.sequence);
        let mut again =
            Subscriber::ask(host.port(), "?after=0", (last > 0).then(|| last.to_string()).as_deref()).unwrap();
        got.extend(again.take(told.len() - got.len()));
        assert!(got == told, "{:?}", sequences(&got));
    }
}
