//! What the tables mean together. Every mistake is reported, not just the first.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use trellis_engine::hosting::BroadcastPolicy;

use super::checked::{
    ArcSetup, Chain, ClientLimits, Config, DEFAULT_ADMIN_PORT, DEFAULT_NAME, DEFAULT_PORT, DEFAULT_SUBSCRIBERS,
    EventLimits, FederationsSetup, Listen, Secret,
};
use super::federation;
use super::file::{
    BroadcastPolicyName, BroadcastTable, EventsTable, IdentityTable, LimitsTable, NetworkName, NodeTable, Tables,
};
use super::plugin::{check_hosting, closed_topics, nearest};
use super::problem::Problem;

/// Smallest `body-memory`: one body of the largest size must fit.
const LEAST_BODY_MEMORY: u64 = crate::http::read_body::MAX_BODY_BYTES as u64;
/// Largest `body-memory`, in bytes: beyond this nobody means it.
const MOST_BODY_MEMORY: u64 = 1 << 40;
/// Largest `calls-at-once`: the threads that wait for the disk.
const MOST_CALLS: u64 = 448;
/// Largest `connections`: what one process can have open on common systems.
const MOST_CONNECTIONS: u64 = 500_000;
/// Largest CPU allowance per second, in milliseconds: 10,000 cores.
const MOST_CPU: u64 = 10_000_000;

/// Checks tables. Relative paths are taken from `folder`; `environment` answers environment variables.
///
/// # Errors
/// Every [`Problem`] found.
pub fn check(
    tables: Tables,
    folder: &Path,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Config, Vec<Problem>> {
    let mut checker = Checker { folder, environment, problems: Vec::new() };
    let Tables {
        node,
        chain,
        broadcast,
        policy,
        relay,
        access,
        admin,
        identity,
        limits,
        events,
        publisher,
        plugin,
        topic,
        lookup,
        basket,
    } = tables;
    let network = checker.required(node.network, "[node]", "network", "write \"main\", \"test\" or \"local\"");
    let data_dir =
        checker.required(node.data_dir.clone(), "[node]", "data-dir", "name the folder for everything durable");
    let admin_token = admin.token_env.map(|variable| checker.secret("[admin]", "token-env", variable, "bearer token"));
    let (listen, admin_listen) = checker.listeners(&node, admin_token.is_some());
    let data_dir = checker.path(data_dir.unwrap_or_default());
    let chain = checker.chain(chain, network, &data_dir);
    let (broadcast, broadcasters) = checker.broadcast(broadcast, &chain);
    let relay = checker.relay(relay);
    let limits = checker.limits(limits);
    let events = checker.events(&events);
    let advertised_url = checker.advertised_url(node.advertised_url);
    let plugin_ids: Vec<String> = plugin.iter().map(|plugin| plugin.id.clone()).collect();
    let topic_names: Vec<String> = topic.iter().map(|topic| topic.name.clone()).collect();
    let federations = checker.federations(identity, &topic_names);
    let trusted = federations.as_ref().map(|setup| &setup.federations);
    let access = checker.access(access, closed_topics(&topic), trusted);
    let baskets = checker.baskets(basket, &plugin_ids, &topic_names, trusted);
    let (plugins, topics, services) =
        check_hosting((publisher, plugin), topic, lookup, folder, trusted, &mut checker.problems);
    if !checker.problems.is_empty() {
        return Err(checker.problems);
    }
    Ok(Config {
        name: node.name.unwrap_or_else(|| DEFAULT_NAME.to_owned()),
        listen,
        admin_listen,
        data_dir,
        network: network.unwrap_or(NetworkName::Main),
        advertised_url,
        chain,
        broadcast,
        broadcasters,
        min_fee_rate: policy.min_fee_rate,
        relay,
        admin_token: admin_token.flatten(),
        federations,
        access,
        limits,
        events,
        plugins,
        topics,
        services,
        baskets,
    })
}

pub(super) struct Checker<'a> {
    folder: &'a Path,
    environment: &'a dyn Fn(&str) -> Option<String>,
    pub(super) problems: Vec<Problem>,
}

impl Checker<'_> {
    pub(super) fn required<T>(
        &mut self,
        value: Option<T>,
        table: &'static str,
        key: &'static str,
        remedy: &'static str,
    ) -> Option<T> {
        if value.is_none() {
            self.problems.push(Problem::Missing { table, key, remedy });
        }
        value
    }

    pub(super) fn path(&self, path: PathBuf) -> PathBuf {
        self.folder.join(path)
    }

    pub(super) fn secret(
        &mut self,
        table: &'static str,
        key: &'static str,
        variable: String,
        what: &'static str,
    ) -> Option<Secret> {
        let value = (self.environment)(&variable).filter(|value| !value.trim().is_empty());
        if value.is_none() {
            self.problems.push(Problem::Environment { table, key, variable, what });
        }
        value.map(|value| Secret::new(value.trim().to_owned()))
    }

    /// Whom this host trusts. Revocation topics must be hosted: nobody else could tell.
    fn federations(&mut self, table: IdentityTable, topics: &[String]) -> Option<FederationsSetup> {
        let file = self.path(table.federations?);
        match federation::load(&file) {
            Ok((federations, bytes)) => {
                let topics: Vec<&str> = topics.iter().map(String::as_str).collect();
                for topic in federations.revocation_topics().filter(|topic| !topics.contains(&topic.as_str())) {
                    let nearest = nearest(topic.as_str(), &topics);
                    self.problems.push(Problem::RevocationTopic { topic: topic.clone(), nearest });
                }
                Some(FederationsSetup { file, federations, bytes })
            }
            Err(error) => {
                self.problems.push(Problem::Federations(error.to_string()));
                None
            }
        }
    }

    fn listeners(&mut self, node: &NodeTable, has_token: bool) -> (Listen, SocketAddr) {
        let listen = match &node.listen {
            None => Listen::loopback(DEFAULT_PORT),
            Some(texts) => {
                if texts.0.is_empty() {
                    let remedy = "name at least one address, or leave it out";
                    self.problems.push(Problem::Missing { table: "[node]", key: "listen", remedy });
                }
                let addresses = texts.0.iter().filter_map(|text| self.address("listen", text)).collect();
                Listen { addresses, skip_absent: false }
            }
        };
        let default = SocketAddr::from(([127, 0, 0, 1], DEFAULT_ADMIN_PORT));
        let admin = node.admin_listen.as_deref();
        let admin = admin.and_then(|text| self.address("admin-listen", text)).unwrap_or(default);
        if !admin.ip().is_loopback() && !has_token {
            self.problems.push(Problem::AdminOpen(admin.to_string()));
        }
        let mut seen = Vec::new();
        for address in listen.addresses.iter().chain([&admin]) {
            // Port 0 asks the system for a free one, a different one each time.
            if address.port() != 0 && seen.contains(&address) {
                self.problems.push(Problem::AddressTwice(address.to_string()));
            }
            seen.push(address);
        }
        (listen, admin)
    }

    fn address(&mut self, key: &'static str, text: &str) -> Option<SocketAddr> {
        let address = text.parse().ok();
        if address.is_none() {
            self.problems.push(Problem::Address { key, value: text.to_owned() });
        }
        address
    }

    fn broadcast(&mut self, table: BroadcastTable, chain: &Chain) -> (BroadcastPolicy, Vec<ArcSetup>) {
        let policy = match table.policy.unwrap_or(BroadcastPolicyName::AfterCommit) {
            BroadcastPolicyName::AfterCommit => BroadcastPolicy::AfterCommit,
            BroadcastPolicyName::None => BroadcastPolicy::None,
            BroadcastPolicyName::Gate => BroadcastPolicy::Gate,
        };
        let mut broadcasters = Vec::new();
        for arc in table.arc {
            let (table, what) = ("[[broadcast.arc]]", "service's key");
            let api_key = arc.api_key_env.map(|variable| self.secret(table, "api-key-env", variable, what));
            if !is_http(&arc.url) {
                let remedy = "write https://… or http://… without a path to a single call";
                self.problems.push(Problem::Url { table, key: "url", value: arc.url.clone(), remedy });
            }
            broadcasters.push(ArcSetup { url: arc.url.trim_end_matches('/').to_owned(), api_key: api_key.flatten() });
        }
        let stand_in = matches!(chain, Chain::Local(_));
        match (policy, broadcasters.is_empty()) {
            (BroadcastPolicy::AfterCommit | BroadcastPolicy::Gate, true) if !stand_in => {
                self.problems.push(Problem::NobodyToTell)
            }
            (BroadcastPolicy::None, false) => self.problems.push(Problem::NeverTold),
            _ => {}
        }
        (policy, broadcasters)
    }

    fn advertised_url(&mut self, url: Option<String>) -> Option<String> {
        if let Some(value) = url.as_ref().filter(|url| !is_http(url)) {
            let remedy = "write the address clients use, such as https://overlay.example.com";
            let value = value.clone();
            self.problems.push(Problem::Url { table: "[node]", key: "advertised-url", value, remedy });
        }
        url
    }

    fn limits(&mut self, table: LimitsTable) -> ClientLimits {
        let default = ClientLimits::default();
        let cpu = "it is a client's share of this machine's CPU time, in milliseconds";
        let connections = "every connection takes a file descriptor and buffers";
        let calls = "each takes a thread that waits for the disk";
        let bodies = "at least one body of the largest size must fit";
        ClientLimits {
            client_cpu_per_second: self.number(
                table.client_cpu_per_second,
                default.client_cpu_per_second,
                "client-cpu-per-second",
                (1, MOST_CPU),
                cpu,
            ),
            client_cpu_burst: self.number(
                table.client_cpu_burst,
                default.client_cpu_burst,
                "client-cpu-burst",
                (1, MOST_CPU),
                cpu,
            ),
            body_memory: self.number(
                table.body_memory,
                default.body_memory,
                "body-memory",
                (LEAST_BODY_MEMORY, MOST_BODY_MEMORY),
                bodies,
            ),
            calls_at_once: self.number(
                table.calls_at_once.map(|calls| calls as u64),
                default.calls_at_once as u64,
                "calls-at-once",
                (1, MOST_CALLS),
                calls,
            ) as usize,
            connections: self.number(
                table.connections.map(|connections| connections as u64),
                default.connections as u64,
                "connections",
                (1, MOST_CONNECTIONS),
                connections,
            ) as usize,
            trusted_proxies: table.trusted_proxies.iter().filter_map(|text| self.proxy(text)).collect(),
        }
    }

    fn events(&mut self, table: &EventsTable) -> EventLimits {
        let reason = "every subscriber takes a connection";
        let subscribers = table.subscribers.map(|subscribers| subscribers as u64);
        let bounds = (0, MOST_CONNECTIONS);
        let subscribers =
            self.number_of("[events]", subscribers, DEFAULT_SUBSCRIBERS as u64, "subscribers", bounds, reason);
        EventLimits { subscribers: subscribers as usize, retention: table.retention }
    }

    fn number(
        &mut self,
        value: Option<u64>,
        default: u64,
        key: &'static str,
        bounds: (u64, u64),
        reason: &'static str,
    ) -> u64 {
        self.number_of("[limits]", value, default, key, bounds, reason)
    }

    fn number_of(
        &mut self,
        table: &'static str,
        value: Option<u64>,
        default: u64,
        key: &'static str,
        (least, most): (u64, u64),
        reason: &'static str,
    ) -> u64 {
        let value = value.unwrap_or(default);
        if value < least || value > most {
            self.problems.push(Problem::Range { table, key, value, least, most, reason });
        }
        value
    }

    fn proxy(&mut self, text: &str) -> Option<IpAddr> {
        let address = text.parse().ok();
        if address.is_none() {
            self.problems.push(Problem::Proxy(text.to_owned()));
        }
        address
    }
}

/// Whether a text is an HTTP address with a host and without a query.
pub(super) fn is_http(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        let host = rest.split('/').next().unwrap_or_default();
        !host.is_empty() && !rest.contains(|c: char| c.is_whitespace() || c == '?' || c == '#' || c == '@')
    })
}
