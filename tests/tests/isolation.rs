//! Plugins that share state are isolated from each other: submissions at once leave what they leave one after the other.
//!
//! Eight threads submit to three topics whose plugin reads and writes a handful of rows, its own and those of the other two, so
//! that nearly every submission meets another one. Then the same submissions are told to a second host one by one, in the
//! order the first one gave them: every row of both must be the same, what each verdict read included.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use tempfile::TempDir;
use trellis_engine::domain::name::{ServiceName, TopicName};
use trellis_engine::domain::row::{Row, RowKey};
use trellis_engine::domain::time::{Sequence, Timestamp};
use trellis_engine::engine::{Engine, EngineParts};
use trellis_engine::hosting::{BroadcastPolicy, Hosting, Rules, ServiceSetup, TopicSetup};
use trellis_engine::ports::observer::{Mark, Observer, Stage};
use trellis_engine::ports::plugins::PluginId;
use trellis_engine::ports::store::{RowKind, Scan, Store};
use trellis_engine::submit::{Submission, SubmitError, TopicChoice};
use trellis_plugins_embedded::HOSTILE;
use trellis_sandbox::{Compiler, PluginConfig, Sandbox, SandboxOptions};
use trellis_spv::testing::{Chain, Coin, Wallet, coin};
use trellis_spv::verify::{Network, Policy};
use trellis_store::sled_store::{Options, SledStore};
use trellis_system_tests::binary;
use trellis_system_tests::soak;
use trellis_system_tests::tokens::split;

/// Submissions in CI; `TRELLIS_SOAK_SUBMISSIONS` in a soak.
const SUBMISSIONS: usize = 300;

/// Who submits at once.
const THREADS: usize = 8;

/// The topics; each reads the others.
const TOPICS: [&str; 3] = ["tm_one", "tm_two", "tm_three"];

/// Satoshis of a coin: enough for the fees of the few submissions that spend one from the other.
const COIN: u64 = 10_000;

/// Coins of one funding transaction.
const COINS_EACH: usize = 500;

/// Longest line of transactions that spend one from the other.
const DEEPEST: usize = 3;

/// The kinds of rows compared.
const KINDS: [RowKind; 8] = [
    RowKind::State,
    RowKind::Output,
    RowKind::Holders,
    RowKind::Spend,
    RowKind::Applied,
    RowKind::Verdict,
    RowKind::Number,
    RowKind::TopicHash,
];

/// Rows read at a time.
const PAGE: usize = 1_000;

const NOW: Timestamp = Timestamp(1_800_000_000_000_000);

/// Something to submit.
struct Task {
    beef: Vec<u8>,
    topics: Vec<TopicName>,
    values: Vec<u8>,
}

/// Counts how often a submission met another one.
#[derive(Default)]
struct Conflicts(AtomicUsize);

impl Observer for Conflicts {
    fn mark(&self) -> Mark {
        Mark::default()
    }
    fn stage(&self, _: Stage, _: Mark) {}
    fn conflict(&self, _: u32) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
    fn refused(&self, _: &PluginId) {}
    fn network_answer(&self, _: &str, _: trellis_engine::ports::network::AnswerMeaning) {}
    fn taken_back(&self, _: usize, _: usize) {}
    fn orphaned(&self, _: usize) {}
    fn told_again(&self, _: u64) {}
    fn rebuilt(&self) {}
}

/// A host with a disk and real plugins, but nobody to talk to.
struct Host {
    engine: Engine,
    conflicts: Arc<Conflicts>,
    _folder: TempDir,
}

fn topic(name: &str) -> TopicName {
    TopicName::new(name).unwrap()
}

fn sandbox(code: &Path) -> Sandbox {
    let compiler = Compiler::new(binary::trellis(), ["compile-plugin".into()]);
    let sandbox = Sandbox::new(SandboxOptions::new(code, compiler)).unwrap();
    for name in TOPICS {
        let others: Vec<_> = TOPICS.into_iter().filter(|other| *other != name).collect();
        let plugin = PluginConfig {
            id: PluginId(name.into()),
            wasm: HOSTILE.to_vec(),
            sha256: None,
            limits: Default::default(),
            configuration: BTreeMap::from([("tally-topics".to_owned(), others.join(" "))]),
        };
        sandbox.load(plugin).unwrap();
    }
    sandbox
}

fn host(chain: &Chain, code: &Path) -> Host {
    let folder = TempDir::new().unwrap();
    let mut options = Options::new([7; 16]);
    options.ballast_bytes = 0;
    let store: Arc<dyn Store> = Arc::new(SledStore::open(&folder.path().join("store"), &options).unwrap());
    let setup = |name: &&str| TopicSetup {
        name: topic(name),
        plugin: PluginId((*name).into()),
        reads: TOPICS.iter().filter(|other| *other != name).map(|other| topic(other)).collect(),
        certified: None,
    };
    let topics: Vec<_> = TOPICS.iter().map(setup).collect();
    let service = ServiceSetup {
        name: ServiceName::new("ls_all").unwrap(),
        plugin: PluginId(TOPICS[0].into()),
        topics: TOPICS.map(topic).to_vec(),
        reads: vec![],
    };
    let hosting = Hosting::new(store.as_ref(), &topics, &[service]).unwrap();
    let conflicts = Arc::new(Conflicts::default());
    let parts = EngineParts {
        store,
        plugins: Arc::new(sandbox(code)),
        headers: Arc::new(chain.clone()),
        observer: Arc::clone(&conflicts) as Arc<dyn Observer>,
    };
    let verification = Policy { network: Network::Local, ..Policy::default() };
    let rules = Rules { verification, broadcast: BroadcastPolicy::None };
    Host { engine: Engine::new(parts, hosting, rules).unwrap(), conflicts, _folder: folder }
}

/// Random submissions; some spend what another one makes.
fn tasks(count: usize, chain: &mut Chain, random: &mut StdRng) -> Vec<Task> {
    let wallet = Wallet::from_seed(1);
    let mut coins: Vec<Coin> = Vec::new();
    for _ in 0..count.div_ceil(COINS_EACH) {
        let funding = chain.funding(&vec![(COIN, wallet.p2pkh()); COINS_EACH]);
        coins.extend((0..).take(COINS_EACH).map(|vout| coin(&funding, vout)));
    }
    chain.mine_empty(1);
    // Lines of transactions that can still be spent from.
    let mut lines = Vec::new();
    let mut tasks = Vec::with_capacity(count);
    for _ in 0..count {
        let mut line = match lines.len() {
            open if open > 0 && random.random_bool(0.3) => lines.swap_remove(random.random_range(0..open)),
            _ => Vec::new(),
        };
        let spent = line.last().map_or_else(|| coins.pop().unwrap(), |last| coin(last, 0));
        line.push(split(&wallet, &[spent], random.random_range(1..4)));
        let beef = chain.beef(&line.iter().collect::<Vec<_>>()).to_bytes();
        let how_many = random.random_range(1..=TOPICS.len());
        let topics = TOPICS.choose_multiple(random, how_many).map(|name| topic(name)).collect();
        let values = format!("tally:{}", random.random_range(0..1_000_000)).into_bytes();
        tasks.push(Task { beef, topics, values });
        if line.len() < DEEPEST {
            lines.push(line);
        }
    }
    tasks
}

/// Submits, again for as long as the host asks for that. Answers the commit, and how often the host asked.
fn submit(host: &Host, task: &Task) -> (Sequence, usize) {
    let topics = TopicChoice::Named(&task.topics);
    let (beef, off_chain_values) = (&task.beef, Some(task.values.as_slice()));
    let submission = Submission { beef, off_chain_values, topics, require_all: false, evidence: None };
    for again in 0.. {
        match host.engine.submit(&submission, NOW) {
            Ok(answer) => return (answer.sequence.expect("every topic takes it"), again),
            Err(SubmitError::Unavailable(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }
    unreachable!("a host that is never available")
}

/// Every row, without what only times and commit numbers are in.
fn rows(host: &Host) -> BTreeMap<RowKey, String> {
    let store = host.engine.store();
    let pin = store.pin();
    let mut rows = BTreeMap::new();
    for kind in KINDS {
        let mut after = None;
        loop {
            let page = store.scan(&Scan::Kind { kind, after, limit: PAGE }, pin.sequence()).unwrap();
            after = page.rows.last().map(|(key, _)| key.clone());
            for (key, found) in page.rows {
                let shown = match found.row {
                    Row::Output(row) => format!("{} {:?}", row.satoshis, row.state),
                    Row::Applied(row) => format!("{:?} {:?}", row.topics, row.carried),
                    Row::Verdict(row) => {
                        let digest = hex::encode(row.inputs_digest);
                        format!("{:?} {} {digest} {:?}", row.admittance, row.fuel, row.reads)
                    }
                    Row::TopicHash(hash) => hex::encode(hash.digest()),
                    other => format!("{other:?}"),
                };
                rows.insert(key, shown);
            }
            if !page.more {
                break;
            }
        }
    }
    rows
}

#[test]
fn submissions_at_once_leave_what_they_leave_one_after_the_other() {
    let count = soak::count("TRELLIS_SOAK_SUBMISSIONS", SUBMISSIONS);
    let mut random = StdRng::from_rng(&mut soak::random("isolation"));
    let mut chain = Chain::new();
    let tasks = tasks(count, &mut chain, &mut random);
    let code = TempDir::new().unwrap();

    let concurrent = host(&chain, code.path());
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        while let Some((position, task)) = {
            let position = next.fetch_add(1, Ordering::Relaxed);
            tasks.get(position).map(|task| (position, task))
        } {
            done.push((submit(&concurrent, task), position));
        }
        done
    };
    let mut done: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    done.sort_unstable();
    assert_eq!(done.len(), count);
    let conflicts = concurrent.conflicts.0.load(Ordering::Relaxed);
    let sent_away: usize = done.iter().map(|((_, again), _)| again).sum();
    println!("{count} submissions met another one {conflicts} times and were sent away {sent_away} times");
    assert!(conflicts > count / 100, "only {conflicts} conflicts: nothing was tested");

    let serial = host(&chain, code.path());
    for (_, position) in &done {
        submit(&serial, &tasks[*position]);
    }
    assert_eq!(serial.conflicts.0.load(Ordering::Relaxed), 0);

    let (concurrent, serial) = (rows(&concurrent), rows(&serial));
    println!("{} rows compared", serial.len());
    for (key, shown) in &serial {
        assert_eq!(concurrent.get(key), Some(shown), "{key:?}");
    }
    assert_eq!(concurrent.len(), serial.len());
}
