//! Why a script does not unlock an output, or may not be run.

/// Why a script does not unlock an output, or may not be run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScriptError {
    /// Longer than the policy allows.
    #[error("its {which} script has {size} bytes; this host executes at most {limit}")]
    TooLong {
        /// `locking` or `unlocking`.
        which: &'static str,
        /// Its size in bytes.
        size: usize,
        /// The policy's limit in bytes.
        limit: usize,
    },
    /// IFs nested deeper than the policy allows.
    #[error("its {which} script nests IFs {depth} deep; this host executes at most {limit}")]
    TooDeep {
        /// `locking` or `unlocking`.
        which: &'static str,
        /// The depth.
        depth: usize,
        /// The policy's limit.
        limit: usize,
    },
    /// The public key is not the one the output pays to.
    #[error("the public key is not the one the output pays to")]
    WrongKey,
    /// The public key is none.
    #[error("the public key is no point of the curve")]
    NoKey,
    /// The signature is of another key or another transaction.
    #[error("the signature does not sign this transaction with this key")]
    WrongSignature,
    /// The signature is not DER as the network demands it.
    #[error("the signature is not strictly DER-encoded")]
    SignatureEncoding,
    /// The signature's S is above half the curve's order.
    #[error("the signature has a high S: use the low one, order minus S")]
    HighS,
    /// The signature's last byte is no hash type the network knows, or lacks FORKID.
    #[error(
        "the signature's hash type {0:#04x} is not one of the network: it needs FORKID (0x40) and ALL, NONE or SINGLE"
    )]
    HashType(u8),
    /// The interpreter says no.
    #[error("the interpreter refuses it: {0}")]
    Refused(String),
    /// The interpreter would have to work more than the policy allows for one BEEF.
    #[error("its scripts ask for more work than the {limit} units this host does for one BEEF")]
    TooMuchWork {
        /// The policy's limit, in units of [`DEFAULT_MAX_WORK`](crate::limits::DEFAULT_MAX_WORK).
        limit: u64,
    },
    /// The script's stacks grow larger than the policy allows.
    #[error("its stacks grow beyond the {limit} bytes this host allows")]
    TooMuchMemory {
        /// The policy's limit in bytes.
        limit: usize,
    },
    /// The interpreter does not know the rules of that time.
    #[error("this host cannot judge it: {0}")]
    NotJudged(String),
}
