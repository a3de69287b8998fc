//! The network is told of everything stored here: once, parents first, whatever happens to the host in between.

use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use trellis_spv::hash::Txid;
use trellis_spv::testing::{Coin, Wallet, coin};
use trellis_spv::transaction::Transaction;
use trellis_system_tests::arc::{self, Answer, ScriptedArc};
use trellis_system_tests::configuration::Configuration;
use trellis_system_tests::host::{Host, wait_for};
use trellis_system_tests::ports;
use trellis_system_tests::tokens::{hello, split};
use trellis_system_tests::world::World;

/// Time ARC takes over an answer where requests are to pile up behind it.
const SLOW_ANSWER: Duration = Duration::from_millis(20);

struct Scene {
    world: World,
    wallet: Wallet,
    coins: Vec<Coin>,
}

/// A world with coins on it, published.
fn scene(coins: usize) -> Scene {
    let (world, wallet) = (World::new(), Wallet::from_seed(3));
    let coins = world.coins(&wallet, coins, 10_000);
    world.publish();
    Scene { world, wallet, coins }
}

impl Scene {
    fn host(&self, arc: &ScriptedArc) -> Host {
        Host::start(&Configuration::usual().arc(&arc.url()), &self.world)
    }

    /// Submits a message that spends coin `number`.
    fn submit(&self, host: &Host, number: usize) -> Txid {
        let transaction = hello(&self.wallet, &self.coins[number..=number], &format!("message {number}"));
        let _ = host.client().submit(&["tm_helloworld"], &self.world.beef_bytes(&[&transaction])).expect(200);
        transaction.txid()
    }
}

/// Waits until a transaction has this status, and answers what is known of it.
fn wait_for_status(host: &Host, txid: &Txid, status: &str) -> Value {
    wait_for(status, || host.client().transaction(txid).filter(|report| report["status"] == status))
}

#[test]
fn extended_format_arrives_parents_first_with_the_outputs_it_spends() {
    let scene = scene(1);
    let arc = ScriptedArc::start();
    let host = scene.host(&arc);
    // A diamond and a tail, all unproven, submitted as one BEEF whose subject is the end.
    let wallet = &scene.wallet;
    let top = split(wallet, &scene.coins, 2);
    let sides = [0, 1].map(|vout| split(wallet, &[coin(&top, vout)], 1));
    let bottom = split(wallet, &[coin(&sides[0], 0), coin(&sides[1], 0)], 1);
    let end = split(wallet, &[coin(&bottom, 0)], 1);
    let all: [&Transaction; 5] = [&top, &sides[0], &sides[1], &bottom, &end];
    let _ = host.client().submit(&["tm_anytx"], &scene.world.beef_bytes(&all)).expect(200);
    wait_for_status(&host, &end.txid(), "seen");
    let received = arc.received();
    assert_eq!(received.len(), all.len(), "each was sent once");
    assert_eq!(arc.children_before_parents(), []);
    for transaction in all {
        let sent = &received.iter().find(|sent| sent.txid == transaction.txid()).expect("sent").extended;
        assert_eq!(sent.transaction.raw(), transaction.raw());
        let source = |input: &trellis_spv::transaction::Input| {
            let outpoint = input.source;
            let ours = all.iter().find(|other| other.txid() == outpoint.txid);
            match ours {
                Some(parent) => {
                    (parent.satoshis(outpoint.vout), parent.locking_script(outpoint.vout).map(<[u8]>::to_vec))
                }
                None => scene
                    .world
                    .chain()
                    .source(&outpoint)
                    .map_or((None, None), |(value, lock)| (Some(value), Some(lock))),
            }
        };
        let sources: Vec<_> = transaction.inputs().iter().map(source).collect();
        let claimed: Vec<_> = sent.sources.iter().cloned().map(|(value, lock)| (Some(value), Some(lock))).collect();
        assert_eq!(claimed, sources);
    }
}

#[test]
fn what_a_crash_kept_from_the_network_is_sent_after_it() {
    let scene = scene(4);
    let port = ports::free();
    let mut host = Host::start(&Configuration::usual().arc(&arc::url(port)), &scene.world);
    // Nobody listens at that port: the host answers, and cannot tell the network.
    let txids: Vec<Txid> = (0..4).map(|number| scene.submit(&host, number)).collect();
    host.kill_9();
    assert_eq!(host.check_store()["outbox"], 4);
    let arc = ScriptedArc::at(port, |_| Answer::Status("SEEN_ON_NETWORK"));
    host.start_again();
    for txid in &txids {
        let report = wait_for_status(&host, txid, "seen");
        assert!(arc.has(txid));
        assert!(report.get("outbox").is_none(), "{report}");
    }
    assert!(host.end().success());
    assert_eq!(host.check_store()["outbox"], 0);
}

#[test]
fn a_crash_while_the_network_is_being_asked_does_not_lose_the_question() {
    let scene = scene(1);
    let arc = ScriptedArc::scripted(|_| Answer::Silence);
    let mut host = scene.host(&arc);
    let txid = scene.submit(&host, 0);
    wait_for("the request", || arc.has(&txid).then_some(()));
    host.kill_9();
    arc.answer_with(|_| Answer::Status("SEEN_ON_NETWORK"));
    host.start_again();
    wait_for_status(&host, &txid, "seen");
    assert_eq!(arc.received().len(), 2);
    assert_eq!(arc.sent_twice_at_once(), []);
}

#[test]
fn nothing_is_sent_twice_at_once_however_much_there_is_to_send() {
    let scene = scene(60);
    let arc = ScriptedArc::scripted(|received| {
        thread::sleep(SLOW_ANSWER);
        // Every other first attempt is lost, so that retries meet what is new.
        let lost = received.attempt == 1 && received.txid.internal()[0].is_multiple_of(2);
        if lost { Answer::Error(503, "try again") } else { Answer::Status("SEEN_ON_NETWORK") }
    });
    let mut host = scene.host(&arc);
    let txids: Vec<Txid> = thread::scope(|scope| {
        let part = |from: usize| (from..from + 10).map(|number| scene.submit(&host, number)).collect::<Vec<_>>();
        let parts: Vec<_> = (0..6).map(|n| scope.spawn(move || part(n * 10))).collect();
        parts.into_iter().flat_map(|part| part.join().unwrap()).collect()
    });
    // Once more from the start, with requests open. What the host says was seen is on its disk.
    let is_settled = |txid: &&Txid| host.client().transaction(txid).is_some_and(|report| report["status"] == "seen");
    let settled: Vec<Txid> = wait_for("the first to be settled", || {
        let settled: Vec<Txid> = txids.iter().filter(is_settled).copied().collect();
        (!settled.is_empty()).then_some(settled)
    });
    host.kill_9();
    // A request of the dead host is none that it has open.
    wait_for("requests of the dead host to end", || arc.is_idle().then_some(()));
    let sent = |txid: &Txid| arc.received().iter().filter(|sent| sent.txid == *txid).count();
    let before: Vec<usize> = settled.iter().map(sent).collect();
    host.start_again();
    for txid in &txids {
        wait_for_status(&host, txid, "seen");
    }
    assert_eq!(arc.sent_twice_at_once(), []);
    assert_eq!(settled.iter().map(sent).collect::<Vec<_>>(), before, "sent again although settled");
}

#[test]
fn what_the_network_refuses_for_good_is_taken_back_and_said_to_whoever_asks_again() {
    let words = "invalid transaction: mandatory-script-verify-flag-failed";
    let scene = scene(2);
    let arc = ScriptedArc::scripted(move |_| Answer::Rejected(words));
    let mut host = scene.host(&arc);
    let txid = scene.submit(&host, 0);
    let report = wait_for_status(&host, &txid, "rejected");
    assert_eq!((&report["takenBack"], &report["outbox"]), (&json!(true), &Value::Null), "{report}");
    assert_eq!(report["topics"], json!(["tm_helloworld"]), "{report}");
    assert_eq!(host.client().outputs_of(&txid), [], "no lookup finds it any more");
    assert!(report["network"]["message"].as_str().expect("words").contains(words), "{report}");
    let refuse = |host: &Host| {
        let transaction = hello(&scene.wallet, &scene.coins[..1], "message 0");
        assert_eq!(transaction.txid(), txid);
        let beef = scene.world.beef_bytes(&[&transaction]);
        let message = host.client().submit(&["tm_helloworld"], &beef).refusal(422, "ERR_REJECTED_BY_NETWORK");
        assert!(message.contains(words) && message.contains(&txid.to_string()), "{message}");
    };
    refuse(&host);
    host.kill_9();
    host.start_again();
    refuse(&host);
    // Refused for good is not asked again.
    arc.answer_with(|_| Answer::Status("SEEN_ON_NETWORK"));
    let other = scene.submit(&host, 1);
    wait_for_status(&host, &other, "seen");
    // Its coin is there to be spent by another transaction.
    let rival = hello(&scene.wallet, &scene.coins[..1], "another message");
    let _ = host.client().submit(&["tm_helloworld"], &scene.world.beef_bytes(&[&rival])).expect(200);
    wait_for_status(&host, &rival.txid(), "seen");
    assert_eq!(arc.received().iter().filter(|sent| sent.txid == txid).count(), 1);
    assert!(host.end().success());
    host.check_store();
}

#[test]
fn a_broadcaster_that_is_down_is_asked_again_and_another_one_instead() {
    let scene = scene(2);
    let (first, second) = (ScriptedArc::scripted(|_| Answer::Error(503, "down")), ScriptedArc::start());
    let configuration = Configuration::usual().arc(&first.url());
    let host = Host::start(&configuration, &scene.world);
    let txid = scene.submit(&host, 0);
    wait_for("two attempts", || (first.received().len() >= 2).then_some(()));
    let report = host.client().transaction(&txid).expect("held");
    assert_eq!((&report["status"], &report["outbox"]["state"]), (&json!("admitted"), &json!("pending")), "{report}");
    first.answer_with(|_| Answer::Status("SEEN_ON_NETWORK"));
    wait_for_status(&host, &txid, "seen");
    drop(host);
    // With two of them, the second one is asked where the first one will not.
    first.answer_with(|_| Answer::Error(401, "no key"));
    let host = Host::start(&configuration.arc(&second.url()), &scene.world);
    let txid = scene.submit(&host, 1);
    wait_for_status(&host, &txid, "seen");
    assert!(first.has(&txid) && second.has(&txid));
}
