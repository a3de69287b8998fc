//! What is relayed is verified and held like an ancestor, durable before the network hears of it, and taken back when it is
//! refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a failed test")]

mod support;

use std::sync::{Arc, Mutex};

use support::projection::projection;
use support::*;
use trellis_engine::domain::event::Event;
use trellis_engine::domain::row::{OutboxState, Row, RowKey};
use trellis_engine::domain::status::{NetworkWord, Status};
use trellis_engine::domain::time::Sequence;
use trellis_engine::engine::{Engine, EngineParts};
use trellis_engine::hosting::{BroadcastPolicy, Hosting, Rules};
use trellis_engine::outbox::Outbox;
use trellis_engine::ports::network::{AnswerMeaning, BroadcastAnswer, Broadcaster, Inquiry, Outgoing};
use trellis_engine::ports::observer::Unobserved;
use trellis_engine::ports::store::Store;
use trellis_engine::submit::{MAX_RELAYED, Meter, RelayAnswer, Relayed, SubmitError};
use trellis_spv::extended_format;
use trellis_spv::hash::Txid;
use trellis_spv::testing::coin;
use trellis_spv::transaction::Transaction;
use trellis_store::memory::MemoryStore;

impl World {
    fn relay_all(&self, beefs: &[Vec<u8>]) -> Vec<RelayAnswer> {
        let beefs: Vec<&[u8]> = beefs.iter().map(Vec::as_slice).collect();
        let answers = self.engine.relay(&beefs, NOW, &Meter::default()).unwrap();
        self.assert_sound();
        answers
    }

    fn relay(&self, transactions: &[&Transaction]) -> RelayAnswer {
        self.relay_all(&[self.beef(transactions)]).remove(0)
    }

    fn row(&self, key: RowKey) -> Option<Row> {
        self.store.get(&key, self.store.durable()).unwrap().map(|found| found.row)
    }

    fn is_held(&self, transaction: &Transaction) -> bool {
        self.row(RowKey::Transaction(transaction.txid())).is_some()
    }

    fn waits(&self, transaction: &Transaction) -> bool {
        let row = self.row(RowKey::Outbox(transaction.txid()));
        matches!(row, Some(Row::Outbox(row)) if row.state == OutboxState::Pending)
    }

    /// Commits so far.
    fn commits(&self) -> u64 {
        self.store.durable().0
    }
}

/// Has seen everything it is told of, refuses what it is to refuse, and can look into a store while it is told.
#[derive(Default)]
struct Network {
    refuses: Option<Txid>,
    /// What it was told, request by request.
    told: Mutex<Vec<Vec<Outgoing>>>,
    /// Looked into when it is told: what it hears must be there.
    store: Option<Arc<MemoryStore>>,
}

impl Broadcaster for Network {
    fn name(&self) -> &str {
        "network"
    }
    fn broadcast(&self, transaction: &Outgoing) -> BroadcastAnswer {
        self.broadcast_all(std::slice::from_ref(transaction)).remove(0)
    }
    fn broadcast_all(&self, transactions: &[Outgoing]) -> Vec<BroadcastAnswer> {
        if let Some(store) = &self.store {
            for outgoing in transactions {
                let key = RowKey::Transaction(outgoing.txid);
                assert!(store.get(&key, store.durable()).unwrap().is_some(), "told before it was durable");
            }
        }
        self.told.lock().unwrap().push(transactions.to_vec());
        let meaning = |outgoing: &Outgoing| match self.refuses == Some(outgoing.txid) {
            true => AnswerMeaning::Terminal,
            false => AnswerMeaning::Seen,
        };
        let answer = |outgoing| BroadcastAnswer { meaning: meaning(outgoing), code: 200, text: "said".into() };
        transactions.iter().map(answer).collect()
    }
    fn inquire(&self, _: &Txid) -> Inquiry {
        Inquiry { answer: None, merkle_path: None }
    }
}

impl Network {
    fn told(&self) -> Vec<Vec<Txid>> {
        let told = self.told.lock().unwrap();
        told.iter().map(|request| request.iter().map(|outgoing| outgoing.txid).collect()).collect()
    }
}

fn tell(world: &World, network: Network) -> Arc<Network> {
    let network = Arc::new(network);
    let mut outbox = Outbox::new(Arc::clone(&world.engine), vec![Arc::clone(&network) as Arc<dyn Broadcaster>]);
    outbox.run_due(NOW.plus_milliseconds(1), 0.5).unwrap();
    network
}

fn txids(transactions: &[&Transaction]) -> Vec<Txid> {
    transactions.iter().map(|transaction| transaction.txid()).collect()
}

#[test]
fn ef_service_converts_what_it_verified_and_stores_nothing() {
    let world = world(&[ADMIT_ALL]);
    let parent = world.pay(&[world.coin(1_000)]);
    let child = world.pay(&[coin(&parent, 0), world.coin(500)]);
    let meter = Meter::default();
    let converted = world.engine.convert(&world.beef(&[&parent, &child]), &meter).unwrap();
    assert_eq!(converted.txid, child.txid());
    let extended = extended_format::decode(&converted.extended_format).unwrap();
    assert_eq!(extended.transaction.raw(), child.raw());
    let told: Vec<_> = converted.sources.iter().map(|(_, value, script)| (*value, script.clone())).collect();
    assert_eq!(told, extended.sources);
    assert_eq!(extended.sources.iter().map(|(satoshis, _)| *satoshis).collect::<Vec<_>>(), [999, 500]);
    assert_eq!(meter.read().signature_checks, 3, "the parent's and the child's inputs");
    assert_eq!(world.commits(), 0);
    // Nothing that a submission would be refused for is converted.
    let poor = world.alice.pay(&[world.coin(1_000)], &world.alice.p2pkh(), 1_000);
    let refused = world.engine.convert(&world.beef(&[&poor]), &meter).unwrap_err();
    assert!(matches!(refused, SubmitError::Verify(_)), "{refused}");
    let mut unsigned = child.raw().to_vec();
    let place = child.raw().len() / 3;
    unsigned[place] ^= 1;
    let unsigned = Transaction::parse(unsigned).unwrap();
    let refused = world.engine.convert(&world.beef(&[&parent, &unsigned]), &meter).unwrap_err();
    assert!(matches!(refused, SubmitError::Verify(_)), "{refused}");
    // A proven transaction is converted where the BEEF, or the host, has what it spends.
    world.mine(&[&child]);
    let refused = world.engine.convert(&world.beef(&[&child]), &meter).unwrap_err();
    assert!(matches!(refused, SubmitError::NotConvertible(_)), "{refused}");
    assert_eq!(world.commits(), 0);
}

#[test]
fn ef_service_commits_before_it_tells_the_network_parents_first() {
    let world = world(&[ADMIT_ALL]);
    let parent = world.pay(&[world.coin(1_000)]);
    let child = world.pay(&[coin(&parent, 0)]);
    let relayed = world.relay(&[&parent, &child]).unwrap();
    assert_eq!((relayed.txid, relayed.status), (child.txid(), Status::Admitted));
    assert!(world.is_held(&child) && world.waits(&parent) && world.waits(&child));
    assert_eq!(world.commits(), 1, "all of it is one commit");
    assert!(world.row(RowKey::Applied(child.txid())).is_none(), "no topic judged it");
    assert!(world.listed().is_empty());
    let network = tell(&world, Network { store: Some(Arc::clone(&world.store)), ..Network::default() });
    assert_eq!(network.told(), [txids(&[&parent]), txids(&[&child])]);
    let sent = network.told.lock().unwrap()[1][0].extended_format.clone();
    assert_eq!(relayed.extended_format.unwrap(), sent);
    assert_eq!(world.engine.standing(&child.txid()).unwrap().unwrap().0, Status::Seen);
    world.assert_sound();
}

#[test]
fn ef_service_answers_what_comes_again_as_before() {
    let world = world(&[ADMIT_ALL]);
    let [relayed, submitted] = [1_000, 800].map(|satoshis| world.pay(&[world.coin(satoshis)]));
    let first = world.relay(&[&relayed]).unwrap();
    world.submit(&[ADMIT_ALL], &world.beef(&[&submitted])).unwrap();
    let commits = world.commits();
    assert_eq!(world.relay(&[&relayed]).unwrap(), first);
    let known = world.relay(&[&submitted]).unwrap();
    assert!(known.extended_format.is_some());
    assert_eq!(world.commits(), commits);
    let network = tell(&world, Network::default());
    assert_eq!(network.told().concat().len(), 2, "each is told once");
    assert_eq!(world.relay(&[&relayed]).unwrap(), Relayed { status: Status::Seen, ..first });
    // A topic may judge later what was relayed.
    world.submit(&[ADMIT_ALL], &world.beef(&[&relayed])).unwrap();
    assert_eq!(world.listed().len(), 2);
    world.assert_sound();
}

#[test]
fn ef_service_refuses_a_double_spend_with_the_winner() {
    let world = world(&[ADMIT_ALL]);
    let coins = [world.coin(1_000)];
    let [first, second] = [900, 800].map(|satoshis| world.alice.pay(&coins, &world.alice.p2pkh(), satoshis));
    world.submit(&[ADMIT_ALL], &world.beef(&[&first])).unwrap();
    let refused = world.relay(&[&second]).unwrap_err();
    assert!(matches!(refused, SubmitError::Conflict { winner, .. } if winner == first.txid()), "{refused}");
    // And the other way round.
    let coins = [world.coin(1_000)];
    let [first, second] = [900, 800].map(|satoshis| world.alice.pay(&coins, &world.alice.p2pkh(), satoshis));
    world.relay(&[&first]).unwrap();
    let refused = world.submit(&[ADMIT_ALL], &world.beef(&[&second])).unwrap_err();
    assert!(matches!(refused, SubmitError::Conflict { winner, .. } if winner == first.txid()), "{refused}");
    // A proof settles it.
    world.mine(&[&second]);
    let relayed = world.relay(&[&second]).unwrap();
    assert!(matches!(relayed.status, Status::Mined(_)), "{relayed:?}");
    assert!(!world.is_held(&first));
}

#[test]
fn ef_service_spends_the_coins_of_topics_in_the_same_commit() {
    let world = world(&[ADMIT_ALL]);
    let token = world.pay(&[world.coin(1_000)]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&token])).unwrap();
    world.notices();
    let (before, commits) = (projection(&world), world.commits());
    let spender = world.pay(&[coin(&token, 0)]);
    world.relay(&[&token, &spender]).unwrap();
    assert_eq!(world.commits(), commits + 1);
    assert!(world.listed().is_empty());
    assert_eq!(world.notices().len(), 1, "the service was told");
    let log = world.store.log(Sequence(commits), 1).unwrap();
    let Some(Event::Applied(applied)) = &log[0].event else { panic!("{:?}", log[0].event) };
    assert_eq!((applied[0].txid, applied[0].topics[0].spent.len()), (spender.txid(), 1));
    // Taken back, the topic has its coin again.
    let network = tell(&world, Network { refuses: Some(spender.txid()), ..Network::default() });
    assert_eq!(network.told().concat(), txids(&[&token, &spender]));
    assert_eq!(projection(&world), before);
    assert_eq!(world.listed().len(), 1);
    world.assert_sound();
}

#[test]
fn ef_service_takes_back_what_the_network_refuses_with_all_that_rests_on_it() {
    let world = world(&[ADMIT_ALL]);
    let empty = projection(&world);
    let relayed = world.pay(&[world.coin(1_000)]);
    let child = world.pay(&[coin(&relayed, 0)]);
    world.relay(&[&relayed]).unwrap();
    world.submit(&[ADMIT_ALL], &world.beef(&[&relayed, &child])).unwrap();
    tell(&world, Network { refuses: Some(relayed.txid()), ..Network::default() });
    assert!(!world.is_held(&relayed) && !world.is_held(&child));
    assert_eq!(projection(&world), empty);
    let refused = world.relay(&[&relayed]).unwrap_err();
    assert!(matches!(refused, SubmitError::RejectedByNetwork { txid, .. } if txid == relayed.txid()), "{refused}");
    // A block knows better.
    world.mine(&[&relayed]);
    assert!(matches!(world.relay(&[&relayed]).unwrap().status, Status::Mined(_)));
    world.assert_sound();
}

#[test]
fn ef_service_tells_nobody_of_what_is_in_a_block() {
    let world = world(&[ADMIT_ALL]);
    let parent = world.pay(&[world.coin(1_000)]);
    world.relay(&[&parent]).unwrap();
    let waiting = world.pay(&[coin(&parent, 0)]);
    world.relay(&[&parent, &waiting]).unwrap();
    world.mine(&[&parent, &waiting]);
    let stranger = world.pay(&[world.coin(700)]);
    world.mine(&[&stranger]);
    let commits = world.commits();
    let relayed = world.relay(&[&stranger]).unwrap();
    assert!(matches!(relayed.status, Status::Mined(_)), "{relayed:?}");
    assert_eq!((relayed.extended_format, world.commits()), (None, commits), "nobody here has a stake in it");
    // A proof of what waits to be told is taken.
    let relayed = world.relay(&[&waiting]).unwrap();
    assert!(matches!(relayed.status, Status::Mined(_)), "{relayed:?}");
    assert!(relayed.extended_format.is_some() && !world.waits(&waiting));
    assert_eq!(tell(&world, Network::default()).told(), [txids(&[&parent])]);
}

#[test]
fn ef_service_of_a_host_that_only_follows_relays_nothing() {
    let world = world(&[]);
    let parts = EngineParts {
        store: Arc::clone(&world.store) as Arc<dyn Store>,
        plugins: Arc::new(TestPlugins::default()),
        headers: Arc::new(world.chain.clone()),
        observer: Arc::new(Unobserved),
    };
    let hosting = Hosting::new(world.store.as_ref(), &[], &[]).unwrap();
    let rules = Rules { broadcast: BroadcastPolicy::None, ..Rules::default() };
    let engine = Engine::new(parts, hosting, rules).unwrap();
    let beef = world.beef(&[&world.pay(&[world.coin(1_000)])]);
    let refused = engine.relay(&[&beef], NOW, &Meter::default()).unwrap_err();
    assert!(refused.to_string().contains("policy"), "{refused}");
    assert_eq!(world.commits(), 0);
}

#[test]
fn batch_is_one_commit_and_one_request_whatever_the_order() {
    let world = world(&[ADMIT_ALL]);
    let strangers: Vec<_> = (0..3).map(|number| world.pay(&[world.coin(1_000 + number)])).collect();
    let top = world.pay(&[world.coin(900)]);
    let middle = world.pay(&[coin(&top, 0)]);
    let bottom = world.pay(&[coin(&middle, 0)]);
    // The child names its parent only: it is in the batch, behind it.
    let alone = |transaction: &Transaction| {
        let mut beef = world.beef_of(&[transaction]);
        beef.transactions.retain(|entry| entry.txid() == transaction.txid());
        beef.bumps.clear();
        beef.to_bytes()
    };
    let mut beefs = vec![alone(&bottom), alone(&middle)];
    beefs.extend(strangers.iter().map(|stranger| world.beef(&[stranger])));
    beefs.push(world.beef(&[&top]));
    let answers = world.relay_all(&beefs);
    let expected = txids(&[&bottom, &middle, &strangers[0], &strangers[1], &strangers[2], &top]);
    let answered: Vec<_> = answers.into_iter().map(|answer| answer.unwrap()).collect();
    assert_eq!(answered.iter().map(|answer| answer.txid).collect::<Vec<_>>(), expected);
    assert!(answered.iter().all(|answer| answer.extended_format.is_some()));
    assert_eq!(world.commits(), 1);
    let told = tell(&world, Network::default()).told();
    assert_eq!(told[0], txids(&[&strangers[0], &strangers[1], &strangers[2], &top]));
    assert_eq!(told[1..], [txids(&[&middle]), txids(&[&bottom])]);
    world.assert_sound();
}

#[test]
fn batch_members_that_are_bad_do_not_hinder_the_others() {
    let world = world(&[ADMIT_ALL]);
    let coins = [world.coin(1_000)];
    let [first, second] = [900, 800].map(|satoshis| world.alice.pay(&coins, &world.alice.p2pkh(), satoshis));
    let poor = world.alice.pay(&[world.coin(600)], &world.alice.p2pkh(), 600);
    let of_poor = world.pay(&[coin(&poor, 0)]);
    let good = world.pay(&[world.coin(700)]);
    let answers = world.relay_all(&[
        world.beef(&[&first]),
        b"no BEEF".to_vec(),
        world.beef(&[&second]),
        world.beef(&[&poor, &of_poor]),
        world.beef(&[&poor]),
        world.beef(&[&good]),
        world.beef(&[&good]),
    ]);
    let texts: Vec<String> = answers.iter().map(|answer| format!("{answer:?}")).collect();
    assert!(answers[0].is_ok(), "{}", texts[0]);
    assert!(matches!(answers[1], Err(SubmitError::Beef(_))), "{}", texts[1]);
    assert!(matches!(answers[2], Err(SubmitError::Conflict { winner, .. }) if winner == first.txid()), "{}", texts[2]);
    assert!(matches!(answers[3], Err(SubmitError::Verify(_))), "{}", texts[3]);
    assert!(matches!(answers[4], Err(SubmitError::Verify(_))), "{}", texts[4]);
    assert_eq!(answers[5].as_ref().unwrap().txid, good.txid());
    assert_eq!(answers[6].as_ref().unwrap().txid, good.txid());
    assert_eq!(world.commits(), 1);
    assert!(!world.is_held(&poor) && !world.is_held(&of_poor) && !world.is_held(&second));
    assert_eq!(tell(&world, Network::default()).told(), [txids(&[&first, &good])]);
}

#[test]
fn batch_members_stay_when_another_is_refused() {
    for refused in 0..3 {
        let (with, without) = (world(&[ADMIT_ALL]), world(&[ADMIT_ALL]));
        for (world, is_with) in [(&with, true), (&without, false)] {
            let tokens: Vec<_> = (0..3).map(|number| world.pay(&[world.coin(1_000 + number)])).collect();
            for token in &tokens {
                world.submit(&[ADMIT_ALL], &world.beef(&[token])).unwrap();
            }
            let spenders: Vec<_> = tokens.iter().map(|token| world.pay(&[coin(token, 0)])).collect();
            let wanted = (0..3).filter(|number| is_with || *number != refused);
            let beefs: Vec<_> = wanted.map(|number| world.beef(&[&tokens[number], &spenders[number]])).collect();
            assert!(world.relay_all(&beefs).iter().all(Result::is_ok));
            if is_with {
                let word = NetworkWord { broadcaster: "arc".into(), code: 461, text: "no".into(), at: NOW };
                world.engine.take_back(&spenders[refused].txid(), &word, NOW).unwrap();
            }
            assert_eq!(world.listed().len(), 1);
            world.assert_sound();
        }
        assert_eq!(projection(&with), projection(&without));
    }
}

#[test]
fn batch_with_a_proof_makes_rivals_give_way() {
    let world = world(&[ADMIT_ALL]);
    let token = world.pay(&[world.coin(1_000)]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&token])).unwrap();
    let [rival, proven] =
        [900, 800].map(|satoshis| world.alice.pay(&[coin(&token, 0)], &world.alice.p2pkh(), satoshis));
    let other = world.pay(&[world.coin(500)]);
    world.relay(&[&token, &rival]).unwrap();
    world.mine(&[&token, &proven]);
    let answers = world.relay_all(&[world.beef(&[&other]), world.beef(&[&proven])]);
    assert_eq!(answers[0].as_ref().unwrap().status, Status::Admitted);
    assert!(matches!(answers[1].as_ref().unwrap().status, Status::Mined(_)), "{answers:?}");
    assert!(!world.is_held(&rival) && world.is_held(&proven));
    assert!(world.listed().is_empty(), "what is in a block took the coin");
}

#[test]
fn batch_with_two_spenders_of_one_coin_takes_the_first_also_where_the_other_is_in_a_block() {
    let world = world(&[ADMIT_ALL]);
    let fund = world.coin(1_000);
    let unproven = world.pay(std::slice::from_ref(&fund));
    let proven = world.pay(&[fund, world.coin(500)]);
    let beside = world.pay(&[world.coin(700)]);
    world.mine(&[&proven]);
    let answers = world.relay_all(&[&unproven, &proven, &beside].map(|of| world.beef(&[of])));
    assert!(
        matches!(&answers[1], Err(SubmitError::Conflict { winner, .. }) if *winner == unproven.txid()),
        "{answers:?}"
    );
    assert!(answers[0].is_ok() && answers[2].is_ok(), "{answers:?}");
    assert!(world.waits(&unproven) && world.waits(&beside));
}

#[test]
fn batch_as_large_as_allowed_goes_out_in_one_request() {
    let world = world(&[ADMIT_ALL]);
    let all: Vec<_> = (0..MAX_RELAYED as u64).map(|number| world.pay(&[world.coin(1_000 + number)])).collect();
    let beefs: Vec<_> = all.iter().map(|transaction| world.beef(&[transaction])).collect();
    assert!(world.relay_all(&beefs).iter().all(Result::is_ok));
    assert_eq!(tell(&world, Network::default()).told(), [txids(&all.iter().collect::<Vec<_>>())]);
}
