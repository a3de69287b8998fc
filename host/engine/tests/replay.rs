//! Stored verdicts asked for again: the same rules say the same, other rules are seen to say something else, and nothing is written.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a failed test")]

mod support;

use std::sync::Arc;

use support::*;
use trellis_engine::domain::row::ReadRow;
use trellis_engine::ports::plugins::PluginId;
use trellis_engine::ports::store::Store;
use trellis_engine::replay::{Compared, Difference, Outcome, Replay, Replayed, WhyNot, Written, topics_of};
use trellis_engine::submit::{Submission, TopicChoice};
use trellis_spv::testing::coin;
use trellis_spv::transaction::Transaction;
use trellis_store::memory::MemoryStore;

/// The digest of every configuration of these plugins.
const CONFIGURATION: [u8; 32] = [2; 32];

/// All verdicts of a rule's topic, asked for again of another rule; of the later version, where it is not the same rule.
fn replay_by(world: &World, judged_by: &str, tried: &str) -> Vec<Replayed> {
    replay_configured(world, judged_by, tried, CONFIGURATION)
}

fn replay_configured(world: &World, judged_by: &str, tried: &str, configuration: [u8; 32]) -> Vec<Replayed> {
    let plugins = TestPlugins { upgraded: judged_by != tried, ..TestPlugins::default() };
    let (plugin, configured) = (PluginId(tried.into()), |_: &[u8; 32]| configuration);
    let replay = Replay {
        store: world.store.as_ref(),
        hosting: world.engine.hosting(),
        plugins: &plugins,
        plugin: &plugin,
        configured: &configured,
    };
    let judging = world.engine.hosting().topic(&topic(judged_by)).unwrap();
    let before = world.store.durable();
    let transactions = replay.judged_by(judging).unwrap();
    let replayed = transactions.iter().map(|txid| replay.verdict(judging, txid).unwrap().unwrap()).collect();
    assert_eq!(world.store.durable(), before, "replaying writes nothing");
    replayed
}

fn compared(replayed: &Replayed) -> &Compared {
    match &replayed.outcome {
        Outcome::Compared(compared) => compared,
        Outcome::NotPossible(why_not) => panic!("{}: {why_not}", replayed.txid),
    }
}

/// Every verdict is the same, nothing is left open.
fn assert_same(replayed: &[Replayed], verdicts: usize) {
    assert_eq!(replayed.len(), verdicts);
    for replayed in replayed {
        let expected = Compared {
            differences: vec![],
            inputs_confirmed: true,
            writes_compared: true,
            fuel_then: JUDGE_FUEL,
            fuel_now: JUDGE_FUEL,
        };
        assert_eq!(*compared(replayed), expected);
    }
}

/// A coin, and three transactions one upon the other, each judged by these rules when it came.
fn line(world: &World, rules: &[&str]) -> Vec<Transaction> {
    let mut line: Vec<Transaction> = Vec::new();
    for _ in 0..3 {
        let spent = line.last().map_or_else(|| world.coin(10_000), |last| coin(last, 0));
        line.push(world.pay(&[spent]));
        world.submit(rules, &world.beef(&line.iter().collect::<Vec<_>>())).unwrap();
    }
    line
}

#[test]
fn the_same_rules_say_the_same_whatever_has_changed_since() {
    let rules = [COUNTER, READER, RETAIN, BURN, ADMIT_ALL];
    let world = world(&rules);
    let first = line(&world, &rules);
    let second = line(&world, &rules);
    for rule in rules {
        let replayed = replay_by(&world, rule, rule);
        assert_same(&replayed, 6);
        let judged: Vec<_> = replayed.iter().map(|replayed| replayed.txid).collect();
        let expected: Vec<_> = first.iter().chain(&second).map(Transaction::txid).collect();
        assert_eq!(judged, expected, "in the order in which they were given");
    }
    let topics = topics_of(world.store.as_ref(), world.engine.hosting(), &first[2].txid()).unwrap();
    let mut names: Vec<_> = topics.into_iter().map(|topic| topic.name).collect();
    names.sort();
    assert_eq!(names, [ADMIT_ALL, BURN, COUNTER, READER, RETAIN].map(topic));
}

#[test]
fn what_other_rules_would_decide_is_shown_verdict_by_verdict() {
    let world = world(&[COUNTER, RETAIN]);
    let transactions = line(&world, &[COUNTER, RETAIN]);
    let differences = |judged_by, tried| -> Vec<Vec<Difference>> {
        let replayed = replay_by(&world, judged_by, tried);
        let (txids, expected): (Vec<_>, Vec<_>) = (
            replayed.iter().map(|replayed| replayed.txid).collect(),
            transactions.iter().map(Transaction::txid).collect(),
        );
        assert_eq!(txids, expected);
        replayed.iter().map(|replayed| compared(replayed).differences.clone()).collect()
    };
    let retains = Difference::Retains { then: vec![0], now: vec![] };
    assert_eq!(differences(RETAIN, ADMIT_ALL), [vec![], vec![retains.clone()], vec![retains.clone()]]);
    let nothing = Difference::Admits { then: vec![0], now: vec![] };
    assert_eq!(
        differences(RETAIN, NOTHING),
        [vec![nothing.clone()], vec![nothing.clone(), retains.clone()], vec![nothing, retains]]
    );
    assert_eq!(differences(RETAIN, REFUSE), vec![vec![Difference::Refuses("not today".into())]; 3]);
    for broken in differences(RETAIN, BREAK) {
        assert!(matches!(&broken[..], [Difference::Breaks(fault)] if fault.text == "it broke"), "{broken:?}");
    }
    // The counter writes how many there were, and each transaction.
    for (count, (found, transaction)) in (1u8..).zip(differences(COUNTER, RETAIN).into_iter().zip(&transactions)) {
        let value = |value: &[u8]| Written::Value(*blake3::hash(value).as_bytes());
        let left_out = |key: &[u8], then| Difference::Writes { key: key.to_vec(), then, now: Written::Untouched };
        let mut expected =
            vec![left_out(b"count", value(&[count])), left_out(transaction.txid().internal(), value(b"seen"))];
        expected.sort_by_key(|difference| match difference {
            Difference::Writes { key, .. } => key.clone(),
            _ => vec![],
        });
        if count > 1 {
            expected.insert(0, Difference::Retains { then: vec![], now: vec![0] });
        }
        assert_eq!(found, expected);
    }
}

#[test]
fn what_came_along_with_a_later_submission_was_not_shown_to_an_earlier_verdict() {
    let world = world(&[RELEVANT, RETAIN]);
    let paid = world.pay(&[world.coin(1_000)]);
    let beef = world.beef(&[&paid]);
    world.submit(&[RELEVANT], &beef).unwrap();
    let topics = [topic(RETAIN)];
    let later = Submission {
        beef: &beef,
        off_chain_values: Some(b"off"),
        topics: TopicChoice::Named(&topics),
        require_all: false,
        evidence: None,
    };
    world.engine.submit(&later, NOW).unwrap();
    // Shown the values, it would have written a row.
    assert_same(&replay_by(&world, RELEVANT, RELEVANT), 1);
    assert_same(&replay_by(&world, RETAIN, RETAIN), 1);
    let tried = replay_by(&world, RETAIN, RELEVANT);
    assert!(matches!(&compared(&tried[0]).differences[..], [Difference::Writes { .. }]), "{tried:?}");
}

#[test]
fn a_verdict_under_another_configuration_is_replayed_and_not_said_to_be_certain() {
    let world = world(&[COUNTER]);
    line(&world, &[COUNTER]);
    for replayed in replay_configured(&world, COUNTER, COUNTER, [9; 32]) {
        let Compared { differences, inputs_confirmed, .. } = compared(&replayed);
        assert!(differences.is_empty() && !inputs_confirmed, "{replayed:?}");
    }
}

#[test]
fn beyond_the_horizon_what_was_read_is_known_and_nothing_else() {
    let store = Arc::new(MemoryStore::with_horizon(3));
    let world = world_over(store, &[COUNTER, READER, RETAIN]);
    let old = line(&world, &[COUNTER, READER, RETAIN]);
    // Proven, so that nothing needs the versions any more.
    world.mine(&old.iter().collect::<Vec<_>>());
    for proven in &old {
        world.submit(&[COUNTER], &world.beef(&[proven])).unwrap();
    }
    for _ in 0..10 {
        let paid = world.pay(&[world.coin(1_000)]);
        world.mine(&[&paid]);
        world.engine.hold_for_reverts().unwrap();
        world.submit(&[RETAIN], &world.beef(&[&paid])).unwrap();
    }
    // The counter asks for one row by its name, and the record has it.
    for replayed in &replay_by(&world, COUNTER, COUNTER)[..3] {
        let Compared { differences, inputs_confirmed, writes_compared, .. } = compared(replayed);
        assert!(differences.is_empty() && *inputs_confirmed && !writes_compared, "{replayed:?}");
    }
    // The reader looks through all rows, and which there were is not known.
    for replayed in &replay_by(&world, READER, READER)[..3] {
        assert_eq!(replayed.outcome, Outcome::NotPossible(WhyNot::RowsGone));
    }
    // Who asks for what the verdict on record did not cannot be answered either; who asks for less can.
    assert_eq!(replay_by(&world, RETAIN, COUNTER)[0].outcome, Outcome::NotPossible(WhyNot::RowsGone));
    let tried = replay_by(&world, COUNTER, RETAIN);
    assert_eq!(compared(&tried[1]).differences, [Difference::Retains { then: vec![], now: vec![0] }]);
}

#[test]
fn within_a_commit_of_several_what_was_read_is_known_and_nothing_else() {
    let world = world(&[COUNTER, READER]);
    let first = world.pay(&[world.coin(1_000)]);
    let second = world.pay(&[coin(&first, 0)]);
    let beefs = [world.beef(&[&first]), world.beef(&[&first, &second])];
    let members = [(first, vec![COUNTER, READER], beefs[0].clone()), (second, vec![COUNTER, READER], beefs[1].clone())];
    world.submit_batch(&members).unwrap();
    for replayed in replay_by(&world, COUNTER, COUNTER) {
        let Compared { differences, inputs_confirmed, writes_compared, .. } = compared(&replayed);
        assert!(differences.is_empty() && *inputs_confirmed && !writes_compared, "{replayed:?}");
    }
    for replayed in replay_by(&world, READER, READER) {
        assert_eq!(replayed.outcome, Outcome::NotPossible(WhyNot::AmongOthers));
    }
}

#[test]
fn a_proven_transaction_that_was_refused_is_the_same_when_refused_again_and_another_when_taken() {
    let world = world(&[REFUSE, ADMIT_ALL]);
    // What a topic refuses takes its coins only where it has some: they came while it took everything.
    world.plugins.promoted.lock().unwrap().insert(REFUSE.into(), ADMIT_ALL);
    let first = world.pay(&[world.coin(1_000)]);
    world.submit(&[REFUSE], &world.beef(&[&first])).unwrap();
    world.plugins.promoted.lock().unwrap().clear();
    let second = world.pay(&[coin(&first, 0)]);
    world.mine(&[&first]);
    world.mine(&[&second]);
    world.submit(&[REFUSE], &world.beef(&[&second])).unwrap();
    let refused = replay_by(&world, REFUSE, REFUSE);
    assert_eq!(compared(&refused[1]).differences, []);
    let taken = replay_by(&world, REFUSE, ADMIT_ALL);
    let admits = Difference::Admits { then: vec![], now: vec![0] };
    assert_eq!(compared(&taken[1]).differences, [Difference::Takes, admits]);
}

#[test]
fn a_component_that_reads_otherwise_than_it_did_is_not_to_be_relied_on() {
    let world = world(&[COUNTER, READER]);
    line(&world, &[COUNTER, READER]);
    // The same component by its digest, and another rule: what a component would be that looks at its own address.
    let plugins = TestPlugins::default();
    let (plugin, configured) = (PluginId(ADMIT_ALL.into()), |_: &[u8; 32]| CONFIGURATION);
    let (store, hosting) = (world.store.as_ref(), world.engine.hosting());
    let replay = Replay { store, hosting, plugins: &plugins, plugin: &plugin, configured: &configured };
    let counter = hosting.topic(&topic(COUNTER)).unwrap();
    let txid = replay.judged_by(counter).unwrap()[0];
    let replayed = replay.verdict(counter, &txid).unwrap().unwrap();
    let reads = Difference::Reads { rows: (Some(ReadRow::Own(b"count".to_vec())), None) };
    let found = &compared(&replayed).differences;
    assert!(found.contains(&reads), "{found:?}");
    assert!(reads.to_string().contains("cannot be relied on"), "{reads}");
}
