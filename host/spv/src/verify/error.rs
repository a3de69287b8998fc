//! Why a BEEF is refused.

use std::error::Error;

use crate::bump::BumpError;
use crate::hash::{Outpoint, Txid};
use crate::limits::{COINBASE_MATURITY, MAX_NAMED_MISSING, MAX_SATOSHIS};
use crate::script::ScriptError;

use super::ProofError;

/// Why a BEEF is refused. All but [`VerifyError::Store`] are the sender's to mend.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The host's own store failed; this says nothing about the BEEF.
    #[error("this host could not read its store: {0}")]
    Store(#[source] Box<dyn Error + Send + Sync>),
    /// A BUMP does not prove the transaction that points at it.
    #[error("transaction {txid}: {source}")]
    NotProven {
        /// The transaction that points at the BUMP.
        txid: Txid,
        /// Why the BUMP does not prove it.
        source: BumpError,
    },
    /// A proof is not believed.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// It has the length of two hashes, so it could be a node of a block's merkle tree, for which a proof exists although
    /// nobody ever made such a transaction (CVE-2017-12842). No honest wallet makes one: four bytes of scripts protect
    /// nothing.
    #[error(
        "transaction {0} has exactly 64 bytes, as long as two hashes: it could be a node of a block's merkle tree, so \
         its proof would prove nothing"
    )]
    LooksLikeMerkleNode(Txid),
    /// The BEEF names its subject by txid only, and the host does not hold it.
    #[error("this host does not know transaction {0}: send it in full")]
    UnknownSubject(Txid),
    /// Transactions are spent from that neither the BEEF nor the host has.
    #[error("the BEEF lacks {count} transactions it spends from: {}; send them in full", name(missing))]
    MissingParents {
        /// Their txids, in the order found; at most [`MAX_NAMED_MISSING`] of them.
        missing: Vec<Txid>,
        /// How many there are.
        count: usize,
    },
    /// More unproven ancestors than the policy allows.
    #[error(
        "more than {limit} unproven transactions stand behind {subject}: wait until some are mined, or attach proofs"
    )]
    TooManyAncestors {
        /// The subject.
        subject: Txid,
        /// The policy's limit.
        limit: usize,
    },
    /// More inputs to judge than the policy allows.
    #[error("the unproven transactions behind {subject} have more than {limit} inputs: split the submission")]
    TooManyInputs {
        /// The subject.
        subject: Txid,
        /// The policy's limit.
        limit: usize,
    },
    /// More signature checks than the policy allows.
    #[error("the unproven transactions up to {txid} ask for {checks} signature checks; at most {limit} are made")]
    TooManySignatureChecks {
        /// The transaction whose scripts exceed the limit.
        txid: Txid,
        /// Checks up to and including its script.
        checks: u64,
        /// The policy's limit.
        limit: u64,
    },
    /// A coinbase without proof.
    #[error("coinbase transaction {0} has no proof: only a block makes a coinbase, so its proof must be attached")]
    UnprovenCoinbase(Txid),
    /// An input of an ordinary transaction names no output.
    #[error("input {input} of {txid} names no output: only a coinbase may do that")]
    NullInput {
        /// The transaction.
        txid: Txid,
        /// The input's index.
        input: u32,
    },
    /// One output, spent twice by one transaction.
    #[error("transaction {txid} spends {outpoint} twice")]
    DuplicateInput {
        /// The transaction.
        txid: Txid,
        /// The output.
        outpoint: Outpoint,
    },
    /// One output, spent by two transactions of the BEEF.
    #[error("transactions {first} and {second} of the BEEF both spend {outpoint}: only one of them can be valid")]
    DoubleSpend {
        /// The output.
        outpoint: Outpoint,
        /// One spender.
        first: Txid,
        /// The other.
        second: Txid,
    },
    /// An input names an output its parent does not have.
    #[error("input {input} of {txid} spends {outpoint}, but that transaction has only {outputs} outputs")]
    NoSuchOutput {
        /// The spending transaction.
        txid: Txid,
        /// The input's index.
        input: u32,
        /// The output named.
        outpoint: Outpoint,
        /// Outputs the parent has.
        outputs: usize,
    },
    /// Values no coins can have.
    #[error("the {what} of {txid} come to more than {MAX_SATOSHIS} satoshis, all that can ever exist")]
    ValueOutOfRange {
        /// The transaction.
        txid: Txid,
        /// `inputs` or `outputs`.
        what: &'static str,
    },
    /// It makes money.
    #[error("transaction {txid} spends {inputs} satoshis and makes {outputs}: outputs may not exceed inputs")]
    OutputsExceedInputs {
        /// The transaction.
        txid: Txid,
        /// Satoshis of its inputs.
        inputs: u64,
        /// Satoshis of its outputs.
        outputs: u64,
    },
    /// It pays too little.
    #[error("transaction {txid} of {size} bytes pays {fee} satoshis; the least fee here is {wanted}")]
    FeeTooLow {
        /// The transaction.
        txid: Txid,
        /// Its size in bytes.
        size: usize,
        /// Satoshis it pays.
        fee: u64,
        /// Satoshis it must pay.
        wanted: u64,
    },
    /// Its output is of a form the network has refused since Genesis.
    #[error("output {vout} of {txid} pays to a script hash (P2SH), which the network refuses since Genesis")]
    P2shOutput {
        /// The transaction.
        txid: Txid,
        /// The output's index.
        vout: u32,
    },
    /// Locked until a later block.
    #[error("transaction {txid} is locked until block {lock_time}; the next block is {next}")]
    LockedUntilHeight {
        /// The transaction.
        txid: Txid,
        /// Its lock time, a height: the last block that may not contain it.
        lock_time: u32,
        /// Height of the next block.
        next: u32,
    },
    /// Locked until a later time.
    #[error("transaction {txid} is locked until time {lock_time}; the median time of the last blocks is {median}")]
    LockedUntilTime {
        /// The transaction.
        txid: Txid,
        /// Its lock time in Unix seconds.
        lock_time: u32,
        /// Median time of the last 11 blocks in Unix seconds.
        median: u32,
    },
    /// Locked, and the host does not know the time or height of the chain.
    #[error(
        "transaction {txid} is locked until {lock_time}, but this host's headers carry no block times to compare with: \
         send it with final sequence numbers, or once it is mined"
    )]
    LockTimeUnknowable {
        /// The transaction.
        txid: Txid,
        /// Its lock time.
        lock_time: u32,
    },
    /// Spends freshly mined coins.
    #[error(
        "input {input} of {txid} spends coinbase {coinbase} of block {height}; coinbases rest {COINBASE_MATURITY} \
         blocks, the next block is {next}"
    )]
    ImmatureCoinbase {
        /// The spending transaction.
        txid: Txid,
        /// The input's index.
        input: u32,
        /// The coinbase.
        coinbase: Txid,
        /// Height of the block that made it.
        height: u32,
        /// Height of the next block.
        next: u32,
    },
    /// A script does not unlock its output, or may not be run.
    #[error("input {input} of {txid} may not spend {outpoint}: {source}")]
    Script {
        /// The spending transaction.
        txid: Txid,
        /// The input's index.
        input: u32,
        /// The output it spends.
        outpoint: Outpoint,
        /// Why not.
        source: ScriptError,
    },
}

impl VerifyError {
    /// The height whose header might change this answer once it is known; worth one refresh of the headers.
    #[must_use]
    pub const fn missing_header(&self) -> Option<u32> {
        match self {
            Self::Proof(error) => error.missing_header(),
            _ => None,
        }
    }
}

fn name(missing: &[Txid]) -> String {
    let mut text = missing.iter().take(MAX_NAMED_MISSING).map(Txid::to_string).collect::<Vec<_>>().join(", ");
    if missing.len() == MAX_NAMED_MISSING {
        text.push_str(", …");
    }
    text
}
