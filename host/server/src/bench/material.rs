//! What a benchmark submits: simple submissions that depend on nothing but a proven coin each.
//!
//! A simple submission spends one P2PKH coin into one signed message (PushDrop), the smallest thing `tm_helloworld` admits.
//! Its BEEF holds two transactions: the coin's, with its proof, and the subject.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use trellis_engine::domain::time::Timestamp;
use trellis_network::local_chain::{Genesis, LocalChain, LocalChainError};
use trellis_spv::beef::{Beef, BeefEntry, BeefVersion};
use trellis_spv::bump::Bump;
use trellis_spv::transaction::{Transaction, TransactionError};
use trellis_spv::verify::Headers;

use crate::wallet::build::{Coin, Lock, build, extend};
use crate::wallet::key::Key;
use crate::wallet::script::{message, p2pkh};

/// Outputs of one funding transaction: few enough to stay small, many enough to need few of them.
pub(super) const COINS_PER_FUNDING: usize = 1_000;

/// Satoshis of a coin before it is paid on; each further transaction costs [`FEE`].
pub(super) const COIN: u64 = 1_000;

/// Satoshis paid in fees by every small transaction.
pub(super) const FEE: u64 = 100;

/// Fee of a funding transaction with its thousand outputs.
pub(super) const FUNDING_FEE: u64 = 1_000;

/// The chain's time: any will do.
const TIME: u32 = 1_700_000_000;

/// One simple submission.
pub(super) struct Simple {
    /// The BEEF.
    pub(super) beef: Vec<u8>,
    /// Its subject.
    pub(super) transaction: Transaction,
    /// The coin it spends.
    pub(super) coin: Coin,
}

/// Submissions and the headers that prove their coins.
pub(super) struct Material {
    pub(super) submissions: Vec<Simple>,
    pub(super) headers: BTreeMap<String, Value>,
}

/// Why there is no material: only by a bug.
#[derive(Debug, thiserror::Error)]
pub(super) enum MaterialError {
    #[error("the benchmark's chain failed: {0}")]
    Chain(#[from] LocalChainError),
    #[error("the benchmark's transactions are malformed: {0}")]
    Transaction(#[from] TransactionError),
    #[error("the benchmark's {0} is missing")]
    Missing(&'static str),
}

impl Material {
    /// `count` submissions on a chain of their own.
    pub(super) fn make(key: &Key, count: usize) -> Result<Self, MaterialError> {
        let chain = LocalChain::in_memory(&Genesis { seed: [7; 32], time: TIME })?;
        let now = Timestamp(u64::from(TIME) * 1_000_000);
        let script = p2pkh(&key.hash());
        let mut coins = Vec::with_capacity(count);
        while coins.len() < count {
            let total = COINS_PER_FUNDING as u64 * COIN + FUNDING_FEE;
            let grant = chain.faucet(&script, total, now)?;
            let granted = coin(&grant.transaction, grant.vout, key)?;
            let funding = build(&[granted], &vec![(COIN, script.clone()); COINS_PER_FUNDING])?;
            chain.submit(&funding)?;
            for vout in (0u32..).take(COINS_PER_FUNDING.min(count - coins.len())) {
                let paid = build(&[coin(&funding, vout, key)?], &[(COIN - FEE, script.clone())])?;
                chain.submit(&paid)?;
                coins.push(paid);
            }
        }
        chain.mine(now)?;
        let submissions = coins
            .iter()
            .enumerate()
            .map(|(number, paid)| simple(&chain, key, paid, number))
            .collect::<Result<_, _>>()?;
        Ok(Self { submissions, headers: headers(&chain) })
    }
}

pub(super) fn coin(transaction: &Transaction, vout: u32, key: &Key) -> Result<Coin, MaterialError> {
    Coin::of(transaction, vout, key, Lock::PublicKeyHash).ok_or(MaterialError::Missing("coin"))
}

fn simple(chain: &LocalChain, key: &Key, paid: &Transaction, number: usize) -> Result<Simple, MaterialError> {
    let txid = paid.txid();
    let proof = chain.proof(&txid).ok_or(MaterialError::Missing("proof"))?;
    let bump = Bump::merge(&[(txid, &proof)]).ok_or(MaterialError::Missing("BUMP"))?;
    let parent = Beef {
        version: BeefVersion::V1,
        bumps: vec![bump],
        transactions: vec![BeefEntry::Raw { transaction: paid.clone(), bump: Some(0) }],
        subject: txid,
        atomic: false,
    };
    let coin = coin(paid, 0, key)?;
    let locking_script = message(key, &format!("message number {number}"));
    let transaction = build(std::slice::from_ref(&coin), &[(COIN - 2 * FEE, locking_script)])?;
    Ok(Simple { beef: extend(&parent, &transaction).to_bytes(), transaction, coin })
}

/// All headers, as a headers file has them.
fn headers(chain: &LocalChain) -> BTreeMap<String, Value> {
    let tip = chain.tip().unwrap_or(0);
    (0..=tip)
        .filter_map(|height| {
            let header = chain.header(height)?;
            Some((height.to_string(), json!({ "root": header.root.to_string(), "time": header.time.unwrap_or(TIME) })))
        })
        .collect()
}
