//! A configuration that passed, in the host's own types, and the defaults it falls back to.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use trellis_engine::domain::basket::BasketName;
use trellis_engine::domain::name::TopicName;
use trellis_engine::federation::{CertificateDemand, Federations};
use trellis_engine::hosting::{BroadcastPolicy, ManagerSetup, ServiceSetup, TopicSetup};
use trellis_network::header_chain::Checkpoint;
use trellis_network::header_services::ServiceKind;
use trellis_sandbox::LimitOverrides;
use trellis_spv::identity::key::PublicKey;

use super::file::{GrantName, NetworkName};

/// Port of the public listener: the one the `local` preset of `@bsv/sdk` calls.
pub const DEFAULT_PORT: u16 = 8080;
/// Port of the second listener.
pub const DEFAULT_ADMIN_PORT: u16 = 8081;
/// The name of a host that was given none.
pub const DEFAULT_NAME: &str = "trellis";

/// CPU milliseconds a client address may use per second: two cores' whole work, so that an office behind one address is
/// served, and a host with more cores keeps the others for everybody else.
pub const DEFAULT_CLIENT_CPU_PER_SECOND: u64 = 2_000;
/// CPU milliseconds a client address may use at once: half a minute of two cores, for the batch a client sends after
/// having been offline.
pub const DEFAULT_CLIENT_CPU_BURST: u64 = 60_000;
/// Bytes of request bodies in memory at once: eight of the largest.
pub const DEFAULT_BODY_MEMORY: u64 = 256 * 1024 * 1024;
/// Submissions and lookups worked on at once. Most of them wait for the disk: the store takes whatever came meanwhile as
/// one group, so a few cores feed on many waiting submissions; its queue holds as many.
pub const DEFAULT_CALLS_AT_ONCE: usize = 64;
/// Connections of the public listener: with 64 KiB of buffers each, 64 MiB at most.
pub const DEFAULT_CONNECTIONS: usize = 1_024;

/// Subscribers at once: half of the connections, so that they leave room for everybody else.
pub const DEFAULT_SUBSCRIBERS: usize = 512;

/// A configuration that passed every check.
#[derive(Debug, Clone)]
pub struct Config {
    /// The host's name.
    pub name: String,
    /// The public listener.
    pub listen: Listen,
    /// The second listener.
    pub admin_listen: SocketAddr,
    /// Where everything durable is.
    pub data_dir: PathBuf,
    /// The chain it lives on.
    pub network: NetworkName,
    /// Where clients reach it.
    pub advertised_url: Option<String>,
    /// Where headers come from.
    pub chain: Chain,
    /// Who is told.
    pub broadcast: BroadcastPolicy,
    /// The services told, in order of preference. On the built-in chain without any, the host's own stand-in is told.
    pub broadcasters: Vec<ArcSetup>,
    /// Satoshis per 1,000 bytes; `None` for the door's own default.
    pub min_fee_rate: Option<u64>,
    /// For whom it relays what it does not index.
    pub relay: RelayAccess,
    /// The token that opens the second listener.
    pub admin_token: Option<Secret>,
    /// Whom it trusts.
    pub federations: Option<FederationsSetup>,
    /// What is not open to everybody.
    pub access: AccessSetup,
    /// What clients may take.
    pub limits: ClientLimits,
    /// Who may subscribe.
    pub events: EventLimits,
    /// The plugins.
    pub plugins: Vec<PluginSetup>,
    /// The topics.
    pub topics: Vec<TopicSetup>,
    /// The lookup services.
    pub services: Vec<ServiceSetup>,
    /// The basket managers.
    pub baskets: Vec<BasketSetup>,
}

impl Config {
    /// Certificates that paths and baskets want of who asks.
    pub fn demands(&self) -> impl Iterator<Item = &CertificateDemand> {
        let of_baskets = self.baskets.iter().filter_map(|setup| match &setup.access {
            BasketAccessSetup::Certified(demand) => Some(demand),
            _ => None,
        });
        self.access.certified.iter().map(|(_, demand)| demand).chain(of_baskets)
    }
}

/// Organisations and federations, and the file that names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FederationsSetup {
    /// The file, which is read again when it changes.
    pub file: PathBuf,
    /// What it says.
    pub federations: Federations,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// What answers only clients that say who they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccessSetup {
    /// Paths of the public listener, each with everything below it; without a slash at the end.
    pub paths: Vec<String>,
    /// Topics, to submit to and to read.
    pub topics: Vec<TopicName>,
    /// Paths of the public listener with what is below them, and the certificate that whoever asks must have shown.
    pub certified: Vec<(String, CertificateDemand)>,
}

/// Baskets with their manager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BasketSetup {
    /// The manager, its baskets and its topics.
    pub manager: ManagerSetup,
    /// Who may ask what is in them.
    pub access: BasketAccessSetup,
}

/// Who may ask what is in baskets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BasketAccessSetup {
    /// Everybody.
    Open,
    /// Who presents this token.
    Token(Secret),
    /// Who says who it is.
    Authenticated,
    /// Each owner, for its own tokens.
    Owner,
    /// Who has shown this certificate.
    Certified(CertificateDemand),
}

impl BasketSetup {
    /// Whether a basket is among them.
    #[must_use]
    pub fn means(&self, basket: &BasketName) -> bool {
        self.manager.baskets.iter().any(|pattern| pattern.means(basket))
    }
}

/// The public listener's addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen {
    /// All of them.
    pub addresses: Vec<SocketAddr>,
    /// Whether an address this machine does not have may be left out: so for the default, which names both families.
    pub skip_absent: bool,
}

impl Listen {
    /// Both loopback addresses, 127.0.0.1 and `[::1]`, at one port.
    #[must_use]
    pub fn loopback(port: u16) -> Self {
        let addresses = vec![
            SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port),
            SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), port),
        ];
        Self { addresses, skip_absent: true }
    }
}

/// Where headers come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chain {
    /// These services, from a block on that is taken for granted; `None` for the network's own.
    Services(Option<Checkpoint>, Vec<HeaderServiceSetup>),
    /// This file of heights and merkle roots.
    HeadersFile(PathBuf),
    /// The built-in chain, kept in this file.
    Local(PathBuf),
}

/// One service of block headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderServiceSetup {
    /// Whose interface it speaks.
    pub kind: ServiceKind,
    /// Base address without a trailing slash.
    pub url: String,
    /// Its key.
    pub api_key: Option<Secret>,
}

/// One ARC service.
#[derive(Debug, Clone)]
pub struct ArcSetup {
    /// Base address without a trailing slash.
    pub url: String,
    /// Its key.
    pub api_key: Option<Secret>,
}

/// For whom a host converts, and tells the network of, what it does not index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RelayAccess {
    /// Nobody.
    Off,
    /// Who presents this token.
    Authenticated(Secret),
    /// Anybody.
    Open,
}

/// Somebody whose signed plugins this host takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publisher {
    /// The operator's name for it.
    pub name: String,
    /// Its identity key.
    pub key: PublicKey,
}

/// One plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginSetup {
    /// The operator's name for it.
    pub id: String,
    /// Where the component is.
    pub source: PluginSource,
    /// The only component accepted.
    pub sha256: Option<[u8; 32]>,
    /// Who must have signed the component.
    pub publisher: Option<Publisher>,
    /// What it may use that others are kept from.
    pub grants: Vec<GrantName>,
    /// Limits that differ from the defaults.
    pub limits: LimitOverrides,
    /// What it reads: text as it stands, anything else as JSON text.
    pub configuration: BTreeMap<String, String>,
}

/// Where a component is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PluginSource {
    /// In a file.
    File(PathBuf),
    /// In this program, under this name.
    Builtin(String),
}

/// What clients together, and each of them, may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientLimits {
    /// CPU milliseconds per second and client address.
    pub client_cpu_per_second: u64,
    /// CPU milliseconds at once.
    pub client_cpu_burst: u64,
    /// Bytes of request bodies at once.
    pub body_memory: u64,
    /// Submissions and lookups at once.
    pub calls_at_once: usize,
    /// Connections of the public listener.
    pub connections: usize,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
}

impl Default for ClientLimits {
    fn default() -> Self {
        Self {
            client_cpu_per_second: DEFAULT_CLIENT_CPU_PER_SECOND,
            client_cpu_burst: DEFAULT_CLIENT_CPU_BURST,
            body_memory: DEFAULT_BODY_MEMORY,
            calls_at_once: DEFAULT_CALLS_AT_ONCE,
            connections: DEFAULT_CONNECTIONS,
            trusted_proxies: Vec::new(),
        }
    }
}

/// Who may subscribe to events, and from where on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventLimits {
    /// Subscribers at once.
    pub subscribers: usize,
    /// Commits behind the last one that a subscriber may go on from; `None` for all there are.
    pub retention: Option<u64>,
}

impl Default for EventLimits {
    fn default() -> Self {
        Self { subscribers: DEFAULT_SUBSCRIBERS, retention: None }
    }
}

/// A text that never appears in logs.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps a text secret.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text, for whoever sends or compares it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}
