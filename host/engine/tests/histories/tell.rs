//! One operation, done to the host and to the model.

use std::sync::Arc;

use trellis_model::derived::{Namespace, Topic};
use trellis_model::manager::names;
use trellis_model::model::{Undoing, Undone};
use trellis_model::reserve::{Keep, ReservationId, Take};
use trellis_model::token::Kind;
use trellis_spv::bump::Bump;
use trellis_spv::transaction::Transaction;

use super::act::{Act, Came};
use super::history::History;
use super::host::NOW;
use super::keep::{self, engine_take, time};
use super::operation::{Member, Name, Offered, Operation, Wanted, Who};
use super::store::Left;
use super::world::{Bundle, id};

/// Steps after which nothing is left to be rebuilt.
const ALL_STEPS: usize = 10_000;

impl History {
    pub fn tell(&mut self, operation: &Operation) {
        match operation {
            Operation::Mine { name } => {
                if let Some(transaction) = self.world.named(*name).cloned() {
                    self.world.mine(&transaction, &mut self.model);
                }
            }
            Operation::Reorganise { depth } => {
                // A host looks at the chain every few seconds.
                self.both(&Act::Follow);
                self.world.reorganise(*depth, &mut self.model);
            }
            Operation::Coinbase { name } => {
                self.both(&Act::Follow);
                self.world.coinbase(*name, &mut self.model);
            }
            Operation::Upgrade { who } => {
                self.upgrade(*who);
                self.host.restart();
            }
            Operation::Break { who } => self.set_broken(*who, true),
            Operation::Mend { who } => self.set_broken(*who, false),
            Operation::Retry => self.retry(),
            Operation::Restart => self.host.restart(),
            Operation::Cut { commits, unheard, operation } => {
                let Some(act) = self.prepare(operation) else { return };
                let left = Left { commits: *commits, unheard: *unheard };
                self.host.cut(left, |host| drop(act.on_host(host)));
                self.cut_model(&act, commits + usize::from(*unheard));
            }
            Operation::PowerCut { operation } => {
                let Some(act) = self.prepare(operation) else { return };
                self.host.power_cut(|host| drop(act.on_host(host)));
                self.cut_model(&act, 0);
            }
            Operation::AskForRebuild { who } => self.host.ask_for_rebuild(*who),
            Operation::Wait { seconds } => self.now += seconds,
            Operation::TakeBoth { first, second } => self.take_both(first, second),
            Operation::Race { first, second } => {
                if let (Some(first), Some(second)) = (self.prepare(first), self.prepare(second))
                    && first.is_submission()
                    && second.is_submission()
                {
                    self.race(first, second);
                }
            }
            other => {
                if let Some(act) = self.prepare(other) {
                    self.both(&act);
                }
            }
        }
        let heard = self.listen();
        self.compare(heard);
    }

    fn prepare(&mut self, operation: &Operation) -> Option<Act> {
        let txid = |history: &Self, name: Name| history.world.named(name).map(Transaction::txid);
        Some(match operation {
            Operation::Pay { name, inputs, outputs, offered } => {
                let paid = self.world.pay(*name, inputs, *outputs, &mut self.model)?;
                self.submission(&paid, offered)?
            }
            Operation::Again { name, offered } => {
                let transaction = self.world.named(*name)?.clone();
                self.submission(&transaction, offered)?
            }
            Operation::Batch { members } => Act::Batch(self.batch(members)?),
            Operation::Prove { name } => {
                let txid = txid(self, *name)?;
                let (proof, short) = self.world.proof(&txid)?;
                let mut bump = Vec::new();
                Bump::merge(&[(txid, &proof)]).unwrap().write(&mut bump);
                Act::Prove(txid, bump, short)
            }
            Operation::Refuse { name } => Act::Refuse(txid(self, *name)?),
            Operation::NetworkRefuses { name } => Act::NetworkRefuses(txid(self, *name)?),
            Operation::NetworkTakesAll => Act::NetworkTakesAll,
            Operation::Take(wanted) => Act::Take(take(wanted), self.now),
            Operation::Release { number } => Act::Release(reservation(*number), self.now),
            Operation::Sweep => Act::Sweep(self.now),
            Operation::Rebuild { steps } => {
                // Whoever breaks meanwhile would have to be asked again.
                let breaks = *self.model.service_broken() || *self.model.manager_broken();
                Act::Rebuild(if breaks { 0 } else { *steps })
            }
            Operation::Follow => Act::Follow,
            Operation::Evict { name, output, dependents } => {
                let transaction = self.world.named(*name)?;
                let output = output % transaction.outputs().len() as u32;
                Act::Evict(trellis_spv::hash::Outpoint::new(transaction.txid(), output), *dependents)
            }
            Operation::Reorganise { depth } => {
                self.both(&Act::Follow);
                self.world.reorganise(*depth, &mut self.model);
                Act::Follow
            }
            Operation::Mine { name } => {
                let transaction = self.world.named(*name)?.clone();
                self.world.mine(&transaction, &mut self.model);
                let offered = Offered { topics: vec![0], values: None, bare: false };
                self.submission(&transaction, &offered)?
            }
            other => panic!("{other:?} does not happen within another"),
        })
    }

    /// The members of a batch, each in its place.
    fn batch(&mut self, members: &[Member]) -> Option<Vec<Bundle>> {
        let mut placed: Vec<(usize, Bundle)> = Vec::new();
        for Member { operation, place } in members {
            let act = self.prepare(operation);
            if let (Some(Act::Submit(bundle)), Some(place)) = (act, place) {
                placed.push((*place, bundle));
            }
        }
        placed.sort_by_key(|(place, _)| *place);
        let bundles: Vec<Bundle> = placed.into_iter().map(|(_, bundle)| bundle).collect();
        (!bundles.is_empty()).then_some(bundles)
    }

    fn submission(&self, transaction: &Transaction, offered: &Offered) -> Option<Act> {
        let mut offered = offered.clone();
        // With which values a rebuild tells what came without any at first depends on how far it was.
        if self.model.knows_it_without_values(&id(&transaction.txid())) {
            offered.values = None;
        }
        Some(Act::Submit(self.world.bundle(transaction, &offered)?))
    }

    fn both(&mut self, act: &Act) {
        let host = act.on_host(&mut self.host);
        let mut heard = self.listen();
        let model = act.on_model(&mut self.model, &mut heard.undone);
        assert_eq!(host, model, "answers: the host's, then the model's");
        self.compare(heard);
    }

    /// The host ended after so many commits. Then the model did as well.
    fn cut_model(&mut self, act: &Act, commits: usize) {
        if matches!(act, Act::Rebuild(steps) if *steps > 0) {
            // What is left of what served before is swept.
            self.host.rebuild(ALL_STEPS);
        }
        let mut heard = self.listen();
        // Reverts that were cut off are none of the host's.
        let mut enough = heard.undone.clone();
        enough.resize(enough.len() + 8, Undoing::whatever(self.model.log().len()));
        let mut whole = self.model.clone();
        let steps = whole.step_by_step(|model| drop(act.on_model(model, &mut enough)));
        if let Some(last) = steps.into_iter().take(commits).next_back() {
            self.model = last;
        }
        heard.undone.clear();
        self.compare(heard);
        self.hear_from_anywhere();
    }

    /// The second is submitted while a topic judges the first, if one does.
    fn race(&mut self, first: Act, second: Act) {
        // Who takes something back waits until nothing is under way.
        if first.offers().chain(second.offers()).any(|offer| self.model.gives_way(offer)) {
            self.both(&first);
            return;
        }
        let (second, second_came) = (Arc::new(second), Arc::default());
        let engine = Arc::clone(self.host.engine());
        let meanwhile = {
            let (engine, second, came) = (Arc::clone(&engine), Arc::clone(&second), Arc::clone(&second_came));
            move || *std::sync::Mutex::lock(&came).unwrap() = Some(second.submitted(&engine))
        };
        *self.host.plugins.meanwhile.lock().unwrap() = Some(Box::new(meanwhile));
        let first_came = first.submitted(&engine);
        self.host.plugins.meanwhile.lock().unwrap().take();
        let second_came: Option<Came> = second_came.lock().unwrap().take();
        let mut heard = self.listen();
        // Who stores nothing may have been asked before or after the other was there.
        let fits_before = || first.on_model(&mut self.model.clone(), &mut Undone::new()) == first_came;
        let is_before = second_came.is_none() || (!first_came.stores() && fits_before());
        let mut turns = vec![(&first, Some(first_came)), (second.as_ref(), second_came.clone())];
        if !is_before {
            turns.reverse();
        }
        if second_came.is_some() {
            // What came before a topic was asked came before the second.
            first.before_topics(&mut self.model, &mut heard.undone);
        }
        for (act, came) in turns {
            if let Some(came) = came {
                assert_eq!(
                    came,
                    act.on_model(&mut self.model, &mut heard.undone),
                    "a race: the host's, then the model's"
                );
            }
        }
        self.compare(heard);
    }

    /// The second takes tokens while the first's are on their way to the disk.
    fn take_both(&mut self, first: &Wanted, second: &Wanted) {
        let (first, second) = (take(first), take(second));
        let (engine, now, came) = (Arc::clone(self.host.engine()), self.now, Arc::default());
        let meanwhile = {
            let (engine, second, came) = (Arc::clone(&engine), engine_take(&second), Arc::clone(&came));
            move || *std::sync::Mutex::lock(&came).unwrap() = keep::taken(engine.take_tokens(&second, time(now)))
        };
        *self.host.store().meanwhile.lock().unwrap() = Some(Box::new(meanwhile));
        let first_came = keep::taken(engine.take_tokens(&engine_take(&first), time(now))).unwrap();
        self.host.store().meanwhile.lock().unwrap().take();
        assert_eq!(first_came, self.model.take(&first, now), "the first taker: the host's, then the model's");
        if let Some(second_came) = came.lock().unwrap().take() {
            assert_eq!(second_came, self.model.take(&second, now), "the second taker: the host's, then the model's");
        }
    }

    fn switch(&mut self, topic: Topic, how: impl Fn(&mut trellis_model::model::Running)) {
        how(&mut self.model.running()[topic as usize]);
        how(&mut self.host.plugins.running.lock().unwrap()[topic as usize]);
    }

    fn upgrade(&mut self, who: Who) {
        match who {
            Who::Topic(topic) => self.switch(topic, |running| running.rule = running.rule.other()),
            // The index is always the same.
            Who::Service => {}
            Who::Manager => {
                let manager = self.model.manager();
                *manager = manager.other();
                *self.host.plugins.manager.lock().unwrap() = *manager;
            }
        }
    }

    fn set_broken(&mut self, who: Who, broken: bool) {
        match who {
            Who::Topic(topic) => self.switch(topic, |running| running.broken = broken),
            Who::Service => {
                *self.model.service_broken() = broken;
                *self.host.plugins.service_broken.lock().unwrap() = broken;
            }
            Who::Manager => {
                *self.model.manager_broken() = broken;
                *self.host.plugins.manager_broken.lock().unwrap() = broken;
            }
        }
    }

    fn retry(&mut self) {
        let waiting = self.host.engine().unjudged().unwrap();
        let order = waiting.iter().filter_map(|(who, txid, _)| match self.host.namespace(*who) {
            Some(Namespace::Topic(topic)) => Some((topic, id(txid))),
            _ => None,
        });
        let order: Vec<_> = order.collect();
        self.host.engine().retry_unjudged(NOW).unwrap();
        let mut heard = self.listen();
        self.model.retry(&order, &mut heard.undone);
        self.compare(heard);
    }
}

/// What somebody takes, in the model's words.
fn take(wanted: &Wanted) -> Take {
    let name = |kind: Kind, number: usize| {
        let all: Vec<_> = names().into_iter().filter(|(of, _)| *of == kind).collect();
        all[number % all.len()].1
    };
    let keep = |seconds| Keep { id: reservation(wanted.number), seconds, client: wanted.client };
    Take {
        basket: name(Kind::Basket, wanted.basket),
        asset: wanted.asset.map(|asset| name(Kind::Asset, asset)),
        tag: wanted.tag.map(|tag| name(Kind::Tag, tag)),
        need: wanted.need,
        keep: wanted.seconds.map(keep),
    }
}

/// What the reservation of a number is known by.
fn reservation(number: usize) -> ReservationId {
    (number as u128).to_be_bytes()
}
