//! From the engine's views to the interface's records. Scripts and names are lent; only identifiers, which the interface
//! wants in display order, are written anew.

use trellis_engine::domain::basket::Token;
use trellis_engine::ports::plugins::{IndexNotice, Organising, TopicSubmission, TransactionView};

use crate::bindings::bsv::overlay::types;
use crate::bindings::exports::bsv::overlay::lookup_service::{AdmittedOutput, SpentOutput};
use crate::bindings::exports::bsv::overlay::{basket_manager, topic_manager};
use trellis_calls::notice_parts;

/// Runs `body` with the record of a submission.
pub(crate) fn with_submission<R>(
    submission: &TopicSubmission<'_>,
    body: impl FnOnce(topic_manager::Submission<'_>) -> R,
) -> R {
    with_transaction(submission.view, |transaction| {
        body(topic_manager::Submission {
            topic: submission.topic.as_str(),
            transaction,
            previous_coins: submission.previous_coins,
            off_chain_values: submission.off_chain_values,
        })
    })
}

/// Runs `body` with the record of what a basket manager is asked.
pub(crate) fn with_organising<R>(
    organising: &Organising<'_>,
    body: impl FnOnce(basket_manager::Organising<'_>) -> R,
) -> R {
    let admitted: Vec<_> = organising
        .admitted
        .iter()
        .map(|(topic, output_index)| basket_manager::AdmittedOutput {
            topic: topic.as_str(),
            output_index: *output_index,
        })
        .collect();
    let tags: Vec<Vec<&str>> =
        organising.held.iter().map(|(_, token)| token.tags.iter().map(String::as_str).collect()).collect();
    let held = organising.held.iter().zip(&tags).map(|((input_index, token), tags)| {
        let Token { basket, asset, amount, owner, tags: _, data } = token;
        basket_manager::HeldToken {
            input_index: *input_index,
            token: basket_manager::TokenParam {
                basket: basket.as_str(),
                asset,
                amount: *amount,
                owner: owner.as_deref(),
                tags,
                data,
            },
        }
    });
    let held: Vec<_> = held.collect();
    with_transaction(organising.view, |transaction| {
        body(basket_manager::Organising {
            transaction,
            admitted: &admitted,
            held: &held,
            off_chain_values: organising.off_chain_values,
        })
    })
}

/// Runs `body` with the record of a transaction.
pub(crate) fn with_transaction<R>(view: TransactionView<'_>, body: impl FnOnce(types::Transaction<'_>) -> R) -> R {
    let TransactionView { transaction, sources } = view;
    let txid = transaction.txid().display_bytes();
    let source_txids: Vec<[u8; 32]> =
        transaction.inputs().iter().map(|input| input.source.txid.display_bytes()).collect();
    let inputs: Vec<types::Input<'_>> = transaction
        .inputs()
        .iter()
        .zip(&source_txids)
        .zip(0..)
        .map(|((input, source_txid), index)| types::Input {
            source: types::OutpointParam { txid: source_txid, output_index: input.source.vout },
            source_output: sources
                .get(index as usize)
                .copied()
                .flatten()
                .map(|output| types::Output { satoshis: output.satoshis, locking_script: output.locking_script }),
            unlocking_script: transaction.unlocking_script(index).unwrap_or_default(),
            sequence: input.sequence,
        })
        .collect();
    let outputs: Vec<types::Output<'_>> = transaction
        .outputs()
        .iter()
        .zip(0..)
        .map(|(output, vout)| types::Output {
            satoshis: output.satoshis,
            locking_script: transaction.locking_script(vout).unwrap_or_default(),
        })
        .collect();
    body(types::Transaction {
        txid: &txid,
        version: transaction.version(),
        inputs: &inputs,
        outputs: &outputs,
        lock_time: transaction.lock_time(),
    })
}

/// A notice as the interface's record.
pub(crate) enum NoticeRecord<'a> {
    Admitted(AdmittedOutput<'a>),
    Spent(SpentOutput<'a>),
    NoLongerRetained(&'a str, types::OutpointParam<'a>),
    Evicted(&'a str, types::OutpointParam<'a>),
}

/// Runs `body` with the record of a notice.
pub(crate) fn with_notice<R>(notice: &IndexNotice<'_>, body: impl FnOnce(NoticeRecord<'_>) -> R) -> R {
    let (_, topic, outpoint, transaction) = notice_parts(notice);
    let txid = outpoint.txid.display_bytes();
    let causing_txid = transaction.map(|transaction| transaction.txid().display_bytes()).unwrap_or_default();
    let outpoint_record = types::OutpointParam { txid: &txid, output_index: outpoint.vout };
    body(match *notice {
        IndexNotice::Admitted { transaction, admitted_at, off_chain_values, .. } => {
            NoticeRecord::Admitted(AdmittedOutput {
                topic,
                outpoint: outpoint_record,
                satoshis: transaction.satoshis(outpoint.vout).unwrap_or_default(),
                locking_script: transaction.locking_script(outpoint.vout).unwrap_or_default(),
                admitted_at: admitted_at.0,
                off_chain_values,
            })
        }
        IndexNotice::Spent { transaction, input, output, off_chain_values, retained, spent_at, .. } => {
            NoticeRecord::Spent(SpentOutput {
                topic,
                outpoint: outpoint_record,
                satoshis: output.satoshis,
                locking_script: output.locking_script,
                spending_txid: &causing_txid,
                input_index: input,
                unlocking_script: transaction.unlocking_script(input).unwrap_or_default(),
                sequence: transaction.sequence(input).unwrap_or_default(),
                off_chain_values,
                retained,
                spent_at: spent_at.0,
            })
        }
        IndexNotice::NoLongerRetained { .. } => NoticeRecord::NoLongerRetained(topic, outpoint_record),
        IndexNotice::Evicted { .. } => NoticeRecord::Evicted(topic, outpoint_record),
    })
}
