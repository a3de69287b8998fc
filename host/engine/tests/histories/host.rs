//! The host under test: an engine over a store, and everything around it that ends and begins again with it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use trellis_engine::audit::audit;
use trellis_engine::chain::ChainWatch;
use trellis_engine::domain::basket::ManagerId;
use trellis_engine::domain::name::{NameId, ServiceId, ServiceName, TopicId, TopicName};
use trellis_engine::domain::plan::LogRecord;
use trellis_engine::domain::row::{Namespace, Row, RowKey};
use trellis_engine::domain::time::Timestamp;
use trellis_engine::engine::{Engine, EngineParts};
use trellis_engine::hosting::{BasketPattern, BroadcastPolicy, Hosting, ManagerSetup, Rules, ServiceSetup, TopicSetup};
use trellis_engine::outbox::Outbox;
use trellis_engine::ports::network::{AnswerMeaning, BroadcastAnswer, Broadcaster, Inquiry, Outgoing};
use trellis_engine::ports::observer::Unobserved;
use trellis_engine::ports::plugins::{PluginId, Plugins};
use trellis_engine::ports::store::Store;
use trellis_engine::rebuild::{Pace, RebuildError, Step};
use trellis_engine::submit::{
    Batch, BatchError, Meter, Submission, SubmitError, Submitted, SubmittedBatch, TopicChoice,
};
use trellis_model::derived::{self, Topic};
use trellis_model::manager::Manager;
use trellis_model::model::Running;
use trellis_model::rule::{COUNTED, RETAINED, Rule};
use trellis_spv::hash::Txid;
use trellis_spv::verify::{Network, Policy};

use super::history::{INDEXED, MANAGED, TOPICS};
use super::plugins::{RulePlugins, topic_name, topic_of};
use super::power::{Ground, copy};
use super::store::{CutStore, Left};
use super::world::{Bundle, SharedChain};

/// The time of these tests.
pub const NOW: Timestamp = Timestamp(1_800_000_000_000_000);

/// The basket manager's plugin.
const MANAGER: &str = "keeper";

/// The lookup service.
const SERVICE: &str = "ls_index";

/// Little by little, so that much can come in between.
const PACE: Pace = Pace { told: 4, chosen: 9 };

/// Between two rounds of the outbox, in milliseconds: longer than it waits for anything.
const ROUND_MILLISECONDS: u64 = 86_400_000;

/// A running host.
pub struct Process {
    pub engine: Arc<Engine>,
    pub store: Arc<CutStore>,
    pub watch: ChainWatch,
}

pub struct Host {
    ground: Ground,
    chain: SharedChain,
    pub plugins: Arc<RulePlugins>,
    running: Option<Process>,
    rounds: u64,
    /// Under what the rows of the service and of the manager stand that serve.
    serving: (Option<ServiceId>, Option<ManagerId>),
}

/// Answers the same to everything but one transaction.
struct Scripted {
    refuses: Option<Txid>,
    others: AnswerMeaning,
}

impl Broadcaster for Scripted {
    fn name(&self) -> &str {
        "scripted"
    }
    fn broadcast(&self, transaction: &Outgoing) -> BroadcastAnswer {
        let meaning = if self.refuses == Some(transaction.txid) { AnswerMeaning::Terminal } else { self.others };
        BroadcastAnswer { meaning, code: 461, text: "scripted".into() }
    }
    fn inquire(&self, _: &Txid) -> Inquiry {
        // Known, and nothing to say of it.
        let answer = BroadcastAnswer { meaning: AnswerMeaning::Transient, code: 503, text: "later".into() };
        Inquiry { answer: Some(answer), merkle_path: None }
    }
}

impl Host {
    pub fn new(ground: Ground, chain: SharedChain) -> Self {
        let rules = TOPICS.map(|rule| Running { rule, broken: false });
        let plugins = RulePlugins {
            running: Mutex::new(rules.to_vec()),
            service_broken: Mutex::new(false),
            manager: Mutex::new(Manager { later: false }),
            manager_broken: Mutex::new(false),
            meanwhile: Mutex::new(None),
        };
        let mut host =
            Self { ground, chain, plugins: Arc::new(plugins), running: None, rounds: 0, serving: (None, None) };
        host.start();
        host
    }

    fn start(&mut self) {
        let store = Arc::new(CutStore::new(self.ground.open(), None));
        let setup = |topic: Topic| {
            let is_watch = matches!(TOPICS[topic as usize], Rule::Watch(_));
            let reads = if is_watch { vec![topic_name(RETAINED), topic_name(COUNTED)] } else { vec![] };
            TopicSetup { name: topic_name(topic), plugin: PluginId("rule".into()), reads, certified: None }
        };
        let topics: Vec<_> = (0..TOPICS.len() as u32).map(setup).collect();
        let service = ServiceSetup {
            name: ServiceName::new(SERVICE).unwrap(),
            plugin: PluginId("index".into()),
            topics: INDEXED.iter().map(|topic| topic_name(*topic)).collect(),
            reads: vec![],
        };
        let manager = ManagerSetup {
            plugin: PluginId(MANAGER.into()),
            baskets: ["shelf", "bag/*"].map(|basket| BasketPattern::new(basket).unwrap()).to_vec(),
            topics: MANAGED.iter().map(|topic| topic_name(*topic)).collect(),
        };
        let hosting = Hosting::new(store.as_ref(), &topics, &[service]).unwrap();
        let hosting = hosting.with_managers(store.as_ref(), &[manager]).unwrap();
        let parts = EngineParts {
            store: Arc::clone(&store) as Arc<dyn Store>,
            plugins: Arc::clone(&self.plugins) as Arc<dyn Plugins>,
            headers: Arc::new(self.chain.clone()),
            observer: Arc::new(Unobserved),
        };
        let verification = Policy { network: Network::Local, ..Policy::default() };
        let rules = Rules { verification, broadcast: BroadcastPolicy::AfterCommit };
        let engine = Arc::new(Engine::new(parts, hosting, rules).unwrap());
        self.running = Some(Process { engine, store, watch: ChainWatch::default() });
        self.look_who_serves();
    }

    pub fn restart(&mut self) {
        self.running = None;
        self.start();
    }

    pub fn running(&mut self) -> &mut Process {
        self.running.as_mut().unwrap()
    }

    pub fn engine(&self) -> &Arc<Engine> {
        &self.running.as_ref().unwrap().engine
    }

    pub fn store(&self) -> &CutStore {
        &self.running.as_ref().unwrap().store
    }

    /// Does something that ends in the middle, and starts again.
    pub fn cut(&mut self, left: Left, what: impl FnOnce(&mut Self)) {
        self.store().cut_after(left);
        what(self);
        self.restart();
    }

    /// Does something while the power fails, and starts again from what had reached the disk before.
    pub fn power_cut(&mut self, what: impl FnOnce(&mut Self)) {
        let Ground::Disk { folder, disk } = &self.ground else {
            return self.cut(Left { commits: 0, unheard: false }, what);
        };
        let (path, synced, disk) = (folder.path().join("store"), folder.path().join("synced"), Arc::clone(disk));
        copy(&path, &synced);
        disk.fail();
        what(self);
        self.running = None;
        let seen = disk.is_back();
        copy(&synced, &path);
        self.start();
        let kept = self.store().durable();
        assert!(seen <= kept, "commit {seen} was shown to subscribers and is lost: the last that was kept is {kept}");
    }

    pub fn follow(&mut self) {
        let Process { engine, watch, .. } = self.running();
        // A host that is cut off here follows later.
        let _ = engine.follow_chain(watch, NOW);
    }

    /// A round of the outbox.
    pub fn tell(&mut self, refuses: Option<Txid>, others: AnswerMeaning) {
        self.rounds += 1;
        let broadcaster: Arc<dyn Broadcaster> = Arc::new(Scripted { refuses, others });
        let mut outbox = Outbox::new(Arc::clone(self.engine()), vec![broadcaster]);
        let now = NOW.plus_milliseconds(self.rounds * ROUND_MILLISECONDS);
        let _ = outbox.run_due(now, 0.5);
    }

    pub fn audit(&self) -> Vec<String> {
        audit(self.store(), BroadcastPolicy::AfterCommit).unwrap().findings
    }

    pub fn topic(&self, id: TopicId) -> Topic {
        topic_of(&self.engine().hosting().topic_by_id(id).unwrap().name)
    }

    pub fn topic_id(&self, topic: Topic) -> TopicId {
        self.engine().hosting().topic(&topic_name(topic)).unwrap().id
    }

    /// To be called whenever that may have changed.
    pub fn look_who_serves(&mut self) {
        let hosting = self.engine().hosting();
        let (service, manager) = (hosting.service(SERVICE).unwrap().id, hosting.managers().next().unwrap().id);
        let serving = |of: Namespace, configured: NameId| {
            let found = self.store().get(&RowKey::Generation(of), self.store().durable()).unwrap();
            match found.map(|found| found.row) {
                None => Some(configured),
                Some(Row::Generation(row)) => row.serving,
                Some(other) => panic!("{other:?}"),
            }
        };
        let service = serving(Namespace::Service(service), service.0).map(ServiceId);
        let manager = serving(Namespace::Manager(manager), manager.0).map(ManagerId);
        self.serving = (service, manager);
    }

    /// Under what the manager's tokens stand, if it serves.
    pub const fn manager_id(&self) -> Option<ManagerId> {
        self.serving.1
    }

    /// `None` for one that serves nobody.
    pub fn namespace(&self, namespace: Namespace) -> Option<derived::Namespace> {
        match namespace {
            Namespace::Topic(id) => Some(derived::Namespace::Topic(self.topic(id))),
            Namespace::Service(id) => (Some(id) == self.serving.0).then_some(derived::Namespace::Service),
            Namespace::Manager(id) => (Some(id) == self.serving.1).then_some(derived::Namespace::Manager),
        }
    }

    /// `None` where nothing serves.
    pub fn namespace_id(&self, namespace: derived::Namespace) -> Option<Namespace> {
        match namespace {
            derived::Namespace::Topic(topic) => Some(Namespace::Topic(self.topic_id(topic))),
            derived::Namespace::Service => self.serving.0.map(Namespace::Service),
            derived::Namespace::Manager => self.serving.1.map(Namespace::Manager),
        }
    }

    /// The service or manager of a configured name.
    pub fn configured(&self, namespace: Namespace) -> derived::Namespace {
        match namespace {
            Namespace::Topic(id) => derived::Namespace::Topic(self.topic(id)),
            Namespace::Service(_) => derived::Namespace::Service,
            Namespace::Manager(_) => derived::Namespace::Manager,
        }
    }

    /// Who serves no more since a commit.
    pub fn given_up(&self, record: &LogRecord) -> BTreeSet<derived::Namespace> {
        let keys = record.wrote.iter().filter_map(|key| match key {
            RowKey::Generation(who) => Some(self.configured(*who)),
            _ => None,
        });
        keys.collect()
    }

    /// Has one rebuilt.
    pub fn ask_for_rebuild(&self, who: derived::Namespace) {
        let name = if who == derived::Namespace::Service { SERVICE } else { MANAGER };
        assert!(self.engine().ask_for_rebuild(name));
    }

    /// Some steps of what is to be rebuilt. What served before is swept as soon as something else serves.
    pub fn rebuild(&mut self, steps: usize) {
        let before = self.serving;
        let mut left = steps;
        while left > 0 || self.serving != before {
            left = left.saturating_sub(1);
            match self.engine().rebuild_step(PACE, NOW) {
                Ok(Step::Worked) => self.look_who_serves(),
                // It was cut off.
                Ok(Step::Idle) | Err(RebuildError::Store(_)) => return,
                Err(error) => panic!("{error}"),
            }
        }
    }
}

pub fn submit(engine: &Engine, bundle: &Bundle) -> Result<Submitted, SubmitError> {
    engine.submit(&submission(bundle, &topics(bundle)), NOW)
}

pub fn submit_batch(engine: &Engine, bundles: &[Bundle]) -> Result<SubmittedBatch, BatchError> {
    let topics: Vec<_> = bundles.iter().map(topics).collect();
    let members = bundles.iter().zip(&topics);
    let members: Vec<_> = members.map(|(bundle, topics)| submission(bundle, topics)).collect();
    engine.submit_batch(&Batch { members: &members }, NOW, &Meter::default())
}

fn topics(bundle: &Bundle) -> Vec<TopicName> {
    bundle.offer.topics.iter().map(|topic| topic_name(*topic)).collect()
}

fn submission<'s>(bundle: &'s Bundle, topics: &'s [TopicName]) -> Submission<'s> {
    let off_chain_values = bundle.offer.values.as_deref();
    Submission {
        beef: &bundle.beef,
        off_chain_values,
        topics: TopicChoice::Named(topics),
        require_all: false,
        evidence: None,
    }
}
