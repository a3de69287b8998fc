//! BEEF framing: V1 (BRC-62), V2 (BRC-96) and Atomic (BRC-95), read exactly and written.
//!
//! Reading judges the form only. Whether the transactions may be believed is [`verify`](mod@crate::verify)'s question.

use std::collections::HashMap;

use crate::bump::{Bump, BumpError};
use crate::hash::Txid;
use crate::limits::{MAX_BEEF_BUMPS, MAX_BEEF_TRANSACTIONS};
use crate::reader::{ReadError, Reader};
use crate::transaction::{Transaction, TransactionError};
use crate::writer::{write_var_bytes, write_var_int};

const MAGIC_V1: [u8; 4] = [0x01, 0x00, 0xbe, 0xef];
const MAGIC_V2: [u8; 4] = [0x02, 0x00, 0xbe, 0xef];
const MAGIC_ATOMIC: [u8; 4] = [0x01, 0x01, 0x01, 0x01];

/// Bytes of the smallest BUMP: height, tree height, leaf count, one leaf.
const LEAST_BUMP_BYTES: u64 = 37;
/// Bytes of the smallest entry, a V2 txid: format byte and txid.
const LEAST_ENTRY_BYTES: u64 = 33;

/// Why bytes are no BEEF. Offsets count from the BEEF's first byte.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BeefError {
    /// The bytes end early, or a count cannot be right.
    #[error("the bytes are no complete BEEF: {0}")]
    Read(#[from] ReadError),
    /// The first bytes, or those behind Atomic's txid, name no known version.
    #[error(
        "bytes {} at offset {offset} are no BEEF version: expected 0100beef, 0200beef or 01010101",
        hex::encode(found)
    )]
    UnknownVersion {
        /// Where the version stands.
        offset: usize,
        /// What stands there.
        found: [u8; 4],
    },
    /// More BUMPs than [`MAX_BEEF_BUMPS`].
    #[error("the BEEF announces {0} BUMPs; at most {MAX_BEEF_BUMPS} are accepted")]
    TooManyBumps(u64),
    /// More entries than [`MAX_BEEF_TRANSACTIONS`].
    #[error("the BEEF announces {0} transactions; at most {MAX_BEEF_TRANSACTIONS} are accepted")]
    TooManyTransactions(u64),
    /// There is nothing in it.
    #[error("the BEEF carries no transaction")]
    Empty,
    /// A BUMP is malformed; offsets inside it count from `offset`.
    #[error("BUMP {index} at offset {offset}: {source}")]
    Bump {
        /// The BUMP's index.
        index: u64,
        /// Where it starts.
        offset: usize,
        /// What is wrong with it.
        source: BumpError,
    },
    /// A transaction is malformed; offsets inside it count from `offset`.
    #[error("transaction {index} of the BEEF at offset {offset}: {source}")]
    Transaction {
        /// The entry's index.
        index: u64,
        /// Where the raw transaction starts.
        offset: usize,
        /// What is wrong with it.
        source: TransactionError,
    },
    /// An entry's first byte (V2) or its proof flag (V1) is none of the known ones.
    #[error(
        "transaction {index} of the BEEF has marker {marker:#04x} at offset {offset}, which its version does not know"
    )]
    UnknownMarker {
        /// The entry's index.
        index: u64,
        /// Where the marker stands.
        offset: usize,
        /// The marker.
        marker: u8,
    },
    /// A transaction points at a BUMP that is not there.
    #[error("transaction {txid} points at BUMP {bump}, but the BEEF has {bumps}")]
    NoSuchBump {
        /// The transaction.
        txid: Txid,
        /// The BUMP's index it names.
        bump: u64,
        /// BUMPs there are.
        bumps: usize,
    },
    /// The same transaction twice.
    #[error("transaction {txid} appears twice, as entries {first} and {second}: send each transaction once")]
    RepeatedTransaction {
        /// The transaction.
        txid: Txid,
        /// Index of its first entry.
        first: usize,
        /// Index of its second entry.
        second: usize,
    },
    /// Atomic's subject is not in it.
    #[error("the Atomic BEEF is about transaction {0}, which it does not contain")]
    SubjectMissing(Txid),
    /// Something follows.
    #[error("the BEEF ends at offset {offset}, but {extra} bytes follow: send exactly one BEEF")]
    TrailingBytes {
        /// Where the BEEF ends.
        offset: usize,
        /// Bytes that follow.
        extra: usize,
    },
}

/// The two framings of transactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BeefVersion {
    /// BRC-62: raw transactions, each followed by its proof's index.
    V1,
    /// BRC-96: an entry may also be a txid the reader is expected to know.
    V2,
}

/// One entry of a BEEF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BeefEntry {
    /// The transaction itself.
    Raw {
        /// The transaction.
        transaction: Transaction,
        /// Index of the BUMP that is to prove it; inside the BEEF's list.
        bump: Option<usize>,
    },
    /// A transaction the reader is expected to hold (V2).
    TxidOnly(Txid),
}

impl BeefEntry {
    /// The transaction's id.
    #[must_use]
    pub fn txid(&self) -> Txid {
        match self {
            Self::Raw { transaction, .. } => transaction.txid(),
            Self::TxidOnly(txid) => *txid,
        }
    }
}

/// A BEEF whose form is right and whose contents nobody has judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beef {
    /// The framing.
    pub version: BeefVersion,
    /// The BUMPs, in order.
    pub bumps: Vec<Bump>,
    /// The entries, in order; each txid once, at least one.
    pub transactions: Vec<BeefEntry>,
    /// What the BEEF is about: Atomic's txid, else its last transaction.
    pub subject: Txid,
    /// Whether it came as Atomic BEEF.
    pub atomic: bool,
}

/// Parses bytes that are exactly one BEEF.
///
/// # Errors
/// The bytes are no BEEF, or more than one. Memory stays within a small multiple of `bytes`, whatever they say.
pub fn parse(bytes: &[u8]) -> Result<Beef, BeefError> {
    let mut reader = Reader::new(bytes);
    let mut magic: [u8; 4] = reader.array("BEEF version")?;
    let mut atomic = None;
    if magic == MAGIC_ATOMIC {
        atomic = Some(Txid::from_internal(reader.array("Atomic BEEF's txid")?));
        magic = reader.array("BEEF version")?;
    }
    let version = match magic {
        MAGIC_V1 => BeefVersion::V1,
        MAGIC_V2 => BeefVersion::V2,
        found => return Err(BeefError::UnknownVersion { offset: reader.position() - 4, found }),
    };
    let bumps = read_bumps(&mut reader)?;
    let transactions = read_transactions(&mut reader, version, bumps.len())?;
    if reader.remaining() > 0 {
        return Err(BeefError::TrailingBytes { offset: reader.position(), extra: reader.remaining() });
    }
    let last = check_unique(&transactions, atomic)?;
    Ok(Beef { version, bumps, transactions, subject: atomic.unwrap_or(last), atomic: atomic.is_some() })
}

/// Splits a body of the form `VarInt(BEEF length) || BEEF || values`, which a client sends when it attaches off-chain
/// values.
///
/// # Errors
/// The body is shorter than its BEEF is said to be.
pub fn split_off_chain_values(body: &[u8]) -> Result<(&[u8], &[u8]), BeefError> {
    let mut reader = Reader::new(body);
    let beef = reader.var_bytes("BEEF before the off-chain values")?;
    Ok((beef, reader.rest()))
}

fn read_bumps(reader: &mut Reader<'_>) -> Result<Vec<Bump>, BeefError> {
    let count = reader.count(LEAST_BUMP_BYTES, "BUMP count")?;
    if count > MAX_BEEF_BUMPS {
        return Err(BeefError::TooManyBumps(count));
    }
    let mut bumps = Vec::new();
    for index in 0..count {
        let offset = reader.position();
        let mut own = Reader::new(reader.rest());
        let bump = Bump::read(&mut own).map_err(|source| BeefError::Bump { index, offset, source })?;
        reader.take(own.position() as u64, "BUMP")?;
        bumps.push(bump);
    }
    Ok(bumps)
}

fn read_transactions(reader: &mut Reader<'_>, version: BeefVersion, bumps: usize) -> Result<Vec<BeefEntry>, BeefError> {
    let count = reader.count(LEAST_ENTRY_BYTES, "transaction count")?;
    if count > MAX_BEEF_TRANSACTIONS {
        return Err(BeefError::TooManyTransactions(count));
    }
    if count == 0 {
        return Err(BeefError::Empty);
    }
    let mut entries = Vec::new();
    for index in 0..count {
        entries.push(match version {
            BeefVersion::V1 => read_v1(reader, index, bumps)?,
            BeefVersion::V2 => read_v2(reader, index, bumps)?,
        });
    }
    Ok(entries)
}

fn read_v1(reader: &mut Reader<'_>, index: u64, bumps: usize) -> Result<BeefEntry, BeefError> {
    let transaction = read_transaction(reader, index)?;
    let offset = reader.position();
    let bump = match reader.u8("proof flag")? {
        0 => None,
        1 => Some(reader.var_int("BUMP index")?),
        marker => return Err(BeefError::UnknownMarker { index, offset, marker }),
    };
    raw_entry(transaction, bump, bumps)
}

fn read_v2(reader: &mut Reader<'_>, index: u64, bumps: usize) -> Result<BeefEntry, BeefError> {
    let offset = reader.position();
    match reader.u8("entry format")? {
        0 => raw_entry(read_transaction(reader, index)?, None, bumps),
        1 => {
            let bump = reader.var_int("BUMP index")?;
            raw_entry(read_transaction(reader, index)?, Some(bump), bumps)
        }
        2 => Ok(BeefEntry::TxidOnly(Txid::from_internal(reader.array("txid")?))),
        marker => Err(BeefError::UnknownMarker { index, offset, marker }),
    }
}

fn read_transaction(reader: &mut Reader<'_>, index: u64) -> Result<Transaction, BeefError> {
    let offset = reader.position();
    Transaction::read(reader).map_err(|source| BeefError::Transaction { index, offset, source })
}

fn raw_entry(transaction: Transaction, bump: Option<u64>, bumps: usize) -> Result<BeefEntry, BeefError> {
    let Some(bump) = bump else { return Ok(BeefEntry::Raw { transaction, bump: None }) };
    match usize::try_from(bump) {
        Ok(index) if index < bumps => Ok(BeefEntry::Raw { transaction, bump: Some(index) }),
        _ => Err(BeefError::NoSuchBump { txid: transaction.txid(), bump, bumps }),
    }
}

/// Each txid once, Atomic's among them; answers the last one.
fn check_unique(entries: &[BeefEntry], atomic: Option<Txid>) -> Result<Txid, BeefError> {
    let mut seen = HashMap::with_capacity(entries.len());
    for (second, entry) in entries.iter().enumerate() {
        let txid = entry.txid();
        if let Some(first) = seen.insert(txid, second) {
            return Err(BeefError::RepeatedTransaction { txid, first, second });
        }
    }
    match atomic {
        Some(subject) if !seen.contains_key(&subject) => Err(BeefError::SubjectMissing(subject)),
        _ => entries.last().map(BeefEntry::txid).ok_or(BeefError::Empty),
    }
}

impl Beef {
    /// The bytes of this BEEF, Atomic if it is marked so. V1 cannot say `TxidOnly`; such an entry turns it into V2.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if self.atomic {
            out.extend_from_slice(&MAGIC_ATOMIC);
            out.extend_from_slice(self.subject.internal());
        }
        write(&mut out, self.version, &self.bumps, &self.transactions);
        out
    }
}

/// Appends a BEEF of these parts, which may be empty.
pub(crate) fn write(out: &mut Vec<u8>, version: BeefVersion, bumps: &[Bump], entries: &[BeefEntry]) {
    let v2 = version == BeefVersion::V2 || entries.iter().any(|entry| matches!(entry, BeefEntry::TxidOnly(_)));
    out.extend_from_slice(if v2 { &MAGIC_V2 } else { &MAGIC_V1 });
    write_var_int(out, bumps.len() as u64);
    bumps.iter().for_each(|bump| bump.write(out));
    write_var_int(out, entries.len() as u64);
    for entry in entries {
        match entry {
            BeefEntry::TxidOnly(txid) => {
                out.push(2);
                out.extend_from_slice(txid.internal());
            }
            BeefEntry::Raw { transaction, bump } => {
                if v2 {
                    write_bump_index(out, *bump);
                }
                out.extend_from_slice(transaction.raw());
                if !v2 {
                    write_bump_index(out, *bump);
                }
            }
        }
    }
}

fn write_bump_index(out: &mut Vec<u8>, bump: Option<usize>) {
    match bump {
        None => out.push(0),
        Some(index) => {
            out.push(1);
            write_var_int(out, index as u64);
        }
    }
}

/// The body a client sends when it attaches off-chain values: `VarInt(BEEF length) || BEEF || values`.
#[must_use]
pub fn join_off_chain_values(beef: &[u8], values: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(beef.len() + values.len() + 9);
    write_var_bytes(&mut out, beef);
    out.extend_from_slice(values);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn off_chain_values_follow_the_beef_they_belong_to() {
        let body = join_off_chain_values(&[1, 2, 3], &[9, 8]);
        assert_eq!(split_off_chain_values(&body).unwrap(), (&[1, 2, 3][..], &[9, 8][..]));
        assert_eq!(split_off_chain_values(&[0]).unwrap(), (&[][..], &[][..]));
        assert!(split_off_chain_values(&[4, 1, 2, 3]).is_err());
        assert!(split_off_chain_values(&[]).is_err());
    }

    #[test]
    fn an_unknown_version_is_named_with_its_bytes() {
        let error = parse(&[3, 0, 0xbe, 0xef, 0, 0]).unwrap_err();
        assert!(error.to_string().contains("0300beef"), "{error}");
        let mut nested = MAGIC_ATOMIC.to_vec();
        nested.extend_from_slice(&[7; 32]);
        nested.extend_from_slice(&MAGIC_ATOMIC);
        assert!(matches!(parse(&nested), Err(BeefError::UnknownVersion { offset: 36, .. })));
    }

    #[test]
    fn counts_that_no_bytes_can_hold_are_refused_without_memory() {
        for count in [1u64 << 36, 1 << 60] {
            let mut bumps = MAGIC_V1.to_vec();
            write_var_int(&mut bumps, count);
            assert!(matches!(parse(&bumps), Err(BeefError::Read(ReadError::CountTooLarge { .. }))));
            let mut transactions = MAGIC_V2.to_vec();
            transactions.push(0);
            write_var_int(&mut transactions, count);
            assert!(matches!(parse(&transactions), Err(BeefError::Read(ReadError::CountTooLarge { .. }))));
        }
    }

    #[test]
    fn a_beef_without_transactions_is_named_as_such() {
        assert_eq!(parse(&[1, 0, 0xbe, 0xef, 0, 0]).unwrap_err(), BeefError::Empty);
    }
}
