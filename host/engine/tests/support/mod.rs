//! An engine over the in-memory store, with rules written in Rust where a real host has sandboxed plugins.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a failed test")]

pub mod projection;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use trellis_engine::audit::audit;
use trellis_engine::domain::admittance::Admittance;
use trellis_engine::domain::basket::{BasketName, Token};
use trellis_engine::domain::evidence::{KnownCertificate, TopicEvidence};
use trellis_engine::domain::name::{ServiceName, TopicName};
use trellis_engine::domain::time::Timestamp;
use trellis_engine::engine::{Engine, EngineParts};
use trellis_engine::federation::CertificateDemand;
use trellis_engine::hosting::{BasketPattern, BroadcastPolicy, Hosting, ManagerSetup, Rules, ServiceSetup, TopicSetup};
use trellis_engine::lookup::{AnswerContent, AnswerShape, AnsweredOutput, Question, Standing};
use trellis_engine::ports::observer::Unobserved;
use trellis_engine::ports::plugins::{
    CallCost, FaultKind, FoundOutput, HostFailure, IndexNotice, Judgement, LookupFindings, Operation, Organising,
    PluginDescription, PluginError, PluginFault, PluginHost, PluginId, Plugins, StateRange, TopicSubmission,
    TransactionView,
};
use trellis_engine::ports::store::Store;
use trellis_engine::submit::{
    Batch, BatchError, Meter, Submission, SubmitError, Submitted, SubmittedBatch, TopicChoice,
};
use trellis_spv::beef::Beef;
use trellis_spv::hash::Outpoint;
use trellis_spv::identity::certificate::{CertificateType, FieldName};
use trellis_spv::testing::{Chain, Coin, Wallet};
use trellis_spv::transaction::Transaction;
use trellis_spv::verify::{HeaderInfo, Headers, Network, Policy};
use trellis_store::memory::MemoryStore;

/// The plugins of these tests; each is what its id says.
pub const ADMIT_ALL: &str = "admit-all";
/// Admits everything and retains every coin.
pub const RETAIN: &str = "retain";
/// Admits what spends no coin of its topic, and nothing of what does.
pub const BURN: &str = "burn";
/// Admits nothing.
pub const NOTHING: &str = "nothing";
/// Refuses.
pub const REFUSE: &str = "refuse";
/// Breaks.
pub const BREAK: &str = "break";
/// Counts its submissions in one state row that everybody writes.
pub const COUNTER: &str = "counter";
/// Does random things to its state and compares each with a model.
pub const FUZZ: &str = "fuzz";
/// Admits everything; as a basket manager it puts what spends a token of its where that was moved to, and the rest on the shelf.
pub const SHOP: &str = "shop";
/// Reads the counter's topic: the count, all its rows, and the output its first input spends. What it saw becomes a row of its
/// own. Allowed by [`world`].
pub const READER: &str = "reader";
/// Admits everything that somebody signed who has a certificate of [`CERTIFICATE_TYPE`] that reveals a role and that federation
/// `trade` vouches for. Who stands behind a transaction becomes a row of its own.
pub const CERTIFIED: &str = "certified";
/// As [`CERTIFIED`], and wants to see nothing.
pub const WITNESS: &str = "witness";
/// Admits everything. Whether a transaction concerns it is what [`TestPlugins::relevance`] says of it.
pub const RELEVANT: &str = "relevant";
/// As [`RELEVANT`].
pub const RELEVANT_TOO: &str = "relevant-too";
/// Lists what was admitted and not spent.
pub const INDEX: &str = "index";
/// Lists, by topic, what was admitted and not spent, or is retained.
pub const LEDGER: &str = "ledger";
/// Writes down everything it is told, in order.
pub const JOURNAL: &str = "journal";

/// Satoshis of an output that [`SHOP`] refuses.
pub const REFUSED_BY_SHOP: u64 = 666;
/// Satoshis of an output that [`SHOP`] puts in a basket that is not its own.
pub const IN_ANOTHERS_BASKET: u64 = 667;
/// Satoshis of an output that [`SHOP`] takes out of a basket that it is not in.
pub const FROM_THE_WRONG_BASKET: u64 = 668;

/// Fuel of every verdict, refusals and faults included.
pub const JUDGE_FUEL: u64 = 7;
/// The type of these tests' certificates.
pub const CERTIFICATE_TYPE: [u8; 32] = [7; 32];
/// Off-chain values that have [`READER`] read only the rows from [`BEHIND_COUNT`] on.
pub const ROWS_ONLY: &[u8] = b"rows only";
pub const BEHIND_COUNT: &[u8] = b"d";
/// Fuel of every notice to a service.
pub const INDEX_FUEL: u64 = 100;

/// Rules in Rust, and a record of what services were told.
#[derive(Default)]
pub struct TestPlugins {
    pub notices: Mutex<Vec<String>>,
    pub broken: Mutex<HashMap<String, bool>>,
    /// Whether services refuse to index.
    pub index_refuses: Mutex<bool>,
    pub model: Mutex<StateModel>,
    /// What the rules that can say so answer; without an entry, that a transaction concerns them while they have no row `off`.
    pub relevance: Mutex<HashMap<String, Relevance>>,
    /// Whether these are the plugins of a later version: services write a 2 with everything.
    pub upgraded: bool,
    /// Of plugins that have a candidate, the rule by which that judges; services and managers of it are of the later version.
    pub candidates: Mutex<HashMap<String, &'static str>>,
    /// Candidates that were promoted.
    pub promoted: Mutex<HashMap<String, &'static str>>,
    /// Happens once, when [`READER`], [`CERTIFIED`] or [`WITNESS`] has read and has not answered yet.
    pub meanwhile: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

/// What a rule says when it is asked whether a transaction concerns it.
#[derive(Clone, Copy)]
pub enum Relevance {
    No,
    Refuses,
    Breaks,
    /// It writes, which it may not.
    Writes,
}

fn description(topic_relevance: bool, upgraded: bool) -> PluginDescription {
    PluginDescription {
        name: "test".into(),
        short_description: String::new(),
        version: None,
        icon_url: None,
        information_url: None,
        documentation: String::new(),
        sha256: [1 + u8::from(upgraded); 32],
        configuration_digest: [2; 32],
        state_quota: u64::MAX,
        topic_manager: true,
        topic_relevance,
        lookup_service: true,
        basket_manager: true,
    }
}

fn fault(plugin: &PluginId) -> PluginError {
    PluginError::Fault(Box::new(PluginFault {
        plugin: plugin.clone(),
        call: "identify-admissible-outputs",
        about: None,
        kind: FaultKind::Panic,
        text: "it broke".into(),
        remedy: "Mend it".into(),
    }))
}

impl TestPlugins {
    /// The rule that a plugin follows, and whether it is of the later version.
    fn rule(&self, plugin: &PluginId) -> Option<(String, bool)> {
        if let Some(of) = plugin.0.strip_suffix(" candidate") {
            return Some((self.candidates.lock().unwrap().get(of)?.to_string(), true));
        }
        match self.promoted.lock().unwrap().get(&*plugin.0) {
            Some(rule) => Some((rule.to_string(), true)),
            None => Some((plugin.0.to_string(), self.upgraded)),
        }
    }
}

impl Plugins for TestPlugins {
    fn description(&self, plugin: &PluginId) -> Option<Arc<PluginDescription>> {
        let (rule, upgraded) = self.rule(plugin)?;
        Some(Arc::new(description([RELEVANT, RELEVANT_TOO].contains(&&*rule), upgraded)))
    }

    fn promote(&self, plugin: &PluginId) -> bool {
        let candidate = self.candidates.lock().unwrap().remove(&*plugin.0);
        candidate.map(|rule| self.promoted.lock().unwrap().insert(plugin.0.to_string(), rule)).is_some()
    }

    fn identify_admissible_outputs(
        &self,
        plugin: &PluginId,
        submission: &TopicSubmission<'_>,
        host: &mut dyn PluginHost,
    ) -> Result<Judgement, PluginError> {
        let cost = CallCost { fuel: JUDGE_FUEL, host_work: 0 };
        host.spent(cost);
        if self.broken.lock().unwrap().get(&*plugin.0).copied().unwrap_or(false) {
            return Err(fault(plugin));
        }
        let all: Vec<u32> = (0..submission.view.transaction.outputs().len() as u32).collect();
        match &*self.rule(plugin).unwrap().0 {
            ADMIT_ALL | SHOP | RELEVANT_TOO => Ok(Judgement { outputs_to_admit: all, coins_to_retain: vec![], cost }),
            RETAIN => {
                let coins_to_retain = submission.previous_coins.to_vec();
                Ok(Judgement { outputs_to_admit: all, coins_to_retain, cost })
            }
            BURN if submission.previous_coins.is_empty() => {
                Ok(Judgement { outputs_to_admit: all, coins_to_retain: vec![], cost })
            }
            BURN | NOTHING => Ok(Judgement { cost, ..Judgement::default() }),
            REFUSE => Err(PluginError::Refusal("not today".into())),
            BREAK => Err(fault(plugin)),
            COUNTER => {
                // Where the host does not answer, the call ends there.
                let count = host.state_get(b"count").map_err(|_| fault(plugin))?.map_or(0, |value| value[0]);
                host.state_set(b"count", Some(&[count.wrapping_add(1)])).unwrap();
                host.state_set(submission.view.transaction.txid().internal(), Some(b"seen")).unwrap();
                Ok(Judgement { outputs_to_admit: all, coins_to_retain: vec![], cost })
            }
            RELEVANT => {
                if submission.off_chain_values == Some(b"off") {
                    host.state_set(b"off", Some(b"")).unwrap();
                }
                Ok(Judgement { outputs_to_admit: all, coins_to_retain: vec![], cost })
            }
            READER => {
                let counter = topic(COUNTER);
                let transaction = submission.view.transaction;
                // Told to, it reads no row by its name.
                let rows_only = submission.off_chain_values == Some(ROWS_ONLY);
                let count = (!rows_only).then(|| host.topic_state_get(&counter, b"count").unwrap()).flatten();
                let start = if rows_only { BEHIND_COUNT.to_vec() } else { vec![] };
                let range = StateRange { start, end: None, reverse: false, limit: 1000 };
                let rows = host.topic_state_scan(&counter, &range).map_err(|_| fault(plugin))?.entries.len();
                let output = host.topic_output(&counter, &transaction.inputs()[0].source).unwrap();
                let output = output.map(|held| (held.satoshis, held.locking_script.len(), held.spent));
                let saw = format!("{count:?} {rows} {output:?}");
                host.state_set(transaction.txid().internal(), Some(saw.as_bytes())).unwrap();
                let meanwhile = self.meanwhile.lock().unwrap().take();
                if let Some(happen) = meanwhile {
                    happen();
                }
                Ok(Judgement { outputs_to_admit: all, coins_to_retain: vec![], cost })
            }
            CERTIFIED | WITNESS => {
                let TopicEvidence { signers, certificates } = host.evidence().unwrap();
                let certificate = |certificate: &KnownCertificate| {
                    let by = certificate.vouched_by.iter().map(|by| by.federation.as_str()).collect::<Vec<_>>();
                    format!("{} {:?} {by:?}", certificate.serial_number[0], certificate.revealed)
                };
                let certificates: Vec<_> = certificates.iter().map(certificate).collect();
                let saw = format!("{} signers, {certificates:?}", signers.len());
                host.state_set(submission.view.transaction.txid().internal(), Some(saw.as_bytes())).unwrap();
                let meanwhile = self.meanwhile.lock().unwrap().take();
                if let Some(happen) = meanwhile {
                    happen();
                }
                Ok(Judgement { outputs_to_admit: all, coins_to_retain: vec![], cost })
            }
            FUZZ => {
                self.model.lock().unwrap().compare(host);
                Ok(Judgement { outputs_to_admit: all, coins_to_retain: vec![], cost })
            }
            other => panic!("no rule {other}"),
        }
    }

    fn is_relevant(
        &self,
        plugin: &PluginId,
        _: &TopicName,
        _: TransactionView<'_>,
        host: &mut dyn PluginHost,
    ) -> Result<bool, PluginError> {
        host.spent(CallCost { fuel: JUDGE_FUEL, host_work: 0 });
        match self.relevance.lock().unwrap().get(&*plugin.0) {
            None => Ok(host.state_get(b"off").unwrap().is_none()),
            Some(Relevance::No) => Ok(false),
            Some(Relevance::Refuses) => Err(PluginError::Refusal("ask me tomorrow".into())),
            Some(Relevance::Breaks) => Err(fault(plugin)),
            Some(Relevance::Writes) => {
                let refused = host.state_set(b"x", None).unwrap_err();
                Err(PluginError::Refusal(refused.to_string()))
            }
        }
    }

    fn index(
        &self,
        plugin: &PluginId,
        service: &ServiceName,
        notice: &IndexNotice<'_>,
        host: &mut dyn PluginHost,
    ) -> Result<(), PluginError> {
        host.spent(CallCost { fuel: INDEX_FUEL, host_work: 0 });
        if *self.index_refuses.lock().unwrap() {
            return Err(PluginError::Refusal("no room".into()));
        }
        let key = |outpoint: &Outpoint| outpoint.to_string().into_bytes();
        let (rule, upgraded) = self.rule(plugin).unwrap();
        let keeps_journal = rule == JOURNAL;
        if rule == LEDGER {
            let key = |topic: &TopicName, outpoint: &Outpoint| format!("{topic} {outpoint}").into_bytes();
            match notice {
                IndexNotice::Admitted { topic, outpoint, .. } => host.state_set(&key(topic, outpoint), Some(b"")),
                IndexNotice::Spent { retained: true, .. } => Ok(()),
                IndexNotice::Spent { topic, outpoint, .. }
                | IndexNotice::NoLongerRetained { topic, outpoint, .. }
                | IndexNotice::Evicted { topic, outpoint } => host.state_set(&key(topic, outpoint), None),
            }
            .unwrap();
            return Ok(());
        }
        let write = |host: &mut dyn PluginHost, key: &[u8], value: Option<&[u8]>| {
            if !keeps_journal {
                host.state_set(key, value).unwrap();
            }
        };
        let told = match notice {
            IndexNotice::Admitted { topic, outpoint, off_chain_values, .. } => {
                let version = if upgraded { &b"2"[..] } else { b"" };
                let value = [version, off_chain_values.unwrap_or(b"")].concat();
                write(host, &key(outpoint), Some(&value));
                format!("{service} {topic} admitted {outpoint}")
            }
            IndexNotice::Spent { topic, outpoint, retained, .. } => {
                if !retained {
                    write(host, &key(outpoint), None);
                }
                format!("{service} {topic} spent {outpoint} retained={retained}")
            }
            IndexNotice::NoLongerRetained { topic, outpoint, .. } => format!("{service} {topic} gone {outpoint}"),
            IndexNotice::Evicted { topic, outpoint } => {
                write(host, &key(outpoint), None);
                format!("{service} {topic} evicted {outpoint}")
            }
        };
        if keeps_journal {
            let count =
                host.state_get(b"count").unwrap().map_or(0, |count| u32::from_be_bytes(count.try_into().unwrap()));
            host.state_set(b"count", Some(&(count + 1).to_be_bytes())).unwrap();
            host.state_set(format!("{count:06}").as_bytes(), Some(told.as_bytes())).unwrap();
        }
        self.notices.lock().unwrap().push(told);
        Ok(())
    }

    fn operations(
        &self,
        plugin: &PluginId,
        organising: &Organising<'_>,
        host: &mut dyn PluginHost,
    ) -> Result<Vec<Operation>, PluginError> {
        host.spent(CallCost { fuel: JUDGE_FUEL, host_work: 0 });
        if self.broken.lock().unwrap().get(&*plugin.0).copied().unwrap_or(false) {
            return Err(fault(plugin));
        }
        let mut held = organising.held.iter();
        let place = |(_, output): &(TopicName, u32)| {
            let satoshis = organising.view.transaction.satoshis(*output).unwrap();
            // What a transaction is worth says what is to go wrong with it.
            let (basket, asset) = match satoshis {
                REFUSED_BY_SHOP => return Err(PluginError::Refusal("not for sale".into())),
                IN_ANOTHERS_BASKET => ("elsewhere", "satoshi"),
                _ => ("shelf", "satoshi"),
            };
            let tags = vec![if satoshis.is_multiple_of(2) { "even" } else { "odd" }.to_owned()];
            let basket = BasketName::new(basket).unwrap();
            let owner = Some("somebody".to_owned());
            let token = Token { basket, asset: asset.into(), amount: satoshis, owner, tags, data: vec![] };
            Ok(match held.next() {
                None => Operation::Create { output: *output, token },
                Some((input, old)) => {
                    let token = Token { basket: BasketName::new("bag/moved").unwrap(), ..token };
                    let from = match satoshis {
                        FROM_THE_WRONG_BASKET => BasketName::new("nowhere").unwrap(),
                        _ => old.basket.clone(),
                    };
                    Operation::Move { input: *input, from, output: *output, token }
                }
            })
        };
        organising.admitted.iter().map(place).collect()
    }

    fn lookup(
        &self,
        _: &PluginId,
        _: &ServiceName,
        query: &str,
        host: &mut dyn PluginHost,
    ) -> Result<LookupFindings, PluginError> {
        if query == "\"write\"" {
            let refused = host.state_set(b"x", None).unwrap_err();
            return Err(PluginError::Refusal(refused.to_string()));
        }
        if let Some(name) = query.strip_prefix("count of ") {
            let count = match host.topic_state_get(&TopicName::new(name).unwrap(), b"count") {
                Ok(count) => format!("{count:?}"),
                Err(refused) => refused.to_string(),
            };
            return Err(PluginError::Refusal(count));
        }
        if let Some(txid) = query.strip_prefix("beef ") {
            let refused = host.atomic_beef(&txid.parse().unwrap()).unwrap_err();
            assert!(matches!(refused, HostFailure::NotAllowed(_)), "{refused:?}");
            return Err(PluginError::Refusal(refused.to_string()));
        }
        let history_depth = query.parse().unwrap_or(0);
        let range = StateRange { start: vec![0], end: None, reverse: false, limit: 1000 };
        let page = host.state_scan(&range).unwrap();
        let found = page.entries.into_iter().map(|(key, context)| FoundOutput {
            outpoint: String::from_utf8(key).unwrap().parse().unwrap(),
            history_depth,
            context: Some(context),
        });
        Ok(LookupFindings::Outputs(found.collect()))
    }
}

/// What a topic's state must be, and the random numbers that decide what is done to it.
pub struct StateModel {
    pub rows: BTreeMap<Vec<u8>, Vec<u8>>,
    pub random: StdRng,
}

impl Default for StateModel {
    fn default() -> Self {
        Self { rows: BTreeMap::new(), random: StdRng::seed_from_u64(7) }
    }
}

impl StateModel {
    fn key(&mut self) -> Vec<u8> {
        (0..self.random.random_range(1..3)).map(|_| self.random.random_range(0..6)).collect()
    }

    /// Forty random operations, each done to both.
    fn compare(&mut self, host: &mut dyn PluginHost) {
        for _ in 0..40 {
            let key = self.key();
            match self.random.random_range(0..10) {
                0..=1 => assert_eq!(host.state_get(&key).unwrap(), self.rows.get(&key).cloned()),
                2..=4 => {
                    let value = vec![self.random.random(); 2];
                    host.state_set(&key, Some(&value)).unwrap();
                    self.rows.insert(key, value);
                }
                5..=6 => {
                    host.state_set(&key, None).unwrap();
                    self.rows.remove(&key);
                }
                _ => self.compare_scan(key, host),
            }
        }
    }

    fn compare_scan(&mut self, start: Vec<u8>, host: &mut dyn PluginHost) {
        let end = self.random.random_bool(0.7).then(|| self.key());
        let (reverse, limit) = (self.random.random(), self.random.random_range(1..8));
        let within = |key: &Vec<u8>| *key >= start && end.as_ref().is_none_or(|end| key < end);
        let mut all: Vec<_> =
            self.rows.iter().filter(|(key, _)| within(key)).map(|(k, v)| (k.clone(), v.clone())).collect();
        if reverse {
            all.reverse();
        }
        let more = all.len() > limit;
        all.truncate(limit);
        let page = host.state_scan(&StateRange { start, end, reverse, limit }).unwrap();
        assert_eq!(page.entries, all);
        assert_eq!(page.more, more);
    }
}

/// Headers that tests can add to while an engine uses them.
#[derive(Clone)]
pub struct SharedChain(pub Arc<Mutex<Chain>>);

impl Headers for SharedChain {
    fn tip(&self) -> Option<u32> {
        self.0.lock().unwrap().tip()
    }
    fn header(&self, height: u32) -> Option<HeaderInfo> {
        self.0.lock().unwrap().header(height)
    }
}

/// An engine with everything a test needs around it.
pub struct World {
    pub engine: Arc<Engine>,
    pub plugins: Arc<TestPlugins>,
    pub store: Arc<MemoryStore>,
    pub chain: SharedChain,
    pub alice: Wallet,
}

/// Topics `tm_<rule>` for each rule (dashes become underscores), and `ls_index` over all of them.
pub fn world(rules: &[&str]) -> World {
    world_over(Arc::new(MemoryStore::new()), rules)
}

/// As [`world`], over a store that may have a history.
pub fn world_over(store: Arc<MemoryStore>, rules: &[&str]) -> World {
    world_on(SharedChain(Arc::new(Mutex::new(Chain::new()))), store, rules)
}

/// As [`world_over`], on a chain that another world may be on too.
pub fn world_on(chain: SharedChain, store: Arc<MemoryStore>, rules: &[&str]) -> World {
    let setup = Setup { services: &[INDEX], shop: rules.contains(&SHOP), upgraded: false };
    world_set_up(chain, store, rules, &setup)
}

/// What beside topics a world has.
pub struct Setup<'s> {
    /// Services `ls_<plugin>` over all topics.
    pub services: &'s [&'s str],
    /// A basket manager over the topic of [`SHOP`].
    pub shop: bool,
    /// The plugins of the later version.
    pub upgraded: bool,
}

/// As [`world_on`], with a choice of what is hosted beside the topics.
pub fn world_set_up(chain: SharedChain, store: Arc<MemoryStore>, rules: &[&str], setup: &Setup<'_>) -> World {
    let plugins = Arc::new(TestPlugins { upgraded: setup.upgraded, ..TestPlugins::default() });
    let hosting = hosting(store.as_ref(), rules, setup);
    let parts = EngineParts {
        store: Arc::clone(&store) as Arc<dyn Store>,
        plugins: Arc::clone(&plugins) as Arc<dyn Plugins>,
        headers: Arc::new(chain.clone()),
        observer: Arc::new(Unobserved),
    };
    let verification = Policy { network: Network::Local, ..Policy::default() };
    let rules = Rules { verification, broadcast: BroadcastPolicy::AfterCommit };
    let engine = Arc::new(Engine::new(parts, hosting, rules).unwrap());
    World { engine, plugins, store, chain, alice: Wallet::from_seed(1) }
}

/// What a world hosts.
pub fn hosting(store: &dyn Store, rules: &[&str], setup: &Setup<'_>) -> Hosting {
    let topic_setup = |rule: &&str| {
        let reads = if *rule == READER { vec![topic(COUNTER)] } else { vec![] };
        let certified = (*rule == CERTIFIED).then(|| CertificateDemand {
            certificate_type: CertificateType(CERTIFICATE_TYPE),
            fields: vec![FieldName::new("role").unwrap()],
            federation: "trade".to_owned(),
        });
        TopicSetup { name: topic(rule), plugin: PluginId((*rule).into()), reads, certified }
    };
    let topics: Vec<_> = rules.iter().map(topic_setup).collect();
    let service = |plugin: &&str| ServiceSetup {
        name: ServiceName::new(&format!("ls_{plugin}")).unwrap(),
        plugin: PluginId((*plugin).into()),
        topics: topics.iter().map(|topic| topic.name.clone()).collect(),
        reads: vec![],
    };
    let services: Vec<_> = setup.services.iter().map(service).collect();
    let shop = setup.shop.then(|| ManagerSetup {
        plugin: PluginId(SHOP.into()),
        baskets: ["shelf", "bag/*"].map(|basket| BasketPattern::new(basket).unwrap()).to_vec(),
        topics: vec![topic(SHOP)],
    });
    let managers: Vec<_> = shop.into_iter().collect();
    Hosting::new(store, &topics, &services).unwrap().with_managers(store, &managers).unwrap()
}

/// The topic of a rule.
pub fn topic(rule: &str) -> TopicName {
    TopicName::new(&format!("tm_{}", rule.replace('-', "_"))).unwrap()
}

/// The time of these tests.
pub const NOW: Timestamp = Timestamp(1_800_000_000_000_000);

impl World {
    /// A mined coin of Alice's.
    pub fn coin(&self, satoshis: u64) -> Coin {
        self.chain.0.lock().unwrap().coin(&self.alice, satoshis)
    }

    /// Alice pays these coins to herself, one satoshi less.
    pub fn pay(&self, coins: &[Coin]) -> Transaction {
        let total: u64 = coins.iter().map(|coin| coin.satoshis).sum();
        self.alice.pay(coins, &self.alice.p2pkh(), total - 1)
    }

    pub fn beef(&self, transactions: &[&Transaction]) -> Vec<u8> {
        self.beef_of(transactions).to_bytes()
    }

    pub fn beef_of(&self, transactions: &[&Transaction]) -> Beef {
        self.chain.0.lock().unwrap().beef(transactions)
    }

    /// Mines a transaction.
    pub fn mine(&self, transactions: &[&Transaction]) {
        self.chain.0.lock().unwrap().mine(transactions);
    }

    pub fn submit(&self, rules: &[&str], beef: &[u8]) -> Result<Submitted, SubmitError> {
        let topics: Vec<_> = rules.iter().map(|rule| topic(rule)).collect();
        let submission = Submission {
            beef,
            off_chain_values: None,
            topics: TopicChoice::Named(&topics),
            require_all: false,
            evidence: None,
        };
        self.engine.submit(&submission, NOW)
    }

    /// Submits transactions, each with the rules that are to judge it and its BEEF, together or not at all.
    pub fn submit_batch(
        &self,
        members: &[(Transaction, Vec<&'static str>, Vec<u8>)],
    ) -> Result<SubmittedBatch, BatchError> {
        let topics: Vec<Vec<_>> =
            members.iter().map(|(_, rules, _)| rules.iter().map(|rule| topic(rule)).collect()).collect();
        let members = members.iter().zip(&topics);
        let members: Vec<_> = members
            .map(|((_, _, beef), topics)| {
                let topics = TopicChoice::Named(topics);
                Submission { beef, off_chain_values: None, topics, require_all: false, evidence: None }
            })
            .collect();
        self.engine.submit_batch(&Batch { members: &members }, NOW, &Meter::default())
    }

    /// Submits without naming topics.
    pub fn submit_auto(&self, beef: &[u8]) -> Result<Submitted, SubmitError> {
        let topics = TopicChoice::Auto;
        self.engine
            .submit(&Submission { beef, off_chain_values: None, topics, require_all: false, evidence: None }, NOW)
    }

    /// Hosts something else, without a restart. The engine of this world stays the one it was.
    pub fn rehost(&self, rules: &[&str], setup: &Setup<'_>) -> Arc<Engine> {
        self.engine.rehost(hosting(self.store.as_ref(), rules, setup), NOW, |_| ()).unwrap()
    }

    /// Outputs `ls_index` lists.
    pub fn listed(&self) -> Vec<AnsweredOutput> {
        let question =
            Question { service: "ls_index", query: "0", shape: AnswerShape::Merged, minimum: Standing::Admitted };
        match self.engine.lookup(&question).unwrap().content {
            AnswerContent::Merged(outputs, _) => outputs,
            other => panic!("{other:?}"),
        }
    }

    /// What services were told since the last call.
    pub fn notices(&self) -> Vec<String> {
        std::mem::take(&mut *self.plugins.notices.lock().unwrap())
    }

    /// Every row agrees with every other.
    pub fn assert_sound(&self) {
        let report = audit(self.store.as_ref(), BroadcastPolicy::AfterCommit).unwrap();
        assert_eq!(report.findings, Vec::<String>::new());
    }
}

/// An entry of the STEAK.
pub fn entry(admit: &[u32], retain: &[u32], removed: &[u32]) -> Admittance {
    Admittance { outputs_to_admit: admit.to_vec(), coins_to_retain: retain.to_vec(), coins_removed: removed.to_vec() }
}
