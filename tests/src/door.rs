//! A host at whose door things are refused: every refusal is clear, nothing of it is kept, and the host goes on.

use std::collections::BTreeSet;

use trellis_spv::beef;
use trellis_spv::hash::Txid;
use trellis_spv::testing::Wallet;

use crate::client::{Client, Reply};
use crate::configuration::Configuration;
use crate::host::Host;
use crate::tokens::hello;
use crate::world::World;

/// Satoshis of the coin that proves at the end that the host still works.
const LAST_COIN: u64 = 10_000;

/// A running host and what it may hold at the end.
#[derive(Debug)]
pub struct Door<'w> {
    /// The host.
    pub host: Host,
    world: &'w World,
    client: Client,
    accepted: BTreeSet<Txid>,
}

impl<'w> Door<'w> {
    /// Opens a host with the usual plugins over a world that has not been published yet.
    #[must_use]
    pub fn open(world: &'w World) -> Self {
        Self::open_with(world, &Configuration::usual())
    }

    /// Opens a host over a world, which it publishes.
    #[must_use]
    pub fn open_with(world: &'w World, configuration: &Configuration) -> Self {
        world.publish();
        let host = Host::start(configuration, world);
        Self { client: host.client(), host, world, accepted: BTreeSet::new() }
    }

    /// A client of the host.
    #[must_use]
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// Submits what is to be accepted by `tm_anytx`.
    pub fn accept(&mut self, what: &str, beef: &[u8]) {
        let reply = self.client.submit(&["tm_anytx"], beef);
        assert_eq!(reply.status, 200, "{what}: {}", reply.text());
        assert!(!reply.admittance("tm_anytx")[0].is_empty(), "{what}: {}", reply.text());
        self.accepted(beef);
    }

    /// Notes that all of this BEEF was accepted.
    pub fn accepted(&mut self, beef: &[u8]) {
        let beef = beef::parse(beef).expect("what was accepted is a BEEF");
        self.accepted.extend(beef.transactions.iter().map(beef::BeefEntry::txid));
    }

    /// Submits what is to be refused with this status, code and words; answers the message.
    pub fn refuse(&self, what: &str, beef: &[u8], status: u16, code: &str, words: &[&str]) -> String {
        let reply = self.client.submit(&["tm_anytx"], beef);
        Self::assert_refused(what, &reply, status, code, words)
    }

    /// Holds a reply to a status, a code and words; answers the message.
    pub fn assert_refused(what: &str, reply: &Reply, status: u16, code: &str, words: &[&str]) -> String {
        assert_eq!(reply.status, status, "{what}: {}", reply.text());
        let (found, message) = reply.error();
        assert_eq!(found, code, "{what}: {message}");
        for word in words {
            assert!(message.contains(word), "{what}: no `{word}` in: {message}");
        }
        message
    }

    /// Shows that the host goes on and that it holds what was accepted and nothing else.
    pub fn close(mut self) {
        let wallet = Wallet::from_seed(u64::MAX);
        let coin = self.world.coin(&wallet, LAST_COIN);
        self.world.publish_to_running_hosts();
        let last = hello(&wallet, &[coin], "still here");
        self.accept("the last one", &self.world.beef_bytes(&[&last]));
        assert!(self.host.end().success());
        let report = self.host.check_store();
        assert_eq!(report["transactions"], self.accepted.len(), "what was refused left something behind: {report}");
    }
}

/// Most memory the host has had resident since it started, in bytes.
#[cfg(target_os = "linux")]
#[must_use]
pub fn peak_memory(host: &Host) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", host.process())).expect("the process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("its peak");
    line.split_whitespace().next().and_then(|kibibytes| kibibytes.parse::<u64>().ok()).expect("a number") * 1024
}
