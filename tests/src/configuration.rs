//! The host's configuration file, as the tests need it.

use std::fmt::Write as _;
use std::path::Path;

/// CPU milliseconds per second for the tests' one address: all of them at once come from it.
const CLIENT_CPU: u64 = 10_000_000;

/// The environment variable of every host that holds the token of baskets.
pub const BASKET_TOKEN_VARIABLE: &str = "BASKET_TOKEN";

/// The token of baskets.
pub const BASKET_TOKEN: &str = "open sesame";

/// What a host is set up to do.
#[derive(Debug, Clone, Default)]
pub struct Configuration {
    arcs: Vec<String>,
    plugins: String,
    topics: String,
    services: String,
    baskets: String,
    limits: String,
    policy: String,
    events: String,
    gate: bool,
    advertised: bool,
    relay: String,
    tables: String,
    environment: Vec<(String, String)>,
}

impl Configuration {
    /// A host without plugins that tells nobody.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// `tm_anytx`, `tm_anytx_two` and `ls_anytx`, `ls_anytx_two`, one service for each; `tm_helloworld` and
    /// `ls_helloworld`.
    #[must_use]
    pub fn usual() -> Self {
        Self::new()
            .builtin("anytx", "anytx", "")
            .builtin("helloworld", "helloworld", "")
            .topic("tm_anytx", "anytx")
            .topic("tm_anytx_two", "anytx")
            .topic("tm_helloworld", "helloworld")
            .service("ls_anytx", "anytx", &["tm_anytx"])
            .service("ls_anytx_two", "anytx", &["tm_anytx_two"])
            .service("ls_helloworld", "helloworld", &["tm_helloworld"])
    }

    /// Tells this ARC.
    #[must_use]
    pub fn arc(mut self, url: &str) -> Self {
        self.arcs.push(url.to_owned());
        self
    }

    /// An embedded plugin; `config` is the inside of an inline table.
    #[must_use]
    pub fn builtin(mut self, id: &str, builtin: &str, config: &str) -> Self {
        let _ = writeln!(self.plugins, "[[plugin]]\nid = \"{id}\"\nbuiltin = \"{builtin}\"\nconfig = {{ {config} }}\n");
        self
    }

    /// A plugin from a file, granted what plugins can be granted; `config` is the inside of an inline table.
    #[must_use]
    pub fn file(mut self, id: &str, file: &Path, config: &str) -> Self {
        let file = file.display();
        let _ = writeln!(
            self.plugins,
            "[[plugin]]\nid = \"{id}\"\nfile = '{file}'\ngrants = [\"identity\"]\nconfig = {{ {config} }}\n"
        );
        self
    }

    /// A topic.
    #[must_use]
    pub fn topic(mut self, name: &str, plugin: &str) -> Self {
        let _ = writeln!(self.topics, "[[topic]]\nname = \"{name}\"\nplugin = \"{plugin}\"\n");
        self
    }

    /// A topic that may read others.
    #[must_use]
    pub fn topic_that_reads(mut self, name: &str, plugin: &str, reads: &[&str]) -> Self {
        let _ = writeln!(self.topics, "[[topic]]\nname = \"{name}\"\nplugin = \"{plugin}\"\nreads = {reads:?}\n");
        self
    }

    /// A lookup service.
    #[must_use]
    pub fn service(mut self, name: &str, plugin: &str, topics: &[&str]) -> Self {
        let _ = writeln!(self.services, "[[lookup]]\nname = \"{name}\"\nplugin = \"{plugin}\"\ntopics = {topics:?}\n");
        self
    }

    /// Baskets and their manager; open to everybody, or to who has [`BASKET_TOKEN`].
    #[must_use]
    pub fn baskets(mut self, names: &[&str], manager: &str, topics: &[&str], is_open: bool) -> Self {
        let access = match is_open {
            true => "access = \"open\"".to_owned(),
            false => format!("access = \"token\"\ntoken-env = \"{BASKET_TOKEN_VARIABLE}\""),
        };
        let table =
            format!("[[basket]]\nnames = {names:?}\nmanager = \"{manager}\"\ntopics = {topics:?}\n{access}\n\n");
        self.baskets.push_str(&table);
        self
    }

    /// Tables of plugins, topics, services and baskets as they stand in a file.
    #[must_use]
    pub fn tables(mut self, text: &str) -> Self {
        self.tables.push_str(text);
        self.tables.push('\n');
        self
    }

    /// Believes what requests from this machine say of the client behind them.
    #[must_use]
    pub fn behind_a_proxy(mut self) -> Self {
        self.limits = "trusted-proxies = [\"127.0.0.1\"]\n".to_owned();
        self
    }

    /// Has answers wait for the network.
    #[must_use]
    pub fn gate(mut self) -> Self {
        self.gate = true;
        self
    }

    /// Has callbacks come to the public listener.
    #[must_use]
    pub fn advertised(mut self) -> Self {
        self.advertised = true;
        self
    }

    /// Lines of `[relay]`.
    #[must_use]
    pub fn relay(mut self, lines: &str) -> Self {
        self.relay = lines.to_owned();
        self
    }

    /// An environment variable of the host.
    #[must_use]
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The environment variables of the host.
    #[must_use]
    pub fn environment(&self) -> &[(String, String)] {
        &self.environment
    }

    /// Lines of `[policy]`.
    #[must_use]
    pub fn policy(mut self, lines: &str) -> Self {
        self.policy = lines.to_owned();
        self
    }

    /// Lines of `[events]`.
    #[must_use]
    pub fn events(mut self, lines: &str) -> Self {
        self.events = lines.to_owned();
        self
    }

    /// The file for a host on these ports that keeps everything under `data` and believes `headers`.
    #[must_use]
    pub fn toml(&self, port: u16, admin_port: u16, data: &Path, headers: &Path) -> String {
        let (data, headers) = (data.display(), headers.display());
        let policy = match (self.arcs.is_empty(), self.gate) {
            (true, _) => "none",
            (false, false) => "after-commit",
            (false, true) => "gate",
        };
        let url = format!("advertised-url = \"http://127.0.0.1:{port}\"\n");
        let advertised = if self.advertised { url.as_str() } else { "" };
        let arcs: String = self.arcs.iter().map(|url| format!("[[broadcast.arc]]\nurl = \"{url}\"\n\n")).collect();
        format!(
            "[node]\nname = \"under-test\"\nlisten = \"127.0.0.1:{port}\"\nadmin-listen = \"127.0.0.1:{admin_port}\"\n\
             data-dir = '{data}'\nnetwork = \"main\"\n{advertised}\n[chain]\nsource = \"headers-file\"\npath = '{headers}'\n\n\
             [broadcast]\npolicy = \"{policy}\"\n\n{arcs}[policy]\n{}\n\n[relay]\n{}\n\n\
             [limits]\nclient-cpu-per-second = {CLIENT_CPU}\nclient-cpu-burst = {CLIENT_CPU}\n{}\n[events]\n{}\n\n{}{}{}{}{}",
            self.policy,
            self.relay,
            self.limits,
            self.events,
            self.plugins,
            self.topics,
            self.services,
            self.baskets,
            self.tables
        )
    }
}
