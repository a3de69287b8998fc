//! The file's tables and keys, as serde types. What the values mean together is [`super::check`]'s business.

mod plugin;

use std::path::PathBuf;

use serde::Deserialize;
use serde::de::{SeqAccess, Visitor};

pub use plugin::{GrantName, PluginTable, PublisherTable};

/// The whole file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Tables {
    /// `[node]`
    pub node: NodeTable,
    /// `[chain]`
    pub chain: Option<ChainTable>,
    /// `[broadcast]`
    pub broadcast: BroadcastTable,
    /// `[policy]`
    pub policy: PolicyTable,
    /// `[relay]`
    pub relay: RelayTable,
    /// `[access]`
    pub access: AccessTable,
    /// `[admin]`
    pub admin: AdminTable,
    /// `[identity]`
    pub identity: IdentityTable,
    /// `[limits]`
    pub limits: LimitsTable,
    /// `[events]`
    pub events: EventsTable,
    /// `[[publisher]]`
    pub publisher: Vec<PublisherTable>,
    /// `[[plugin]]`
    pub plugin: Vec<PluginTable>,
    /// `[[topic]]`
    pub topic: Vec<TopicTable>,
    /// `[[lookup]]`
    pub lookup: Vec<LookupTable>,
    /// `[[basket]]`
    pub basket: Vec<BasketTable>,
}

/// `[node]`: who this host is and where it listens.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct NodeTable {
    /// The name health and `/admin/config` show.
    pub name: Option<String>,
    /// Addresses of the public listener.
    pub listen: Option<OneOrMore>,
    /// Address of the second listener: metrics and administration.
    pub admin_listen: Option<String>,
    /// Where everything durable is.
    pub data_dir: Option<PathBuf>,
    /// `main`, `test` or `local`.
    pub network: Option<NetworkName>,
    /// Where clients reach this host, for other hosts to see.
    pub advertised_url: Option<String>,
}

/// The chain a host lives on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NetworkName {
    /// The main network.
    Main,
    /// The public test network.
    Test,
    /// A chain of one's own.
    Local,
}

impl NetworkName {
    /// As the configuration writes it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Test => "test",
            Self::Local => "local",
        }
    }
}

/// `[chain]`: where block headers come from.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ChainTable {
    /// `services`, `headers-file` or `local`.
    pub source: ChainSource,
    /// The headers file; for `local`, where the chain is kept.
    #[serde(default)]
    pub path: Option<PathBuf>,
    /// For `services`: the first block known, `height:hash`.
    #[serde(default)]
    pub checkpoint: Option<String>,
    /// `[[chain.service]]`
    #[serde(default)]
    pub service: Vec<ServiceTable>,
}

/// Where block headers come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChainSource {
    /// Services that know the headers.
    Services,
    /// A JSON file of height to merkle root.
    HeadersFile,
    /// The chain built into this program.
    Local,
}

/// `[[chain.service]]`: one service of block headers.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ServiceTable {
    /// Whose interface it speaks.
    pub kind: ServiceKindName,
    /// Its base address.
    pub url: String,
    /// The environment variable that holds its key.
    #[serde(default)]
    pub api_key_env: Option<String>,
}

/// Whose interface a service of block headers speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum ServiceKindName {
    /// The Block Headers Service; `/api/v1/chain/…` is added to its address.
    #[serde(rename = "block-headers-service")]
    BlockHeadersService,
    /// WhatsOnChain; `/chain/info` and `/block/…` are added to its address.
    #[serde(rename = "whatsonchain")]
    WhatsOnChain,
}

/// `[broadcast]`: who is told of what was committed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct BroadcastTable {
    /// `after-commit`, `gate` or `none`.
    pub policy: Option<BroadcastPolicyName>,
    /// `[[broadcast.arc]]`
    pub arc: Vec<ArcTable>,
}

/// When the network is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BroadcastPolicyName {
    /// Once the commit is durable.
    AfterCommit,
    /// Never.
    None,
    /// Once the commit is durable, and the answer waits for what the network says.
    Gate,
}

/// `[[broadcast.arc]]`: one ARC service.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ArcTable {
    /// Its base address; `/v1/tx` is added.
    pub url: String,
    /// The environment variable that holds its key.
    #[serde(default)]
    pub api_key_env: Option<String>,
}

/// `[policy]`: what the door lets through.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct PolicyTable {
    /// Satoshis per 1,000 bytes an unproven transaction must pay.
    pub min_fee_rate: Option<u64>,
}

/// `[relay]`: for whom this host converts, and tells the network of, what it does not index.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct RelayTable {
    /// `off`, `authenticated` or `open`.
    pub access: Option<RelayAccessName>,
    /// For `authenticated`: the environment variable that holds the bearer token.
    pub token_env: Option<String>,
}

/// For whom this host relays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RelayAccessName {
    /// Nobody.
    Off,
    /// Who presents the token.
    Authenticated,
    /// Anybody.
    Open,
}

/// `[identity]`: whom this host believes who somebody is.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct IdentityTable {
    /// The file of organisations and federations.
    pub federations: Option<PathBuf>,
}

/// `[access]`: what answers only clients that say who they are.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct AccessTable {
    /// Paths of the public listener, each with everything below it.
    pub authenticated: Vec<String>,
    /// `[[access.certified]]`
    pub certified: Vec<CertifiedPathTable>,
}

/// `[[access.certified]]`: a path that answers only who has shown a certificate in the handshake.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CertifiedPathTable {
    /// A path of the public listener, with everything below it.
    pub path: String,
    /// The certificate type: base64.
    pub r#type: String,
    /// Fields that it reveals and a member of the federation vouches for.
    #[serde(default)]
    pub fields: Vec<String>,
    /// The federation, a name of the federations file.
    pub federation: String,
}

/// `[admin]`: who may administer.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct AdminTable {
    /// The environment variable that holds the bearer token.
    pub token_env: Option<String>,
}

/// `[limits]`: what clients together, and each of them, may take.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct LimitsTable {
    /// CPU milliseconds one client address may use per second.
    pub client_cpu_per_second: Option<u64>,
    /// CPU milliseconds one client address may use at once, before the rate counts.
    pub client_cpu_burst: Option<u64>,
    /// Bytes of request bodies held in memory at once, over all clients.
    pub body_memory: Option<u64>,
    /// Submissions and lookups worked on at once; more wait.
    pub calls_at_once: Option<usize>,
    /// Connections of the public listener.
    pub connections: Option<usize>,
    /// Addresses of proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<String>,
}

/// `[events]`: who may subscribe, and from where on.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct EventsTable {
    /// Subscribers at once.
    pub subscribers: Option<usize>,
    /// Commits behind the last one that a subscriber may go on from.
    pub retention: Option<u64>,
}

/// `[[topic]]`: a hosted topic.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TopicTable {
    /// `tm_…`
    pub name: String,
    /// The [`PluginTable::id`] that judges it.
    pub plugin: String,
    /// Other topics the plugin may read.
    #[serde(default)]
    pub reads: Vec<String>,
    /// `certified`
    #[serde(default)]
    pub certified: Option<CertifiedTable>,
    /// Who may submit to it, and read what it holds.
    #[serde(default)]
    pub access: Option<TopicAccessName>,
}

/// `certified`: the certificate that somebody must have who signs a submission, or asks what is in a basket.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CertifiedTable {
    /// The certificate type: base64.
    pub r#type: String,
    /// Fields that it reveals and a member of the federation vouches for.
    #[serde(default)]
    pub fields: Vec<String>,
    /// The federation, a name of the federations file.
    pub federation: String,
}

/// Who may submit to a topic, and read what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TopicAccessName {
    /// Everybody.
    Open,
    /// Who says who it is.
    Authenticated,
}

/// `[[lookup]]`: a hosted lookup service.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LookupTable {
    /// `ls_…`
    pub name: String,
    /// The [`PluginTable::id`] that answers for it.
    pub plugin: String,
    /// The topics it indexes.
    pub topics: Vec<String>,
    /// Topics the plugin may read besides those.
    #[serde(default)]
    pub reads: Vec<String>,
}

/// `[[basket]]`: baskets and the plugin that manages them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct BasketTable {
    /// `shop/tickets`, or `shop/*` for all that begin so.
    pub names: Vec<String>,
    /// The [`PluginTable::id`] that manages them.
    pub manager: String,
    /// The topics whose outputs it may place.
    pub topics: Vec<String>,
    /// Who may ask what is in them.
    #[serde(default)]
    pub access: Option<BasketAccessName>,
    /// The environment variable that holds the token.
    #[serde(default)]
    pub token_env: Option<String>,
    /// With `certified`: the certificate.
    #[serde(default)]
    pub certified: Option<CertifiedTable>,
}

/// Who may ask what is in baskets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BasketAccessName {
    /// Everybody.
    Open,
    /// Who presents the token.
    Token,
    /// Who says who it is.
    Authenticated,
    /// Each owner, for its own tokens.
    Owner,
    /// Who has shown a certificate.
    Certified,
}

/// One text or a list of texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneOrMore(pub Vec<String>);

impl<'de> Deserialize<'de> for OneOrMore {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = OneOrMore;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a text or a list of texts")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<OneOrMore, E> {
                Ok(OneOrMore(vec![text.to_owned()]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<OneOrMore, A::Error> {
                let mut texts = Vec::new();
                while let Some(text) = list.next_element()? {
                    texts.push(text);
                }
                Ok(OneOrMore(texts))
            }
        }
        deserializer.deserialize_any(Either)
    }
}
