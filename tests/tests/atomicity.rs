//! `kill -9` at random moments under the load of the four examples: every submission is there whole or not at all, everything the
//! host counts and sums is what it holds, the stories stay true, and whoever subscribes has heard of everything once.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::Value;
use trellis_plugins_embedded::EXAMPLES;
use trellis_spv::hash::Txid;
use trellis_spv::testing::Wallet;
use trellis_system_tests::arc::ScriptedArc;
use trellis_system_tests::audience::Habit;
use trellis_system_tests::client::Client;
use trellis_system_tests::host::{Host, wait_for};
use trellis_system_tests::replay::{Report, replay};
use trellis_system_tests::soak;
use trellis_system_tests::stories::book::Book;
use trellis_system_tests::stories::desk::{Desk, Purse, Sent};
use trellis_system_tests::stories::held::Held;
use trellis_system_tests::stories::log::Log;
use trellis_system_tests::stories::network::Network;
use trellis_system_tests::stories::setup::{self, Role};
use trellis_system_tests::stories::{ledger, marketplace, supply_chain, tickets};
use trellis_system_tests::subscriber::Told;
use trellis_system_tests::world::World;

/// Rounds in CI; `TRELLIS_SOAK_ATOMICITY` in a soak.
const ROUNDS: usize = 10;

/// Rounds after which the network is given the time to hear of everything.
const SETTLED_EVERY: usize = 10;

/// Longest time a round's host lives under load, in milliseconds.
const LONGEST_LIFE: u64 = 2_500;

/// Coins of each purse and round: more than is spent before the host dies.
const COINS: usize = 200;

/// Satoshis of each.
const SATOSHIS: u64 = 10_000;

/// Who acts: those with a role have coins of that role's as well as their own.
const CAST: [Option<Role>; 10] = [
    Some(Role::Organiser),
    None,
    None,
    None,
    Some(Role::Issuer),
    Some(Role::Issuer),
    None,
    None,
    Some(Role::Bookkeeper),
    Some(Role::Bookkeeper),
];

const HABITS: [Habit; 7] = [
    Habit { topics: "", socket: false, weary: false },
    Habit { topics: "", socket: false, weary: true },
    Habit { topics: "", socket: true, weary: false },
    Habit { topics: "", socket: true, weary: true },
    Habit { topics: "tm_tickets", socket: false, weary: true },
    Habit { topics: "tm_cash", socket: true, weary: false },
    Habit { topics: "tm_assets,tm_shop", socket: true, weary: true },
];

/// What one of the cast does until the host is gone, or the coins are.
fn act(who: usize, desk: &mut Desk<'_>, [purse, own]: &mut [Purse; 2], unanswered: Vec<Sent>) -> Option<()> {
    desk.again(unanswered)?;
    match who {
        0 => tickets::organise(desk, purse),
        1..=3 => tickets::sell(desk, own),
        4 | 5 => marketplace::trade(desk, purse, own),
        6 | 7 => supply_chain::deliver(desk, own),
        _ => ledger::post(desk, purse, own),
    }
}

/// A subscriber, and what it was told since it was last asked.
struct Listener {
    habit: Habit,
    before: u64,
    got: Mutex<Vec<Told>>,
}

impl Listener {
    /// Goes on from what it got last: then it has been told everything that is to be told, and each of it once.
    fn catch_up(&mut self, port: u16, log: &Log) {
        let Self { habit, before, got } = self;
        let got = got.get_mut().unwrap();
        let wanted = log.news_for(habit.topics);
        let after = got.last().map_or(*before, |told| told.sequence);
        let missing = wanted.iter().filter(|told| told.sequence > after).count();
        got.extend(habit.subscribe(port, after).expect("a subscription").take(missing));
        let (of, to) = (got.len(), wanted.len());
        let differs = got.iter().zip(&wanted).find(|(got, wanted)| got != wanted);
        assert!(*got == wanted, "{habit:?} was told {of} of {to} events, and first another one: {differs:?}");
        got.clear();
        *before = log.cursor;
    }
}

/// A host, everything that was ever handed in to it, and everything it ever told.
struct Scene {
    world: World,
    network: Network,
    host: Host,
    book: Book,
    log: Log,
    listeners: Vec<Listener>,
    /// What never was answered, by who handed it in.
    unanswered: Vec<Vec<Sent>>,
    /// What was handed in since the last look.
    fresh: Vec<Txid>,
}

impl Scene {
    fn note(&mut self, sent: &[Sent]) {
        self.book.note(sent);
        self.fresh.extend(sent.iter().flat_map(|sent| &sent.deeds).map(|deed| deed.txid()));
    }

    /// The host lives for a while under load and dies.
    fn live(&mut self, life: usize, lifetime: Duration, mut purses: Vec<[Purse; 2]>, random: &mut StdRng) {
        let over = AtomicBool::new(false);
        let acted: Vec<Mutex<Vec<Sent>>> = CAST.iter().map(|_| Mutex::default()).collect();
        let (host, outside) = (&mut self.host, (&self.world, &self.network));
        thread::scope(|scope| {
            for Listener { habit, before, got } in &self.listeners {
                let (port, over) = (host.port(), &over);
                scope.spawn(move || habit.read_on(port, *before, &mut got.lock().unwrap(), over));
            }
            let people = purses.iter_mut().zip(&mut self.unanswered).zip(&acted).enumerate();
            for (who, ((purses, unanswered), acted)) in people {
                let mut desk = Desk::new(host, outside, who, life, StdRng::seed_from_u64(random.random()));
                let unanswered = std::mem::take(unanswered);
                scope.spawn(move || {
                    act(who, &mut desk, purses, unanswered);
                    *acted.lock().unwrap() = desk.sent;
                });
            }
            let client = host.client();
            scope.spawn(move || ledger::audit(&client));
            thread::sleep(lifetime);
            host.kill_9();
            over.store(true, Ordering::SeqCst);
        });
        for (who, sent) in acted.into_iter().enumerate() {
            let sent = sent.into_inner().unwrap();
            self.note(&sent);
            self.unanswered[who] = sent.into_iter().filter(|sent| sent.taken.is_none()).collect();
        }
    }

    /// Looks at everything there is. What the network takes back meanwhile is part of it. Answers how much is held.
    fn look(&mut self, life: usize, bookkeeper: &mut Purse, is_settled: bool) -> usize {
        let client: Client = self.host.client();
        let held = Held::read(&client);
        tickets::assert_true(&held);
        marketplace::assert_true(&held);
        supply_chain::assert_true(&held);
        ledger::assert_true(&client, &held);
        // Whoever has been told of this has been told of everything before it.
        let closing = ledger::closing(bookkeeper).expect("a coin");
        let mut desk = Desk::new(&self.host, (&self.world, &self.network), CAST.len(), life, StdRng::seed_from_u64(0));
        assert_eq!(desk.right(&closing), Some(true));
        self.note(&desk.sent);
        self.log.read_until(self.host.port(), &closing.txid());
        self.book.assert_whole(&self.log);
        held.assert_is(&self.book.tokens(&self.log, held.sequence));
        let fresh = std::mem::take(&mut self.fresh);
        self.book.assert_reported(&client, &self.log, &fresh);
        supply_chain::assert_found(&client, &self.book.goods(&self.log, &fresh, is_settled));
        for listener in &mut self.listeners {
            listener.catch_up(self.host.port(), &self.log);
        }
        self.log.forget_news();
        held.tokens().count()
    }

    /// Waits until the network has heard of everything, and has had its way.
    fn settle(&mut self, arc: &ScriptedArc) {
        let client = self.host.client();
        // The last one is as new as the question.
        self.fresh = self.book.txids().copied().collect();
        let live = || self.book.live(&self.log, u64::MAX);
        let is_heard_of = |txid: &Txid| arc.has(txid) || self.book.comes_from_doomed(txid);
        wait_for("the outbox", || live().all(|(txid, _)| is_heard_of(txid)).then_some(()));
        for txid in self.network.doomed() {
            wait_for("the refusal of what the network never will take", || {
                let report = client.transaction(&txid).unwrap_or_else(|| panic!("{txid} was told and is not held"));
                // Refused, and still there: that it could not be taken back is an operator's matter, and must not be.
                let is_left = report["outbox"]["state"] == "refused" || report["status"] == "contested";
                assert!(!is_left, "{report}");
                (report["takenBack"] == true).then_some(())
            });
        }
        assert_eq!(arc.children_before_parents(), []);
        assert_eq!(arc.sent_twice_at_once(), []);
    }
}

fn purses(world: &World) -> Vec<[Purse; 2]> {
    let of = |(who, role): (usize, &Option<Role>)| {
        let own = || Wallet::from_seed(who as u64);
        [role.map_or_else(own, Role::wallet), own()]
    };
    let wallets: Vec<Wallet> = CAST.iter().enumerate().flat_map(of).collect();
    // A host forgets what was taken back a thousand blocks ago: lives take few.
    let coins = world.coins_in_a_block(&wallets, COINS, SATOSHIS);
    let mut purses = wallets.into_iter().zip(coins).map(|(wallet, coins)| Purse { coins: coins.into_iter(), wallet });
    std::iter::from_fn(|| Some([purses.next()?, purses.next()?])).collect()
}

#[test]
fn what_the_examples_do_under_kill_9_is_there_whole_and_adds_up() {
    let rounds = soak::count("TRELLIS_SOAK_ATOMICITY", ROUNDS);
    let mut random = soak::random("atomicity");
    let world = World::new();
    let network = Network::default();
    let says = network.clone();
    let arc = ScriptedArc::scripted(move |received| says.answer(received));
    let host = Host::prepare(&setup::configuration(&world).arc(&arc.url()), &world);
    let listeners = HABITS.iter().map(|habit| Listener { habit: *habit, before: 0, got: Mutex::default() });
    let mut scene = Scene {
        world,
        host,
        book: Book::new(&network),
        network,
        log: Log::default(),
        listeners: listeners.collect(),
        unanswered: vec![Vec::new(); CAST.len()],
        fresh: Vec::new(),
    };
    let wallet = Role::Bookkeeper.wallet();
    let mut bookkeeper = Purse { coins: scene.world.coins(&wallet, 2 * (rounds + 2), SATOSHIS).into_iter(), wallet };
    for life in 1..=rounds {
        let purses = purses(&scene.world);
        scene.world.publish();
        scene.network.new_life();
        scene.host.start_again();
        let held = scene.look(life, &mut bookkeeper, false);
        if life > 1 && life % SETTLED_EVERY == 1 {
            scene.settle(&arc);
            scene.look(life, &mut bookkeeper, true);
        }
        let lifetime = Duration::from_millis(random.random_range(1..LONGEST_LIFE));
        let before = scene.book.len();
        scene.live(life, lifetime, purses, &mut random);
        // Before anything repairs anything: what the crash left is whole.
        scene.host.check_store();
        let more = scene.book.len() - before;
        println!("round {life}: {held} tokens held, {more} transactions in {lifetime:?}");
    }
    scene.host.start_again();
    scene.look(rounds + 1, &mut bookkeeper, false);
    scene.settle(&arc);
    let held = scene.look(rounds + 2, &mut bookkeeper, true);
    let reverted = scene.log.all_reverted().count();
    println!("at the end: {held} tokens held, {reverted} transactions taken back");
    assert!(held > 0 && reverted > 0, "nothing was done, or nothing taken back");
    let plugins = scene.host.admin().get("/admin/plugins").expect(200).json();
    assert!(scene.host.end().success());
    scene.host.check_store();
    assert_verdicts_come_out_as_they_did(&scene.host, &plugins);
}

/// What was taken back and judged again, or was one of several, cannot always be asked for again; but what can is the same.
fn assert_verdicts_come_out_as_they_did(host: &Host, plugins: &Value) {
    for plugin in plugins.as_array().unwrap() {
        let example = EXAMPLES.iter().find(|example| plugin["id"] == example.id).unwrap();
        for topic in plugin["topics"].as_array().unwrap().iter().map(|topic| topic.as_str().unwrap()) {
            let Report { same, report, error } = replay(example.wasm, &host.config_file(), &["--topic", topic]);
            assert!(same && report["replayed"].as_u64() > Some(0), "{topic}: {error}\n{report}");
            println!(
                "{topic}: {} verdicts asked for again, not possible {}",
                report["replayed"], report["notPossible"]
            );
        }
    }
}
