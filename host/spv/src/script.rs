//! Unlocking one input: standard scripts fast, the rest in the interpreter.
//!
//! Both ways judge by the same rules: what a node with default policy accepts into its mempool at the next block
//! ("standard" word), since Genesis. The fast way takes only scripts whose effect is known exactly; whatever is in any
//! way unusual goes to the interpreter, so that the two can never disagree.

mod error;
mod interpreter;
mod rules;
mod scan;
mod sighash;
mod signature;
mod template;

pub use error::ScriptError;
pub(crate) use rules::Rules;
pub use sighash::{SIGHASH_ALL, SIGHASH_ANYONECANPAY, SIGHASH_FORKID, SIGHASH_NONE, SIGHASH_SINGLE, Sighash};

use std::cell::OnceCell;
use std::sync::Arc;

use bsv_rs::primitives::bsv::sighash::TxSighashCache;

use crate::transaction::Transaction;

/// Bytes of P2PK with an uncompressed key, the longest of the standard scripts without data.
const LONGEST_BARE_LOCK: usize = 67;

/// An output that is spent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SpentOutput<'a> {
    /// Its satoshis.
    pub(crate) satoshis: u64,
    /// Its locking script.
    pub(crate) locking_script: &'a [u8],
    /// Height of the block that made it, where it is proven: its scripts run by the rules of its era.
    pub(crate) height: Option<u32>,
}

/// The inputs of one transaction, with what their signature checks share.
pub(crate) struct Inputs<'a> {
    transaction: &'a Transaction,
    sighash: Sighash<'a>,
    /// The interpreter's own copy of the transaction, made when the first input needs it.
    copy: OnceCell<Arc<TxSighashCache>>,
}

impl<'a> Inputs<'a> {
    pub(crate) fn new(transaction: &'a Transaction) -> Self {
        Self { transaction, sighash: Sighash::new(transaction), copy: OnceCell::new() }
    }

    /// Whether input `input` may spend `spent`.
    pub(crate) fn unlock(&self, input: u32, spent: &SpentOutput<'_>, rules: &mut Rules<'_>) -> Result<(), ScriptError> {
        match self.unlock_by_template(input, spent, rules) {
            Some(verdict) => verdict,
            None => self.interpret(input, spent, rules),
        }
    }

    /// The fast way; `None` where the interpreter has to decide.
    pub(crate) fn unlock_by_template(
        &self,
        input: u32,
        spent: &SpentOutput<'_>,
        rules: &Rules<'_>,
    ) -> Option<Result<(), ScriptError>> {
        // Coins of before Genesis obey limits on data that nobody else does; only bare keys are beyond doubt.
        if spent.locking_script.len() > LONGEST_BARE_LOCK && rules.is_before_genesis(spent.height) {
            return None;
        }
        let unlocking = self.transaction.unlocking_script(input)?;
        let (signature, key) = match template::read(spent.locking_script, unlocking)? {
            template::Match::Checked { signature, key } => (signature, key),
            template::Match::WrongKey => return Some(Err(ScriptError::WrongKey)),
        };
        let strict = rules.is_strict(self.transaction.version());
        signature::check(signature, key, strict, |hash_type| {
            self.sighash.digest(input, spent.locking_script, spent.satoshis, hash_type)
        })
    }

    /// The slow way.
    pub(crate) fn interpret(
        &self,
        input: u32,
        spent: &SpentOutput<'_>,
        rules: &mut Rules<'_>,
    ) -> Result<(), ScriptError> {
        let copy = self.copy.get_or_init(|| interpreter::copy(self.transaction));
        let unlocking = self.transaction.unlocking_script(input).unwrap_or_default();
        interpreter::run(Arc::clone(copy), input, unlocking, spent, rules)
    }
}

/// Whether one signature of this public key (33 bytes, or 65 uncompressed) is what spends an output: P2PKH, P2PK and PushDrop.
/// What other scripts ask for is not known.
#[must_use]
pub fn pays_to(locking_script: &[u8], public_key: &[u8]) -> bool {
    template::pays_to(locking_script, public_key)
}

#[cfg(test)]
mod tests;
