//! The node: what every request handler shares. It exists before its store and plugins do, so that the port answers from
//! the first moment.

use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use trellis_engine::domain::name::TopicName;
use trellis_engine::domain::row::{NumberKey, Row, RowKey};
use trellis_engine::domain::time::Timestamp;
use trellis_engine::engine::Engine;
use trellis_engine::hosting::BroadcastPolicy;
use trellis_engine::outbox::NetworkHealth;
use trellis_engine::ports::plugins::PluginId;
use trellis_engine::ports::store::StoreError;
use trellis_network::arc_local::LocalArc;
use trellis_network::header_services::HeaderServices;
use trellis_network::local_chain::LocalChain;

use crate::auth::Auth;
use crate::callback_token::CallbackTokens;
use crate::clock;
use crate::config::Config;
use crate::config::checked::{RelayAccess, Secret};
use crate::engine_slot::EngineSlot;
use crate::events::encode::Audiences;
use crate::events::feed::Feed;
use crate::events::rights::Audience;
use crate::http::access::AccessRules;
use crate::http::answer_memory::AnswerMemory;
use crate::http::budget::Budgets;
use crate::http::call::Turns;
use crate::http::error::ApiError;
use crate::http::read_body::BodyMemory;
use crate::metrics::Metrics;
use crate::plugins::HostPlugins;

/// Lookups and other reads at once, for each core. They wait for nothing but an occasional page from the disk, and each may hold
/// tens of megabytes; more at once would only use more memory.
const READS_PER_CORE: usize = 4;

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// What every request handler shares.
pub struct Node {
    /// Its name.
    pub name: String,
    /// `main`, `test` or `local`.
    pub network: &'static str,
    /// Where clients reach it.
    pub advertised_url: Option<String>,
    /// Whether answers wait for the network.
    pub gate: bool,
    /// For whom this host relays.
    pub relay: RelayAccess,
    /// Opens the second listener.
    pub admin_token: Option<Secret>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<std::net::IpAddr>,
    /// The time of day it started.
    pub started_at: Timestamp,
    /// The same moment on the clock that never steps.
    pub started: Duration,
    /// Port of the public listener, once it is bound.
    pub port: OnceLock<u16>,
    /// What clients may take.
    pub budgets: Budgets,
    /// Room for request bodies.
    pub bodies: BodyMemory,
    /// Room for large answers.
    pub answers: AnswerMemory,
    /// Turns at submissions.
    pub submissions: Turns,
    /// Turns at lookups and other reads.
    pub reads: Turns,
    /// Subscriptions.
    pub feed: Arc<Feed>,
    /// Metrics.
    pub metrics: Arc<Metrics>,
    /// Who may ask for what.
    rules: RwLock<Arc<AccessRules>>,
    /// The rest, once it is loaded.
    loaded: OnceLock<Loaded>,
    /// Background findings that health shows.
    upkeep: Mutex<Upkeep>,
}

/// What takes time to load.
pub struct Loaded {
    /// Where the use cases are found.
    pub slot: Arc<EngineSlot>,
    /// The plugins.
    pub plugins: HostPlugins,
    /// Where headers come from, to ask how that source is.
    pub headers: HeaderSource,
    /// What authenticates clients.
    pub auth: Arc<Auth>,
    /// By what callbacks are known as asked for.
    pub callback_tokens: CallbackTokens,
    /// The built-in chain and its stand-in for ARC, on network `local`.
    pub dev: Option<Dev>,
}

/// Where headers come from.
pub enum HeaderSource {
    /// A file.
    File(Arc<trellis_network::headers_file::HeadersFile>),
    /// Services, asked by a thread of their own.
    Services(Arc<HeaderServices>),
    /// The built-in chain: it cannot be out of date.
    Local,
}

/// What only a development host has.
#[derive(Clone)]
pub struct Dev {
    /// The built-in chain.
    pub chain: Arc<LocalChain>,
    /// The stand-in for ARC in front of it.
    pub arc: Arc<LocalArc>,
}

/// What the background worker found last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Upkeep {
    /// Transactions whose spends stand and that plugins could not judge.
    pub unjudged: usize,
    /// Why the outbox could not work, where it could not.
    pub outbox_error: Option<String>,
    /// How the network is, as far as the outbox knows.
    pub network: NetworkHealth,
    /// Whether the federations file as it is now cannot be used.
    pub federations_failed: bool,
    /// Plugins that are not called, because they broke again and again.
    pub paused_plugins: Vec<String>,
    /// Transactions that no broadcaster's policy takes.
    pub dead_letters: usize,
}

impl Node {
    /// A node that has not loaded anything yet.
    #[must_use]
    pub fn new(config: &Config, metrics: Arc<Metrics>) -> Self {
        let limits = &config.limits;
        Self {
            name: config.name.clone(),
            network: config.network.text(),
            advertised_url: config.advertised_url.clone(),
            gate: config.broadcast == BroadcastPolicy::Gate,
            relay: config.relay.clone(),
            admin_token: config.admin_token.clone(),
            trusted_proxies: limits.trusted_proxies.clone(),
            started_at: clock::now(),
            started: clock::monotonic(),
            port: OnceLock::new(),
            budgets: Budgets::new(limits.client_cpu_per_second, limits.client_cpu_burst),
            bodies: BodyMemory::new(limits.body_memory),
            submissions: Turns::new(limits.calls_at_once),
            answers: AnswerMemory::default(),
            reads: Turns::new(READS_PER_CORE.saturating_mul(cores()).min(limits.calls_at_once)),
            feed: Arc::new(Feed::new(config.events, Arc::clone(&metrics))),
            metrics,
            rules: RwLock::new(Arc::new(AccessRules::new(config))),
            loaded: OnceLock::new(),
            upkeep: Mutex::default(),
        }
    }

    /// Who may ask for what now.
    #[must_use]
    pub fn rules(&self) -> Arc<AccessRules> {
        Arc::clone(&self.rules.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// From here on this is who may ask for what.
    pub fn set_rules(&self, rules: AccessRules) {
        *self.rules.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(rules);
    }

    /// From here on every route works.
    pub fn set_loaded(&self, loaded: Loaded) {
        // A second call would be a mistake of the start-up code; the first one's parts are the ones in use.
        let _ = self.loaded.set(loaded);
    }

    /// What is loaded, if it is.
    #[must_use]
    pub fn loaded(&self) -> Option<&Loaded> {
        self.loaded.get()
    }

    /// What is loaded, for routes that need it.
    ///
    /// # Errors
    /// 503 until it is.
    pub fn ready(&self) -> Result<&Loaded, ApiError> {
        self.loaded.get().ok_or_else(|| {
            ApiError::unavailable("ERR_STARTING", "this host is starting: its store and plugins are being loaded")
        })
    }

    /// What the background worker found last.
    #[must_use]
    pub fn upkeep(&self) -> Upkeep {
        self.upkeep.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes what the background worker found.
    pub fn note_upkeep(&self, note: impl FnOnce(&mut Upkeep)) {
        note(&mut self.upkeep.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Audiences for Node {
    fn of_topic(&self, topic: &TopicName) -> Audience {
        if self.rules().access.may_read(topic, false) { Audience::Everybody } else { Audience::Authenticated }
    }

    fn of_manager(&self, manager: &PluginId) -> Audience {
        self.rules().baskets.audience(manager)
    }
}

impl Loaded {
    /// The use cases.
    #[must_use]
    pub fn engine(&self) -> Arc<Engine> {
        self.slot.get()
    }

    /// Transactions the network is still to be told of.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn outbox_depth(&self) -> Result<i64, StoreError> {
        let engine = self.engine();
        let store = engine.store();
        let pin = store.pin();
        let found = store.get(&RowKey::Number(NumberKey::OutboxPending), pin.sequence())?;
        Ok(match found.map(|found| found.row) {
            Some(Row::Number(number)) => i64::try_from(number).unwrap_or(i64::MAX),
            _ => 0,
        })
    }
}
