//! Extended Format, EF (BRC-30): a raw transaction whose inputs carry the outputs they spend, as broadcasters take it.

use crate::hash::Outpoint;
use crate::reader::{ReadError, Reader};
use crate::transaction::{Transaction, TransactionError};
use crate::writer::{write_var_bytes, write_var_int};

/// What follows the version: an input count of zero, which no raw transaction has, and the marker proper.
const MARKER: [u8; 6] = [0, 0, 0, 0, 0, 0xef];

/// Bytes of the smallest input: outpoint 36, script length 1, sequence 4, satoshis 8, script length 1.
const LEAST_INPUT_BYTES: u64 = 50;

/// Why there is no EF.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EfError {
    /// An output that is spent is not at hand.
    #[error("output {0}, which the transaction spends, is not known: EF carries every output that is spent")]
    UnknownSource(Outpoint),
    /// The bytes end early, or a count cannot be right.
    #[error("the bytes are no EF: {0}")]
    Read(#[from] ReadError),
    /// The marker is missing.
    #[error("the bytes are no EF: 0000000000ef is missing at offset 4")]
    NoMarker,
    /// The transaction inside is malformed.
    #[error("the EF contains no transaction: {0}")]
    Transaction(#[from] TransactionError),
}

/// A transaction and, for each input in order, the satoshis and locking script of the output it spends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extended {
    /// The transaction.
    pub transaction: Transaction,
    /// The outputs its inputs spend, as the sender claims them.
    pub sources: Vec<(u64, Vec<u8>)>,
}

/// Writes `transaction` as EF, with the outputs it spends as `source` knows them.
///
/// # Errors
/// `source` does not know one of them.
pub fn encode(
    transaction: &Transaction,
    source: impl Fn(&Outpoint) -> Option<(u64, Vec<u8>)>,
) -> Result<Vec<u8>, EfError> {
    let mut out = Vec::with_capacity(transaction.raw().len() + 64 * transaction.inputs().len());
    out.extend_from_slice(&transaction.version().to_le_bytes());
    out.extend_from_slice(&MARKER);
    write_var_int(&mut out, transaction.inputs().len() as u64);
    for (index, input) in (0..).zip(transaction.inputs()) {
        out.extend_from_slice(input.source.txid.internal());
        out.extend_from_slice(&input.source.vout.to_le_bytes());
        write_var_bytes(&mut out, transaction.unlocking_script(index).unwrap_or_default());
        out.extend_from_slice(&input.sequence.to_le_bytes());
        let (satoshis, script) = source(&input.source).ok_or(EfError::UnknownSource(input.source))?;
        out.extend_from_slice(&satoshis.to_le_bytes());
        write_var_bytes(&mut out, &script);
    }
    write_var_int(&mut out, transaction.outputs().len() as u64);
    for (vout, output) in (0..).zip(transaction.outputs()) {
        out.extend_from_slice(&output.satoshis.to_le_bytes());
        write_var_bytes(&mut out, transaction.locking_script(vout).unwrap_or_default());
    }
    out.extend_from_slice(&transaction.lock_time().to_le_bytes());
    Ok(out)
}

/// Reads bytes that are exactly one EF.
///
/// # Errors
/// They are not. Memory stays within a small multiple of `bytes`, whatever they say.
pub fn decode(bytes: &[u8]) -> Result<Extended, EfError> {
    let mut reader = Reader::new(bytes);
    let mut raw = reader.array::<4>("version")?.to_vec();
    if reader.array("EF marker")? != MARKER {
        return Err(EfError::NoMarker);
    }
    let count = reader.count(LEAST_INPUT_BYTES, "input count")?;
    write_var_int(&mut raw, count);
    let mut sources = Vec::new();
    for _ in 0..count {
        let start = reader.position();
        reader.take(36, "input outpoint")?;
        reader.var_bytes("unlocking script")?;
        reader.take(4, "input sequence")?;
        raw.extend_from_slice(reader.between(start, reader.position()));
        let satoshis = reader.u64("satoshis spent")?;
        sources.push((satoshis, reader.var_bytes("locking script spent")?.to_vec()));
    }
    raw.extend_from_slice(reader.rest());
    Ok(Extended { transaction: Transaction::parse(raw)?, sources })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Chain, Wallet};

    #[test]
    fn a_transaction_survives_the_way_through_ef() {
        let mut chain = Chain::new();
        let wallet = Wallet::from_seed(1);
        let spend = wallet.pay(&[chain.coin(&wallet, 5_000), chain.coin(&wallet, 700)], &wallet.p2pkh(), 5_000);
        let source = |outpoint: &Outpoint| chain.source(outpoint);
        let bytes = encode(&spend, source).unwrap();
        assert_eq!(bytes[4..10], MARKER);
        let extended = decode(&bytes).unwrap();
        assert_eq!(extended.transaction.raw(), spend.raw());
        let expected: Vec<_> = spend.inputs().iter().map(|input| source(&input.source).unwrap()).collect();
        assert_eq!(extended.sources, expected);
        assert_eq!(encode(&spend, |_| None).unwrap_err(), EfError::UnknownSource(spend.inputs()[0].source));
        for end in 0..bytes.len() {
            assert!(decode(&bytes[..end]).is_err(), "{end} bytes were accepted");
        }
        assert!(decode(&[&bytes[..], &[0]].concat()).is_err());
        assert_eq!(decode(spend.raw()).unwrap_err(), EfError::NoMarker);
    }

    #[test]
    fn counts_that_no_bytes_can_hold_are_refused_without_memory() {
        for count in [1u64 << 36, 1 << 60] {
            let mut bytes = [&[1, 0, 0, 0][..], &MARKER].concat();
            write_var_int(&mut bytes, count);
            assert!(matches!(decode(&bytes), Err(EfError::Read(ReadError::CountTooLarge { .. }))));
        }
    }
}
