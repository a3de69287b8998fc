//! Generated records to the SDK's and back.

use crate::bindings::lookup_service_role::exports::bsv::overlay::lookup_service;
use crate::bindings::plugin_role::bsv::overlay::types;
use crate::bindings::topic_manager_role::exports::bsv::overlay::topic_manager;
use crate::{Input, Outpoint, Output, Refusal, Submission, Transaction, Txid};

/// The interface promises 32 bytes; a host that breaks the promise is told so rather than believed.
pub(super) fn txid(bytes: &[u8]) -> Result<Txid, Refusal> {
    Ok(Txid::try_from(bytes)?)
}

pub(super) fn outpoint(outpoint: &types::Outpoint) -> Result<Outpoint, Refusal> {
    Ok(Outpoint { txid: txid(&outpoint.txid)?, output_index: outpoint.output_index })
}

fn output(output: types::Output) -> Output {
    Output { satoshis: output.satoshis, locking_script: output.locking_script }
}

fn input(input: types::Input) -> Result<Input, Refusal> {
    Ok(Input {
        source: outpoint(&input.source)?,
        source_output: input.source_output.map(output),
        unlocking_script: input.unlocking_script,
        sequence: input.sequence,
    })
}

pub(super) fn submission(submission: topic_manager::Submission) -> Result<Submission, Refusal> {
    let transaction = submission.transaction;
    Ok(Submission {
        topic: submission.topic,
        transaction: Transaction {
            txid: txid(&transaction.txid)?,
            version: transaction.version,
            inputs: transaction.inputs.into_iter().map(input).collect::<Result<_, _>>()?,
            outputs: transaction.outputs.into_iter().map(output).collect(),
            lock_time: transaction.lock_time,
        },
        previous_coins: submission.previous_coins,
        off_chain_values: submission.off_chain_values,
    })
}

pub(super) fn found_output(found: crate::FoundOutput) -> lookup_service::FoundOutput {
    lookup_service::FoundOutput {
        outpoint: types::Outpoint {
            txid: found.outpoint.txid.as_bytes().to_vec(),
            output_index: found.outpoint.output_index,
        },
        history_depth: found.history_depth,
        context: found.context,
    }
}
