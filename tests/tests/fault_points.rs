//! The process dies between any two steps: nothing that was acknowledged is lost, nothing is half done, nothing is sent twice at
//! once, and the work goes on where it stopped.
//!
//! The program under test ends itself, without a word to anybody, at the step that `TRELLIS_FAULT_POINT` names; builds for release
//! have no such steps.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use trellis_spv::hash::Txid;
use trellis_spv::testing::{Wallet, coin};
use trellis_spv::transaction::Transaction;
use trellis_system_tests::arc::{Answer, ScriptedArc};
use trellis_system_tests::configuration::Configuration;
use trellis_system_tests::host::{Host, wait_for};
use trellis_system_tests::tokens::split;
use trellis_system_tests::world::World;

const TOPIC: &str = "tm_anytx";

/// Longest wait for a host that is to die by the end of the story.
const DEATH_PATIENCE: Duration = Duration::from_secs(10);

/// Every step, with how often it is passed before it kills: the first commits are those of the submissions, later ones those of
/// the network's answers, so that each step dies in the midst of different work.
const STEPS: [(&str, &[usize]); 13] = [
    ("contents-put", &[1, 2]),
    ("committed", &[1, 3, 6]),
    ("flushed", &[1, 3, 6]),
    ("synced", &[1, 3, 6]),
    ("answered-by-the-engine", &[1, 3]),
    ("about-to-broadcast", &[1, 2]),
    ("broadcast", &[1, 2]),
    ("answer-recorded", &[1, 2]),
    ("revert-planned", &[1]),
    ("reverted", &[1]),
    ("callback-arrived", &[1]),
    ("callback-taken", &[1]),
    ("proofs-dropped", &[1]),
];

/// What happens in each run: a chain of two, a transaction that the network refuses with its child, one that a callback proves and
/// a reorganisation orphans.
struct Story {
    world: World,
    arc: ScriptedArc,
    parent: Transaction,
    child: Transaction,
    refused: Transaction,
    proven: Transaction,
    acknowledged: BTreeSet<Txid>,
}

impl Story {
    fn new() -> Self {
        let (world, wallet) = (World::new(), Wallet::from_seed(3));
        let coins = world.coins(&wallet, 3, 10_000);
        world.publish();
        let parent = split(&wallet, &coins[..1], 1);
        let child = split(&wallet, &[coin(&parent, 0)], 1);
        let (refused, proven) = (split(&wallet, &coins[1..2], 1), split(&wallet, &coins[2..], 1));
        let never = refused.txid();
        let arc = ScriptedArc::scripted(move |received| match received.txid == never {
            true => Answer::Rejected("invalid transaction: bad-txns-in-belowout"),
            false => Answer::Status("SEEN_ON_NETWORK"),
        });
        Self { world, arc, parent, child, refused, proven, acknowledged: BTreeSet::new() }
    }

    /// Submits whatever was not acknowledged; a host that died says nothing, and is asked again after its restart.
    fn submit_all(&mut self, host: &Host) {
        let all: [&[&Transaction]; 4] =
            [&[&self.parent], &[&self.parent, &self.child], &[&self.refused], &[&self.proven]];
        for transactions in all {
            let txid = transactions.last().unwrap().txid();
            if self.acknowledged.contains(&txid) {
                continue;
            }
            let Ok(reply) = host.client().try_submit(&[TOPIC], &self.world.beef_bytes(transactions)) else { return };
            // It may have been stored, and refused by the network, before its answer was lost.
            if txid != self.refused.txid() || reply.status != 422 {
                assert_eq!(reply.admittance(TOPIC)[0], [0]);
            }
            self.acknowledged.insert(txid);
        }
    }

    fn status(&self, host: &Host, txid: &Txid) -> Option<String> {
        let report = host.client().try_transaction(txid).ok()??;
        report["status"].as_str().map(str::to_owned)
    }

    /// Goes through the story, as far as the host lives. Answers whether it came to the end.
    fn tell(&mut self, host: &Host) -> bool {
        self.submit_all(host);
        let wait = |story: &Self, txid: &Txid, wanted: &str| {
            wait_for(wanted, || match story.status(host, txid) {
                Some(status) if status == wanted => Some(true),
                Some(_) => None,
                None => (!host.is_alive()).then_some(false),
            })
        };
        for transaction in [&self.parent, &self.child] {
            if !wait(self, &transaction.txid(), "seen") {
                return false;
            }
        }
        if !wait(self, &self.refused.txid(), "rejected") {
            return false;
        }
        let proven = self.proven.txid();
        if self.world.chain().proof(&proven).is_none() {
            if !wait(self, &proven, "seen") {
                return false;
            }
            self.world.chain().mine(&[&self.proven]);
            self.world.publish_to_running_hosts();
        }
        true
    }

    /// A callback with the proof, as often as it takes; then its block leaves the chain.
    fn prove_and_orphan(&self, host: &Host) -> bool {
        let txid = self.proven.txid();
        let sent = self.arc.received().into_iter().find(|sent| sent.txid == txid).expect("it was sent");
        let authorization = format!("Bearer {}", sent.callback_token.expect("a token"));
        let proof = self.world.chain().proof(&txid).expect("it is mined");
        let mut bump = Vec::new();
        trellis_spv::bump::Bump::merge(&[(txid, &proof)]).unwrap().write(&mut bump);
        let body = json!({ "txid": txid.to_string(), "merklePath": hex::encode(bump) }).to_string();
        let headers = [("content-type", "application/json"), ("authorization", authorization.as_str())];
        match host.client().try_post("/arc-ingest", &headers, body.as_bytes()) {
            Ok(reply) => assert_eq!(reply.status, 200, "{}", reply.text()),
            Err(_) => return false,
        }
        assert_eq!(self.status(host, &txid).as_deref(), Some("mined"));
        self.world.chain().reorganise(1);
        self.world.publish();
        wait_for("the reorganisation", || match self.status(host, &txid) {
            Some(status) if status == "seen" => Some(true),
            Some(_) => None,
            None => (!host.is_alive()).then_some(false),
        })
    }

    fn outcome(&self, host: &Host) -> Value {
        let held = |transaction: &Transaction| host.client().outputs_of(&transaction.txid()).len();
        json!([held(&self.parent), held(&self.child), held(&self.refused), held(&self.proven)])
    }
}

fn dies_and_goes_on(step: &str, passes: usize) {
    let mut story = Story::new();
    let configuration = Configuration::usual().arc(&story.arc.url()).advertised();
    let mut host = Host::prepare(&configuration, &story.world);
    host.spawn_dying_at(step, passes);
    if host.wait_until_ready_or_dead() && story.tell(&host) {
        story.prove_and_orphan(&host);
    }
    assert!(!host.lives_after(DEATH_PATIENCE), "{step} ({passes}) was never reached");
    // A request of the dead host is none that it has open.
    wait_for("requests of the dead host to end", || story.arc.is_idle().then_some(()));
    host.start_again();
    assert!(story.tell(&host), "the host died twice");
    if story.world.chain().proof(&story.proven.txid()).is_some() {
        assert!(story.prove_and_orphan(&host), "the host died twice");
    }
    assert_eq!(story.arc.sent_twice_at_once(), []);
    assert_eq!(story.outcome(&host), json!([0, 1, 0, 1]), "{step} ({passes})");
    assert!(host.end().success());
    let counted = host.check_store();
    assert_eq!((&counted["outbox"], &counted["submissions"]), (&json!(0), &json!(3)), "{step} ({passes})");
}

#[test]
fn a_host_that_dies_between_any_two_steps_goes_on_where_it_stopped() {
    for (step, passes) in STEPS {
        for passes in passes {
            eprintln!("dies at {step}, pass {passes}");
            dies_and_goes_on(step, *passes);
        }
    }
}
