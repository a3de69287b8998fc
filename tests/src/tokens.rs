//! Transactions the first-party plugins care about.

use trellis_spv::testing::{Coin, Spend, Wallet, build};
use trellis_spv::transaction::Transaction;

/// Satoshis a test pays in fees: far above the least fee of any transaction built here.
pub const FEE: u64 = 50;

/// Satoshis of a token.
pub const TOKEN: u64 = 1;

/// Locking script of a message `tm_helloworld` admits.
#[must_use]
pub fn message(wallet: &Wallet, text: &str) -> Vec<u8> {
    wallet.signed_push_drop(&[text.as_bytes()])
}

/// Spends `coins` into one message and change.
#[must_use]
pub fn hello(wallet: &Wallet, coins: &[Coin], text: &str) -> Transaction {
    with_change(wallet, coins, vec![(TOKEN, message(wallet, text))])
}

/// Spends `coins` into these outputs and one more with what is left after the fee, which goes back to `wallet`.
#[must_use]
pub fn with_change(wallet: &Wallet, coins: &[Coin], mut outputs: Vec<(u64, Vec<u8>)>) -> Transaction {
    let spends: Vec<Spend<'_>> = coins.iter().map(|coin| coin.by(wallet)).collect();
    let input: u64 = coins.iter().map(|coin| coin.satoshis).sum();
    let output: u64 = outputs.iter().map(|(satoshis, _)| satoshis).sum();
    outputs.push((input - output - FEE, wallet.p2pkh()));
    build(&spends, &outputs)
}

/// Spends `coins` into `parts` equal P2PKH outputs of `wallet`.
#[must_use]
pub fn split(wallet: &Wallet, coins: &[Coin], parts: u64) -> Transaction {
    let spends: Vec<Spend<'_>> = coins.iter().map(|coin| coin.by(wallet)).collect();
    let input: u64 = coins.iter().map(|coin| coin.satoshis).sum();
    let each = (input - FEE) / parts;
    build(&spends, &vec![(each, wallet.p2pkh()); usize::try_from(parts).expect("a handful")])
}
