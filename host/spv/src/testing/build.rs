//! Signed transactions.

use super::{Wallet, push};
use crate::hash::Outpoint;
use crate::limits::FINAL_SEQUENCE;
use crate::script::{SIGHASH_ALL, SIGHASH_FORKID, Sighash};
use crate::transaction::Transaction;
use crate::writer::{write_var_bytes, write_var_int};

/// An output that can be spent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coin {
    /// Which output.
    pub outpoint: Outpoint,
    /// Its value.
    pub satoshis: u64,
    /// Its locking script.
    pub script: Vec<u8>,
}

/// Output `vout` of `transaction`.
#[must_use]
pub fn coin(transaction: &Transaction, vout: u32) -> Coin {
    Coin {
        outpoint: Outpoint::new(transaction.txid(), vout),
        satoshis: transaction.satoshis(vout).expect("the output"),
        script: transaction.locking_script(vout).expect("the output").to_vec(),
    }
}

impl Coin {
    /// Spends it with a signature of `wallet`: P2PKH, P2PK or PushDrop.
    #[must_use]
    pub fn by<'a>(&self, wallet: &'a Wallet) -> Spend<'a> {
        let unlock = Unlock::Sign { wallet, hash_type: SIGHASH_ALL | SIGHASH_FORKID };
        Spend { coin: self.clone(), sequence: FINAL_SEQUENCE, unlock }
    }

    /// Spends it with this unlocking script.
    #[must_use]
    pub fn with(&self, unlocking_script: &[u8]) -> Spend<'static> {
        let unlock = Unlock::Script(unlocking_script.to_vec());
        Spend { coin: self.clone(), sequence: FINAL_SEQUENCE, unlock }
    }
}

#[derive(Debug, Clone)]
enum Unlock<'a> {
    Sign { wallet: &'a Wallet, hash_type: u8 },
    Script(Vec<u8>),
}

/// A coin and how it is unlocked.
#[derive(Debug, Clone)]
pub struct Spend<'a> {
    coin: Coin,
    sequence: u32,
    unlock: Unlock<'a>,
}

impl Spend<'_> {
    /// With this sequence number instead of the final one.
    #[must_use]
    pub fn sequence(mut self, sequence: u32) -> Self {
        self.sequence = sequence;
        self
    }

    /// Signed with this hash type instead of ALL and FORKID.
    #[must_use]
    pub fn hash_type(mut self, new: u8) -> Self {
        if let Unlock::Sign { hash_type, .. } = &mut self.unlock {
            *hash_type = new;
        }
        self
    }
}

/// A transaction of version 1 and lock time 0, signed.
#[must_use]
pub fn build(inputs: &[Spend<'_>], outputs: &[(u64, Vec<u8>)]) -> Transaction {
    Build { inputs: inputs.to_vec(), outputs: outputs.to_vec(), ..Build::default() }.sign()
}

/// A transaction in the making, where [`build`] is too simple.
#[derive(Debug, Clone)]
pub struct Build<'a> {
    /// The version field.
    pub version: u32,
    /// What it spends.
    pub inputs: Vec<Spend<'a>>,
    /// What it makes: satoshis and locking scripts.
    pub outputs: Vec<(u64, Vec<u8>)>,
    /// The lock time.
    pub lock_time: u32,
}

impl Default for Build<'_> {
    fn default() -> Self {
        Self { version: 1, inputs: Vec::new(), outputs: Vec::new(), lock_time: 0 }
    }
}

impl Build<'_> {
    /// The transaction, every input unlocked as it says.
    #[must_use]
    pub fn sign(&self) -> Transaction {
        let unsigned = Transaction::parse(self.raw(&vec![Vec::new(); self.inputs.len()])).expect("well-formed");
        let sighash = Sighash::new(&unsigned);
        let unlock = |(index, spend): (u32, &Spend<'_>)| match &spend.unlock {
            Unlock::Script(script) => script.clone(),
            Unlock::Sign { wallet, hash_type } => {
                let coin = &spend.coin;
                let digest = sighash.digest(index, &coin.script, coin.satoshis, *hash_type).expect("the input");
                let mut signature = wallet.sign_digest(digest);
                signature.push(*hash_type);
                let pays_to_hash = coin.script.starts_with(&[0x76, 0xa9]);
                let key = if pays_to_hash { push(&wallet.public_key()) } else { Vec::new() };
                [push(&signature), key].concat()
            }
        };
        let scripts: Vec<Vec<u8>> = (0..).zip(&self.inputs).map(unlock).collect();
        Transaction::parse(self.raw(&scripts)).expect("well-formed")
    }

    /// The raw bytes with these unlocking scripts, well-formed or not.
    #[must_use]
    pub fn raw(&self, scripts: &[Vec<u8>]) -> Vec<u8> {
        let mut raw = self.version.to_le_bytes().to_vec();
        write_var_int(&mut raw, self.inputs.len() as u64);
        for (spend, script) in self.inputs.iter().zip(scripts) {
            raw.extend_from_slice(spend.coin.outpoint.txid.internal());
            raw.extend_from_slice(&spend.coin.outpoint.vout.to_le_bytes());
            write_var_bytes(&mut raw, script);
            raw.extend_from_slice(&spend.sequence.to_le_bytes());
        }
        write_var_int(&mut raw, self.outputs.len() as u64);
        for (satoshis, script) in &self.outputs {
            raw.extend_from_slice(&satoshis.to_le_bytes());
            write_var_bytes(&mut raw, script);
        }
        raw.extend_from_slice(&self.lock_time.to_le_bytes());
        raw
    }
}
