//! What the network is told, in which order, and what becomes of its answers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a failed test")]

mod support;

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};

use support::{ADMIT_ALL, NOW, World, world};
use trellis_engine::domain::status::Status;
use trellis_engine::domain::time::Timestamp;
use trellis_engine::outbox::Outbox;
use trellis_engine::ports::network::{AnswerMeaning, BroadcastAnswer, Broadcaster, Inquiry, Outgoing};
use trellis_engine::submit::SubmitError;
use trellis_spv::extended_format;
use trellis_spv::hash::Txid;
use trellis_spv::testing::coin;
use trellis_spv::transaction::Transaction;

/// Answers what a test laid out, `Seen` when that is used up, and remembers what it was sent.
#[derive(Default)]
struct Scripted {
    answers: Mutex<VecDeque<AnswerMeaning>>,
    sent: Mutex<Vec<Outgoing>>,
    /// What it answers to inquiries; of others it has seen those it was sent.
    known: Mutex<HashMap<Txid, Inquiry>>,
    asked: Mutex<Vec<Txid>>,
}

impl Broadcaster for Scripted {
    fn name(&self) -> &str {
        "scripted"
    }
    fn broadcast(&self, transaction: &Outgoing) -> BroadcastAnswer {
        self.sent.lock().unwrap().push(transaction.clone());
        let meaning = self.answers.lock().unwrap().pop_front().unwrap_or(AnswerMeaning::Seen);
        BroadcastAnswer { meaning, code: 200, text: format!("{meaning:?} it is") }
    }
    fn inquire(&self, txid: &Txid) -> Inquiry {
        self.asked.lock().unwrap().push(*txid);
        let known_by_default = || match self.sent().contains(txid) {
            true => known(AnswerMeaning::Seen, None),
            false => UNKNOWN,
        };
        self.known.lock().unwrap().get(txid).cloned().unwrap_or_else(known_by_default)
    }
}

impl Scripted {
    fn answering(answers: &[AnswerMeaning]) -> Arc<Self> {
        Arc::new(Self { answers: Mutex::new(answers.iter().copied().collect()), ..Self::default() })
    }
    fn sent(&self) -> Vec<Txid> {
        self.sent.lock().unwrap().iter().map(|outgoing| outgoing.txid).collect()
    }
}

fn outbox(world: &World, broadcasters: &[&Arc<Scripted>]) -> Outbox {
    let broadcasters = broadcasters.iter().map(|one| Arc::clone(one) as Arc<dyn Broadcaster>).collect();
    Outbox::new(Arc::clone(&world.engine), broadcasters)
}

fn status(world: &World, txid: &Txid) -> Status {
    world.engine.transaction_report(txid).unwrap().unwrap().status
}

#[test]
fn parents_go_before_children_each_once_in_extended_format() {
    let world = world(&[ADMIT_ALL]);
    let parent = world.pay(&[world.coin(1000)]);
    let child = world.pay(&[coin(&parent, 0)]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&parent, &child])).unwrap();
    let network = Scripted::answering(&[]);
    let mut outbox = outbox(&world, &[&network]);
    assert_eq!(outbox.run_due(NOW.plus_milliseconds(1), 0.5).unwrap(), None);
    assert_eq!(outbox.run_due(NOW.plus_milliseconds(2), 0.5).unwrap(), None);
    assert_eq!(network.sent(), [parent.txid(), child.txid()]);
    let sent = extended_format::decode(&network.sent.lock().unwrap()[1].extended_format).unwrap();
    assert_eq!(sent.transaction.txid(), child.txid());
    assert_eq!(status(&world, &child.txid()), Status::Seen);
    world.assert_sound();
}

#[test]
fn a_child_waits_while_its_parent_is_tried_again() {
    let world = world(&[ADMIT_ALL]);
    let parent = world.pay(&[world.coin(1000)]);
    let child = world.pay(&[coin(&parent, 0)]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&parent, &child])).unwrap();
    let network = Scripted::answering(&[AnswerMeaning::Transient]);
    let mut outbox = outbox(&world, &[&network]);
    let now = NOW.plus_milliseconds(1);
    let next = outbox.run_due(now, 1.0).unwrap().unwrap();
    assert!(next > now && next <= now.plus_milliseconds(1000), "{next:?}");
    assert_eq!(network.sent(), [parent.txid()]);
    outbox.run_due(next, 1.0).unwrap();
    assert_eq!(network.sent(), [parent.txid(), parent.txid(), child.txid()]);
    world.assert_sound();
}

#[test]
fn what_was_queued_before_a_restart_is_sent_after_it() {
    let world = world(&[ADMIT_ALL]);
    let paid = world.pay(&[world.coin(1000)]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&paid])).unwrap();
    let down = Scripted::answering(&[AnswerMeaning::Transient]);
    outbox(&world, &[&down]).run_due(NOW.plus_milliseconds(1), 0.0).unwrap();
    // A new outbox knows nothing but the store.
    let up = Scripted::answering(&[]);
    outbox(&world, &[&up]).run_due(NOW.plus_milliseconds(10_000), 0.0).unwrap();
    assert_eq!(up.sent(), [paid.txid()]);
    world.assert_sound();
}

#[test]
fn what_the_network_refuses_is_taken_back_and_its_words_answer_resubmissions() {
    let world = world(&[ADMIT_ALL]);
    let paid = world.pay(&[world.coin(1000)]);
    let beef = world.beef(&[&paid]);
    world.submit(&[ADMIT_ALL], &beef).unwrap();
    let network = Scripted::answering(&[AnswerMeaning::Terminal]);
    let mut outbox = outbox(&world, &[&network]);
    outbox.run_due(NOW.plus_milliseconds(1), 0.0).unwrap();
    let report = world.engine.transaction_report(&paid.txid()).unwrap().unwrap();
    assert_eq!(report.status, Status::Rejected);
    assert_eq!(report.word.unwrap().text, "Terminal it is");
    assert!(report.taken_back && report.outbox.is_none());
    assert_eq!(world.listed(), []);
    let error = world.submit(&[ADMIT_ALL], &beef).unwrap_err();
    assert!(matches!(&error, SubmitError::RejectedByNetwork { words, .. } if words == "Terminal it is"), "{error}");
    outbox.run_due(NOW.plus_milliseconds(1_000_000), 0.0).unwrap();
    assert_eq!(network.sent().len(), 1, "it is not sent again");
    world.assert_sound();
}

#[test]
fn a_broadcaster_that_cannot_is_followed_by_one_that_can() {
    let world = world(&[ADMIT_ALL]);
    let paid = world.pay(&[world.coin(1000)]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&paid])).unwrap();
    let (first, second) = (Scripted::answering(&[AnswerMeaning::Policy]), Scripted::answering(&[AnswerMeaning::Taken]));
    outbox(&world, &[&first, &second]).run_due(NOW.plus_milliseconds(1), 0.0).unwrap();
    assert_eq!((first.sent().len(), second.sent().len()), (1, 1));
    assert_eq!(status(&world, &paid.txid()), Status::Broadcast);
    world.assert_sound();
}

#[test]
fn what_was_proven_meanwhile_leaves_the_outbox() {
    let world = world(&[ADMIT_ALL]);
    let paid = world.pay(&[world.coin(1000)]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&paid])).unwrap();
    let network = Scripted::answering(&[AnswerMeaning::Transient]);
    let mut outbox = outbox(&world, &[&network]);
    outbox.run_due(NOW.plus_milliseconds(1), 0.0).unwrap();
    world.mine(&[&paid]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&paid])).unwrap();
    assert_eq!(outbox.run_due(Timestamp(u64::MAX), 0.0).unwrap(), None);
    assert_eq!(network.sent().len(), 1);
    world.assert_sound();
}

#[test]
fn parents_the_network_forgot_are_sent_again_before_the_child() {
    let world = world(&[ADMIT_ALL]);
    let parent = world.pay(&[world.coin(1000)]);
    let child = world.pay(&[coin(&parent, 0)]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&parent, &child])).unwrap();
    let network = Scripted::answering(&[AnswerMeaning::Taken, AnswerMeaning::ParentsUnknown]);
    let mut outbox = outbox(&world, &[&network]);
    let next = outbox.run_due(NOW.plus_milliseconds(1), 0.0).unwrap().unwrap();
    assert_eq!(network.sent(), [parent.txid(), child.txid(), parent.txid()]);
    world.assert_sound();
    assert_eq!(outbox.run_due(next, 0.0).unwrap(), None);
    assert_eq!(network.sent()[3], child.txid());
    assert_eq!(status(&world, &child.txid()), Status::Seen);
    world.assert_sound();
}

#[test]
fn generations_the_network_forgot_are_sent_again_oldest_first() {
    let world = world(&[ADMIT_ALL]);
    let first = world.pay(&[world.coin(1000)]);
    let second = world.pay(&[coin(&first, 0)]);
    let third = world.pay(&[coin(&second, 0)]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&first, &second, &third])).unwrap();
    // It takes the first two, forgets both, and knows neither when the third comes.
    let (taken, forgotten) = (AnswerMeaning::Taken, AnswerMeaning::ParentsUnknown);
    let network = Scripted::answering(&[taken, taken, forgotten, forgotten]);
    let mut outbox = outbox(&world, &[&network]);
    let mut now = NOW.plus_milliseconds(1);
    while let Some(next) = outbox.run_due(now, 0.0).unwrap() {
        now = next;
        world.assert_sound();
        assert!(network.sent().len() < 20, "{:?}", network.sent());
    }
    let all = [&first, &second, &third].map(|one| one.txid());
    let sent = network.sent();
    assert_eq!(sent[..4], [all[0], all[1], all[2], all[1]]);
    assert_eq!(sent[4..], all);
}

#[test]
fn a_child_of_what_the_network_refused_is_refused_with_the_networks_words() {
    let world = world(&[ADMIT_ALL]);
    let paid = world.pay(&[world.coin(1000)]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&paid])).unwrap();
    let network = Scripted::answering(&[AnswerMeaning::Terminal]);
    outbox(&world, &[&network]).run_due(NOW.plus_milliseconds(1), 0.0).unwrap();
    let child = world.pay(&[coin(&paid, 0)]);
    let error = world.submit(&[ADMIT_ALL], &world.beef(&[&paid, &child])).unwrap_err();
    assert!(matches!(&error, SubmitError::RejectedByNetwork { txid, .. } if *txid == paid.txid()), "{error}");
    // It was mined after all.
    world.mine(&[&paid]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&paid, &child])).unwrap();
    world.assert_sound();
}

/// What a broadcaster says that does not know a transaction.
const UNKNOWN: Inquiry = Inquiry { answer: None, merkle_path: None };

/// What a broadcaster knows of a transaction.
fn known(meaning: AnswerMeaning, merkle_path: Option<Vec<u8>>) -> Inquiry {
    let answer = Some(BroadcastAnswer { meaning, code: 200, text: format!("{meaning:?} it is") });
    Inquiry { answer, merkle_path }
}

/// The merkle path of a mined transaction.
fn merkle_path(world: &World, transaction: &Transaction) -> Vec<u8> {
    let txid = transaction.txid();
    let beef = world.beef_of(&[transaction]);
    beef.bumps.iter().find_map(|bump| bump.proof(&txid).ok()).expect("mined").to_bump(&txid)
}

const LATER: Timestamp = Timestamp(NOW.0 + 60_000_000);
const MUCH_LATER: Timestamp = Timestamp(NOW.0 + 3_600_000_000);

/// A host with one transaction that the network was told of, and the network.
fn told() -> (World, Arc<Scripted>, Outbox, Transaction) {
    let world = world(&[ADMIT_ALL]);
    let paid = world.pay(&[world.coin(1000)]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&paid])).unwrap();
    let network = Scripted::answering(&[]);
    let mut outbox = outbox(&world, &[&network]);
    outbox.run_due(NOW.plus_milliseconds(1), 0.0).unwrap();
    assert_eq!(*network.asked.lock().unwrap(), [], "nobody is asked at once");
    (world, network, outbox, paid)
}

#[test]
fn a_proof_that_nobody_brought_is_asked_for() {
    let (world, network, mut outbox, paid) = told();
    network.known.lock().unwrap().insert(paid.txid(), known(AnswerMeaning::Seen, None));
    outbox.run_due(LATER, 0.0).unwrap();
    assert_eq!(status(&world, &paid.txid()), Status::Seen);
    let before = world.engine.beef(&paid.txid(), 0).unwrap().unwrap().len();
    world.mine(&[&paid]);
    // A path that leads to another root proves nothing.
    let mut forged = merkle_path(&world, &paid);
    *forged.last_mut().unwrap() ^= 1;
    network.known.lock().unwrap().insert(paid.txid(), known(AnswerMeaning::Mined(1), Some(forged)));
    outbox.run_due(LATER.plus_milliseconds(120_000), 0.0).unwrap();
    assert_eq!(status(&world, &paid.txid()), Status::Seen);
    let path = merkle_path(&world, &paid);
    network.known.lock().unwrap().insert(paid.txid(), known(AnswerMeaning::Mined(1), Some(path)));
    outbox.run_due(MUCH_LATER, 0.0).unwrap();
    assert!(matches!(status(&world, &paid.txid()), Status::Mined(_)));
    assert!(
        world.engine.beef(&paid.txid(), 0).unwrap().unwrap().len() < before,
        "its ancestors are not needed any more"
    );
    let asked = network.asked.lock().unwrap().len();
    outbox.run_due(MUCH_LATER.plus_milliseconds(3_600_000), 0.0).unwrap();
    assert_eq!(network.asked.lock().unwrap().len(), asked, "what is proven is not asked about");
    world.assert_sound();
}

#[test]
fn what_the_network_forgot_is_told_again() {
    let (world, network, mut outbox, paid) = told();
    network.known.lock().unwrap().insert(paid.txid(), UNKNOWN);
    outbox.run_due(LATER, 0.0).unwrap();
    outbox.run_due(LATER.plus_milliseconds(1), 0.0).unwrap();
    assert_eq!(network.sent(), [paid.txid(), paid.txid()]);
    world.assert_sound();
}

#[test]
fn what_the_network_refuses_later_is_taken_back_and_comes_back_with_its_proof() {
    let (world, network, mut outbox, paid) = told();
    network.known.lock().unwrap().insert(paid.txid(), known(AnswerMeaning::Terminal, None));
    outbox.run_due(LATER, 0.0).unwrap();
    assert_eq!(status(&world, &paid.txid()), Status::Rejected);
    assert_eq!(world.listed(), []);
    world.assert_sound();
    // It was mined after all.
    world.mine(&[&paid]);
    let path = merkle_path(&world, &paid);
    network.known.lock().unwrap().insert(paid.txid(), known(AnswerMeaning::Mined(1), Some(path)));
    outbox.run_due(MUCH_LATER, 0.0).unwrap();
    outbox.run_due(MUCH_LATER.plus_milliseconds(3_600_000), 0.0).unwrap();
    assert!(matches!(status(&world, &paid.txid()), Status::Mined(_)));
    assert_eq!(world.listed().len(), 1);
    world.assert_sound();
}
