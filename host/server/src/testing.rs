//! What this crate's tests share.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use trellis_engine::hosting::BroadcastPolicy;
use trellis_spv::transaction::Transaction;

use crate::config::Config;
use crate::config::checked::{AccessSetup, Chain, ClientLimits, EventLimits, Listen, RelayAccess, Secret};
use crate::config::file::NetworkName;
use crate::metrics::Metrics;
use crate::node::{Dev, Node};
use crate::wallet::build::{Coin, Lock, build};
use crate::wallet::key::Key;
use crate::wallet::script::p2pkh;
use crate::wiring::{self, Observers};

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
        relay: RelayAccess::Off,
        admin_token: None,
        federations: None,
        access: AccessSetup::default(),
        limits,
        events: EventLimits::default(),
        plugins: Vec::new(),
        topics: Vec::new(),
        services: Vec::new(),
        baskets: Vec::new(),
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

/// A node that lives on the built-in chain, without plugins. Its data is in `folder`.
pub(crate) fn dev_node(folder: &Path) -> (Arc<Node>, Dev) {
    let chain = Chain::Local(folder.join("chain.json"));
    let config = Config { data_dir: folder.to_owned(), chain, ..config(ClientLimits::default()) };
    let metrics = Arc::new(Metrics::default());
    let node = Node::new(&config, Arc::clone(&metrics));
    let wired = wiring::wire(&config, wiring::Addresses::admin_only(config.admin_listen), Observers::metrics(&metrics))
        .unwrap();
    let dev = wired.loaded.dev.clone().unwrap();
    node.set_loaded(wired.loaded);
    (Arc::new(node), dev)
}

/// Two transactions that spend one new coin of the built-in chain.
pub(crate) fn rivals(dev: &Dev) -> [Transaction; 2] {
    let key = Key::from_bytes([9; 32]).unwrap();
    let grant = dev.chain.faucet(&p2pkh(&key.hash()), 1_000, crate::clock::now()).unwrap();
    let coin = || Coin::of(&grant.transaction, grant.vout, &key, Lock::PublicKeyHash).unwrap();
    [900, 800].map(|satoshis| build(&[coin()], &[(satoshis, p2pkh(&key.hash()))]).unwrap())
}
