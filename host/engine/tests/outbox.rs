//! What the network is told, in which order, and what becomes of its answers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a failed test")]

mod support;

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};

use support::{ADMIT_ALL, NOW, World, topic, world};
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

#[test]
fn broadcasters_that_disagree_make_a_transaction_contested_and_not_gone() {
    let world = world(&[ADMIT_ALL]);
    let paid = world.pay(&[world.coin(1000)]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&paid])).unwrap();
    let (first, second) =
        (Scripted::answering(&[AnswerMeaning::Terminal]), Scripted::answering(&[AnswerMeaning::Seen]));
    outbox(&world, &[&first, &second]).run_due(NOW.plus_milliseconds(1), 0.0).unwrap();
    let report = world.engine.transaction_report(&paid.txid()).unwrap().unwrap();
    assert_eq!((report.status, report.taken_back), (Status::Contested, false));
    let words = report.word.unwrap().text;
    assert!(words.contains("Terminal") && words.contains("scripted says: Seen"), "{words}");
    world.assert_sound();

    // Both refuse: gone.
    let other = world.pay(&[world.coin(1000)]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&other])).unwrap();
    let refusing = || Scripted::answering(&[AnswerMeaning::Terminal; 2]);
    outbox(&world, &[&refusing(), &refusing()]).run_due(NOW.plus_milliseconds(10_000_000), 0.0).unwrap();
    assert_eq!(status(&world, &other.txid()), Status::Rejected);
}

#[test]
fn independent_transactions_are_told_at_once_and_children_after_their_parents() {
    struct Counting(Mutex<Vec<Vec<Txid>>>);
    impl Broadcaster for Counting {
        fn name(&self) -> &str {
            "counting"
        }
        fn broadcast(&self, transaction: &Outgoing) -> BroadcastAnswer {
            self.broadcast_all(std::slice::from_ref(transaction)).remove(0)
        }
        fn broadcast_all(&self, transactions: &[Outgoing]) -> Vec<BroadcastAnswer> {
            self.0.lock().unwrap().push(transactions.iter().map(|one| one.txid).collect());
            let seen = BroadcastAnswer { meaning: AnswerMeaning::Seen, code: 200, text: String::new() };
            vec![seen; transactions.len()]
        }
        fn inquire(&self, _: &Txid) -> Inquiry {
            UNKNOWN
        }
    }
    let world = world(&[ADMIT_ALL]);
    let parents: Vec<_> = (0..3).map(|_| world.pay(&[world.coin(1000)])).collect();
    let child = world.pay(&[coin(&parents[0], 0), coin(&parents[1], 0)]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&parents[2]])).unwrap();
    world.submit(&[ADMIT_ALL], &world.beef(&[&parents[0], &parents[1], &child])).unwrap();
    let counting = Arc::new(Counting(Mutex::default()));
    let broadcasters = vec![Arc::clone(&counting) as Arc<dyn Broadcaster>];
    Outbox::new(Arc::clone(&world.engine), broadcasters).run_due(NOW.plus_milliseconds(1), 0.0).unwrap();
    let told = counting.0.lock().unwrap().clone();
    assert_eq!(told.iter().map(Vec::len).collect::<Vec<_>>(), [3, 1]);
    assert_eq!(told[1], [child.txid()]);
    world.assert_sound();
}

#[test]
fn a_broadcaster_that_does_not_answer_is_left_alone_for_a_while() {
    let world = world(&[ADMIT_ALL]);
    let paid = world.pay(&[world.coin(1000)]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&paid])).unwrap();
    let network = Scripted::answering(&[AnswerMeaning::Transient; 3]);
    let mut outbox = outbox(&world, &[&network]);
    let mut now = NOW.plus_milliseconds(1);
    for _ in 0..3 {
        now = outbox.run_due(now, 1.0).unwrap().unwrap();
    }
    let resting = outbox.health(NOW).resting;
    assert_eq!((resting.len(), resting[0].broadcaster.as_str()), (1, "scripted"));
    assert!(resting[0].until <= now, "nothing is due before that");
    let later = world.pay(&[world.coin(1000)]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&later])).unwrap();
    let before = Timestamp(resting[0].until.0 - 1);
    outbox.run_due(before, 0.0).unwrap();
    assert_eq!(network.sent().len(), 3, "not even what is new is sent meanwhile");
    outbox.run_due(now, 0.0).unwrap();
    assert_eq!(network.sent().len(), 5);
    assert_eq!(outbox.health(now).resting, []);
    world.assert_sound();
}

#[test]
fn a_storm_of_refusals_takes_nothing_back_until_it_is_over() {
    let world = world(&[ADMIT_ALL]);
    let paid: Vec<_> = (0..30).map(|_| world.pay(&[world.coin(1000)])).collect();
    for one in &paid {
        world.submit(&[ADMIT_ALL], &world.beef(&[one])).unwrap();
    }
    let network = Scripted::answering(&[AnswerMeaning::Terminal; 30]);
    let mut outbox = outbox(&world, &[&network]);
    let mut now = NOW.plus_milliseconds(1);
    outbox.run_due(now, 0.0).unwrap();
    let count = |wanted| paid.iter().filter(|one| status(&world, &one.txid()) == wanted).count();
    assert_eq!((count(Status::Rejected), count(Status::Contested)), (19, 11));
    assert!(outbox.health(now).storm_until.is_some());
    // The network comes to its senses: what it had refused meanwhile is told again and stays.
    while let Some(next) = outbox.run_due(now, 0.0).unwrap() {
        now = next;
    }
    assert_eq!((count(Status::Rejected), count(Status::Seen)), (19, 11));
    world.assert_sound();
}

#[test]
fn what_nobodys_policy_takes_becomes_a_dead_letter_that_an_operator_can_send_again() {
    let world = world(&[ADMIT_ALL]);
    let paid = world.pay(&[world.coin(1000)]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&paid])).unwrap();
    let network = Scripted::answering(&[AnswerMeaning::Policy; 10]);
    network.known.lock().unwrap().insert(paid.txid(), UNKNOWN);
    let mut outbox = outbox(&world, &[&network]);
    let mut now = NOW.plus_milliseconds(1);
    while let Some(next) = outbox.run_due(now, 0.0).unwrap() {
        now = next;
    }
    assert_eq!(network.sent().len(), 10);
    let letters = world.engine.dead_letters().unwrap();
    assert_eq!((letters.len(), letters[0].txid, letters[0].attempts), (1, paid.txid(), 10));
    assert_eq!(letters[0].word.as_ref().unwrap().text, "Policy it is");
    assert_eq!(world.listed().len(), 1, "it is not taken back");
    world.assert_sound();
    assert!(world.engine.send_letter_again(&paid.txid(), now).unwrap());
    outbox.run_due(now, 0.0).unwrap();
    assert_eq!(status(&world, &paid.txid()), Status::Seen);
    assert!(world.engine.dead_letters().unwrap().is_empty());
    assert!(!world.engine.send_letter_again(&paid.txid(), now).unwrap());
    world.assert_sound();
}

#[test]
fn an_operator_can_try_again_what_the_network_had_refused() {
    let world = world(&[ADMIT_ALL]);
    let paid = world.pay(&[world.coin(1000)]);
    let child = world.pay(&[coin(&paid, 0)]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&paid])).unwrap();
    world.submit(&[ADMIT_ALL], &world.beef(&[&paid, &child])).unwrap();
    let listed = world.listed();
    let network = Scripted::answering(&[AnswerMeaning::Terminal]);
    let mut outbox = outbox(&world, &[&network]);
    outbox.run_due(NOW.plus_milliseconds(1), 0.0).unwrap();
    assert_eq!(world.listed(), []);
    // The child spends what is not here.
    assert!(matches!(world.engine.try_again(&child.txid(), NOW), Err(SubmitError::Verify(_))));
    for again in [&paid, &child] {
        let answer = world.engine.try_again(&again.txid(), NOW).unwrap().unwrap();
        assert_eq!(answer.steak[&topic(ADMIT_ALL)].outputs_to_admit, [0]);
    }
    assert_eq!(world.listed(), listed);
    outbox.run_due(NOW.plus_milliseconds(10_000_000), 0.0).unwrap();
    assert_eq!(status(&world, &child.txid()), Status::Seen);
    assert!(world.engine.try_again(&paid.txid(), NOW).unwrap().is_none());
    world.assert_sound();
}

#[test]
fn what_somebody_says_there_is_news_of_is_asked_about_at_once() {
    let world = world(&[ADMIT_ALL]);
    let paid = world.pay(&[world.coin(1000)]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&paid])).unwrap();
    let network = Scripted::answering(&[]);
    let mut outbox = outbox(&world, &[&network]);
    outbox.run_due(NOW.plus_milliseconds(1), 0.0).unwrap();
    assert!(network.asked.lock().unwrap().is_empty());
    network.known.lock().unwrap().insert(paid.txid(), known(AnswerMeaning::Terminal, None));
    world.engine.ask_soon(paid.txid());
    outbox.run_due(NOW.plus_milliseconds(2), 0.0).unwrap();
    assert_eq!(*network.asked.lock().unwrap(), [paid.txid()]);
    assert_eq!(status(&world, &paid.txid()), Status::Rejected);
}
