//! One raw transaction, parsed: the bytes once, and where its fields lie in them.

use std::fmt;
use std::sync::Arc;

use crate::hash::{Outpoint, Txid, double_sha256};
use crate::limits::MAX_TRANSACTION_BYTES;
use crate::reader::{ReadError, Reader};

/// Bytes of the smallest input: outpoint 36, script length 1, sequence 4.
const LEAST_INPUT_BYTES: u64 = 41;
/// Bytes of the smallest output: satoshis 8, script length 1.
const LEAST_OUTPUT_BYTES: u64 = 9;

/// Why bytes are not a transaction. Offsets count from the transaction's first byte.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransactionError {
    /// The bytes do not have the form of a transaction.
    #[error("the bytes are no transaction: {0}")]
    Read(#[from] ReadError),
    /// Something follows the lock time.
    #[error("the transaction ends at offset {offset}, but {extra} bytes follow: send exactly one raw transaction")]
    TrailingBytes {
        /// Where the transaction ends.
        offset: usize,
        /// Bytes that follow.
        extra: usize,
    },
    /// Larger than [`MAX_TRANSACTION_BYTES`].
    #[error("the transaction has {size} bytes; at most {MAX_TRANSACTION_BYTES} are accepted")]
    TooLarge {
        /// Its size in bytes.
        size: usize,
    },
    /// It spends nothing; the network has no such transaction.
    #[error("the transaction has no inputs: every transaction spends at least one output")]
    NoInputs,
    /// It makes nothing; the network has no such transaction.
    #[error("the transaction has no outputs: every transaction makes at least one output")]
    NoOutputs,
}

/// Where a script lies in the raw bytes.
#[derive(Debug, Clone, Copy)]
struct Span {
    start: u32,
    length: u32,
}

/// One input. Its unlocking script is read through [`Transaction::unlocking_script`].
#[derive(Debug, Clone, Copy)]
pub struct Input {
    /// The output it spends.
    pub source: Outpoint,
    /// Its sequence number; `0xffffffff` is final.
    pub sequence: u32,
    script: Span,
}

/// One output. Its locking script is read through [`Transaction::locking_script`].
#[derive(Debug, Clone, Copy)]
pub struct Output {
    /// Its value in satoshis, as the bytes say; not checked here.
    pub satoshis: u64,
    script: Span,
}

struct Parsed {
    raw: Arc<[u8]>,
    txid: Txid,
    version: u32,
    lock_time: u32,
    inputs: Vec<Input>,
    outputs: Vec<Output>,
}

/// A transaction with at least one input and one output. Cloning copies a pointer.
#[derive(Clone)]
pub struct Transaction(Arc<Parsed>);

impl Transaction {
    /// Parses bytes that are exactly one raw transaction (BRC-12).
    ///
    /// # Errors
    /// The bytes are no transaction, something follows it, or it has no inputs or no outputs.
    pub fn parse(raw: impl Into<Arc<[u8]>>) -> Result<Self, TransactionError> {
        let raw: Arc<[u8]> = raw.into();
        let mut reader = Reader::new(&raw);
        let fields = Fields::read(&mut reader)?;
        if reader.remaining() > 0 {
            return Err(TransactionError::TrailingBytes { offset: reader.position(), extra: reader.remaining() });
        }
        Ok(fields.with(raw))
    }

    /// Parses the transaction that starts where `reader` stands and leaves `reader` behind it.
    ///
    /// # Errors
    /// As [`Transaction::parse`]; offsets count from the transaction's first byte.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, TransactionError> {
        let rest = reader.rest();
        let mut own = Reader::new(rest);
        let fields = Fields::read(&mut own)?;
        let raw = reader.take(own.position() as u64, "transaction")?;
        Ok(fields.with(raw.into()))
    }

    /// Double SHA-256 of the raw bytes, computed once.
    #[must_use]
    pub fn txid(&self) -> Txid {
        self.0.txid
    }

    /// The raw bytes.
    #[must_use]
    pub fn raw(&self) -> &[u8] {
        &self.0.raw
    }

    /// The version field.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.0.version
    }

    /// The lock time: a block height below 500,000,000, Unix seconds from there on.
    #[must_use]
    pub fn lock_time(&self) -> u32 {
        self.0.lock_time
    }

    /// The inputs, in order; at least one.
    #[must_use]
    pub fn inputs(&self) -> &[Input] {
        &self.0.inputs
    }

    /// The outputs, in order; at least one.
    #[must_use]
    pub fn outputs(&self) -> &[Output] {
        &self.0.outputs
    }

    /// The unlocking script of an input.
    #[must_use]
    pub fn unlocking_script(&self, input: u32) -> Option<&[u8]> {
        self.bytes(self.0.inputs.get(input as usize)?.script)
    }

    /// The sequence number of an input.
    #[must_use]
    pub fn sequence(&self, input: u32) -> Option<u32> {
        self.0.inputs.get(input as usize).map(|input| input.sequence)
    }

    /// The locking script of an output.
    #[must_use]
    pub fn locking_script(&self, vout: u32) -> Option<&[u8]> {
        self.bytes(self.0.outputs.get(vout as usize)?.script)
    }

    /// The satoshis of an output.
    #[must_use]
    pub fn satoshis(&self, vout: u32) -> Option<u64> {
        self.0.outputs.get(vout as usize).map(|output| output.satoshis)
    }

    /// Whether this is the transaction that pays a block's miner: one input, which names no transaction.
    #[must_use]
    pub fn is_coinbase(&self) -> bool {
        matches!(self.inputs(), [only] if only.source.is_null())
    }

    fn bytes(&self, span: Span) -> Option<&[u8]> {
        let start = span.start as usize;
        self.0.raw.get(start..start + span.length as usize)
    }
}

impl Outpoint {
    /// The outpoint that names no output: txid zero, index `0xffffffff`. Only a coinbase carries it.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.vout == u32::MAX && self.txid.internal() == &[0; 32]
    }
}

impl PartialEq for Transaction {
    fn eq(&self, other: &Self) -> bool {
        self.0.txid == other.0.txid
    }
}

impl Eq for Transaction {}

impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction")
            .field("txid", &self.0.txid)
            .field("bytes", &self.0.raw.len())
            .field("inputs", &self.0.inputs.len())
            .field("outputs", &self.0.outputs.len())
            .finish()
    }
}

/// The fields of a transaction whose bytes are still the reader's.
struct Fields {
    version: u32,
    lock_time: u32,
    inputs: Vec<Input>,
    outputs: Vec<Output>,
}

impl Fields {
    fn read(reader: &mut Reader<'_>) -> Result<Self, TransactionError> {
        let version = reader.u32("version")?;
        let count = reader.count(LEAST_INPUT_BYTES, "input count")?;
        if count == 0 {
            return Err(TransactionError::NoInputs);
        }
        let mut inputs = Vec::new();
        for _ in 0..count {
            let txid = Txid::from_internal(reader.array("input outpoint")?);
            let vout = reader.u32("input outpoint")?;
            let script = read_script(reader, "unlocking script")?;
            inputs.push(Input { source: Outpoint::new(txid, vout), script, sequence: reader.u32("input sequence")? });
        }
        let count = reader.count(LEAST_OUTPUT_BYTES, "output count")?;
        if count == 0 {
            return Err(TransactionError::NoOutputs);
        }
        let mut outputs = Vec::new();
        for _ in 0..count {
            let satoshis = reader.u64("output satoshis")?;
            outputs.push(Output { satoshis, script: read_script(reader, "locking script")? });
        }
        let lock_time = reader.u32("lock time")?;
        Ok(Self { version, lock_time, inputs, outputs })
    }

    fn with(self, raw: Arc<[u8]>) -> Transaction {
        let txid = Txid::from_internal(double_sha256(&raw));
        let Self { version, lock_time, inputs, outputs } = self;
        Transaction(Arc::new(Parsed { raw, txid, version, lock_time, inputs, outputs }))
    }
}

fn read_script(reader: &mut Reader<'_>, field: &'static str) -> Result<Span, TransactionError> {
    let length = reader.var_bytes(field)?.len();
    let end = reader.position();
    if end > MAX_TRANSACTION_BYTES {
        return Err(TransactionError::TooLarge { size: end });
    }
    Ok(Span { start: (end - length) as u32, length: length as u32 })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One input without script, one output without script.
    fn smallest() -> Vec<u8> {
        let mut raw = vec![1, 0, 0, 0, 1];
        raw.extend_from_slice(&[7; 32]);
        raw.extend_from_slice(&[2, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]);
        raw.extend_from_slice(&[1, 5, 0, 0, 0, 0, 0, 0, 0, 2, 0x51, 0x52, 9, 0, 0, 0]);
        raw
    }

    #[test]
    fn fields_are_read_where_they_stand() {
        let transaction = Transaction::parse(smallest()).unwrap();
        assert_eq!(transaction.version(), 1);
        assert_eq!(transaction.lock_time(), 9);
        assert_eq!(transaction.inputs()[0].source, Outpoint::new(Txid::from_internal([7; 32]), 2));
        assert_eq!(transaction.unlocking_script(0), Some(&[][..]));
        assert_eq!(transaction.unlocking_script(1), None);
        assert_eq!(transaction.locking_script(0), Some(&[0x51, 0x52][..]));
        assert_eq!(transaction.satoshis(0), Some(5));
        assert_eq!(transaction.txid().internal(), &double_sha256(&smallest()));
        assert!(!transaction.is_coinbase());
    }

    #[test]
    fn every_truncation_and_every_extra_byte_is_refused() {
        let raw = smallest();
        for end in 0..raw.len() {
            assert!(Transaction::parse(&raw[..end]).is_err(), "{end} bytes were accepted");
        }
        let mut longer = raw.clone();
        longer.push(0);
        let error = Transaction::parse(longer).unwrap_err();
        assert_eq!(error, TransactionError::TrailingBytes { offset: raw.len(), extra: 1 });
    }

    #[test]
    fn counts_that_no_bytes_can_hold_are_refused_without_memory() {
        for count in [1u64 << 36, 1 << 60, u64::MAX] {
            let mut raw = vec![1, 0, 0, 0];
            crate::writer::write_var_int(&mut raw, count);
            let error = Transaction::parse(raw).unwrap_err();
            assert!(matches!(error, TransactionError::Read(ReadError::CountTooLarge { .. })), "{error}");
        }
    }

    #[test]
    fn a_transaction_without_inputs_or_outputs_says_so() {
        assert_eq!(Transaction::parse([1, 0, 0, 0, 0, 0, 0, 0, 0, 0]).unwrap_err(), TransactionError::NoInputs);
        let mut raw = smallest();
        raw.truncate(46);
        raw.extend_from_slice(&[0, 0, 0, 0, 0]);
        assert_eq!(Transaction::parse(raw).unwrap_err(), TransactionError::NoOutputs);
    }
}
