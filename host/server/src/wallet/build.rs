//! A signed transaction, and the BEEF that proves it.

use trellis_spv::beef::{Beef, BeefEntry};
use trellis_spv::hash::Outpoint;
use trellis_spv::script::{SIGHASH_ALL, SIGHASH_FORKID, Sighash};
use trellis_spv::transaction::{Transaction, TransactionError};
use trellis_spv::writer::{write_var_bytes, write_var_int};

use super::key::Key;
use super::script::push;

/// A final input.
const FINAL: u32 = 0xffff_ffff;

/// An output that can be spent.
#[derive(Clone)]
pub struct Coin {
    /// Which one.
    pub outpoint: Outpoint,
    /// Its value.
    pub satoshis: u64,
    /// Its locking script.
    pub locking_script: Vec<u8>,
    /// The key that unlocks it.
    pub key: Key,
    /// What it asks for besides the signature.
    pub lock: Lock,
}

/// What unlocks a coin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lock {
    /// Signature and public key.
    PublicKeyHash,
    /// Signature alone: the script has the key (PushDrop, P2PK).
    PublicKey,
}

impl Coin {
    /// An output of a transaction; `None` where it has no such output.
    #[must_use]
    pub fn of(transaction: &Transaction, vout: u32, key: &Key, lock: Lock) -> Option<Self> {
        Some(Self {
            outpoint: Outpoint::new(transaction.txid(), vout),
            satoshis: transaction.satoshis(vout)?,
            locking_script: transaction.locking_script(vout)?.to_vec(),
            key: key.clone(),
            lock,
        })
    }
}

/// Spends `coins` into `outputs` (satoshis and locking script); what is left over is the fee.
///
/// # Errors
/// No coins or no outputs.
pub fn build(coins: &[Coin], outputs: &[(u64, Vec<u8>)]) -> Result<Transaction, TransactionError> {
    let unsigned = Transaction::parse(serialise(coins, &vec![Vec::new(); coins.len()], outputs))?;
    let sighash = Sighash::new(&unsigned);
    let hash_type = SIGHASH_ALL | SIGHASH_FORKID;
    let mut scripts = Vec::with_capacity(coins.len());
    for (input, coin) in (0u32..).zip(coins) {
        let digest = sighash.digest(input, &coin.locking_script, coin.satoshis, hash_type).unwrap_or_default();
        let mut signature = coin.key.sign(digest);
        signature.push(hash_type);
        let mut script = Vec::new();
        push(&mut script, &signature);
        if coin.lock == Lock::PublicKeyHash {
            push(&mut script, coin.key.public_key());
        }
        scripts.push(script);
    }
    Transaction::parse(serialise(coins, &scripts, outputs))
}

fn serialise(coins: &[Coin], scripts: &[Vec<u8>], outputs: &[(u64, Vec<u8>)]) -> Vec<u8> {
    let mut raw = 1u32.to_le_bytes().to_vec();
    write_var_int(&mut raw, coins.len() as u64);
    for (coin, script) in coins.iter().zip(scripts) {
        raw.extend_from_slice(coin.outpoint.txid.internal());
        raw.extend_from_slice(&coin.outpoint.vout.to_le_bytes());
        write_var_bytes(&mut raw, script);
        raw.extend_from_slice(&FINAL.to_le_bytes());
    }
    write_var_int(&mut raw, outputs.len() as u64);
    for (satoshis, script) in outputs {
        raw.extend_from_slice(&satoshis.to_le_bytes());
        write_var_bytes(&mut raw, script);
    }
    raw.extend_from_slice(&0u32.to_le_bytes());
    raw
}

/// The BEEF of a transaction that spends what `parents` is about.
#[must_use]
pub fn extend(parents: &Beef, transaction: &Transaction) -> Beef {
    let mut beef = parents.clone();
    beef.transactions.push(BeefEntry::Raw { transaction: transaction.clone(), bump: None });
    beef.subject = transaction.txid();
    beef.atomic = false;
    beef
}

#[cfg(test)]
mod tests {
    use super::super::script::{message, p2pkh};
    use super::*;
    use trellis_network::local_chain::{Acceptance, Genesis, LocalChain};

    #[test]
    fn what_is_built_is_accepted_by_the_chain() {
        let key = Key::from_bytes([9; 32]).unwrap();
        let chain = LocalChain::in_memory(&Genesis { seed: [1; 32], time: 1_700_000_000 }).unwrap();
        let now = trellis_engine::domain::time::Timestamp(1_700_000_600_000_000);
        let grant = chain.faucet(&p2pkh(&key.hash()), 5_000, now).unwrap();
        let coin = Coin::of(&grant.transaction, grant.vout, &key, Lock::PublicKeyHash).unwrap();
        let minted = build(&[coin], &[(1, message(&key, "hello")), (4_900, p2pkh(&key.hash()))]).unwrap();
        assert!(matches!(chain.submit(&minted).unwrap().acceptance, Acceptance::Accepted));
        let coins = [
            Coin::of(&minted, 0, &key, Lock::PublicKey).unwrap(),
            Coin::of(&minted, 1, &key, Lock::PublicKeyHash).unwrap(),
        ];
        let spent = build(&coins, &[(4_800, p2pkh(&key.hash()))]).unwrap();
        assert!(matches!(chain.submit(&spent).unwrap().acceptance, Acceptance::Accepted));
    }
}
