//! A service or manager that is added, or another one, knows what one knows that was there from the start.
//!
//! 25 histories; `TRELLIS_SOAK_HISTORIES` asks for more, `TRELLIS_TEST_SEED` for one of them again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a failed test")]

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use support::*;
use trellis_engine::baskets::{BasketError, Need, PageOf, Requirement, TokenFilter};
use trellis_engine::domain::basket::ManagerId;
use trellis_engine::domain::name::{NameId, ServiceId, TopicName};
use trellis_engine::domain::row::{Namespace, OutputState, Row, RowKey};
use trellis_engine::domain::status::NetworkWord;
use trellis_engine::evict::{Dependents, EvictError, Eviction};
use trellis_engine::lookup::{AnswerShape, LookupError, Question, Standing};
use trellis_engine::ports::plugins::PluginId;
use trellis_engine::ports::store::{RowKind, Scan, Store};
use trellis_engine::rebuild::{Pace, Promotion, PromotionError, RebuildState, Step};
use trellis_engine::revert::RevertError;
use trellis_engine::submit::SubmitError;
use trellis_spv::hash::{Outpoint, Txid};
use trellis_spv::testing::{Coin, build, coin};
use trellis_spv::transaction::Transaction;
use trellis_spv::verify::VerifyError;
use trellis_store::memory::MemoryStore;

const RULES: [&str; 5] = [COUNTER, ADMIT_ALL, RETAIN, BURN, SHOP];

/// Histories of a plain run.
const HISTORIES: u64 = 25;

/// Things that happen in one history.
const STEPS: usize = 40;

const NOTHING_BESIDE: Setup<'static> = Setup { services: &[], shop: false, upgraded: false };
const EVERYBODY: Setup<'static> = Setup { services: &[INDEX, JOURNAL, LEDGER], shop: true, upgraded: false };
const UPGRADED: Setup<'static> = Setup { upgraded: true, ..EVERYBODY };

/// Little at a time, so that much happens in between.
const SLOWLY: Pace = Pace { told: 3, chosen: 7 };

fn start(chain: &SharedChain, store: &Arc<MemoryStore>, setup: &Setup<'_>) -> World {
    let world = world_set_up(chain.clone(), Arc::clone(store), &RULES, setup);
    world.engine.find_rebuilds(NOW).unwrap();
    world
}

fn step(world: &World) -> Step {
    world.engine.rebuild_step(SLOWLY, NOW).unwrap()
}

fn finish(world: &World) {
    while step(world) == Step::Worked {}
    for report in world.engine.generations().unwrap() {
        assert_eq!(report.state, RebuildState::Complete, "{report:?}");
        assert!(report.serving_since.is_some());
    }
    world.assert_sound();
}

/// The rows of what serves, or of the ledger only, whatever generation it is; times and commits left out.
fn known(world: &World, everything: bool) -> BTreeMap<String, String> {
    let at = world.store.durable();
    let hosting = world.engine.hosting();
    let serving = |who: Namespace, configured: NameId| match world
        .store
        .get(&RowKey::Generation(who), at)
        .unwrap()
        .map(|found| found.row)
    {
        None => configured,
        Some(Row::Generation(row)) => row.serving.expect("something serves"),
        other => panic!("{other:?}"),
    };
    let mut names: BTreeMap<Namespace, String> = BTreeMap::new();
    for service in hosting.services().filter(|service| everything || service.name.as_str() == "ls_ledger") {
        let id = ServiceId(serving(Namespace::Service(service.id), service.id.0));
        names.insert(Namespace::Service(id), service.name.to_string());
    }
    for manager in hosting.managers().filter(|_| everything) {
        let id = ManagerId(serving(Namespace::Manager(manager.id), manager.id.0));
        names.insert(Namespace::Manager(id), manager.plugin.to_string());
    }
    let mut rows = BTreeMap::new();
    for kind in [RowKind::State, RowKind::Token, RowKind::Place, RowKind::Unjudged] {
        for (key, found) in world.store.scan(&Scan::Kind { kind, after: None, limit: 100_000 }, at).unwrap().rows {
            let (of, rest) = match &key {
                RowKey::State(of, key) => (*of, String::from_utf8_lossy(key).into_owned()),
                RowKey::Unjudged(of, txid) => (*of, format!("unjudged {txid}")),
                RowKey::Token(manager, outpoint) => (Namespace::Manager(*manager), outpoint.to_string()),
                RowKey::Place(part, outpoint) => {
                    (Namespace::Manager(part.manager), format!("{:?} {outpoint}", part.tokens))
                }
                other => panic!("{other:?}"),
            };
            let Some(name) = names.get(&of) else { continue };
            if !everything && !is_shown(world, &rest) {
                continue;
            }
            let shown = match found.row {
                Row::Token(row) => format!("{:?} {:?} {} {}", row.token, row.topic, row.satoshis, row.claimed),
                Row::State(value) => String::from_utf8_lossy(&value).into_owned(),
                Row::Unjudged(row) => row.fault,
                other => format!("{other:?}"),
            };
            rows.insert(format!("{name} {rest}"), shown);
        }
    }
    rows
}

/// Whether a row of the ledger, `<topic> <outpoint>`, can be in an answer. Of an output that what was evicted spent, a service may
/// not have heard that it is spent.
fn is_shown(world: &World, row: &str) -> bool {
    let Some((topic, outpoint)) = row.split_once(' ').filter(|(topic, _)| *topic != "unjudged") else { return true };
    let topic = world.engine.hosting().topic(&TopicName::new(topic).unwrap()).unwrap().id;
    let key = RowKey::Output(topic, outpoint.parse().unwrap());
    match world.store.get(&key, world.store.durable()).unwrap().map(|found| found.row) {
        Some(Row::Output(row)) => !matches!(row.state, OutputState::Spent { retained: false, .. }),
        _ => false,
    }
}

fn assert_alike(world: &World, other: &World, everything: bool) {
    let (ours, theirs) = (known(world, everything), known(other, everything));
    for key in ours.keys().chain(theirs.keys()) {
        assert_eq!(ours.get(key), theirs.get(key), "{key}: what was rebuilt, then what was there from the start");
    }
}

/// Nothing of what serves nobody is left.
fn assert_swept(world: &World) {
    let reports = world.engine.generations().unwrap();
    let at = world.store.durable();
    let mut namespaces: Vec<Namespace> = Vec::new();
    let rows = world.store.scan(&Scan::Kind { kind: RowKind::State, after: None, limit: 100_000 }, at).unwrap().rows;
    for (key, _) in rows {
        if let RowKey::State(of @ Namespace::Service(_), _) = key
            && !namespaces.contains(&of)
        {
            namespaces.push(of);
        }
    }
    assert!(namespaces.len() <= reports.len(), "{namespaces:?}");
}

fn word() -> NetworkWord {
    NetworkWord { broadcaster: "arc".into(), code: 461, text: "no".into(), at: NOW }
}

/// A host, one beside it that has everything from the start, and what happens to both.
struct Twins {
    random: StdRng,
    world: World,
    whole: World,
    transactions: BTreeMap<Txid, Transaction>,
    proven: Vec<Txid>,
    evicts: bool,
}

impl Twins {
    fn new(seed: u64, setup: &Setup<'_>, evicts: bool) -> Self {
        let chain = SharedChain(Arc::default());
        Self {
            random: StdRng::seed_from_u64(seed),
            world: start(&chain, &Arc::new(MemoryStore::new()), setup),
            whole: start(&chain, &Arc::new(MemoryStore::new()), &EVERYBODY),
            transactions: BTreeMap::new(),
            proven: Vec::new(),
            evicts,
        }
    }

    fn restart(&mut self, setup: &Setup<'_>) {
        self.world = start(&self.world.chain, &self.world.store, setup);
    }

    fn rehost(&mut self, setup: &Setup<'_>) {
        let latest = self.world.rehost(&RULES, setup);
        // Some of what comes is asked of the engine that was there before.
        if self.random.random_bool(0.5) {
            self.world.engine = latest;
        }
    }

    fn any(&mut self) -> Option<Transaction> {
        let all: Vec<_> = self.transactions.values().cloned().collect();
        all.choose(&mut self.random).cloned()
    }

    fn lineage(&self, transaction: &Transaction, found: &mut Vec<Transaction>) {
        let txid = transaction.txid();
        if found.iter().any(|known| known.txid() == txid) {
            return;
        }
        if !self.proven.contains(&txid) {
            for input in transaction.inputs() {
                if let Some(parent) = self.transactions.get(&input.source.txid) {
                    self.lineage(parent, found);
                }
            }
        }
        found.push(transaction.clone());
    }

    fn submit(&mut self, transaction: &Transaction) {
        let count = self.random.random_range(1..=3);
        let rules: Vec<_> = RULES.choose_multiple(&mut self.random, count).copied().collect();
        let mut lineage = Vec::new();
        self.lineage(transaction, &mut lineage);
        let beef = self.world.beef(&lineage.iter().collect::<Vec<_>>());
        let (ours, theirs) = (self.world.submit(&rules, &beef), self.whole.submit(&rules, &beef));
        match (ours, theirs) {
            (Ok(ours), Ok(theirs)) => {
                assert_eq!(ours.steak, theirs.steak);
                self.transactions.insert(transaction.txid(), transaction.clone());
            }
            (Err(ours), Err(theirs)) => match (&ours, &theirs) {
                (SubmitError::Conflict { .. }, SubmitError::Conflict { .. })
                | (SubmitError::RejectedByNetwork { .. }, SubmitError::RejectedByNetwork { .. })
                | (SubmitError::Evicted { .. }, SubmitError::Evicted { .. })
                | (SubmitError::Verify(VerifyError::DoubleSpend { .. }), SubmitError::Verify(_)) => {}
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    }

    fn pay(&mut self) {
        let mut coins: Vec<Coin> = Vec::new();
        for _ in 0..self.random.random_range(1..=2) {
            let old = if self.random.random_bool(0.7) { self.any() } else { None };
            let found = match old {
                Some(old) => coin(&old, self.random.random_range(0..old.outputs().len() as u32)),
                None => self.world.coin(10_000),
            };
            if coins.iter().all(|known| known.outpoint != found.outpoint) {
                coins.push(found);
            }
        }
        let total: u64 = coins.iter().map(|coin| coin.satoshis).sum();
        if total < 3_000 {
            return;
        }
        let lock = self.world.alice.p2pkh();
        let first = self.random.random_range(1_000..total / 2);
        let spends: Vec<_> = coins.iter().map(|coin| coin.by(&self.world.alice)).collect();
        let paid = build(&spends, &[(first, lock.clone()), (total - first - 5, lock)]);
        self.submit(&paid);
    }

    fn refuse(&mut self) {
        let Some(transaction) = self.any() else { return };
        let txid = transaction.txid();
        let ours = self.world.engine.take_back(&txid, &word(), NOW);
        let theirs = self.whole.engine.take_back(&txid, &word(), NOW);
        match (ours, theirs) {
            (Ok(ours), Ok(theirs)) => {
                assert_eq!(ours.transactions, theirs.transactions);
                self.transactions.retain(|txid, _| !ours.transactions.contains(txid));
            }
            (Err(RevertError::Proven(_)), Err(RevertError::Proven(_)))
            | (Err(RevertError::NotHeld(_)), Err(RevertError::NotHeld(_))) => {}
            other => panic!("{other:?}"),
        }
    }

    fn prove(&mut self) {
        let Some(transaction) = self.any() else { return };
        let txid = transaction.txid();
        let is_proven = |txid: &Txid| !self.transactions.contains_key(txid) || self.proven.contains(txid);
        if self.proven.contains(&txid) || !transaction.inputs().iter().all(|input| is_proven(&input.source.txid)) {
            return;
        }
        self.world.mine(&[&transaction]);
        self.proven.push(txid);
        self.submit(&transaction);
    }

    /// An unspent output, with or without what depends on it.
    fn evict(&mut self) {
        let Some(transaction) = self.any() else { return };
        let outpoint = Outpoint::new(transaction.txid(), 0);
        if self.transactions.values().flat_map(Transaction::inputs).any(|input| input.source.txid == outpoint.txid) {
            return;
        }
        let dependents = if self.random.random_bool(0.5) { Dependents::Keep } else { Dependents::Evict };
        let eviction = Eviction { outpoint, reason: "the law", dependents };
        match (self.world.engine.evict(&eviction, NOW), self.whole.engine.evict(&eviction, NOW)) {
            (Ok(ours), Ok(theirs)) => assert_eq!(ours.outputs, theirs.outputs),
            (Err(EvictError::NotHeld(_)), Err(EvictError::NotHeld(_))) => {}
            other => panic!("{other:?}"),
        }
        // Nobody names it any more: what becomes of payments that spend it is another test's business.
        self.transactions.remove(&outpoint.txid);
    }

    fn happen(&mut self) {
        match self.random.random_range(0..20) {
            0..=11 => self.pay(),
            12..=14 => {
                if let Some(again) = self.any() {
                    self.submit(&again);
                }
            }
            15..=16 => self.prove(),
            17..=18 => self.refuse(),
            _ if self.evicts => self.evict(),
            _ => {}
        }
    }

    fn assert_alike(&self) {
        // Who comes later is not told of what was evicted before: a ledger is no different for it.
        assert_alike(&self.world, &self.whole, !self.evicts);
        self.whole.assert_sound();
    }
}

fn seeds() -> std::ops::Range<u64> {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    match number("TRELLIS_TEST_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("TRELLIS_SOAK_HISTORIES").unwrap_or(HISTORIES),
    }
}

#[test]
fn what_is_added_to_a_history_knows_what_was_there_from_the_start() {
    for seed in seeds() {
        println!("seed {seed}");
        let mut twins = Twins::new(seed, &NOTHING_BESIDE, seed % 2 == 0);
        (0..STEPS).for_each(|_| twins.happen());
        twins.restart(&EVERYBODY);
        finish(&twins.world);
        twins.assert_alike();
        // From here on it hears everything itself.
        for _ in 0..STEPS / 2 {
            twins.happen();
            finish(&twins.world);
            twins.assert_alike();
        }
    }
}

#[test]
fn what_is_hosted_from_some_moment_on_without_a_restart_knows_what_was_there_from_the_start() {
    for seed in seeds() {
        println!("seed {seed}");
        let mut twins = Twins::new(seed, &NOTHING_BESIDE, seed % 2 == 0);
        (0..STEPS / 2).for_each(|_| twins.happen());
        for setup in [&EVERYBODY, &NOTHING_BESIDE, &EVERYBODY] {
            twins.rehost(setup);
            for _ in 0..STEPS / 3 {
                twins.happen();
                step(&twins.world);
            }
        }
        twins.world.engine = twins.world.engine.latest();
        finish(&twins.world);
        twins.assert_alike();
    }
}

#[test]
fn nothing_is_lost_or_doubled_while_submissions_refusals_and_evictions_go_on() {
    for seed in seeds() {
        println!("seed {seed}");
        let mut twins = Twins::new(seed, &NOTHING_BESIDE, seed % 2 == 0);
        (0..STEPS).for_each(|_| twins.happen());
        twins.restart(&EVERYBODY);
        for _ in 0..STEPS {
            twins.happen();
            step(&twins.world);
        }
        finish(&twins.world);
        twins.assert_alike();
    }
}

#[test]
fn what_is_interrupted_begins_again_and_leaves_nothing_behind() {
    for seed in seeds() {
        println!("seed {seed}");
        let mut twins = Twins::new(seed, &NOTHING_BESIDE, false);
        (0..STEPS).for_each(|_| twins.happen());
        for _ in 0..3 {
            twins.restart(&EVERYBODY);
            for _ in 0..twins.random.random_range(0..40) {
                step(&twins.world);
            }
        }
        twins.restart(&EVERYBODY);
        finish(&twins.world);
        twins.assert_alike();
        assert_swept(&twins.world);
    }
}

#[test]
fn an_upgraded_service_answers_from_what_it_knew_until_it_is_rebuilt() {
    let chain = SharedChain(Arc::default());
    let mut twins = Twins::new(1, &EVERYBODY, false);
    twins.whole = start(&chain, &Arc::new(MemoryStore::new()), &EVERYBODY);
    let store = Arc::new(MemoryStore::new());
    let before = start(&chain, &store, &EVERYBODY);
    let paid = before.pay(&[before.coin(10_000)]);
    before.submit(&[ADMIT_ALL, SHOP], &before.beef(&[&paid])).unwrap();
    drop(before);

    let world = start(&chain, &store, &UPGRADED);
    let contexts = || world.listed().into_iter().map(|found| found.context.unwrap()).collect::<Vec<_>>();
    assert_eq!(contexts(), [b""]);
    let later = world.pay(&[coin(&paid, 0)]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&paid, &later])).unwrap();
    step(&world);
    assert_eq!(contexts(), [b"2"], "it indexes while it is rebuilt");
    finish(&world);
    assert_eq!(contexts(), [b"2"]);
    let fresh = start(&chain, &Arc::new(MemoryStore::new()), &UPGRADED);
    fresh.submit(&[ADMIT_ALL, SHOP], &fresh.beef(&[&paid])).unwrap();
    fresh.submit(&[ADMIT_ALL], &fresh.beef(&[&paid, &later])).unwrap();
    assert_alike(&world, &fresh, true);
    assert_swept(&world);
    for report in world.engine.generations().unwrap() {
        assert_eq!(report.component, Some([2; 32]));
    }
    // The next start finds nothing to do.
    let again = start(&chain, &store, &UPGRADED);
    assert_eq!(step(&again), Step::Idle);
}

fn asked(world: &World) -> Result<(), LookupError> {
    let question =
        Question { service: "ls_index", query: "0", shape: AnswerShape::Merged, minimum: Standing::Admitted };
    world.engine.lookup(&question).map(|_| ())
}

#[test]
fn baskets_answer_from_what_serves_before_during_and_after_a_rebuild() {
    let chain = SharedChain(Arc::default());
    let store = Arc::new(MemoryStore::new());
    let before = start(&chain, &store, &NOTHING_BESIDE);
    let paid = before.pay(&[before.coin(10_000)]);
    before.submit(&[SHOP], &before.beef(&[&paid])).unwrap();
    drop(before);

    let world = start(&chain, &store, &EVERYBODY);
    let shelf = |world: &World| {
        let summary = world.engine.basket("shelf", None)?;
        let filter = TokenFilter { asset: Some("satoshi".into()), ..TokenFilter::default() };
        let tokens = world.engine.tokens("shelf", &filter, &PageOf::default())?.tokens;
        let wanted = Requirement { basket: "shelf".into(), filter: filter.clone(), need: Need::Count(1) };
        let organised = world.engine.organise_tokens(&[wanted], NOW)?;
        assert_eq!(tokens.len() as u64, summary.whole.tokens);
        assert_eq!(organised.met[0].figures().tokens, 1);
        Ok(tokens.into_iter().map(|token| token.outpoint).collect::<Vec<_>>())
    };
    assert!(matches!(shelf(&world), Err(BasketError::BeingRebuilt(_))));
    finish(&world);
    let found = shelf(&world).unwrap();
    assert!(found.contains(&Outpoint::new(paid.txid(), 0)), "{found:?}");

    assert!(world.engine.ask_for_rebuild(SHOP));
    step(&world);
    assert_eq!(shelf(&world).unwrap(), found, "what served goes on serving");
    finish(&world);
    assert_eq!(shelf(&world).unwrap(), found);
}

#[test]
fn what_reaches_behind_a_rebuild_is_taken_back_by_another_one() {
    let chain = SharedChain(Arc::default());
    let store = Arc::new(MemoryStore::new());
    let before = start(&chain, &store, &NOTHING_BESIDE);
    let one = before.pay(&[before.coin(10_000)]);
    let other = before.pay(&[before.coin(20_000)]);
    before.submit(&[SHOP, RETAIN], &before.beef(&[&one])).unwrap();
    before.submit(&[SHOP, RETAIN], &before.beef(&[&other])).unwrap();
    drop(before);

    let world = start(&chain, &store, &EVERYBODY);
    assert!(matches!(asked(&world), Err(LookupError::BeingRebuilt { .. })));
    finish(&world);
    assert_eq!(world.listed().len(), 2);
    let third = world.pay(&[coin(&other, 0)]);
    world.submit(&[SHOP], &world.beef(&[&other, &third])).unwrap();

    // Of what came after the switch a revert knows everything.
    world.engine.take_back(&third.txid(), &word(), NOW).unwrap();
    asked(&world).unwrap();
    let fresh = start(&chain, &Arc::new(MemoryStore::new()), &EVERYBODY);
    fresh.submit(&[SHOP, RETAIN], &fresh.beef(&[&one])).unwrap();
    fresh.submit(&[SHOP, RETAIN], &fresh.beef(&[&other])).unwrap();
    assert_alike(&world, &fresh, true);

    // Of what came before, nothing.
    world.engine.take_back(&one.txid(), &word(), NOW).unwrap();
    assert!(matches!(asked(&world), Err(LookupError::BeingRebuilt { .. })));
    world.assert_sound();
    finish(&world);
    let fresh = start(&chain, &Arc::new(MemoryStore::new()), &EVERYBODY);
    fresh.submit(&[SHOP, RETAIN], &fresh.beef(&[&other])).unwrap();
    assert_alike(&world, &fresh, true);
    assert_swept(&world);
}

#[test]
fn who_broke_is_rebuilt_at_the_next_start_and_who_was_away_as_well() {
    let chain = SharedChain(Arc::default());
    let store = Arc::new(MemoryStore::new());
    let world = start(&chain, &store, &EVERYBODY);
    let paid = world.pay(&[world.coin(10_000)]);
    world.mine(&[&paid]);
    *world.plugins.index_refuses.lock().unwrap() = true;
    world.submit(&[ADMIT_ALL], &world.beef(&[&paid])).unwrap();
    assert_eq!(world.engine.unjudged().unwrap().len(), 3);
    assert_eq!(world.listed().len(), 0);

    let world = start(&chain, &store, &EVERYBODY);
    finish(&world);
    assert_eq!(world.listed().len(), 1);
    assert_eq!(world.engine.unjudged().unwrap().len(), 0);

    let without = start(&chain, &store, &NOTHING_BESIDE);
    let later = without.pay(&[without.coin(10_000)]);
    without.submit(&[ADMIT_ALL], &without.beef(&[&later])).unwrap();
    let world = start(&chain, &store, &EVERYBODY);
    finish(&world);
    assert_eq!(world.listed().len(), 2);
}

#[test]
fn a_rebuild_that_meets_refusals_ends_says_so_and_is_not_repeated_for_them() {
    let chain = SharedChain(Arc::default());
    let store = Arc::new(MemoryStore::new());
    let before = start(&chain, &store, &NOTHING_BESIDE);
    let sold = before.alice.pay(&[before.coin(10_000)], &before.alice.p2pkh(), REFUSED_BY_SHOP);
    before.submit(&[SHOP], &before.beef(&[&sold])).unwrap();
    let world = start(&chain, &store, &EVERYBODY);
    finish(&world);
    let reports = world.engine.generations().unwrap();
    assert_eq!(reports.iter().map(|report| report.unjudged).sum::<u64>(), 1);
    let world = start(&chain, &store, &EVERYBODY);
    assert_eq!(step(&world), Step::Idle);
    assert!(world.engine.ask_for_rebuild(SHOP), "an operator can have it tried again");
    assert!(!world.engine.ask_for_rebuild("ls_nobody"));
    finish(&world);
}

fn contexts(world: &World) -> Vec<Vec<u8>> {
    world.listed().into_iter().map(|found| found.context.unwrap()).collect()
}

/// Has a candidate of a plugin take its place; it follows `rule`, and services and managers of it are of the later version.
fn promote(world: &World, plugin: &str, rule: &'static str) -> PluginId {
    let id = PluginId(plugin.into());
    world.plugins.candidates.lock().unwrap().insert(plugin.to_owned(), rule);
    world.engine.promote(&id).unwrap();
    id
}

#[test]
fn a_plugin_that_is_replaced_while_submissions_refusals_and_evictions_go_on_leaves_what_its_successor_would_have_made()
{
    for seed in seeds() {
        println!("seed {seed}");
        let mut twins = Twins::new(seed, &EVERYBODY, seed % 2 == 0);
        twins.whole = start(&twins.world.chain, &Arc::new(MemoryStore::new()), &UPGRADED);
        (0..STEPS).for_each(|_| twins.happen());
        let replaced = [INDEX, JOURNAL, LEDGER, SHOP].map(|plugin| promote(&twins.world, plugin, plugin));
        for _ in 0..STEPS {
            twins.happen();
            step(&twins.world);
        }
        finish(&twins.world);
        for plugin in replaced {
            assert_eq!(twins.world.engine.promotion(&plugin), Some(Promotion::Promoted));
        }
        twins.assert_alike();
    }
}

#[test]
fn until_its_successor_has_built_everything_a_plugin_serves_and_then_both_change_at_once() {
    let world = start(&SharedChain(Arc::default()), &Arc::new(MemoryStore::new()), &EVERYBODY);
    let paid = world.pay(&[world.coin(10_000)]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&paid])).unwrap();
    let index = promote(&world, INDEX, INDEX);
    assert_eq!(world.engine.promotion(&index), Some(Promotion::Waiting));
    step(&world);
    let later = world.pay(&[coin(&paid, 0)]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&paid, &later])).unwrap();
    assert_eq!(world.engine.promotion(&index), Some(Promotion::Building));
    assert_eq!(contexts(&world), [b""], "what serves is told as before");
    finish(&world);
    assert_eq!(world.engine.promotion(&index), Some(Promotion::Promoted));
    assert_eq!(contexts(&world), [b"2"]);
    assert_eq!(world.engine.promote(&index), Err(PromotionError::NoCandidate(index.clone())));
    assert_swept(&world);
}

#[test]
fn a_successor_that_breaks_on_what_the_plugin_could_do_does_not_take_its_place() {
    let world = start(&SharedChain(Arc::default()), &Arc::new(MemoryStore::new()), &EVERYBODY);
    let paid = world.pay(&[world.coin(10_000)]);
    world.submit(&[SHOP], &world.beef(&[&paid])).unwrap();
    let before = known(&world, true);
    world.plugins.broken.lock().unwrap().insert("shop candidate".to_owned(), true);
    let shop = promote(&world, SHOP, SHOP);
    finish(&world);
    let Some(Promotion::Failed(why)) = world.engine.promotion(&shop) else { panic!("it took its place") };
    assert!(why.contains("broke on, or refused, 1 more"), "{why}");
    assert_eq!(known(&world, true), before);
    let later = world.pay(&[coin(&paid, 0)]);
    world.submit(&[SHOP], &world.beef(&[&paid, &later])).unwrap();
    finish(&world);
}

#[test]
fn a_promotion_that_is_given_up_changes_nothing_and_can_begin_again() {
    let world = start(&SharedChain(Arc::default()), &Arc::new(MemoryStore::new()), &EVERYBODY);
    let paid = world.pay(&[world.coin(10_000)]);
    world.submit(&[ADMIT_ALL], &world.beef(&[&paid])).unwrap();
    let index = promote(&world, INDEX, INDEX);
    assert!(world.engine.give_up_promotion(&index), "it waits");
    promote(&world, INDEX, INDEX);
    step(&world);
    assert!(world.engine.give_up_promotion(&index), "it builds");
    assert!(!world.engine.give_up_promotion(&index));
    finish(&world);
    assert_eq!((contexts(&world), world.engine.promotion(&index)), (vec![vec![]], None));
    assert_swept(&world);
    promote(&world, INDEX, INDEX);
    finish(&world);
    assert_eq!(contexts(&world), [b"2"]);
}

#[test]
fn a_topic_manager_is_replaced_between_two_submissions() {
    let world = start(&SharedChain(Arc::default()), &Arc::new(MemoryStore::new()), &NOTHING_BESIDE);
    let paid = world.pay(&[world.coin(10_000)]);
    let admitted = |paid: &Transaction| {
        let submitted = world.submit(&[ADMIT_ALL], &world.beef(&[paid])).unwrap();
        submitted.steak.values().map(|entry| entry.outputs_to_admit.len()).sum::<usize>()
    };
    assert!(admitted(&paid) > 0);
    promote(&world, ADMIT_ALL, NOTHING);
    finish(&world);
    assert_eq!(admitted(&world.pay(&[world.coin(20_000)])), 0);
}

#[test]
fn a_candidate_that_judges_beside_its_plugin_changes_nothing_and_every_disagreement_is_told() {
    let world = start(&SharedChain(Arc::default()), &Arc::new(MemoryStore::new()), &NOTHING_BESIDE);
    let counter = PluginId(COUNTER.into());
    let submit = |satoshis| {
        let paid = world.pay(&[world.coin(satoshis)]);
        world.submit(&[COUNTER], &world.beef(&[&paid])).unwrap();
        paid.txid()
    };
    for (rule, expected) in [(COUNTER, 0), (ADMIT_ALL, 1), (NOTHING, 1), (REFUSE, 1), (BREAK, 1)] {
        world.plugins.candidates.lock().unwrap().insert(COUNTER.to_owned(), rule);
        world.engine.watch_candidate(&counter);
        let txid = submit(10_000);
        let report = world.engine.watched(&counter).unwrap();
        assert_eq!((report.judged, report.disagreed, report.last.len()), (1, expected, expected as usize), "{rule}");
        if let Some(disagreement) = report.last.front() {
            assert_eq!(disagreement.txid, txid);
            assert!(disagreement.plugin.contains("writes 2 rows"), "{disagreement:?}");
        }
        world.assert_sound();
    }
    assert!(world.engine.end_watch(&counter).is_some());
    submit(10_000);
    assert_eq!(world.engine.watched(&counter), None);
    let count = world.engine.hosting().topic(&topic(COUNTER)).unwrap().id;
    let key = RowKey::State(Namespace::Topic(count), b"count".to_vec());
    let found = world.store.get(&key, world.store.durable()).unwrap().unwrap().row;
    assert_eq!(found, Row::State(vec![6]), "only the plugin counted");
}
