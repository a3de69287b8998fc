//! A local chain with one coin on it, and the file of such a chain.

use std::path::PathBuf;

use trellis_engine::domain::time::Timestamp;
use trellis_network::local_chain::{Genesis, LocalChain};
use trellis_spv::testing::{Coin, coin};
use trellis_spv::transaction::Transaction;

use crate::material::wallets;

/// What the pre-mined blocks follow from.
pub const GENESIS: Genesis = Genesis { seed: [1; 32], time: 1_700_000_000 };

/// A time after the pre-mined blocks.
pub const NOW: Timestamp = Timestamp(1_700_000_100_000_000);

/// A chain in memory, and a mined coin of the first wallet.
#[must_use]
pub fn chain_with_coin() -> (LocalChain, Coin) {
    let chain = LocalChain::in_memory(&GENESIS).expect("a chain of our own");
    let coin = fund(&chain);
    (chain, coin)
}

/// A mined coin of the first wallet.
#[must_use]
pub fn fund(chain: &LocalChain) -> Coin {
    let grant = chain.faucet(&wallets()[0].p2pkh(), 10_000, NOW).expect("the faucet's coins");
    coin(&grant.transaction, grant.vout)
}

/// The coin's way back to its owner.
#[must_use]
pub fn spend(coin: &Coin) -> Transaction {
    let [alice, ..] = wallets();
    alice.pay(std::slice::from_ref(coin), &alice.p2pkh(), coin.satoshis - 100)
}

/// Where this process keeps a chain's file; `TMPDIR` should be in memory, because such files are made durable.
#[must_use]
pub fn journal_path() -> PathBuf {
    std::env::temp_dir().join(format!("trellis-fuzz-journal-{}", std::process::id()))
}
