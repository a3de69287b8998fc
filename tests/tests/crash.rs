//! `kill -9` at random moments under load: what was acknowledged is there, nothing is half there, the network hears of all.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rand::Rng;
use serde_json::Value;
use trellis_spv::hash::Txid;
use trellis_spv::testing::{Coin, Wallet, coin};
use trellis_spv::transaction::Transaction;
use trellis_system_tests::arc::ScriptedArc;
use trellis_system_tests::client::Client;
use trellis_system_tests::configuration::Configuration;
use trellis_system_tests::host::{Host, wait_for};
use trellis_system_tests::soak;
use trellis_system_tests::tokens::{message, with_change};
use trellis_system_tests::world::World;

/// Rounds in CI; `TRELLIS_SOAK_ROUNDS` in a soak.
const ROUNDS: usize = 10;

/// Clients that submit at once.
const CLIENTS: usize = 32;

/// Coins of each client and round: more than it can spend before the host dies.
const COINS: usize = 100;

/// Longest time a round's host lives under load, in milliseconds.
const LONGEST_LIFE: u64 = 1_500;

/// Every third submission spends the one before it as well, so that the outbox has parents to put first.
const CHAINED_EVERY: usize = 3;

/// What a client knows of one submission.
struct Sent {
    transaction: Transaction,
    /// Whether the host said so; otherwise no answer came.
    acknowledged: bool,
}

/// One client's share of a round: submits until the host is gone.
fn submit_until_the_end(
    client: &Client,
    world: &World,
    wallet: &Wallet,
    coins: &[Coin],
    over: &AtomicBool,
) -> Vec<Sent> {
    let mut sent: Vec<Sent> = Vec::new();
    for (number, fee) in coins.iter().enumerate() {
        if over.load(Ordering::SeqCst) {
            break;
        }
        let mut coins = vec![fee.clone()];
        let parent = sent.last().filter(|_| number % CHAINED_EVERY == 2).map(|last: &Sent| last.transaction.clone());
        coins.extend(parent.as_ref().map(|parent| coin(parent, 1)));
        let lock = message(wallet, &format!("message {number}"));
        let transaction = with_change(wallet, &coins, vec![(1, lock)]);
        let beef = world.beef_bytes(&parent.iter().chain([&transaction]).collect::<Vec<_>>());
        let reply = client.try_submit(&["tm_helloworld", "tm_anytx"], &beef);
        let acknowledged = match &reply {
            Ok(reply) if reply.status == 200 => {
                assert_eq!(reply.admittance("tm_helloworld")[0], [0]);
                assert_eq!(reply.admittance("tm_anytx")[0], [0, 1]);
                true
            }
            // A host that is about to end may say so; whatever else it answers is a defect.
            Ok(reply) => panic!("{}: {}", reply.status, reply.text()),
            Err(_) => false,
        };
        sent.push(Sent { transaction, acknowledged });
    }
    sent
}

/// Runs one life of the host; answers what the clients sent.
fn life(host: &mut Host, world: &World, coins: &[Vec<Coin>], wallets: &[Wallet], lifetime: Duration) -> Vec<Sent> {
    let over = AtomicBool::new(false);
    let done = AtomicUsize::new(0);
    let sent = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for (wallet, coins) in wallets.iter().zip(coins) {
            let (client, over, sent, done) = (host.client(), &over, &sent, &done);
            scope.spawn(move || {
                let mine = submit_until_the_end(&client, world, wallet, coins, over);
                done.fetch_add(1, Ordering::SeqCst);
                sent.lock().unwrap().extend(mine);
            });
        }
        // A client that has used up its coins would make the end of the host a quiet one: rather end it now.
        let born = Instant::now();
        while born.elapsed() < lifetime && done.load(Ordering::SeqCst) == 0 {
            thread::sleep(Duration::from_millis(1));
        }
        host.kill_9();
        over.store(true, Ordering::SeqCst);
    });
    sent.into_inner().unwrap()
}

/// Everything acknowledged is there whole; what was not is there whole or not at all. Answers how much is there.
fn assert_whole(client: &Client, sent: &[Sent]) -> usize {
    let reports: BTreeMap<Txid, Option<Value>> =
        sent.iter().map(|one| one.transaction.txid()).map(|txid| (txid, client.transaction(&txid))).collect();
    for one in sent {
        let txid = one.transaction.txid();
        let held: Vec<u32> = client.outputs_of(&txid).iter().map(|outpoint| outpoint.vout).collect();
        let Some(report) = &reports[&txid] else {
            assert!(!one.acknowledged, "acknowledged {txid} is lost");
            assert!(held.is_empty(), "{txid} is half there: found, but not held");
            continue;
        };
        let mut topics: Vec<&str> =
            report["topics"].as_array().expect("topics").iter().filter_map(Value::as_str).collect();
        topics.sort_unstable();
        assert_eq!(topics, ["tm_anytx", "tm_helloworld"], "{txid} is half there: {report}");
        let is_spent =
            |vout| sent.iter().any(|by| reports[&by.transaction.txid()].is_some() && spends(by, &txid, vout));
        let unspent: Vec<u32> = [0, 1].into_iter().filter(|vout| !is_spent(*vout)).collect();
        assert_eq!(held, unspent, "unspent outputs of {txid}");
    }
    reports.values().flatten().count()
}

fn spends(sent: &Sent, txid: &Txid, vout: u32) -> bool {
    sent.transaction.inputs().iter().any(|input| input.source.txid == *txid && input.source.vout == vout)
}

#[test]
fn what_was_acknowledged_survives_kill_9_and_nothing_is_half_there() {
    let rounds = soak::count("TRELLIS_SOAK_ROUNDS", ROUNDS);
    let mut random = soak::random("crash");
    let world = World::new();
    let wallets: Vec<Wallet> = (0..CLIENTS as u64).map(Wallet::from_seed).collect();
    let arc = ScriptedArc::start();
    let mut host = Host::prepare(&Configuration::usual().arc(&arc.url()), &world);
    let mut all: Vec<Sent> = Vec::new();
    for round in 1..=rounds {
        let coins: Vec<_> = wallets.iter().map(|wallet| world.coins(wallet, COINS, 10_000)).collect();
        world.publish();
        host.start_again();
        let lifetime = Duration::from_millis(random.random_range(1..LONGEST_LIFE));
        let sent = life(&mut host, &world, &coins, &wallets, lifetime);
        let acknowledged = sent.iter().filter(|one| one.acknowledged).count();
        // Before anything repairs anything: what the crash left is whole.
        host.check_store();
        host.start_again();
        let there = assert_whole(&host.client(), &sent);
        println!(
            "round {round}: lifetime {lifetime:?}, {} sent, {acknowledged} acknowledged, {there} there",
            sent.len()
        );
        all.extend(sent);
        // Half the rounds go on from a host that ended in peace, half from one killed while it was catching up.
        if round % 2 == 0 {
            assert!(host.end().success());
        } else {
            host.kill_9();
        }
        host.check_store();
    }
    host.start_again();
    let client = host.client();
    let there = assert_whole_at_the_end(&client, &all);
    assert!(!there.is_empty(), "nothing was acknowledged in {rounds} rounds");
    // The outbox is complete: the network hears of everything held, parents before children, nothing twice at once.
    wait_for("the outbox", || there.iter().all(|txid| arc.has(txid)).then_some(()));
    assert_eq!(arc.children_before_parents(), []);
    assert_eq!(arc.sent_twice_at_once(), []);
    assert!(host.end().success());
    host.check_store();
}

/// Of all rounds: what was acknowledged then is there now.
fn assert_whole_at_the_end(client: &Client, all: &[Sent]) -> Vec<Txid> {
    let mut there = Vec::new();
    for one in all {
        let txid = one.transaction.txid();
        match client.transaction(&txid) {
            Some(_) => there.push(txid),
            None => assert!(!one.acknowledged, "acknowledged {txid} was lost in a later round"),
        }
    }
    there
}
