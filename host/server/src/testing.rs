//! What this crate's tests share.

use std::net::SocketAddr;
use std::sync::Arc;

use trellis_engine::hosting::BroadcastPolicy;

use crate::config::Config;
use crate::config::checked::{Chain, ClientLimits, Listen, Secret};
use crate::config::file::NetworkName;
use crate::metrics::Metrics;
use crate::node::Node;

/// A configuration on ports of the system's choice.
pub(crate) fn config(limits: ClientLimits) -> Config {
    Config {
        name: "test node".to_owned(),
        listen: Listen::loopback(0),
        admin_listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        data_dir: "data".into(),
        network: NetworkName::Local,
        advertised_url: Some("https://overlay.example.com/".to_owned()),
        chain: Chain::Local("chain.json".into()),
        broadcast: BroadcastPolicy::None,
        broadcasters: Vec::new(),
        min_fee_rate: None,
        admin_token: None,
        limits,
        plugins: Vec::new(),
        topics: Vec::new(),
        services: Vec::new(),
    }
}

/// A node whose store and plugins are not loaded yet.
pub(crate) fn starting_node(limits: ClientLimits) -> Arc<Node> {
    Arc::new(Node::new(&config(limits), Arc::new(Metrics::default())))
}

/// The same, with a token on its second listener.
pub(crate) fn node_with_token(token: &str) -> Arc<Node> {
    let config = Config { admin_token: Some(Secret::new(token.to_owned())), ..config(ClientLimits::default()) };
    Arc::new(Node::new(&config, Arc::new(Metrics::default())))
}
