//! Store, plugins, headers, broadcasters and engine put together as the configuration says. Blocks; takes as long as opening the
//! store and compiling new plugins take.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use trellis_engine::engine::{Engine, EngineParts};
use trellis_engine::hosting::{Hosting, HostingError, Rules};
use trellis_engine::outbox::Outbox;
use trellis_engine::ports::headers::HeaderArchive;
use trellis_engine::ports::network::Broadcaster;
use trellis_engine::ports::observer::Observer;
use trellis_engine::ports::store::{Store, StoreError};
use trellis_network::arc::{ArcBroadcaster, ArcSettings, ArcSettingsError, Callback};
use trellis_network::arc_local::LocalArc;
use trellis_network::header_chain::{Checkpoint, HeaderChain, Rules as ChainRules};
use trellis_network::header_services::{self, HeaderServices, ServiceSettings, ServiceSettingsError};
use trellis_network::headers_file::{HeadersFile, HeadersFileError};
use trellis_network::local_chain::{Genesis, LocalChain, LocalChainError};
use trellis_sandbox::{CallObserver, Compiler, Sandbox, SandboxError, SandboxOptions};
use trellis_spv::verify::{Headers, Network, Policy};
use trellis_store::sled_store::{OpenError, StoreObserver};
use trellis_store::{Options, SledStore};

use crate::auth::Auth;
use crate::callback_token::{CallbackTokenError, CallbackTokens};
use crate::clock;
use crate::command::COMPILE_PLUGIN;
use crate::config::Config;
use crate::config::checked::{ArcSetup, Chain, HeaderServiceSetup, PluginSetup, Secret};
use crate::config::file::NetworkName;
use crate::data_dir::{DataDir, DataDirError};
use crate::engine_slot::EngineSlot;
use crate::identity_key::{self, IdentityKeyError};
use crate::metrics::Metrics;
use crate::metrics::engine::EngineObserver;
use crate::metrics::plugins::PluginMetrics;
use crate::metrics::store::StoreMetrics;
use crate::node::{Dev, HeaderSource, Loaded};
use crate::plugins::accept::ComponentError;
use crate::plugins::kept::Kept;
use crate::plugins::publisher::SIGNATURE_SUFFIX;
use crate::plugins::{self, ConfiguredRole, HostPlugins, Source, SourceError};

/// Why a host cannot be put together.
#[derive(Debug, thiserror::Error)]
pub enum WiringError {
    /// The data folder is not to be used.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// The store does not open.
    #[error("the store cannot be opened: {0}")]
    Store(#[from] OpenError),
    /// The store cannot be read.
    #[error("the store cannot be read: {0}")]
    Read(#[from] StoreError),
    /// There is no sandbox.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// A plugin's component cannot be read.
    #[error("plugin `{id}`: {source}")]
    Component {
        /// The plugin.
        id: String,
        /// Why.
        source: SourceError,
    },
    /// What was uploaded cannot be read.
    #[error("plugin `{id}`: what was uploaded cannot be read: {source}{}", of_upload(Some(file.as_path())))]
    Upload {
        /// The plugin.
        id: String,
        /// Where the upload is kept.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A plugin cannot be loaded.
    #[error("plugin `{id}` cannot be loaded: {source}{}", of_upload(upload.as_deref()))]
    Plugin {
        /// The plugin.
        id: String,
        /// Where it is kept, if it was uploaded.
        upload: Option<PathBuf>,
        /// Why.
        source: Box<ComponentError>,
    },
    /// A plugin lacks the role it is configured for.
    #[error(
        "plugin `{plugin}` has no {role}, but `{name}` needs one of it; it has {roles}. Name a plugin with that role there (`trellis plugin inspect` shows those of a component), or take `{name}` out of the configuration{}",
        of_upload(upload.as_deref())
    )]
    Role {
        /// Where the plugin is kept, if it was uploaded.
        upload: Option<PathBuf>,
        /// The plugin.
        plugin: String,
        /// What it lacks.
        role: &'static str,
        /// Who needs it.
        name: String,
        /// What it has.
        roles: String,
    },
    /// Topics and services do not fit together.
    #[error(transparent)]
    Hosting(#[from] HostingError),
    /// The headers file is not to be used.
    #[error(transparent)]
    Headers(#[from] HeadersFileError),
    /// A service of block headers is not to be used.
    #[error(transparent)]
    HeaderService(#[from] ServiceSettingsError),
    /// The built-in chain is not to be used.
    #[error("the built-in chain cannot be opened: {0}")]
    Chain(#[from] LocalChainError),
    /// A broadcaster's settings are not to be used.
    #[error(transparent)]
    Arc(#[from] ArcSettingsError),
    /// The tokens of callbacks are not to be used.
    #[error(transparent)]
    CallbackToken(#[from] CallbackTokenError),
    /// The identity key.
    #[error(transparent)]
    IdentityKey(#[from] IdentityKeyError),
    /// This program cannot find itself, to compile plugins with.
    #[error("the path of the running program cannot be found, so plugins cannot be compiled: {0}")]
    Program(std::io::Error),
}

/// What an operator has to know of an upload that keeps a host from starting, who may have looked at the configured file in vain.
fn of_upload(file: Option<&Path>) -> String {
    let Some(file) = file.map(Path::display) else { return String::new() };
    format!(
        ". This is not what the configuration names, but the upload kept in the data folder, {file}: to give it up, delete that file and {file}{SIGNATURE_SUFFIX} beside it, if there is one, and start again. What its services and baskets hold is of the upload until `trellis rebuild <name>` builds it anew"
    )
}

/// A host that works.
pub struct Wired {
    /// What request handlers need.
    pub loaded: Loaded,
    /// What the outbox thread runs.
    pub outbox: Outbox,
}

/// Who hears what a host's parts do.
pub struct Observers {
    /// The engine.
    pub engine: Arc<dyn Observer>,
    /// The sandbox.
    pub calls: Arc<dyn CallObserver>,
    /// The store.
    pub store: Arc<dyn StoreObserver>,
}

impl Observers {
    /// Metrics hear everything.
    #[must_use]
    pub fn metrics(metrics: &Arc<Metrics>) -> Self {
        Self {
            engine: Arc::new(EngineObserver(Arc::clone(metrics))),
            calls: Arc::new(PluginMetrics(Arc::clone(metrics))),
            store: Arc::new(StoreMetrics(Arc::clone(metrics))),
        }
    }
}

/// Where a host listens, as far as its own parts call it.
#[derive(Debug, Clone, Copy)]
pub struct Addresses {
    /// The second listener: its stand-in for ARC answers there.
    pub admin: SocketAddr,
    /// The public listener: callbacks come there.
    pub public: Option<SocketAddr>,
}

impl Addresses {
    /// Of a host that nobody calls.
    #[must_use]
    pub const fn admin_only(admin: SocketAddr) -> Self {
        Self { admin, public: None }
    }
}

/// Puts a host together.
///
/// # Errors
/// [`WiringError`] says what is wrong and what to do.
pub fn wire(config: &Config, addresses: Addresses, observers: Observers) -> Result<Wired, WiringError> {
    let data = DataDir::open(&config.data_dir, config.network)?;
    // First: its lock keeps a second host away from everything else in the folder.
    let mut options = Options::new(rand::random());
    options.observer = observers.store;
    let store = Arc::new(SledStore::open(&data.store(), &options)?);
    wire_on(store, config, &data, addresses, observers.engine, observers.calls)
}

/// As [`wire`], on a store that is open already.
///
/// # Errors
/// [`WiringError`].
pub fn wire_on<S: Store + HeaderArchive + 'static>(
    store: Arc<S>,
    config: &Config,
    data: &DataDir,
    addresses: Addresses,
    observer: Arc<dyn Observer>,
    calls: Arc<dyn CallObserver>,
) -> Result<Wired, WiringError> {
    let kept = Kept::new(data.plugins());
    let (sandbox, sources) = load_plugins(config, data, &kept, calls)?;
    check_roles(config, &sandbox, |id| {
        let mut loaded = config.plugins.iter().zip(&sources);
        let is_upload = loaded.any(|(setup, source)| setup.id == id && *source == Source::Uploaded);
        is_upload.then(|| kept.file(id))
    })?;
    let sandbox = Arc::new(sandbox);
    let (headers, source, dev) = open_headers(config, &store)?;
    let hosting = hosting(store.as_ref(), config)?;
    let parts = EngineParts { store, plugins: Arc::clone(&sandbox) as _, headers, observer };
    let engine = Arc::new(Engine::new(parts, hosting, rules(config))?);
    if let Some(trusted) = &config.federations {
        engine.trust(trusted.federations.clone());
    }
    // Before the first submission.
    engine.find_rebuilds(clock::now())?;
    let slot = Arc::new(EngineSlot::new(Arc::clone(&engine)));
    let plugins = HostPlugins::new(sandbox, Arc::clone(&slot), kept, config, sources);
    let callback_tokens = CallbackTokens::open(&data.callback_token(), clock::now(), rand::random())?;
    let identity = identity_key::open(&data.identity_key(), rand::random())?;
    let auth = Arc::new(Auth::new(identity, rand::random()));
    let told = broadcasters(config, &dev, addresses, &callback_tokens)?;
    let outbox = Outbox::new(engine, told);
    Ok(Wired { loaded: Loaded { slot, plugins, headers: source, auth, callback_tokens, dev }, outbox })
}

/// What the configuration hosts.
///
/// # Errors
/// [`HostingError`].
pub fn hosting(store: &dyn Store, config: &Config) -> Result<Hosting, HostingError> {
    let managers: Vec<_> = config.baskets.iter().map(|baskets| baskets.manager.clone()).collect();
    Hosting::new(store, &config.topics, &config.services)?.with_managers(store, &managers)
}

fn rules(config: &Config) -> Rules {
    let mut verification = Policy {
        network: match config.network {
            NetworkName::Main => Network::Main,
            NetworkName::Test => Network::Test,
            NetworkName::Local => Network::Local,
        },
        ..Policy::default()
    };
    if let Some(rate) = config.min_fee_rate {
        verification.min_fee_rate = rate;
    }
    Rules { verification, broadcast: config.broadcast }
}

fn load_plugins(
    config: &Config,
    data: &DataDir,
    kept: &Kept,
    observer: Arc<dyn CallObserver>,
) -> Result<(Sandbox, Vec<Source>), WiringError> {
    let program = std::env::current_exe().map_err(WiringError::Program)?;
    let compiler = Compiler::new(program, [COMPILE_PLUGIN.into()]);
    let mut options = SandboxOptions::new(data.compiled(), compiler);
    options.observer = observer;
    let sandbox = Sandbox::new(options)?;
    let sources = config.plugins.iter().map(|setup| load_plugin(&sandbox, kept, setup)).collect::<Result<_, _>>()?;
    Ok((sandbox, sources))
}

/// Loads a plugin: what was uploaded for it, or else what the configuration names.
///
/// # Errors
/// [`WiringError`] names the plugin.
pub fn load_plugin(sandbox: &Sandbox, kept: &Kept, setup: &PluginSetup) -> Result<Source, WiringError> {
    let id = &setup.id;
    let (component, source) = match kept.read(id, plugins::most_bytes(setup)) {
        Ok(Some(uploaded)) => (uploaded, Source::Uploaded),
        Ok(None) => {
            let found = plugins::configured(setup);
            let found = found.map_err(|source| WiringError::Component { id: id.clone(), source })?;
            (found, Source::Configured)
        }
        Err(source) => return Err(WiringError::Upload { id: id.clone(), file: kept.file(id), source }),
    };
    let found = plugins::load(sandbox, plugins::plugin_id(id), setup, component).map_err(|error| {
        let upload = (source == Source::Uploaded).then(|| kept.file(id));
        WiringError::Plugin { id: id.clone(), upload, source: Box::new(error) }
    })?;
    let sha256 = hex::encode(found.inspection.sha256);
    tracing::info!(plugin = id, sha256, code = ?found.code, uploaded = source == Source::Uploaded, "plugin loaded");
    Ok(source)
}

/// Whether every plugin has the roles it is configured for. `upload` says where the upload is that serves as a plugin.
///
/// # Errors
/// [`WiringError::Role`].
pub fn check_roles(
    config: &Config,
    sandbox: &Sandbox,
    upload: impl Fn(&str) -> Option<PathBuf>,
) -> Result<(), WiringError> {
    match plugins::missing_role(config, |id| sandbox.inspection(&plugins::plugin_id(id))) {
        None => Ok(()),
        Some((ConfiguredRole { plugin, role, names }, has)) => Err(WiringError::Role {
            upload: upload(&plugin),
            plugin,
            role,
            name: names.join("`, `"),
            roles: has.join(" and "),
        }),
    }
}

type HeaderParts = (Arc<dyn Headers + Send + Sync>, HeaderSource, Option<Dev>);

fn open_headers<S: HeaderArchive + 'static>(config: &Config, store: &Arc<S>) -> Result<HeaderParts, WiringError> {
    match &config.chain {
        Chain::Services(checkpoint, services) => {
            let services = Arc::new(open_services(config.network, *checkpoint, services, Arc::clone(store) as _)?);
            Ok((Arc::clone(&services) as _, HeaderSource::Services(services), None))
        }
        Chain::HeadersFile(path) => {
            let file = Arc::new(HeadersFile::open(path, clock::now())?);
            Ok((Arc::clone(&file) as _, HeaderSource::File(file), None))
        }
        Chain::Local(path) => {
            let time = u32::try_from(clock::now().milliseconds() / 1000).unwrap_or(u32::MAX);
            let chain = Arc::new(LocalChain::open(path, &Genesis { seed: rand::random(), time })?);
            let arc = Arc::new(LocalArc::new(Arc::clone(&chain)));
            Ok((Arc::clone(&chain) as _, HeaderSource::Local, Some(Dev { chain, arc })))
        }
    }
}

fn open_services(
    network: NetworkName,
    checkpoint: Option<Checkpoint>,
    services: &[HeaderServiceSetup],
    archive: Arc<dyn HeaderArchive>,
) -> Result<HeaderServices, WiringError> {
    let rules = match network {
        NetworkName::Main => ChainRules::main(),
        // Network "local" has no services: the configuration is refused.
        NetworkName::Test | NetworkName::Local => ChainRules::test(),
    };
    let rules = checkpoint.map_or(rules.clone(), |checkpoint| rules.from_checkpoint(checkpoint));
    let opened = HeaderChain::open(rules, archive)?;
    if let Some(reason) = opened.dropped {
        tracing::warn!(%reason, "stored block headers were dropped; they are fetched again");
    }
    tracing::info!(tip = opened.chain.best().map(|(height, _)| height), from = %opened.chain.checkpoint(), "block headers");
    let ask = |service: &HeaderServiceSetup| {
        header_services::service(&ServiceSettings {
            name: host_of(&service.url),
            kind: service.kind,
            url: service.url.clone(),
            api_key: service.api_key.as_ref().map(network_secret),
        })
    };
    Ok(HeaderServices::new(opened.chain, services.iter().map(ask).collect::<Result<_, _>>()?))
}

fn network_secret(secret: &Secret) -> trellis_network::arc::Secret {
    trellis_network::arc::Secret::new(secret.reveal().to_owned())
}

fn broadcasters(
    config: &Config,
    dev: &Option<Dev>,
    addresses: Addresses,
    tokens: &CallbackTokens,
) -> Result<Vec<Arc<dyn Broadcaster>>, WiringError> {
    // Who cannot be reached is not called; what it was told is asked about all the same.
    let callback = |base: Option<String>| {
        base.map(|base| Callback {
            url: format!("{}/arc-ingest", base.trim_end_matches('/')),
            token: trellis_network::arc::Secret::new(tokens.current().reveal().to_owned()),
        })
    };
    let settings = |name: String, arc: &ArcSetup, base: Option<String>| ArcSettings {
        name,
        url: arc.url.clone(),
        api_key: arc.api_key.as_ref().map(network_secret),
        wait_for: None,
        callback: callback(base),
    };
    let mut all: Vec<ArcSettings> =
        config.broadcasters.iter().map(|arc| settings(host_of(&arc.url), arc, config.advertised_url.clone())).collect();
    if all.is_empty() && dev.is_some() && config.broadcast.tells() {
        let url = format!("http://{}/dev/arc", on_this_machine(addresses.admin));
        let base = addresses.public.map(|public| format!("http://{}", on_this_machine(public)));
        all.push(settings("local-arc".to_owned(), &ArcSetup { url, api_key: None }, base));
    }
    let mut broadcasters: Vec<Arc<dyn Broadcaster>> = Vec::new();
    for settings in &all {
        broadcasters.push(Arc::new(ArcBroadcaster::new(settings)?));
    }
    Ok(broadcasters)
}

fn on_this_machine(address: SocketAddr) -> SocketAddr {
    let ip: IpAddr = if address.ip().is_unspecified() { [127, 0, 0, 1].into() } else { address.ip() };
    SocketAddr::new(ip, address.port())
}

fn host_of(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or_default().to_owned()
}
