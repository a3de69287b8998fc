//! Of two transactions that spend one output exactly one is admitted, whatever topics they name and wherever the rival hides.

use std::sync::{Arc, Barrier, Mutex};
use std::thread;

use rand::Rng;
use serde_json::json;
use trellis_spv::hash::Txid;
use trellis_spv::testing::{Coin, Wallet, build, coin};
use trellis_spv::transaction::Transaction;
use trellis_system_tests::client::{Client, Reply};
use trellis_system_tests::configuration::Configuration;
use trellis_system_tests::host::Host;
use trellis_system_tests::soak;
use trellis_system_tests::tokens::{message, split, with_change};
use trellis_system_tests::world::World;

/// Pairs of each kind in CI; `TRELLIS_SOAK_PAIRS` in a soak.
const PAIRS: usize = 100;

/// Pairs that race at once, so that rivals also meet submissions that have nothing to do with them.
const AT_ONCE: usize = 4;

/// One side of a pair.
struct Side {
    /// Names the topic it is sent to.
    topic: &'static str,
    /// What it sends; the last one is the subject.
    transactions: Vec<Transaction>,
    /// The transaction that spends what both want: the subject, or an ancestor of it.
    spender: Txid,
}

/// What both want, and what one has to have beforehand.
struct Scene<'w> {
    world: &'w World,
    wallet: Wallet,
    client: Client,
    number: usize,
}

impl Scene<'_> {
    /// Spends these coins into a message that no other transaction carries.
    fn spend(&self, coins: &[Coin], text: &str) -> Transaction {
        with_change(&self.wallet, coins, vec![(1, message(&self.wallet, &format!("{text} of pair {}", self.number)))])
    }

    fn side(topic: &'static str, transaction: Transaction) -> Side {
        Side { topic, spender: transaction.txid(), transactions: vec![transaction] }
    }

    /// A coin of `topic`, admitted before the race begins.
    fn topic_coin(&self, topic: &'static str, funding: &Coin) -> Coin {
        let transaction = self.spend(std::slice::from_ref(funding), "token");
        let reply = self.client.submit(&[topic], &self.world.beef_bytes(&[&transaction])).expect(200);
        assert!(!reply.admittance(topic)[0].is_empty());
        coin(&transaction, 0)
    }
}

/// Races `pairs` pairs that `pair` makes from two coins each, and holds every one to the rule.
fn race(name: &str, pair: impl Fn(&Scene<'_>, &Coin, &Coin) -> [Side; 2] + Sync) {
    let pairs = soak::count("TRELLIS_SOAK_PAIRS", PAIRS);
    let world = World::new();
    let wallet = Wallet::from_seed(7);
    let coins: Vec<Coin> = (0..pairs.div_ceil(50)).flat_map(|_| world.coins(&wallet, 100, 10_000)).collect();
    world.publish();
    let mut host = Host::start(&Configuration::usual(), &world);
    let random = Mutex::new(soak::random(name));
    let numbers = Mutex::new(0..pairs);
    let losers_by_side = Mutex::new([0, 0]);
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let Some(number) = numbers.lock().unwrap().next() else { return };
                    let scene = Scene { world: &world, wallet: wallet.clone(), client: host.client(), number };
                    let sides = pair(&scene, &coins[2 * number], &coins[2 * number + 1]);
                    // Now and then one of them has a head start, so that each meets the other at every stage.
                    let head_start = random.lock().unwrap().random_range(0..2_000);
                    let loser = run(&scene, &sides, number % 2, head_start);
                    losers_by_side.lock().unwrap()[loser] += 1;
                }
            });
        }
    });
    println!("{name}: {pairs} pairs, refused by side: {:?}", losers_by_side.into_inner().unwrap());
    assert!(host.end().success());
    host.check_store();
}

/// Submits both sides at once and checks who won; answers which side was refused.
fn run(scene: &Scene<'_>, sides: &[Side; 2], first: usize, head_start: u64) -> usize {
    let barrier = Arc::new(Barrier::new(2));
    let submit = |side: usize| {
        let (barrier, client) = (Arc::clone(&barrier), &scene.client);
        let beef = scene.world.beef_bytes(&sides[side].transactions.iter().collect::<Vec<_>>());
        let topic = sides[side].topic;
        move || {
            barrier.wait();
            if side != first {
                thread::sleep(std::time::Duration::from_micros(head_start));
            }
            client.submit(&[topic], &beef)
        }
    };
    let (one, two) = (submit(0), submit(1));
    let replies: [Reply; 2] = thread::scope(|scope| {
        let one = scope.spawn(one);
        let two = two();
        [one.join().unwrap(), two]
    });
    let texts = || format!("{} / {}", replies[0].text(), replies[1].text());
    let winner = match [replies[0].status, replies[1].status] {
        [200, 409] => 0,
        [409, 200] => 1,
        statuses => panic!("pair {}: {statuses:?}: {}", scene.number, texts()),
    };
    let loser = 1 - winner;
    assert!(!replies[winner].admittance(sides[winner].topic)[0].is_empty(), "{}", texts());
    let message = replies[loser].refusal(409, "ERR_DOUBLE_SPEND");
    assert!(message.contains(&sides[winner].spender.to_string()), "{message}");
    // What was refused left nothing behind: neither the subject nor an ancestor it brought along.
    for transaction in &sides[loser].transactions {
        assert!(scene.client.transaction(&transaction.txid()).is_none(), "{} was kept", transaction.txid());
    }
    for transaction in &sides[winner].transactions {
        assert!(scene.client.transaction(&transaction.txid()).is_some(), "{} is missing", transaction.txid());
    }
    loser
}

#[test]
fn of_two_that_spend_one_topic_coin_one_is_admitted() {
    race("one topic coin", |scene, first, _| {
        let token = scene.topic_coin("tm_helloworld", first);
        // Its parent is left out of the BEEF: the host holds it.
        let spend = |text: &str| {
            let lock = message(&scene.wallet, &format!("{text} of pair {}", scene.number));
            Scene::side("tm_helloworld", build(&[token.by(&scene.wallet)], &[(0, lock)]))
        };
        [spend("one"), spend("two")]
    });
}

#[test]
fn of_two_that_share_only_a_fee_coin_one_is_admitted() {
    race("a shared fee coin", |scene, fee, funding| {
        // Each spends a topic coin of its own as well; what they share is in no topic.
        let tokens = split(&scene.wallet, std::slice::from_ref(funding), 2);
        let _ = scene.client.submit(&["tm_anytx"], &scene.world.beef_bytes(&[&tokens])).expect(200);
        let side = |own, text| Scene::side("tm_anytx", scene.spend(&[coin(&tokens, own), fee.clone()], text));
        [side(0, "one"), side(1, "two")]
    });
}

#[test]
fn of_two_in_different_topics_one_is_admitted() {
    race("two topics", |scene, coin, _| {
        let spend = |topic, text: &str| Scene::side(topic, scene.spend(std::slice::from_ref(coin), text));
        [spend("tm_anytx", "one"), spend("tm_helloworld", "two")]
    });
}

#[test]
fn a_rival_hidden_as_an_ancestor_is_a_rival() {
    race("a hidden ancestor", |scene, shared, _| {
        let open = scene.spend(std::slice::from_ref(shared), "open");
        let hidden = scene.spend(std::slice::from_ref(shared), "hidden");
        let child = scene.spend(&[coin(&hidden, 1)], "child");
        let spender = hidden.txid();
        [Scene::side("tm_anytx", open), Side { topic: "tm_anytx_two", transactions: vec![hidden, child], spender }]
    });
}

#[test]
fn the_winner_of_a_race_answers_for_itself_when_it_is_sent_again() {
    let world = World::new();
    let wallet = Wallet::from_seed(7);
    let shared = world.coin(&wallet, 10_000);
    world.publish();
    let host = Host::start(&Configuration::usual(), &world);
    let scene = Scene { world: &world, wallet, client: host.client(), number: 0 };
    let [one, two] = ["one", "two"].map(|text| scene.spend(std::slice::from_ref(&shared), text));
    let first = scene.client.submit(&["tm_anytx"], &world.beef_bytes(&[&one])).expect(200);
    let message = scene.client.submit(&["tm_anytx"], &world.beef_bytes(&[&two])).refusal(409, "ERR_DOUBLE_SPEND");
    assert!(message.contains(&one.txid().to_string()) && message.contains(&shared.outpoint.to_string()), "{message}");
    let again = scene.client.submit(&["tm_anytx"], &world.beef_bytes(&[&one])).expect(200);
    assert_eq!(again.json(), first.json());
    let found = scene.client.find("ls_anytx", &json!({ "findAll": true }));
    assert!(found.outpoints().iter().all(|outpoint| outpoint.txid == one.txid()));
}
