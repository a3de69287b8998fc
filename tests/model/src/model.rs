//! The list of what was applied, and the facts beside it: what is held, proven, refused, evicted, and what is to be told.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::apply::Context;
use crate::derived::{Derived, Namespace, Topic};
use crate::entry::{Entry, How, What};
use crate::event::{Event, Status};
use crate::manager::Manager;
use crate::reserve::{Reservation, ReservationId};
use crate::rule::Rule;
use crate::token::{Kind, Name};
use crate::transaction::{Id, Outpoint, Proof, Transaction};

/// A topic as it is run now.
#[derive(Clone, Copy, Debug)]
pub struct Running {
    /// Its rule.
    pub rule: Rule,
    /// Whether its plugin breaks whenever it is asked.
    pub broken: bool,
}

/// A transaction that is held.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Held {
    /// The block it is in, as far as the host was told.
    pub proof: Option<Proof>,
    /// Height of the block it was in that left the chain.
    pub orphaned: Option<u32>,
}

/// A transaction that was taken back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TakenBack {
    /// The topics it had been applied to.
    pub topics: BTreeSet<Topic>,
    /// Its off-chain values.
    pub values: Option<Vec<u8>>,
}

/// A transaction of which something was evicted.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Evicted {
    /// The outputs.
    pub outputs: BTreeSet<u32>,
    /// Whether its bytes are gone.
    pub withheld: bool,
}

/// What the host undid in one revert.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Undoing {
    /// The places in the log of what it judged again.
    pub again: BTreeSet<usize>,
    /// Whose rebuild came to nothing by it; `None` where nobody knows.
    pub given_up: Option<BTreeSet<Namespace>>,
}

impl Undoing {
    /// What a host may have undone that was cut off, or is not there.
    #[must_use]
    pub fn whatever(commits: usize) -> Self {
        Self { again: (0..commits).collect(), given_up: None }
    }
}

/// For each revert to come, what the host undid.
pub type Undone = VecDeque<Undoing>;

/// The model of a host.
#[derive(Clone, Debug)]
pub struct Model {
    pub(crate) topics: Vec<Running>,
    pub(crate) indexed: BTreeSet<Topic>,
    pub(crate) managed: BTreeSet<Topic>,
    pub(crate) service_broken: bool,
    pub(crate) manager: Manager,
    pub(crate) manager_broken: bool,
    pub(crate) known: BTreeMap<Id, Transaction>,
    pub(crate) tip: u32,
    /// Which block has which height; 0 where nobody said.
    pub(crate) blocks: BTreeMap<u32, u64>,
    pub(crate) made: u64,
    pub(crate) held: BTreeMap<Id, Held>,
    pub(crate) status: BTreeMap<Id, Status>,
    pub(crate) outbox: BTreeSet<Id>,
    pub(crate) taken_back: BTreeMap<Id, TakenBack>,
    pub(crate) evicted: BTreeMap<Id, Evicted>,
    /// Every name that a token ever had.
    pub(crate) names: BTreeSet<(Kind, Name)>,
    pub(crate) reservations: BTreeMap<ReservationId, Reservation>,
    /// Under which reservation a token is, or was, kept.
    pub(crate) reserved: BTreeMap<Outpoint, ReservationId>,
    pub(crate) list: Vec<Entry>,
    pub(crate) derived: Derived,
    pub(crate) log: Vec<Event>,
    /// The model after every commit of what is going on, if somebody wants to know.
    steps: Option<Vec<Self>>,
}

impl Model {
    /// A host of these topics, whose service indexes some of them, and whose manager organises some, on a chain of this height.
    #[must_use]
    pub fn new(rules: &[Rule], indexed: &[Topic], managed: &[Topic], tip: u32) -> Self {
        Self {
            topics: rules.iter().map(|rule| Running { rule: *rule, broken: false }).collect(),
            indexed: indexed.iter().copied().collect(),
            managed: managed.iter().copied().collect(),
            service_broken: false,
            manager: Manager { later: false },
            manager_broken: false,
            known: BTreeMap::new(),
            tip,
            blocks: BTreeMap::new(),
            made: 0,
            held: BTreeMap::new(),
            status: BTreeMap::new(),
            outbox: BTreeSet::new(),
            taken_back: BTreeMap::new(),
            evicted: BTreeMap::new(),
            names: BTreeSet::new(),
            reservations: BTreeMap::new(),
            reserved: BTreeMap::new(),
            list: Vec::new(),
            derived: Derived::default(),
            log: Vec::new(),
            steps: None,
        }
    }

    /// Makes a transaction known: whoever names it later means this one.
    pub fn know(&mut self, transaction: Transaction) {
        self.known.insert(transaction.id, transaction);
    }

    /// The topics as they are run now.
    pub fn running(&mut self) -> &mut [Running] {
        &mut self.topics
    }

    /// Whether the service breaks whenever it is told something.
    pub fn service_broken(&mut self) -> &mut bool {
        &mut self.service_broken
    }

    /// The manager as it is run now.
    pub fn manager(&mut self) -> &mut Manager {
        &mut self.manager
    }

    /// Whether the manager breaks whenever it is asked.
    pub fn manager_broken(&mut self) -> &mut bool {
        &mut self.manager_broken
    }

    /// Its own log.
    #[must_use]
    pub fn log(&self) -> &[Event] {
        &self.log
    }

    /// Does something, and answers the model after every commit of it.
    pub fn step_by_step(&mut self, what: impl FnOnce(&mut Self)) -> Vec<Self> {
        self.steps = Some(Vec::new());
        what(self);
        self.steps.take().unwrap_or_default()
    }

    /// A commit is whole.
    pub(crate) fn commit(&mut self, event: Event) {
        self.log.push(event);
        self.names.append(&mut self.derived.names);
        self.commit_unheard();
    }

    /// A commit that subscribers hear nothing of is whole.
    pub(crate) fn commit_unheard(&mut self) {
        if let Some(mut steps) = self.steps.take() {
            steps.push(self.clone());
            self.steps = Some(steps);
        }
    }

    pub(crate) fn context(&self) -> Context<'_> {
        let topics = self.topics.len() as u32;
        Context { known: &self.known, topics, indexed: &self.indexed, managed: &self.managed }
    }

    /// How the manager organises today; `None` where it breaks.
    pub(crate) fn organises(&self) -> Option<Manager> {
        (!self.manager_broken).then_some(self.manager)
    }

    /// How a topic judges today.
    pub(crate) fn how(&self, topic: Topic, at_first: bool) -> How {
        match self.topics[topic as usize] {
            Running { broken: true, .. } => How::Broke { answered: false, at_first },
            Running { rule, .. } => How::By(rule),
        }
    }

    pub(crate) fn is_withheld(&self, id: &Id) -> bool {
        self.evicted.get(id).is_some_and(|evicted| evicted.withheld)
    }

    /// What transactions spend whose bytes were evicted, unless another that is not `gone` has taken their place.
    pub(crate) fn dead(&self, gone: &BTreeSet<Id>) -> BTreeMap<Outpoint, Id> {
        // What had been taken back by then spends nothing.
        let stored = self.list.iter().flat_map(|entry| match &entry.what {
            What::Submission(submission) => submission.stored.as_slice(),
            _ => &[],
        });
        let withheld = stored.filter(|id| self.is_withheld(id));
        let spends = withheld.flat_map(|id| self.known[id].inputs.iter().map(|source| (*source, *id)));
        let is_theirs = |(source, id): &(Outpoint, Id)| {
            self.derived.spends.get(source).is_some_and(|spend| spend.by == *id || gone.contains(&spend.by))
        };
        spends.filter(is_theirs).collect()
    }

    pub(crate) fn evicted_outputs(&self, id: &Id) -> BTreeSet<u32> {
        self.evicted.get(id).map(|evicted| evicted.outputs.clone()).unwrap_or_default()
    }

    /// Whether a proof is of a block that is in the chain.
    pub(crate) fn holds(&self, proof: &Proof) -> bool {
        self.blocks.get(&proof.height).copied().unwrap_or(0) == proof.block
    }

    /// Whether a transaction is held and nothing proves it now.
    pub(crate) fn wants_proof(&self, id: &Id) -> bool {
        self.held.get(id).is_some_and(|held| held.proof.is_none_or(|proof| !self.holds(&proof)))
    }

    /// Derives everything anew.
    pub(crate) fn derive(&mut self) {
        let mut list = std::mem::take(&mut self.list);
        let mut derived = Derived::default();
        let context = self.context();
        for entry in &mut list {
            match &mut entry.what {
                What::Submission(submission) => drop(submission.apply(&mut derived, &context)),
                What::Eviction(eviction) => eviction.apply(&mut derived, &context),
                What::Built(built) => built.apply(&mut derived),
                What::GivenUp(who) => derived.forget(*who),
            }
        }
        (self.list, self.derived) = (list, derived);
    }
}
