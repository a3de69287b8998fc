//! Everything that can be wrong with a configuration, in words that say what to write instead.

use std::path::PathBuf;

use trellis_engine::domain::basket::TokenError;
use trellis_engine::domain::name::{NameError, TopicName};
use trellis_engine::hosting::BasketPattern;
use trellis_network::header_chain::CheckpointError;
use trellis_sandbox::LimitError;

use super::federation::DemandError;

use super::file::NetworkName;

/// Why a configuration file is not usable.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read configuration file {}: {source}. `trellis config example` prints one to start from", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The text is no TOML, or a value has the wrong type.
    #[error("configuration file {file} is not understood: {text}")]
    Toml {
        /// The file.
        file: String,
        /// What and where, with the line.
        text: String,
    },
    /// A key no table of that name knows.
    #[error("{file}, line {line}: unknown key `{key}` in {table}; {}", hint(*nearest, keys))]
    UnknownKey {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// The table's header.
        table: &'static str,
        /// The key as written.
        key: String,
        /// The valid key most like it.
        nearest: Option<&'static str>,
        /// All valid keys.
        keys: &'static [&'static str],
    },
    /// What the file says cannot work.
    #[error("{path} cannot be used as it is:{}", list(problems))]
    Problems {
        /// The file.
        path: String,
        /// All that is wrong.
        problems: Vec<Problem>,
    },
}

fn hint(nearest: Option<&str>, keys: &[&str]) -> String {
    match nearest {
        Some(key) => format!("did you mean `{key}`?"),
        None => {
            let keys: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
            format!("known keys: {}", keys.join(", "))
        }
    }
}

fn list(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("\n  - {problem}")).collect()
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// A key that must be there is not.
    #[error("{table} has no `{key}`: {remedy}")]
    Missing {
        /// The table.
        table: &'static str,
        /// The key.
        key: &'static str,
        /// What to write.
        remedy: &'static str,
    },
    /// Not an address to listen on.
    #[error(
        "[node] {key} = \"{value}\" is no address to listen on: write an IP address and a port, such as 127.0.0.1:8080 or [::1]:8080"
    )]
    Address {
        /// `listen` or `admin-listen`.
        key: &'static str,
        /// As written.
        value: String,
    },
    /// An address twice.
    #[error("[node] address {0} is used twice: every listener needs an address of its own")]
    AddressTwice(String),
    /// The second listener would be open to others.
    #[error(
        "[node] admin-listen = \"{0}\" is reachable from other machines, but [admin] names no token: set token-env, or listen on 127.0.0.1"
    )]
    AdminOpen(String),
    /// A URL that cannot be one.
    #[error("{table} {key} = \"{value}\" is no URL of this kind: {remedy}")]
    Url {
        /// The table.
        table: &'static str,
        /// The key.
        key: &'static str,
        /// As written.
        value: String,
        /// What to write.
        remedy: &'static str,
    },
    /// The local chain for a network that is not local.
    #[error("[chain] source = \"local\" is the chain built into this program; with [node] network = \"{}\" use source = \"services\" or \"headers-file\"", .0.text())]
    LocalChainElsewhere(NetworkName),
    /// Services for a network that no service knows.
    #[error(
        "[chain] source = \"services\" is for networks \"main\" and \"test\"; with [node] network = \"local\" use source = \"local\", or leave [chain] out"
    )]
    ServicesForLocal,
    /// A key of another source of headers.
    #[error("[chain] {key} is of no use with source = \"{written}\": remove it, or write source = \"{instead}\"")]
    OtherChainSource {
        /// The key.
        key: &'static str,
        /// The source as written.
        written: &'static str,
        /// The source that reads it.
        instead: &'static str,
    },
    /// No checkpoint.
    #[error("[chain] checkpoint: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// Nobody to broadcast to.
    #[error(
        "[broadcast] policy = \"after-commit\" or \"gate\" needs at least one [[broadcast.arc]] with a url; a host that only follows says policy = \"none\""
    )]
    NobodyToTell,
    /// Somebody to broadcast to, but never.
    #[error("[[broadcast.arc]] is set, but [broadcast] policy = \"none\" never tells anybody: remove one of them")]
    NeverTold,
    /// A stream that wants a certificate.
    #[error(
        "[[access.certified]] path = \"{path}\" would close {stream}, which is opened with a token and shows no certificate: name narrower paths, and {stream} under [access] authenticated"
    )]
    CertifiedStream {
        /// As written.
        path: String,
        /// The stream.
        stream: &'static str,
    },
    /// A certificate that is not said, or that nobody is asked for.
    #[error(
        "[[basket]] \"{0}\": access = \"certified\" and certified = {{ type, fields, federation }} need one another: write both, or neither"
    )]
    BasketCertified(String),
    /// A path that everybody must be able to ask for.
    #[error("[access] path \"{path}\" would close {open}, which must answer everybody: {reason}; name narrower paths")]
    OpenPath {
        /// As written.
        path: String,
        /// What it would close.
        open: &'static str,
        /// Why it must not.
        reason: &'static str,
    },
    /// A path that nobody answers.
    #[error(
        "[access] path \"{path}\" is no path of the public listener, up to the names in it{}; single topics and baskets are closed with access in [[topic]] and [[basket]]",
        suggestion(nearest.as_deref())
    )]
    UnknownPath {
        /// As written.
        path: String,
        /// The path most like it.
        nearest: Option<String>,
    },
    /// A path twice.
    #[error("[access] authenticated names \"{0}\" twice; name it once")]
    PathTwice(String),
    /// A token that nobody is asked for.
    #[error(
        "[relay] token-env is of no use unless access = \"authenticated\": remove it, or write access = \"authenticated\""
    )]
    RelayToken,
    /// An environment variable that is not set.
    #[error(
        "{table} {key} = \"{variable}\": that environment variable is not set or empty; set it to the {what}, or remove the key"
    )]
    Environment {
        /// The table.
        table: &'static str,
        /// The key.
        key: &'static str,
        /// The variable.
        variable: String,
        /// What it should hold.
        what: &'static str,
    },
    /// A number outside its range.
    #[error("{table} {key} = {value} must be from {least} to {most}: {reason}")]
    Range {
        /// The table.
        table: &'static str,
        /// The key.
        key: &'static str,
        /// As written.
        value: u64,
        /// Least.
        least: u64,
        /// Most.
        most: u64,
        /// Why.
        reason: &'static str,
    },
    /// Not an IP address.
    #[error("[limits] trusted-proxies: \"{0}\" is no IP address")]
    Proxy(String),
    /// A plugin id that is not one.
    #[error(
        "[[plugin]] id = \"{0}\" must be 1 to 64 lower-case letters, digits, `-` and `_`: it appears in logs and metrics"
    )]
    PluginId(String),
    /// An id or name twice.
    #[error("{table} \"{name}\" is configured twice: every {what} has one entry")]
    Twice {
        /// The table.
        table: &'static str,
        /// The id or name.
        name: String,
        /// `plugin`, `topic`, `lookup service` or `basket manager`.
        what: &'static str,
    },
    /// Neither a file nor a built-in plugin, or both.
    #[error("[[plugin]] \"{0}\" needs exactly one of `file` (a component) and `builtin` (one of this program's own)")]
    PluginSource(String),
    /// A plugin file that is not there.
    #[error("[[plugin]] \"{id}\": file {} cannot be read: {reason}", file.display())]
    PluginFile {
        /// The plugin.
        id: String,
        /// The file.
        file: PathBuf,
        /// Why.
        reason: String,
    },
    /// No built-in plugin of that name.
    #[error("[[plugin]] \"{id}\": this program has no plugin \"{builtin}\" built in; it has {}", .known.join(", "))]
    Builtin {
        /// The plugin.
        id: String,
        /// As written.
        builtin: String,
        /// Those there are.
        known: Vec<String>,
    },
    /// Not a SHA-256.
    #[error("[[plugin]] \"{0}\": sha256 must be 64 hexadecimal digits, as `sha256sum` prints them")]
    Sha256(String),
    /// A limit out of range.
    #[error("[[plugin]] \"{id}\": {error}")]
    Limit {
        /// The plugin.
        id: String,
        /// Which, and its range.
        error: LimitError,
    },
    /// Not a name.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A publisher without a key.
    #[error("[[publisher]] \"{0}\": key must be an identity key, 66 hexadecimal digits that begin with 02 or 03")]
    PublisherKey(String),
    /// A publisher nobody configured.
    #[error("[[plugin]] \"{id}\": there is no [[publisher]] with name \"{publisher}\"{}", suggestion(nearest.as_deref()))]
    UnknownPublisher {
        /// The plugin.
        id: String,
        /// The name given.
        publisher: String,
        /// The nearest configured one.
        nearest: Option<String>,
    },
    /// A plugin nobody configured.
    #[error("{table} \"{name}\": there is no [[plugin]] with id \"{plugin}\"{}", suggestion(nearest.as_deref()))]
    UnknownPlugin {
        /// The table.
        table: &'static str,
        /// The topic, service or basket manager.
        name: String,
        /// The id it names.
        plugin: String,
        /// The id most like it.
        nearest: Option<String>,
    },
    /// A topic nobody configured.
    #[error("{table} \"{name}\": there is no [[topic]] with name \"{topic}\"{}", suggestion(nearest.as_deref()))]
    UnknownTopic {
        /// The table.
        table: &'static str,
        /// The service or basket manager.
        name: String,
        /// The topic it names.
        topic: String,
        /// The topic most like it.
        nearest: Option<String>,
    },
    /// A grant to read a topic nobody configured.
    #[error("{table} \"{name}\" reads \"{topic}\": there is no [[topic]] with that name{}", suggestion(nearest.as_deref()))]
    UnknownRead {
        /// `[[topic]]` or `[[lookup]]`.
        table: &'static str,
        /// The topic or service.
        name: String,
        /// The topic it is to read.
        topic: String,
        /// The topic most like it.
        nearest: Option<String>,
    },
    /// The federations file.
    #[error("[identity] federations: {0}")]
    Federations(String),
    /// A revocation topic that is not hosted.
    #[error("the federations file names the revocation topic \"{topic}\": there is no [[topic]] with that name{}; host it, for instance with the plugin built in as \"certificate-revocation\"", suggestion(nearest.as_deref()))]
    RevocationTopic {
        /// The topic.
        topic: TopicName,
        /// The one most like it.
        nearest: Option<String>,
    },
    /// What a topic or basket demands cannot be.
    #[error("{table} \"{name}\" certified: {error}")]
    Certified {
        /// `[[topic]]` or `[[basket]]`.
        table: &'static str,
        /// Its name.
        name: String,
        /// What is wrong.
        error: DemandError,
    },
    /// A topic that anybody may submit to would tell what a certified one holds.
    #[error(
        "[[topic]] \"{open}\" reads \"{certified}\", which takes only what certified parties signed, while anybody may submit to \"{open}\"; give \"{open}\" a certified of its own, or take \"{certified}\" out of its reads"
    )]
    CertifiedToOpen {
        /// Anybody may submit to it.
        open: String,
        /// It wants certificates.
        certified: String,
    },
    /// A grant twice.
    #[error("{table} \"{name}\" reads \"{topic}\" twice; name it once")]
    ReadTwice {
        /// `[[topic]]` or `[[lookup]]`.
        table: &'static str,
        /// The topic or service.
        name: String,
        /// The topic it is to read.
        topic: String,
    },
    /// A topic that is to read itself.
    #[error("[[topic]] \"{0}\" reads itself: a plugin always has its own rows; leave it out of `reads`")]
    ReadsItself(String),
    /// A service that indexes nothing.
    #[error("[[lookup]] \"{0}\" lists no topics: it would never have anything to answer")]
    NoTopics(String),
    /// A manager that lacks something to manage.
    #[error("[[basket]] \"{manager}\" lists no {key}: {remedy}")]
    EmptyBasket {
        /// The manager.
        manager: String,
        /// `names` or `topics`.
        key: &'static str,
        /// What to write.
        remedy: &'static str,
    },
    /// Not the name of a basket.
    #[error(
        "[[basket]] \"{manager}\": {error}. Write \"shop/tickets\" for one basket, or \"shop/*\" for all whose names begin with shop/"
    )]
    BasketName {
        /// The manager.
        manager: String,
        /// What a name looks like.
        error: TokenError,
    },
    /// A basket with two managers.
    #[error("[[basket]] names \"{one}\" and \"{two}\" overlap: every basket has one manager, so remove one of them")]
    BasketsOverlap {
        /// One of them.
        one: BasketPattern,
        /// The other one.
        two: BasketPattern,
    },
    /// A token that opens nothing.
    #[error(
        "[[basket]] \"{0}\": token-env is of no use unless access = \"token\": remove it, or write access = \"token\""
    )]
    BasketTokenUnused(String),
    /// A token nobody named.
    #[error("[[basket]] \"{0}\": access = \"token\" needs token-env, the environment variable that holds the token")]
    BasketTokenMissing(String),
}

fn suggestion(nearest: Option<&str>) -> String {
    nearest.map(|name| format!("; did you mean \"{name}\"?")).unwrap_or_default()
}
