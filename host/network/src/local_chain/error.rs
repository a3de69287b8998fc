//! Why the chain could not do what was asked.

use trellis_spv::hash::Txid;
use trellis_spv::transaction::TransactionError;
use trellis_spv::verify::VerifyError;

use super::{JournalError, MAX_GRANT_SCRIPT_BYTES};

/// Why the chain could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum LocalChainError {
    /// Its file failed. Nothing was changed.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The chain made a transaction that is none: a bug.
    #[error("the local chain made a malformed transaction: {0}; please report this")]
    Malformed(#[from] TransactionError),
    /// Nothing was asked for.
    #[error("the faucet was asked for 0 satoshis: ask for at least 1")]
    NothingAsked,
    /// More was asked for than there is.
    #[error("the faucet was asked for {wanted} satoshis and has {available}: ask for less, or mine more blocks")]
    NotEnough {
        /// Satoshis asked for.
        wanted: u64,
        /// Satoshis it could give at most.
        available: u64,
    },
    /// The locking script is too long.
    #[error("the faucet was asked to pay to a script of {0} bytes; it pays to at most {MAX_GRANT_SCRIPT_BYTES}")]
    ScriptTooLong(usize),
    /// The grant breaks a rule of the network, such as paying to a script hash.
    #[error("the faucet cannot pay to that script: {0}")]
    Refused(Box<VerifyError>),
    /// More blocks should make way than may.
    #[error(
        "{depth} blocks should make way, and {possible} can: the pre-mined blocks below stay; ask for at most {possible}, \
         or mine more blocks first"
    )]
    TooDeep {
        /// Blocks asked for.
        depth: u32,
        /// Blocks above the pre-mined ones.
        possible: u32,
    },
    /// No block should make way, and nothing else was asked for.
    #[error("no block should make way: ask for a depth of at least 1, or name a rival to be mined")]
    NothingReplaced,
    /// The rival is mined already, below the blocks that make way.
    #[error("the rival {txid} is mined already, in block {height}: name one that is not")]
    RivalMined {
        /// The rival.
        txid: Txid,
        /// Its block.
        height: u32,
    },
    /// What the rival spends was spent in a block that stays.
    #[error(
        "the rival comes too late: {spender}, which spends the same output, is in block {height}; ask for a depth of at \
         least {depth}"
    )]
    RivalTooLate {
        /// What spends the same.
        spender: Txid,
        /// Its block.
        height: u32,
        /// The depth that block is at.
        depth: u32,
    },
    /// The rival breaks a rule of the network.
    #[error("the rival cannot be mined: {0}")]
    RivalRefused(Box<VerifyError>),
}
