//! `dev`: a host for development, ready at once.

mod banner;
pub mod net;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use trellis_engine::domain::name::{NameError, ServiceName, TopicName};
use trellis_engine::hosting::{BroadcastPolicy, ServiceSetup, TopicSetup};
use trellis_engine::ports::plugins::PluginId;
use trellis_sandbox::LimitOverrides;

use self::banner::Banner;
use super::{CommandResult, serve};
use crate::config::checked::{
    AccessSetup, Chain, ClientLimits, DEFAULT_ADMIN_PORT, DEFAULT_PORT, EventLimits, Listen, PluginSetup, PluginSource,
    RelayAccess,
};
use crate::config::file::NetworkName;
use crate::config::{self, Config};
use crate::node::Node;
use crate::reload::Reread;
use crate::telemetry::{self, LogFormat};

/// The plugins a development host loads: each as `tm_<name>` and `ls_<name>`, where hyphens become underscores.
const BUILTIN: [&str; 4] = ["helloworld", "anytx", "identity", "certificate-revocation"];

/// Arguments of `dev`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct DevArguments {
    /// Without one, the host runs.
    #[command(subcommand)]
    pub command: Option<DevCommand>,
    /// Port of the public listener; 8080 is where the `local` preset of @bsv/sdk looks
    #[arg(long, default_value_t = DEFAULT_PORT)]
    pub port: u16,
    /// Port of the second listener: faucet, mining, metrics, administration
    #[arg(long, default_value_t = DEFAULT_ADMIN_PORT)]
    pub admin_port: u16,
    /// Where everything is kept between runs
    #[arg(long, value_name = "FOLDER", default_value = "trellis-dev")]
    pub data_dir: PathBuf,
    /// A configuration file whose plugins, topics, lookup services and baskets are hosted in place of the built-in ones, under
    /// its limits and policy; all else in it is left aside
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// What to do with a development host that runs.
#[derive(Debug, clap::Subcommand)]
pub enum DevCommand {
    /// Have the network of a running development host misbehave: refusals, double spends, reorganisations, delays
    Net(net::NetArguments),
}

/// Runs a development host, or speaks to one.
///
/// # Errors
/// The host does not start or cannot go on; or the one spoken to says no.
pub fn dev(arguments: DevArguments, log_format: LogFormat) -> CommandResult {
    if let Some(DevCommand::Net(arguments)) = arguments.command {
        return net::net(arguments);
    }
    let ports = Ports { public: arguments.port, admin: arguments.admin_port };
    host(arguments.config, &arguments.data_dir, ports, log_format, |_, _| {})
}

/// Where a development host listens.
#[derive(Debug, Clone, Copy)]
pub struct Ports {
    /// The public listener.
    pub public: u16,
    /// The second one.
    pub admin: u16,
}

/// Runs a development host that hosts what a configuration file says, or the built-in plugins.
///
/// # Errors
/// The host does not start or cannot go on.
pub fn host(
    file: Option<PathBuf>,
    data_dir: &Path,
    ports: Ports,
    log_format: LogFormat,
    on_ready: impl FnOnce(&Arc<Node>, &Reread),
) -> CommandResult {
    let development = config(data_dir, ports.public, ports.admin)?;
    let has_builtin = file.is_none();
    let read: Reread = Arc::new(move || match &file {
        Some(file) => {
            let file = config::load_hosting(file, &|name| std::env::var(name).ok())?;
            Ok(hosting(development.clone(), file))
        }
        None => Ok(development.clone()),
    });
    let config = read()?;
    telemetry::start(log_format, None);
    let banner = Banner::of(&config, has_builtin);
    serve::run(config, Arc::clone(&read), move |node, bound| {
        println!("{}", banner.text(bound));
        on_ready(node, &read);
    })
}

/// A development host that hosts what a configuration file says.
fn hosting(development: Config, file: Config) -> Config {
    let Config { min_fee_rate, federations, access, limits, plugins, topics, services, baskets, .. } = file;
    Config { min_fee_rate, federations, access, limits, plugins, topics, services, baskets, ..development }
}

/// The configuration of a development host.
///
/// # Errors
/// Never: the names are fixed and well-formed.
pub fn config(data_dir: &Path, port: u16, admin_port: u16) -> Result<Config, NameError> {
    let mut config = Config {
        name: "trellis-dev".to_owned(),
        listen: Listen::loopback(port),
        admin_listen: SocketAddr::from(([127, 0, 0, 1], admin_port)),
        data_dir: data_dir.to_owned(),
        network: NetworkName::Local,
        advertised_url: None,
        chain: Chain::Local(data_dir.join("local-chain.json")),
        broadcast: BroadcastPolicy::AfterCommit,
        broadcasters: Vec::new(),
        min_fee_rate: None,
        relay: RelayAccess::Open,
        admin_token: None,
        federations: None,
        access: AccessSetup::default(),
        limits: ClientLimits::default(),
        events: EventLimits::default(),
        plugins: Vec::new(),
        topics: Vec::new(),
        services: Vec::new(),
        baskets: Vec::new(),
    };
    for builtin in BUILTIN {
        let plugin = PluginId(builtin.into());
        let name = builtin.replace('-', "_");
        let topic = TopicName::new(&format!("tm_{name}"))?;
        config.plugins.push(PluginSetup {
            id: builtin.to_owned(),
            source: PluginSource::Builtin(builtin.to_owned()),
            sha256: None,
            publisher: None,
            grants: Vec::new(),
            limits: LimitOverrides::new(),
            configuration: Default::default(),
        });
        config.topics.push(TopicSetup { name: topic.clone(), plugin: plugin.clone(), reads: vec![], certified: None });
        let name = ServiceName::new(&format!("ls_{name}"))?;
        config.services.push(ServiceSetup { name, plugin, topics: vec![topic], reads: vec![] });
    }
    Ok(config)
}
