//! Double SHA-256 and the identifiers built on it; HMAC-SHA256.
//!
//! Identifiers hold their bytes in *internal* order, as they stand inside a raw transaction; text shows them in
//! *display* order, reversed, as explorers, JSON bodies and BEEF clients write them.

use std::fmt;
use std::str::FromStr;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// SHA-256 applied twice: the hash of transactions, merkle nodes and signature digests.
#[must_use]
pub fn double_sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(Sha256::digest(bytes)).into()
}

/// HMAC-SHA256 (RFC 2104).
#[must_use]
pub fn hmac_sha256(key: &[u8], data: &[u8]) -> [u8; 32] {
    // An HMAC key of any length is a key; the error cannot occur.
    Hmac::<Sha256>::new_from_slice(key).map_or([0; 32], |mac| mac.chain_update(data).finalize().into_bytes().into())
}

/// Whether `code` is the HMAC-SHA256 of `data`, in a time that does not depend on where they differ.
#[must_use]
pub fn is_hmac_sha256(key: &[u8], data: &[u8], code: &[u8]) -> bool {
    Hmac::<Sha256>::new_from_slice(key).is_ok_and(|mac| mac.chain_update(data).verify_slice(code).is_ok())
}

/// Why a text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentifierError {
    /// Not 64 hexadecimal characters.
    #[error("`{0}` is not a transaction id: expected 64 hexadecimal characters")]
    NotATxid(String),
    /// Not 64 hexadecimal characters.
    #[error("`{0}` is not the hash of a block: expected 64 hexadecimal characters")]
    NotABlockHash(String),
    /// Not `txid.index`.
    #[error("`{0}` is not an outpoint: expected `<txid>.<output index>`")]
    NotAnOutpoint(String),
}

macro_rules! hash_identifier {
    ($(#[$doc:meta])* $name:ident or $error:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 32]);

        impl $name {
            /// From 32 bytes in internal order.
            #[must_use]
            pub const fn from_internal(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }

            /// The 32 bytes in internal order.
            #[must_use]
            pub const fn internal(&self) -> &[u8; 32] {
                &self.0
            }

            /// The 32 bytes in display order.
            #[must_use]
            pub fn display_bytes(&self) -> [u8; 32] {
                let mut bytes = self.0;
                bytes.reverse();
                bytes
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(self.display_bytes()))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdentifierError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let mut bytes = [0u8; 32];
                hex::decode_to_slice(text, &mut bytes)
                    .map_err(|_| IdentifierError::$error(text.chars().take(80).collect()))?;
                bytes.reverse();
                Ok(Self(bytes))
            }
        }
    };
}

hash_identifier! {
    /// The identifier of a transaction: double SHA-256 of its raw bytes.
    Txid or NotATxid
}

hash_identifier! {
    /// The root of a block's merkle tree, as its header carries it.
    MerkleRoot or NotATxid
}

hash_identifier! {
    /// The hash of a block's header.
    BlockHash or NotABlockHash
}

/// One output of one transaction.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Outpoint {
    /// The transaction that made the output.
    pub txid: Txid,
    /// The output's index in that transaction.
    pub vout: u32,
}

impl Outpoint {
    /// An outpoint of `txid`.
    #[must_use]
    pub const fn new(txid: Txid, vout: u32) -> Self {
        Self { txid, vout }
    }
}

impl fmt::Display for Outpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.txid, self.vout)
    }
}

impl fmt::Debug for Outpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Outpoint {
    type Err = IdentifierError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || IdentifierError::NotAnOutpoint(text.chars().take(90).collect());
        let (txid, vout) = text.split_once('.').ok_or_else(wrong)?;
        // Digits only: a number with a sign would be a second spelling of the same outpoint.
        if !vout.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(wrong());
        }
        Ok(Self { txid: txid.parse().map_err(|_| wrong())?, vout: vout.parse().map_err(|_| wrong())? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_display_order_and_round_trips() {
        let txid = Txid::from_internal(std::array::from_fn(|i| i as u8));
        assert!(txid.to_string().starts_with("1f1e1d"));
        assert_eq!(txid.to_string().parse::<Txid>().unwrap(), txid);
        let outpoint = Outpoint::new(txid, 7);
        assert_eq!(outpoint.to_string().parse::<Outpoint>().unwrap(), outpoint);
        assert!("zz.1".parse::<Outpoint>().is_err());
        assert!(format!("{txid}.+7").parse::<Outpoint>().is_err(), "one outpoint, one spelling");
    }
}
