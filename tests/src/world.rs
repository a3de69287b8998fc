//! A chain whose headers a host reads, and coins on it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::json;
use tempfile::TempDir;
use trellis_spv::beef::Beef;
use trellis_spv::hash::{Outpoint, Txid};
use trellis_spv::testing::{Build, Chain, Coin, Wallet, coin};
use trellis_spv::transaction::Transaction;
use trellis_spv::verify::Headers;

/// Headers below the first one a test mines: enough for the median of the last eleven times.
const HEADERS_BELOW: u32 = 20;

/// A host looks at its headers file at most once a second; after this it has seen what was published.
const LOOK_AGAIN: Duration = Duration::from_millis(1_100);

/// A chain, and the headers file it is published in.
#[derive(Debug)]
pub struct World {
    chain: Mutex<Chain>,
    first: u32,
    folder: TempDir,
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl World {
    /// A chain of its own, published.
    #[must_use]
    pub fn new() -> Self {
        let chain = Chain::new();
        let first = chain.tip().expect("a chain has a tip") - HEADERS_BELOW;
        let world = Self { chain: Mutex::new(chain), first, folder: TempDir::new().expect("a temporary folder") };
        world.publish();
        world
    }

    /// The chain, for whatever has no short form here.
    pub fn chain(&self) -> MutexGuard<'_, Chain> {
        self.chain.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The headers file.
    #[must_use]
    pub fn headers_file(&self) -> PathBuf {
        self.folder.path().join("headers.json")
    }

    /// A folder for files the test needs.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes all headers to the file. Coins are believed by a host started after this.
    pub fn publish(&self) {
        let chain = self.chain();
        let header = |height| {
            let header = chain.header(height).expect("a header up to the tip");
            (height.to_string(), json!({ "root": header.root.to_string(), "time": header.time.expect("a time") }))
        };
        let headers: BTreeMap<String, serde_json::Value> =
            (self.first..=chain.tip().expect("a tip")).map(header).collect();
        // Beside it and renamed over it: a host must never read half a file.
        let new = self.folder.path().join("headers.json.new");
        std::fs::write(&new, serde_json::to_vec(&headers).expect("JSON")).expect("to write the headers");
        std::fs::rename(&new, self.headers_file()).expect("to replace the headers");
    }

    /// [`World::publish`], and waits until running hosts have had to look.
    pub fn publish_to_running_hosts(&self) {
        self.publish();
        thread::sleep(LOOK_AGAIN);
    }

    /// `count` mined P2PKH coins of `wallet`, all outputs of one transaction.
    #[must_use]
    pub fn coins(&self, wallet: &Wallet, count: usize, satoshis: u64) -> Vec<Coin> {
        let funding = self.chain().funding(&vec![(satoshis, wallet.p2pkh()); count]);
        (0..).take(count).map(|vout| coin(&funding, vout)).collect()
    }

    /// As [`World::coins`] for each of these wallets, all in one block.
    #[must_use]
    pub fn coins_in_a_block(&self, wallets: &[Wallet], count: usize, satoshis: u64) -> Vec<Vec<Coin>> {
        let funding = |wallet: &Wallet| {
            let outpoint = Outpoint::new(Txid::from_internal(rand::random()), 0);
            let source = Coin { outpoint, satoshis: 0, script: Vec::new() };
            let outputs = vec![(satoshis, wallet.p2pkh()); count];
            Build { inputs: vec![source.with(&[])], outputs, ..Build::default() }.sign()
        };
        let fundings: Vec<_> = wallets.iter().map(funding).collect();
        self.chain().mine(&fundings.iter().collect::<Vec<_>>());
        let coins = |funding| (0..).take(count).map(|vout| coin(funding, vout)).collect();
        fundings.iter().map(coins).collect()
    }

    /// One mined P2PKH coin of `wallet`, the only output of its transaction.
    #[must_use]
    pub fn coin(&self, wallet: &Wallet, satoshis: u64) -> Coin {
        self.chain().coin(wallet, satoshis)
    }

    /// A BEEF of these transactions in this order, the last one its subject; mined parents and proofs are added.
    #[must_use]
    pub fn beef(&self, transactions: &[&Transaction]) -> Beef {
        self.chain().beef(transactions)
    }

    /// The bytes of [`World::beef`].
    #[must_use]
    pub fn beef_bytes(&self, transactions: &[&Transaction]) -> Vec<u8> {
        self.beef(transactions).to_bytes()
    }
}
