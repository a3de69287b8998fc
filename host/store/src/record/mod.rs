//! What stands on disk, byte by byte: a set of types of its own, apart from the domain's.
//!
//! Every encoding is deterministic and canonical: there is one byte string per value, and reading refuses any other. Reading
//! never panics and never allocates more than a small multiple of the bytes it was given.
//!
//! | module | one job |
//! |---|---|
//! | [`codec`] | numbers, byte strings and lists |
//! | [`key`] | keys of rows, in the order scans need |
//! | [`row`] | rows |
//! | [`network`] | rows about the network: outbox and status |
//! | [`token`] | rows about tokens in baskets |
//! | [`event`] | causes, events, adjustments |
//! | [`log`] | the record of one commit |
//! | [`stored`] | a row with version, flags and checksum, as it stands in the tree |

pub(crate) mod codec;
pub(crate) mod event;
pub(crate) mod key;
pub(crate) mod log;
pub(crate) mod network;
pub(crate) mod row;
pub(crate) mod stored;
#[cfg(test)]
mod tests;
pub(crate) mod token;

/// Why bytes are not a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RecordError {
    /// The bytes end inside a field.
    #[error("the record ends inside {0}")]
    Truncated(&'static str),
    /// Bytes follow the record.
    #[error("{0} bytes follow the record")]
    TrailingBytes(usize),
    /// A tag nothing was ever written with.
    #[error("{what} cannot be {tag}")]
    UnknownTag {
        /// The field.
        what: &'static str,
        /// The tag.
        tag: u8,
    },
    /// A longer spelling of a number than needed.
    #[error("{0} is not in its shortest form")]
    NotCanonical(&'static str),
    /// A number too large for its field.
    #[error("{0} is out of range")]
    OutOfRange(&'static str),
    /// The checksum of a row or log record does not match its bytes.
    #[error("the checksum does not match")]
    Checksum,
}
