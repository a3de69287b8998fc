//! Keys from numbers, and the locking scripts that pay to them.

use ripemd::{Digest, Ripemd160};
use secp256k1::{Message, PublicKey, SECP256K1, SecretKey};
use sha2::Sha256;

use super::{Coin, Spend, build};
use crate::transaction::Transaction;

/// Where a PushDrop script has its lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LockPosition {
    /// `<key> OP_CHECKSIG <data> <drops>`, the usual one.
    #[default]
    Before,
    /// `<data> <drops> <key> OP_CHECKSIG`.
    After,
}

/// One key, from a number.
#[derive(Debug, Clone)]
pub struct Wallet {
    secret: SecretKey,
    key: PublicKey,
}

impl Wallet {
    /// The same key for the same number, everywhere.
    #[must_use]
    pub fn from_seed(seed: u64) -> Self {
        let digest: [u8; 32] = Sha256::digest([&b"trellis testing wallet"[..], &seed.to_le_bytes()].concat()).into();
        Self::with_key(digest).expect("a digest is a key")
    }

    /// The wallet of these 32 bytes, if they are a private key.
    #[must_use]
    pub fn with_key(bytes: [u8; 32]) -> Option<Self> {
        let secret = SecretKey::from_byte_array(bytes).ok()?;
        Some(Self { key: secret.public_key(SECP256K1), secret })
    }

    /// The public key, compressed.
    #[must_use]
    pub fn public_key(&self) -> [u8; 33] {
        self.key.serialize()
    }

    /// The secret key's 32 bytes.
    #[must_use]
    pub fn secret_key(&self) -> [u8; 32] {
        self.secret.secret_bytes()
    }

    /// `OP_DUP OP_HASH160 <hash of the key> OP_EQUALVERIFY OP_CHECKSIG`.
    #[must_use]
    pub fn p2pkh(&self) -> Vec<u8> {
        let hash = Ripemd160::digest(Sha256::digest(self.public_key()));
        [&[0x76, 0xa9, 0x14][..], &hash, &[0x88, 0xac]].concat()
    }

    /// `<key> OP_CHECKSIG`.
    #[must_use]
    pub fn p2pk(&self) -> Vec<u8> {
        push_drop_lock(&self.public_key(), &[], LockPosition::Before)
    }

    /// PushDrop with the lock before the data.
    #[must_use]
    pub fn push_drop(&self, fields: &[&[u8]]) -> Vec<u8> {
        push_drop_lock(&self.public_key(), fields, LockPosition::Before)
    }

    /// PushDrop whose last field is this key's signature over the fields before it, as `tm_helloworld` wants it.
    #[must_use]
    pub fn signed_push_drop(&self, fields: &[&[u8]]) -> Vec<u8> {
        let signature = self.sign_digest(Sha256::digest(fields.concat()).into());
        let mut fields = fields.to_vec();
        fields.push(&signature);
        self.push_drop(&fields)
    }

    /// DER signature with low S over a 32-byte digest.
    #[must_use]
    pub fn sign_digest(&self, digest: [u8; 32]) -> Vec<u8> {
        SECP256K1.sign_ecdsa(Message::from_digest(digest), &self.secret).serialize_der().to_vec()
    }

    /// Spends these coins, which this wallet can unlock, into one output.
    #[must_use]
    pub fn pay(&self, coins: &[Coin], locking_script: &[u8], satoshis: u64) -> Transaction {
        let spends: Vec<Spend<'_>> = coins.iter().map(|coin| coin.by(self)).collect();
        build(&spends, &[(satoshis, locking_script.to_vec())])
    }
}

/// A PushDrop script: `<key> OP_CHECKSIG` and data that is pushed and dropped, before or after it.
#[must_use]
pub fn push_drop_lock(key: &[u8], fields: &[&[u8]], position: LockPosition) -> Vec<u8> {
    let lock = [push(key), vec![0xac]].concat();
    let mut data: Vec<u8> = fields.iter().flat_map(|field| push(field)).collect();
    data.extend(std::iter::repeat_n(0x6d, fields.len() / 2));
    data.extend(std::iter::repeat_n(0x75, fields.len() % 2));
    match position {
        LockPosition::Before => [lock, data].concat(),
        LockPosition::After => [data, lock].concat(),
    }
}

/// The shortest script that pushes `data`.
#[must_use]
pub fn push(data: &[u8]) -> Vec<u8> {
    let head = match data {
        [] => vec![0],
        [n @ 1..=16] => return vec![0x50 + n],
        [0x81] => return vec![0x4f],
        _ if data.len() <= 75 => vec![data.len() as u8],
        _ if data.len() <= 255 => vec![0x4c, data.len() as u8],
        _ if data.len() <= 65_535 => [&[0x4d][..], &(data.len() as u16).to_le_bytes()].concat(),
        _ => [&[0x4e][..], &(data.len() as u32).to_le_bytes()].concat(),
    };
    [&head, data].concat()
}
