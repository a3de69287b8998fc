//! `kill -9` at random moments under load and under subscribers: whoever subscribes again with what it got last has seen every
//! sequence exactly once.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use rand::Rng;
use trellis_spv::testing::{Coin, Wallet};
use trellis_system_tests::audience::Habit;
use trellis_system_tests::client::Client;
use trellis_system_tests::configuration::Configuration;
use trellis_system_tests::host::Host;
use trellis_system_tests::soak;
use trellis_system_tests::subscriber::{Subscriber, Told};
use trellis_system_tests::tokens::hello;
use trellis_system_tests::world::World;

/// Rounds in CI; `TRELLIS_SOAK_SUBSCRIBED` in a soak.
const ROUNDS: usize = 4;

/// Clients that submit at once.
const CLIENTS: usize = 8;

/// Coins of each client and round: more than it can spend before the host dies.
const COINS: usize = 300;

/// Longest time a round's host lives under load, in milliseconds.
const LONGEST_LIFE: u64 = 1_500;

const HABITS: [Habit; 6] = [
    Habit { topics: "", socket: false, weary: false },
    Habit { topics: "", socket: false, weary: true },
    Habit { topics: "", socket: true, weary: false },
    Habit { topics: "", socket: true, weary: true },
    Habit { topics: "tm_anytx", socket: false, weary: true },
    Habit { topics: "tm_helloworld", socket: true, weary: false },
];

/// Submits to one topic, the other or both until the host is gone.
fn submit_until_the_end(client: &Client, world: &World, wallet: &Wallet, coins: &[Coin], over: &AtomicBool) {
    let topics: [&[&str]; 3] = [&["tm_anytx"], &["tm_helloworld"], &["tm_anytx", "tm_helloworld"]];
    for (coin, topics) in coins.iter().zip(topics.iter().cycle()) {
        if over.load(Ordering::SeqCst) {
            return;
        }
        let transaction = hello(wallet, std::slice::from_ref(coin), "hello");
        match client.try_submit(topics, &world.beef_bytes(&[&transaction])) {
            Ok(reply) => drop(reply.expect(200)),
            Err(_) => return,
        }
    }
}

#[test]
fn subscribe_again_after_kill_9_and_every_sequence_was_told_exactly_once() {
    let rounds = soak::count("TRELLIS_SOAK_SUBSCRIBED", ROUNDS);
    let mut random = soak::random("subscribe");
    let world = World::new();
    let wallets: Vec<Wallet> = (0..CLIENTS as u64).map(Wallet::from_seed).collect();
    let mut host = Host::prepare(&Configuration::usual(), &world);
    let mut start = None;
    let got: [Mutex<Vec<Told>>; HABITS.len()] = std::array::from_fn(|_| Mutex::default());
    for round in 1..=rounds {
        let coins: Vec<_> = wallets.iter().map(|wallet| world.coins(wallet, COINS, 10_000)).collect();
        world.publish();
        host.start_again();
        // At its first start a host notes what its services were built with, which is no news.
        start.get_or_insert_with(|| last_commit(&host));
        let lifetime = Duration::from_millis(random.random_range(1..LONGEST_LIFE));
        let over = AtomicBool::new(false);
        thread::scope(|scope| {
            for (habit, got) in HABITS.iter().zip(&got) {
                let (port, over) = (host.port(), &over);
                scope.spawn(move || habit.read_on(port, 0, &mut got.lock().unwrap(), over));
            }
            for (wallet, coins) in wallets.iter().zip(&coins) {
                let (client, world, over) = (host.client(), &world, &over);
                scope.spawn(move || submit_until_the_end(&client, world, wallet, coins, over));
            }
            thread::sleep(lifetime);
            over.store(true, Ordering::SeqCst);
            host.kill_9();
        });
        let told: Vec<usize> = got.iter().map(|got| got.lock().unwrap().len()).collect();
        println!("round {round}: lifetime {lifetime:?}, told {told:?}");
    }
    host.start_again();
    // What is in the store now is what there was to tell: every commit since the start has an event.
    let submissions = wait_for_all(&host, start.expect("a round"));
    for (habit, got) in HABITS.iter().zip(got) {
        let mut got = got.into_inner().unwrap();
        let wanted: Vec<Told> = submissions.iter().filter(|told| told.json.contains(habit.topics)).cloned().collect();
        let after = got.last().map_or(0, |told| told.sequence);
        let missing = wanted.iter().filter(|told| told.sequence > after).count();
        got.extend(habit.subscribe(host.port(), after).expect("a subscription").take(missing));
        assert!(got == wanted, "{} told, {} wanted, topics {:?}", got.len(), wanted.len(), habit.topics);
    }
    assert!(host.end().success());
    host.check_store();
}

fn last_commit(host: &Host) -> u64 {
    host.client().get("/v1/topics").expect(200).json()["sequence"].as_u64().expect("a sequence")
}

/// Everything the host has to tell of what came after `start`.
fn wait_for_all(host: &Host, start: u64) -> Vec<Told> {
    let last = last_commit(host);
    assert!(last > start, "nothing was committed");
    let all = Subscriber::stream(host.port(), "?after=0").take((last - start) as usize);
    assert!(all.iter().map(|told| told.sequence).eq(start + 1..=last), "every commit is told once, in order");
    all
}
