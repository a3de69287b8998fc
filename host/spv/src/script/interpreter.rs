//! The interpreter of `bsv-rs` under the network's flags, with limits on work and memory.

use std::sync::Arc;

use bsv_rs::primitives::bsv::sighash::{TxInput, TxOutput, TxSighashCache};
use bsv_rs::script::{LockingScript, ScriptResource, Spend, TxSpendParams, UnlockingScript};

use crate::transaction::Transaction;

use super::SpentOutput;
use super::error::ScriptError;
use super::rules::Rules;

/// The transaction as the interpreter wants it. Unlocking scripts of other inputs are never read by any opcode.
pub(super) fn copy(transaction: &Transaction) -> Arc<TxSighashCache> {
    let inputs = transaction.inputs().iter().map(|input| TxInput {
        txid: *input.source.txid.internal(),
        output_index: input.source.vout,
        script: Vec::new(),
        sequence: input.sequence,
    });
    let outputs = (0..).zip(transaction.outputs()).map(|(vout, output)| TxOutput {
        satoshis: output.satoshis,
        script: transaction.locking_script(vout).unwrap_or_default().to_vec(),
    });
    let version = i32::from_le_bytes(transaction.version().to_le_bytes());
    Arc::new(TxSighashCache::new(version, inputs.collect(), outputs.collect(), transaction.lock_time()))
}

/// Runs both scripts of one input.
pub(super) fn run(
    transaction: Arc<TxSighashCache>,
    input: u32,
    unlocking: &[u8],
    spent: &SpentOutput<'_>,
    rules: &mut Rules<'_>,
) -> Result<(), ScriptError> {
    let flags = rules.flags(spent.height)?;
    let work_limit = rules.start_interpreting()?;
    let no_script = |error: bsv_rs::Error| ScriptError::Refused(error.to_string());
    let mut spend = Spend::with_transaction(TxSpendParams {
        transaction,
        input_index: input as usize,
        source_satoshis: spent.satoshis,
        locking_script: LockingScript::from_binary(spent.locking_script).map_err(no_script)?,
        unlocking_script: UnlockingScript::from_binary(unlocking).map_err(no_script)?,
        memory_limit: Some(rules.policy().max_stack_bytes),
        work_limit: Some(work_limit),
    })
    .map_err(no_script)?;
    spend.set_flags(flags);
    let verdict = spend.validate();
    rules.add_work(spend.work_spent());
    match verdict {
        Ok(true) => Ok(()),
        Ok(false) => Err(ScriptError::Refused("the scripts end with false".to_owned())),
        // A limit of this host, not a verdict on the script.
        Err(error) => Err(match error.resource_limit.map(|limit| limit.resource) {
            Some(ScriptResource::Work) => ScriptError::TooMuchWork { limit: rules.policy().max_work },
            Some(_) => ScriptError::TooMuchMemory { limit: rules.policy().max_stack_bytes },
            None => ScriptError::Refused(error.message),
        }),
    }
}
