//! Random histories with refusals and atomic batches: after each refusal the host is as a host that only ever saw what is left,
//! one by one in the same order.
//!
//! 40 histories; `TRELLIS_SOAK_HISTORIES` asks for more, `TRELLIS_TEST_SEED` for one of them again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a failed test")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, SeedableRng};
use support::projection::projection;
use support::*;
use trellis_engine::domain::status::NetworkWord;
use trellis_engine::ports::store::Store;
use trellis_engine::revert::RevertError;
use trellis_engine::submit::{BatchError, SubmitError, SubmittedBatch};
use trellis_spv::hash::Txid;
use trellis_spv::testing::{Coin, build, coin};
use trellis_spv::transaction::Transaction;
use trellis_spv::verify::VerifyError;
use trellis_store::memory::MemoryStore;

const RULES: [&str; 5] = [COUNTER, ADMIT_ALL, RETAIN, BURN, SHOP];

/// Histories of a plain run.
const HISTORIES: u64 = 40;

/// Things that happen in one history.
const STEPS: usize = 50;

/// One accepted submission.
#[derive(Clone)]
struct Accepted {
    txid: Txid,
    rules: Vec<&'static str>,
    beef: Vec<u8>,
}

/// A host and what is known of it.
struct History {
    random: StdRng,
    world: World,
    transactions: BTreeMap<Txid, Transaction>,
    /// In order; what was taken back is not in it.
    accepted: Vec<Accepted>,
    proven: BTreeSet<Txid>,
    refused: BTreeSet<Txid>,
    batches: usize,
}

impl History {
    fn new(seed: u64) -> Self {
        Self {
            random: StdRng::seed_from_u64(seed),
            world: world(&RULES),
            transactions: BTreeMap::new(),
            accepted: Vec::new(),
            proven: BTreeSet::new(),
            refused: BTreeSet::new(),
            batches: 0,
        }
    }

    fn rules(&mut self) -> Vec<&'static str> {
        let count = self.random.random_range(1..=3);
        RULES.choose_multiple(&mut self.random, count).copied().collect()
    }

    fn any(&mut self) -> Option<Transaction> {
        let all: Vec<_> = self.transactions.values().cloned().collect();
        all.choose(&mut self.random).cloned()
    }

    /// The unproven ancestors of a transaction and itself, parents first.
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

    fn beef(&self, transaction: &Transaction) -> Vec<u8> {
        let mut lineage = Vec::new();
        self.lineage(transaction, &mut lineage);
        self.world.beef(&lineage.iter().collect::<Vec<_>>())
    }

    fn submit(&mut self, transaction: &Transaction) {
        let (rules, beef) = (self.rules(), self.beef(transaction));
        match self.world.submit(&rules, &beef) {
            Ok(answer) => {
                let txid = transaction.txid();
                self.transactions.insert(txid, transaction.clone());
                if !answer.repeated && answer.sequence.is_some() {
                    self.accepted.push(Accepted { txid, rules, beef });
                }
            }
            Err(SubmitError::Conflict { .. } | SubmitError::RejectedByNetwork { .. }) => {}
            // It spends what one of its own ancestors spends.
            Err(SubmitError::Verify(VerifyError::DoubleSpend { .. })) => {}
            Err(error) => panic!("{error}"),
        }
    }

    /// Pays with one or two coins: new ones, or outputs that may or may not be spent already.
    fn pay(&mut self) {
        if let Some(paid) = self.draw(Vec::new()) {
            self.submit(&paid);
        }
    }

    /// Two or three payments at once, each of which may spend the one before.
    fn batch(&mut self) {
        let mut drawn: Vec<Transaction> = Vec::new();
        for _ in 0..self.random.random_range(2..=3) {
            let before = drawn.last().filter(|_| self.random.random_bool(0.6)).map(|before| coin(before, 0));
            drawn.extend(self.draw(before.into_iter().collect()));
        }
        drawn.shuffle(&mut self.random);
        let members: Vec<_> = drawn
            .into_iter()
            .map(|member| {
                let (rules, beef) = (self.rules(), self.beef(&member));
                (member, rules, beef)
            })
            .collect();
        let durable = self.world.store.durable();
        match self.world.submit_batch(&members) {
            Ok(SubmittedBatch { sequence: Some(sequence), .. }) => {
                assert_eq!(sequence, durable.next(), "one commit");
                let record = self.world.store.log(durable, 1).unwrap().remove(0);
                for txid in record.submissions() {
                    let (member, rules, beef) = members.iter().find(|(member, ..)| member.txid() == txid).unwrap();
                    self.transactions.insert(txid, member.clone());
                    self.accepted.push(Accepted { txid, rules: rules.clone(), beef: beef.clone() });
                }
                self.batches += 1;
            }
            Ok(_) => {}
            Err(BatchError::Member { .. } | BatchError::NotWanted { .. } | BatchError::Members(0)) => {
                assert_eq!(self.world.store.durable(), durable, "nothing is stored");
            }
            Err(error) => panic!("{error}"),
        }
    }

    fn draw(&mut self, mut coins: Vec<Coin>) -> Option<Transaction> {
        for _ in 0..self.random.random_range(1..=2) {
            let old = if self.random.random_bool(0.7) { self.any() } else { None };
            let found = match old {
                Some(old) => {
                    let vout = self.random.random_range(0..old.outputs().len() as u32);
                    coin(&old, vout)
                }
                None => self.world.coin(10_000),
            };
            if coins.iter().all(|known| known.outpoint != found.outpoint) {
                coins.push(found);
            }
        }
        let total: u64 = coins.iter().map(|coin| coin.satoshis).sum();
        if total < 100 {
            return None;
        }
        let lock = self.world.alice.p2pkh();
        let first = self.random.random_range(1..total / 2);
        // Outputs that the shop has its own mind about are another test's.
        let special = [REFUSED_BY_SHOP, IN_ANOTHERS_BASKET, FROM_THE_WRONG_BASKET];
        if special.contains(&first) || special.contains(&(total - first - 5)) {
            return None;
        }
        let spends: Vec<_> = coins.iter().map(|coin| coin.by(&self.world.alice)).collect();
        Some(build(&spends, &[(first, lock.clone()), (total - first - 5, lock)]))
    }

    /// A block with one transaction whose parents are all in blocks; a resubmission brings the proof.
    fn prove(&mut self) {
        let Some(transaction) = self.any() else { return };
        let txid = transaction.txid();
        let ready = transaction.inputs().iter().all(|input| {
            !self.transactions.contains_key(&input.source.txid) || self.proven.contains(&input.source.txid)
        });
        if !ready || self.proven.contains(&txid) || !self.accepted.iter().any(|accepted| accepted.txid == txid) {
            return;
        }
        self.world.mine(&[&transaction]);
        self.proven.insert(txid);
        self.submit(&transaction);
    }

    /// The network refuses a transaction; what spends it goes with it.
    fn refuse(&mut self) {
        let Some(transaction) = self.any() else { return };
        let txid = transaction.txid();
        let word = NetworkWord { broadcaster: "arc".into(), code: 461, text: "no".into(), at: NOW };
        match self.world.engine.take_back(&txid, &word, NOW) {
            Ok(taken_back) => {
                let gone: BTreeSet<_> = taken_back.transactions.into_iter().collect();
                assert_eq!(gone, self.descendants(txid), "what goes");
                self.accepted.retain(|accepted| !gone.contains(&accepted.txid));
                self.transactions.retain(|txid, _| !gone.contains(txid));
                self.refused.extend(gone);
            }
            Err(RevertError::Proven(_)) => {
                assert!(self.descendants(txid).iter().any(|txid| self.proven.contains(txid)));
            }
            Err(RevertError::NotHeld(_)) => assert!(!self.transactions.contains_key(&txid)),
            Err(error) => panic!("{error}"),
        }
    }

    fn descendants(&self, txid: Txid) -> BTreeSet<Txid> {
        let mut found = BTreeSet::from([txid]);
        loop {
            let spends = |transaction: &&Transaction| {
                transaction.inputs().iter().any(|input| found.contains(&input.source.txid))
            };
            let more: Vec<_> = self.transactions.values().filter(spends).map(Transaction::txid).collect();
            let before = found.len();
            found.extend(more);
            if found.len() == before {
                return found;
            }
        }
    }

    /// A host on the same chain that only ever saw what is left.
    fn compare(&self) {
        let fresh = world_on(self.world.chain.clone(), Arc::new(MemoryStore::new()), &RULES);
        for accepted in &self.accepted {
            fresh.submit(&accepted.rules, &accepted.beef).unwrap();
        }
        let (ours, theirs) = (projection(&self.world), projection(&fresh));
        for key in ours.keys().chain(theirs.keys()) {
            assert_eq!(ours.get(key), theirs.get(key), "{key}");
        }
        self.world.assert_sound();
    }
}

#[test]
fn after_every_refusal_a_host_is_as_one_that_never_saw_what_is_gone() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    let seeds = match number("TRELLIS_TEST_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("TRELLIS_SOAK_HISTORIES").unwrap_or(HISTORIES),
    };
    let (mut refusals, mut batches) = (0, 0);
    for seed in seeds {
        println!("seed {seed}");
        let mut history = History::new(seed);
        for _ in 0..STEPS {
            match history.random.random_range(0..10) {
                0..=3 => history.pay(),
                4..=5 => history.batch(),
                6 => {
                    if let Some(again) = history.any() {
                        history.submit(&again);
                    }
                }
                7 => history.prove(),
                _ => {
                    history.refuse();
                    history.compare();
                }
            }
        }
        refusals += history.refused.len();
        batches += history.batches;
    }
    assert!(refusals > 0 && batches > 0, "{refusals} refusals, {batches} batches");
}
