//! Generated records to the SDK's and back.

use crate::bindings::basket_manager_role::exports::bsv::overlay::basket_manager;
use crate::bindings::lookup_service_role::exports::bsv::overlay::lookup_service;
use crate::bindings::plugin_role::bsv::overlay::types;
use crate::bindings::topic_manager_role::exports::bsv::overlay::topic_manager;
use crate::{
    AdmittedToTopic, HeldToken, Input, Operation, Organising, Outpoint, Output, Refusal, Submission, Token,
    Transaction, Txid,
};

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

pub(super) fn transaction(transaction: types::Transaction) -> Result<Transaction, Refusal> {
    Ok(Transaction {
        txid: txid(&transaction.txid)?,
        version: transaction.version,
        inputs: transaction.inputs.into_iter().map(input).collect::<Result<_, _>>()?,
        outputs: transaction.outputs.into_iter().map(output).collect(),
        lock_time: transaction.lock_time,
    })
}

pub(super) fn submission(submission: topic_manager::Submission) -> Result<Submission, Refusal> {
    Ok(Submission {
        topic: submission.topic,
        transaction: transaction(submission.transaction)?,
        previous_coins: submission.previous_coins,
        off_chain_values: submission.off_chain_values,
    })
}

pub(super) fn organising(organising: basket_manager::Organising) -> Result<Organising, Refusal> {
    let admitted = |output: basket_manager::AdmittedOutput| AdmittedToTopic {
        topic: output.topic,
        output_index: output.output_index,
    };
    let held = |held: basket_manager::HeldToken| HeldToken {
        input_index: held.input_index,
        token: Token {
            basket: held.token.basket,
            asset: held.token.asset,
            amount: held.token.amount,
            owner: held.token.owner,
            tags: held.token.tags,
            data: held.token.data,
        },
    };
    Ok(Organising {
        transaction: transaction(organising.transaction)?,
        admitted: organising.admitted.into_iter().map(admitted).collect(),
        held: organising.held.into_iter().map(held).collect(),
        off_chain_values: organising.off_chain_values,
    })
}

fn token(token: Token) -> basket_manager::Token {
    let Token { basket, asset, amount, owner, tags, data } = token;
    basket_manager::Token { basket, asset, amount, owner, tags, data }
}

pub(super) fn operation(operation: Operation) -> basket_manager::Operation {
    match operation {
        Operation::Create { output_index, token: placed } => {
            basket_manager::Operation::Create(basket_manager::CreateOperation { output_index, token: token(placed) })
        }
        Operation::Move { input_index, from_basket, output_index, token: placed } => {
            let token = token(placed);
            let record = basket_manager::MoveOperation { input_index, from_basket, output_index, token };
            basket_manager::Operation::Move(record)
        }
        Operation::Consume { input_index, from_basket } => {
            basket_manager::Operation::Consume(basket_manager::ConsumeOperation { input_index, from_basket })
        }
    }
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
