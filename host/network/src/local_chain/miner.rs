//! The chain's one miner: its key, the coinbases it makes, and signing its coins away.

use ripemd::Ripemd160;
use secp256k1::{Message, PublicKey, SecretKey};
use sha2::{Digest, Sha256};
use trellis_spv::hash::Outpoint;
use trellis_spv::limits::FINAL_SEQUENCE;
use trellis_spv::script::{SIGHASH_ALL, SIGHASH_FORKID, Sighash};
use trellis_spv::transaction::{Transaction, TransactionError};
use trellis_spv::writer::{write_var_bytes, write_var_int};

/// Satoshis a block makes at first, 50 coins.
const FIRST_SUBSIDY: u64 = 50 * 100_000_000;

/// Blocks after which the subsidy halves, as on the main network: so all coins together stay below 21 million.
const HALVING_BLOCKS: u32 = 210_000;

/// Bytes of an input the miner signs, at most: outpoint 36, script length 1, push and signature 74, push and key 34,
/// sequence 4.
pub(super) const SIGNED_INPUT_BYTES: usize = 149;

const OP_DUP: u8 = 0x76;
const OP_HASH160: u8 = 0xa9;
const OP_EQUALVERIFY: u8 = 0x88;
const OP_CHECKSIG: u8 = 0xac;

/// SHA-256, then RIPEMD-160: what P2PKH scripts and addresses carry of a public key.
#[must_use]
pub fn hash160(bytes: &[u8]) -> [u8; 20] {
    Ripemd160::digest(Sha256::digest(bytes)).into()
}

/// The P2PKH locking script for the [`hash160`] of a public key.
#[must_use]
pub fn p2pkh(public_key_hash: &[u8; 20]) -> Vec<u8> {
    let mut script = vec![OP_DUP, OP_HASH160, 20];
    script.extend_from_slice(public_key_hash);
    script.extend_from_slice(&[OP_EQUALVERIFY, OP_CHECKSIG]);
    script
}

/// An output the miner can spend.
#[derive(Debug, Clone, Copy)]
pub(super) struct Coin {
    pub(super) outpoint: Outpoint,
    pub(super) satoshis: u64,
}

/// The miner. Its key follows from the chain's seed; nobody else's coins depend on it.
#[derive(Clone)]
pub(super) struct Miner {
    secret: SecretKey,
    public: [u8; 33],
    script: Vec<u8>,
}

impl Miner {
    pub(super) fn from_seed(seed: &[u8; 32]) -> Self {
        // Not every 32 bytes are a key, but all except 2^-128 of them are: hashing on finds one.
        let mut bytes: [u8; 32] =
            Sha256::new().chain_update(b"trellis local chain miner").chain_update(seed).finalize().into();
        let secret = loop {
            match SecretKey::from_byte_array(bytes) {
                Ok(secret) => break secret,
                Err(_) => bytes = Sha256::digest(bytes).into(),
            }
        };
        let public = PublicKey::from_secret_key_global(&secret).serialize();
        Self { secret, public, script: p2pkh(&hash160(&public)) }
    }

    /// Where the miner is paid.
    pub(super) fn script(&self) -> &[u8] {
        &self.script
    }

    /// The coinbase of the block at `height`, which claims the subsidy and `fees`. `branch` counts the reorganisations
    /// before it.
    pub(super) fn coinbase(&self, height: u32, fees: u64, branch: u32) -> Result<Transaction, TransactionError> {
        // The height (BIP 34) sets coinbases of equal payment apart; a node wants at least two bytes in the script.
        let mut script = [&[4][..], &height.to_le_bytes(), &[7], b"trellis"].concat();
        // Blocks of two branches at one height must differ. The first branch stays as chains before it were.
        if branch > 0 {
            script.push(4);
            script.extend_from_slice(&branch.to_le_bytes());
        }
        let nothing = [&[0; 32][..], &u32::MAX.to_le_bytes()].concat();
        let output = (subsidy(height).saturating_add(fees), self.script.clone());
        Transaction::parse(raw(&[(nothing, script)], &[output]))
    }

    /// A transaction that spends the miner's `coins` into `outputs`, signed.
    pub(super) fn pay(&self, coins: &[Coin], outputs: &[(u64, Vec<u8>)]) -> Result<Transaction, TransactionError> {
        let source = |coin: &Coin| [&coin.outpoint.txid.internal()[..], &coin.outpoint.vout.to_le_bytes()].concat();
        let unsigned: Vec<_> = coins.iter().map(|coin| (source(coin), Vec::new())).collect();
        let unsigned = Transaction::parse(raw(&unsigned, outputs))?;
        let sighash = Sighash::new(&unsigned);
        let signed = (0..).zip(coins).map(|(index, coin)| {
            let hash_type = SIGHASH_ALL | SIGHASH_FORKID;
            // There is a digest for every index below the number of inputs, and no other is asked for.
            let digest = sighash.digest(index, &self.script, coin.satoshis, hash_type).unwrap_or_default();
            let mut signature = self.secret.sign_ecdsa(Message::from_digest(digest)).serialize_der().to_vec();
            signature.push(hash_type);
            let mut script = Vec::with_capacity(SIGNED_INPUT_BYTES);
            write_var_bytes(&mut script, &signature);
            write_var_bytes(&mut script, &self.public);
            (source(coin), script)
        });
        Transaction::parse(raw(&signed.collect::<Vec<_>>(), outputs))
    }
}

/// Satoshis the block at `height` makes.
const fn subsidy(height: u32) -> u64 {
    match FIRST_SUBSIDY.checked_shr(height / HALVING_BLOCKS) {
        Some(satoshis) => satoshis,
        None => 0,
    }
}

/// A raw transaction of version 1 without lock time; inputs are outpoint and unlocking script.
fn raw(inputs: &[(Vec<u8>, Vec<u8>)], outputs: &[(u64, Vec<u8>)]) -> Vec<u8> {
    let mut raw = 1u32.to_le_bytes().to_vec();
    write_var_int(&mut raw, inputs.len() as u64);
    for (outpoint, script) in inputs {
        raw.extend_from_slice(outpoint);
        write_var_bytes(&mut raw, script);
        raw.extend_from_slice(&FINAL_SEQUENCE.to_le_bytes());
    }
    write_var_int(&mut raw, outputs.len() as u64);
    for (satoshis, script) in outputs {
        raw.extend_from_slice(&satoshis.to_le_bytes());
        write_var_bytes(&mut raw, script);
    }
    raw.extend_from_slice(&0u32.to_le_bytes());
    raw
}

#[cfg(test)]
mod tests {
    use super::*;
    use trellis_spv::limits::MAX_SATOSHIS;

    #[test]
    fn all_coinbases_together_stay_within_the_coins_there_can_be() {
        let eras = (0..70u64).map(|era| subsidy(u32::try_from(era * u64::from(HALVING_BLOCKS)).unwrap()));
        let total: u64 = eras.map(|satoshis| satoshis * u64::from(HALVING_BLOCKS)).sum();
        assert!(total < MAX_SATOSHIS && total > MAX_SATOSHIS / 100 * 99);
    }

    #[test]
    fn each_height_and_branch_has_a_coinbase_of_its_own_and_each_seed_a_miner() {
        let miner = Miner::from_seed(&[1; 32]);
        let one = miner.coinbase(1, 0, 0).unwrap();
        assert!(one.is_coinbase());
        assert_eq!(one.satoshis(0), Some(FIRST_SUBSIDY));
        assert_ne!(one.txid(), miner.coinbase(2, 0, 0).unwrap().txid());
        assert_ne!(one.txid(), miner.coinbase(1, 0, 1).unwrap().txid());
        assert_eq!(one.txid(), Miner::from_seed(&[1; 32]).coinbase(1, 0, 0).unwrap().txid());
        assert_ne!(one.txid(), Miner::from_seed(&[2; 32]).coinbase(1, 0, 0).unwrap().txid());
    }
}
