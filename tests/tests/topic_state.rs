//! What a topic holds is read at one sequence, whole, while writes go on; and two hosts can compare it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::Value;
use trellis_spv::testing::{Wallet, coin};
use trellis_spv::transaction::Transaction;
use trellis_system_tests::client::Client;
use trellis_system_tests::configuration::Configuration;
use trellis_system_tests::host::Host;
use trellis_system_tests::tokens::{hello, split};
use trellis_system_tests::world::World;

/// Outputs of each generation: the next one spends them all.
const MEMBERS: usize = 7;

/// Reads of everything while somebody writes.
const ROUNDS: usize = 40;

fn overview(client: &Client, query: &str, topic: &str) -> (u64, Value) {
    let body = client.get(&format!("/v1/topics{query}")).expect(200).json();
    let topics = body["topics"].as_array().unwrap().clone();
    let found = topics.into_iter().find(|found| found["topic"] == topic).expect("the topic");
    (body["sequence"].as_u64().unwrap(), found)
}

/// All outputs at a sequence, in pages of three.
fn outputs(client: &Client, topic: &str, at: u64) -> Vec<Value> {
    let mut all = Vec::new();
    let mut after = String::new();
    loop {
        let page = client.get(&format!("/v1/topics/{topic}/outputs?limit=3&at={at}{after}")).expect(200).json();
        assert_eq!(page["sequence"], at);
        all.extend(page["outputs"].as_array().unwrap().iter().cloned());
        match page["next"].as_str() {
            None => return all,
            Some(next) => after = format!("&after={next}"),
        }
    }
}

#[test]
fn topic_state_is_one_moment_whatever_is_written_meanwhile() {
    let world = World::new();
    let wallet = Wallet::from_seed(1);
    let mut last = split(&wallet, &[world.coin(&wallet, 10_000_000)], MEMBERS as u64);
    world.publish();
    let mut host = Host::start(&Configuration::usual(), &world);
    let _ = host.client().submit(&["tm_anytx"], &world.beef_bytes(&[&last])).expect(200);
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let writer = host.client();
        let (over, world, wallet) = (&over, &world, &wallet);
        scope.spawn(move || {
            while !over.load(Ordering::SeqCst) {
                let coins: Vec<_> = (0..MEMBERS as u32).map(|vout| coin(&last, vout)).collect();
                last = split(wallet, &coins, MEMBERS as u64);
                let _ = writer.submit(&["tm_anytx"], &world.beef_bytes(&[&last])).expect(200);
            }
        });
        let client = host.client();
        let mut sequences = std::collections::BTreeSet::new();
        let mut rounds = 0;
        // However slow the writer is, it gets its turn.
        while rounds < ROUNDS || sequences.len() < 5 {
            rounds += 1;
            let (at, topic) = overview(&client, "", "tm_anytx");
            let outputs = outputs(&client, "tm_anytx", at);
            assert_eq!(outputs.len(), MEMBERS, "half a submission at {at}");
            let one: Vec<_> =
                outputs.iter().map(|output| output["outpoint"].as_str().unwrap()[..64].to_owned()).collect();
            assert!(one.windows(2).all(|pair| pair[0] == pair[1]), "two generations at {at}: {one:?}");
            // Read again, and by other means, it is the same.
            assert_eq!(overview(&client, &format!("?at={at}"), "tm_anytx"), (at, topic));
            sequences.insert(at);
        }
        over.store(true, Ordering::SeqCst);
    });
    host.kill_9();
    host.check_store();
}

#[test]
fn topic_state_of_two_hosts_fed_in_different_orders_has_the_same_hash() {
    let world = World::new();
    let wallet = Wallet::from_seed(2);
    let funds = world.coins(&wallet, 12, 10_000);
    let firsts: Vec<Transaction> = funds
        .iter()
        .enumerate()
        .map(|(number, fund)| hello(&wallet, std::slice::from_ref(fund), &format!("message {number}")))
        .collect();
    let seconds: Vec<Transaction> =
        firsts.iter().map(|first| hello(&wallet, &[coin(first, 1)], "and another")).collect();
    world.publish();
    let topics = ["tm_helloworld", "tm_anytx"];
    let hashes = |backwards: bool| {
        let host = Host::start(&Configuration::usual(), &world);
        let client = host.client();
        let mut pairs: Vec<_> = firsts.iter().zip(&seconds).collect();
        if backwards {
            pairs.reverse();
        }
        // One host hears of every pair by itself, the other of all first ones first.
        let order: Vec<[&Transaction; 2]> = if backwards {
            pairs.iter().map(|(first, second)| [*first, *second]).collect()
        } else {
            pairs.chunks(1).map(|pair| [pair[0].0, pair[0].1]).collect()
        };
        if backwards {
            for [first, second] in order {
                let _ = client.submit(&topics, &world.beef_bytes(&[first])).expect(200);
                let _ = client.submit(&topics, &world.beef_bytes(&[first, second])).expect(200);
            }
        } else {
            for [first, _] in &order {
                let _ = client.submit(&topics, &world.beef_bytes(&[first])).expect(200);
            }
            for [first, second] in &order {
                let _ = client.submit(&topics, &world.beef_bytes(&[first, second])).expect(200);
            }
        }
        topics.map(|topic| overview(&client, "", topic).1["hash"].clone())
    };
    let (forwards, backwards) = (hashes(false), hashes(true));
    assert_eq!(forwards, backwards);
    assert_ne!(forwards[0], forwards[1], "two topics with different outputs");
}

#[test]
fn topic_state_asked_for_wrongly_is_refused_with_what_would_be_right() {
    let world = World::new();
    let host = Host::start(&Configuration::usual(), &world);
    let client = host.client();
    for (path, status, code, words) in [
        ("/v1/topics/tm_nowhere/state", 404, "ERR_TOPIC_NOT_HOSTED", "tm_nowhere"),
        ("/v1/topics/nothing/state", 400, "ERR_TOPICS", "tm_"),
        ("/v1/topics/tm_anytx/state?limit=0", 400, "ERR_PARAMETER", "1 to 1000"),
        ("/v1/topics/tm_anytx/state?limit=-1", 400, "ERR_PARAMETER", "`limit`"),
        ("/v1/topics/tm_anytx/state?prefix=abc", 400, "ERR_PARAMETER", "`prefix`"),
        ("/v1/topics/tm_anytx/state?prefix=aa&after=bb", 400, "ERR_CURSOR", "next"),
        ("/v1/topics/tm_anytx/state?at=9000000", 400, "ERR_SEQUENCE", "9000000"),
        ("/v1/topics/tm_anytx/outputs?after=here", 400, "ERR_PARAMETER", "<txid>.<index>"),
        ("/v1/topics/tm_anytx/outputs?spend=true", 400, "ERR_PARAMETER", "spent"),
    ] {
        let reply = client.get(path).expect(status).json();
        assert_eq!(reply["code"], code, "{path}: {reply}");
        assert!(reply["message"].as_str().unwrap().contains(words), "{path}: {reply}");
    }
}
