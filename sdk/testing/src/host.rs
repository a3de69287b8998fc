//! A running overlay: what a test does with it.

mod answer;
mod basket;
mod batch;
mod found;
mod member;
mod rows;
mod submitting;
mod taking;

use std::sync::{Arc, Mutex};

use trellis_engine::audit::audit;
use trellis_engine::baskets::BasketError;
use trellis_engine::domain::event::Event;
use trellis_engine::domain::status::NetworkWord;
use trellis_engine::domain::time::{Sequence, Timestamp};
use trellis_engine::engine::Engine;
use trellis_engine::evict::{Dependents, Eviction};
use trellis_engine::hosting::BroadcastPolicy;
use trellis_engine::lookup::{AnswerShape, Question, Standing};
use trellis_engine::ports::store::Store;
use trellis_spv::hash::Outpoint;
use trellis_spv::testing::Chain;
use trellis_spv::transaction::Transaction;
use trellis_store::memory::MemoryStore;

use crate::diary::{CallMade, Diary, Entries, LoggedLine, Transcript};
use crate::draft::Draft;
use crate::ledger::Ledger;
use crate::setup::{Mode, Setup, SetupError, SharedChain};

pub use answer::Answer;
pub use basket::{Basket, TokenHeld};
pub use batch::BatchAnswer;
pub use found::Found;
pub use member::Member;
pub use rows::Rows;
pub use submitting::Submitting;
pub use taking::{HandedOut, Wanted};

/// When tests begin: 2030-01-01.
const BEGINNING: Timestamp = Timestamp(1_893_456_000_000_000);

/// What goes by with each submission, in microseconds, so that times tell them apart.
const STEP: u64 = 1_000_000;

/// A running overlay. It begins at 2030-01-01 UTC, and each submission takes a second.
///
/// ```
/// use trellis_testing::{Everything, Overlay, Party};
///
/// Overlay::new().topic("tm_all", Everything).test(|host| {
///     let (alice, bob) = (Party::named("alice"), Party::named("bob"));
///     let paid = host.transaction().pay(&alice, 500).sign();
///     host.submit(&paid, ["tm_all"]).admits("tm_all", [0]);
///     host.wait(60);
///     let passed_on = host.transaction().spend(&paid, 0, &alice).pay(&bob, 400).sign();
///     host.submit(&passed_on, ["tm_all"]).admits("tm_all", [0]).retains("tm_all", [0]);
///     host.state("tm_all").count(0);
/// });
/// ```
pub struct Host {
    engine: Engine,
    store: Arc<MemoryStore>,
    ledger: Ledger,
    diary: Arc<Diary>,
    heard: Entries,
    transcript: Transcript,
    mode: Mode,
    now: Timestamp,
    /// Reservations so far.
    reservations: u128,
}

impl Host {
    pub(crate) fn start(setup: &Setup, mode: Mode) -> Result<Self, SetupError> {
        let chain = SharedChain(Arc::new(Mutex::new(Chain::new())));
        let (store, diary) = (Arc::new(MemoryStore::new()), Arc::new(Diary::default()));
        let engine = setup.start(mode, &store, &chain, &diary)?;
        let mut host = Self {
            engine,
            store,
            ledger: Ledger::new(chain),
            diary,
            heard: Entries::default(),
            transcript: Transcript::new(mode),
            mode,
            now: BEGINNING,
            reservations: 0,
        };
        host.note("the plugins describe themselves", "");
        Ok(host)
    }

    /// A transaction in the making.
    pub const fn transaction(&mut self) -> Draft<'_> {
        Draft::new(&mut self.ledger)
    }

    /// Submits a transaction to topics, with the BEEF that proves it.
    pub fn submit<'n>(&mut self, transaction: &Transaction, topics: impl IntoIterator<Item = &'n str>) -> Answer {
        self.submission(transaction).to(topics).send()
    }

    /// A submission in the making, for what [`Host::submit`] has no room for.
    pub fn submission(&mut self, transaction: &Transaction) -> Submitting<'_> {
        Submitting::new(self, transaction)
    }

    /// Asks a lookup service, with a query as JSON. [`Found`] has an example.
    pub fn lookup(&mut self, service: &str, query: impl Into<serde_json::Value>) -> Found {
        let query = query.into().to_string();
        let question = Question { service, query: &query, shape: AnswerShape::PerOutput, minimum: Standing::Admitted };
        let outcome = self.engine.lookup(&question).map(|answer| answer.content);
        let step = format!("{service} is asked {query}");
        let log = self.note(&step, &found::comparable(&outcome));
        Found { step: format!("{}: {step}", self.mode), outcome, log }
    }

    /// Rows of a topic's or a service's state. [`Rows`] has an example.
    #[track_caller]
    pub fn state(&mut self, name: &str) -> Rows {
        self.try_state(name).unwrap_or_else(|error| panic!("{error}"))
    }

    pub(crate) fn try_state(&mut self, name: &str) -> Result<Rows, SetupError> {
        let rows = rows::of(&self.engine, self.store.as_ref(), name)?;
        self.note(&format!("the state of {name} is read"), &format!("{rows:?}"));
        Ok(Rows { step: format!("{}: the state of {name}", self.mode), rows })
    }

    /// What is in a basket. [`Basket`] has an example.
    #[track_caller]
    pub fn basket(&mut self, name: &str) -> Basket {
        self.try_basket(name).unwrap_or_else(|error| panic!("basket `{name}`: {error}"))
    }

    pub(crate) fn try_basket(&mut self, name: &str) -> Result<Basket, BasketError> {
        let tokens = basket::tokens(&self.engine, name)?;
        self.note(&format!("basket {name} is read"), &format!("{tokens:?}"));
        Ok(Basket { step: format!("{}: basket {name}", self.mode), tokens })
    }

    /// Every commit so far that concerns subscribers, oldest first.
    ///
    /// ```
    /// use trellis_testing::{Event, Everything, Overlay, Party};
    ///
    /// Overlay::new().topic("tm_all", Everything).test(|host| {
    ///     let paid = host.transaction().pay(&Party::named("alice"), 500).sign();
    ///     host.submit(&paid, ["tm_all"]);
    ///     assert!(matches!(host.events().as_slice(), [Event::Applied(applied)] if applied[0].txid == paid.txid()));
    /// });
    /// ```
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        let mut events = Vec::new();
        let mut cursor = Sequence::ZERO;
        while let Some(transition) = self.engine.transition_after(cursor).expect("the log of a store in memory") {
            cursor = transition.sequence;
            events.extend(transition.event);
        }
        events
    }

    /// What plugins have logged so far.
    #[must_use]
    pub fn logged(&self) -> &[LoggedLine] {
        &self.heard.lines
    }

    /// The calls into plugins so far.
    #[must_use]
    pub fn calls(&self) -> &[CallMade] {
        &self.heard.calls
    }

    /// Mines a transaction into the next block, and has its proof (BRC-74) stitched to what is held of it.
    ///
    /// ```
    /// use trellis_testing::{Event, Everything, Overlay, Party};
    ///
    /// Overlay::new().topic("tm_all", Everything).test(|host| {
    ///     let paid = host.transaction().pay(&Party::named("alice"), 500).sign();
    ///     host.submit(&paid, ["tm_all"]);
    ///     host.mine(&paid);
    ///     assert!(matches!(host.events().last(), Some(Event::Proven { .. })));
    /// });
    /// ```
    #[track_caller]
    pub fn mine(&mut self, transaction: &Transaction) {
        self.try_mine(transaction).unwrap_or_else(|error| panic!("{}: {error}", self.mode));
    }

    pub(crate) fn try_mine(&mut self, transaction: &Transaction) -> Result<(), String> {
        let bump = self.ledger.mine(transaction);
        let txid = transaction.txid();
        let proven = self.engine.prove(&txid, &bump, self.now);
        let proven = proven.map_err(|error| format!("the proof of {txid} is not taken: {error}"))?;
        self.note(&format!("transaction {txid} is mined"), &format!("{proven:?}"));
        Ok(())
    }

    /// The network refuses a transaction: it is taken back, with everything that rests on it.
    ///
    /// ```
    /// use trellis_testing::{Event, Everything, Overlay, Party};
    ///
    /// Overlay::new().topic("tm_all", Everything).test(|host| {
    ///     let paid = host.transaction().pay(&Party::named("alice"), 500).sign();
    ///     host.submit(&paid, ["tm_all"]);
    ///     host.network_refuses(&paid, "txn-mempool-conflict");
    ///     assert!(matches!(host.events().last(), Some(Event::Reverted { .. })));
    /// });
    /// ```
    #[track_caller]
    pub fn network_refuses(&mut self, transaction: &Transaction, words: &str) {
        self.try_network_refuses(transaction, words).unwrap_or_else(|error| panic!("{}: {error}", self.mode));
    }

    pub(crate) fn try_network_refuses(&mut self, transaction: &Transaction, words: &str) -> Result<(), String> {
        let txid = transaction.txid();
        let word =
            NetworkWord { broadcaster: "the network of the test".into(), code: 0, text: words.into(), at: self.now };
        let taken_back = self.engine.take_back(&txid, &word, self.now);
        let taken_back = taken_back.map_err(|error| format!("{txid} is not taken back: {error}"))?;
        self.note(&format!("the network refuses {txid}"), &format!("{taken_back:?}"));
        Ok(())
    }

    /// An operator takes an output out of every topic and index, for good. Other outputs of its transaction stay.
    ///
    /// ```
    /// use trellis_testing::{Event, Everything, Overlay, Party};
    ///
    /// Overlay::new().topic("tm_all", Everything).test(|host| {
    ///     let paid = host.transaction().pay(&Party::named("alice"), 500).sign();
    ///     host.submit(&paid, ["tm_all"]);
    ///     host.evict(&paid, 0);
    ///     assert!(matches!(host.events().last(), Some(Event::Evicted { .. })));
    /// });
    /// ```
    #[track_caller]
    pub fn evict(&mut self, transaction: &Transaction, output: u32) {
        self.try_evict(transaction, output).unwrap_or_else(|error| panic!("{}: {error}", self.mode));
    }

    pub(crate) fn try_evict(&mut self, transaction: &Transaction, output: u32) -> Result<(), String> {
        let outpoint = Outpoint::new(transaction.txid(), output);
        let eviction = Eviction { outpoint, reason: "a test", dependents: Dependents::Keep };
        let evicted = self.engine.evict(&eviction, self.now);
        let evicted = evicted.map_err(|error| format!("{outpoint} is not evicted: {error}"))?;
        self.note(&format!("{outpoint} is evicted"), &format!("{evicted:?}"));
        Ok(())
    }

    /// Time goes by, in seconds.
    ///
    /// ```
    /// use trellis_testing::Overlay;
    ///
    /// Overlay::new().test(|host| {
    ///     let before = host.now();
    ///     host.wait(60);
    ///     assert_eq!(host.now() - before, 60_000_000, "in microseconds");
    /// });
    /// ```
    pub const fn wait(&mut self, seconds: u64) {
        self.now = self.now.plus_milliseconds(seconds * 1_000);
    }

    /// The time, in microseconds since 1970-01-01 UTC. The next submission is a second later: that is what plugins see as
    /// `admitted_at`.
    #[must_use]
    pub const fn now(&self) -> u64 {
        self.now.0
    }

    /// Verifies every row of the store against every other, and closes the record of the test.
    #[track_caller]
    pub(crate) fn finish(mut self) -> Transcript {
        let report = audit(self.store.as_ref(), BroadcastPolicy::AfterCommit).expect("a store in memory");
        assert!(report.findings.is_empty(), "{}: the store contradicts itself: {:#?}", self.mode, report.findings);
        let names: Vec<String> = {
            let hosting = self.engine.hosting();
            let topics = hosting.topics().map(|topic| topic.name.to_string());
            topics.chain(hosting.services().map(|service| service.name.to_string())).collect()
        };
        for name in names {
            self.state(&name);
        }
        let baskets = self.engine.baskets(&Default::default()).expect("a store in memory");
        for basket in baskets.baskets {
            self.basket(&basket.name);
        }
        let events = self.events();
        self.note("what subscribers heard", &format!("{events:#?}"));
        self.transcript
    }

    /// Writes down a step; answers what plugins logged and did during it.
    fn note(&mut self, step: &str, came: &str) -> Entries {
        let entries = self.diary.take();
        self.transcript.step(step, came, &entries);
        self.heard.lines.extend(entries.lines.iter().cloned());
        self.heard.calls.extend(entries.calls.iter().cloned());
        entries
    }

    const fn tick(&mut self) -> Timestamp {
        self.now = Timestamp(self.now.0 + STEP);
        self.now
    }

    pub(crate) const fn store(&self) -> &Arc<MemoryStore> {
        &self.store
    }
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a host whose plugins run {}, at commit {}", self.mode, self.store().durable().0)
    }
}
