//! The engine's views as the SDK's types, and the SDK's answers as the engine's, checked.

use trellis_calls::SelfDescription;
use trellis_calls::limits::Limits;
use trellis_calls::results::{Violation, basket, count_found, found_output, freeform, token};
use trellis_engine::domain::basket::Token as PlacedToken;
use trellis_engine::domain::evidence::KnownCertificate;
use trellis_engine::ports::plugins as port;
use trellis_plugin::identity::{Certificate, CertificateType, Field, IdentityKey, SerialNumber, Vouching};
use trellis_plugin::{
    AdmittedOutput, AdmittedToTopic, Answer, Description, FoundOutput, HeldToken, Input, Operation, Organising,
    Outpoint, Output, SpentOutput, Submission, Token, Transaction, Txid,
};
use trellis_spv::{hash, transaction as spv};

use super::plugin::Notice;

/// A transaction id.
pub(crate) fn txid(txid: hash::Txid) -> Txid {
    Txid(txid.display_bytes())
}

/// An outpoint.
pub(crate) fn outpoint(outpoint: hash::Outpoint) -> Outpoint {
    Outpoint { txid: txid(outpoint.txid), output_index: outpoint.vout }
}

pub(super) fn transaction(view: port::TransactionView<'_>) -> Transaction {
    let port::TransactionView { transaction, sources } = view;
    let input = |(index, input): (u32, &spv::Input)| Input {
        source: outpoint(input.source),
        source_output: sources
            .get(index as usize)
            .copied()
            .flatten()
            .map(|output| Output { satoshis: output.satoshis, locking_script: output.locking_script.to_vec() }),
        unlocking_script: transaction.unlocking_script(index).unwrap_or_default().to_vec(),
        sequence: input.sequence,
    };
    let output = |(vout, output): (u32, &spv::Output)| Output {
        satoshis: output.satoshis,
        locking_script: transaction.locking_script(vout).unwrap_or_default().to_vec(),
    };
    Transaction {
        txid: txid(transaction.txid()),
        version: transaction.version(),
        inputs: (0..).zip(transaction.inputs()).map(input).collect(),
        outputs: (0..).zip(transaction.outputs()).map(output).collect(),
        lock_time: transaction.lock_time(),
    }
}

pub(super) fn submission(submission: &port::TopicSubmission<'_>) -> Submission {
    Submission {
        topic: submission.topic.to_string(),
        transaction: transaction(submission.view),
        previous_coins: submission.previous_coins.to_vec(),
        off_chain_values: submission.off_chain_values.map(<[u8]>::to_vec),
    }
}

pub(super) fn organising(organising: &port::Organising<'_>) -> Organising {
    let admitted = organising
        .admitted
        .iter()
        .map(|(topic, output)| AdmittedToTopic { topic: topic.to_string(), output_index: *output });
    let held = organising.held.iter().map(|(input, token)| HeldToken {
        input_index: *input,
        token: Token {
            basket: token.basket.to_string(),
            asset: token.asset.clone(),
            amount: token.amount,
            owner: token.owner.clone(),
            tags: token.tags.clone(),
            data: token.data.clone(),
        },
    });
    Organising {
        transaction: transaction(organising.view),
        admitted: admitted.collect(),
        held: held.collect(),
        off_chain_values: organising.off_chain_values.map(<[u8]>::to_vec),
    }
}

pub(super) fn notice(notice: &port::IndexNotice<'_>) -> Notice {
    use port::IndexNotice::{Admitted, Evicted, NoLongerRetained, Spent};
    match *notice {
        Admitted { topic, outpoint: which, transaction, admitted_at, off_chain_values } => {
            Notice::Admitted(AdmittedOutput {
                topic: topic.to_string(),
                outpoint: outpoint(which),
                satoshis: transaction.satoshis(which.vout).unwrap_or_default(),
                locking_script: transaction.locking_script(which.vout).unwrap_or_default().to_vec(),
                admitted_at: admitted_at.0,
                off_chain_values: off_chain_values.map(<[u8]>::to_vec),
            })
        }
        Spent { topic, outpoint: which, transaction, input, output, off_chain_values, retained, spent_at } => {
            Notice::Spent(SpentOutput {
                topic: topic.to_string(),
                outpoint: outpoint(which),
                satoshis: output.satoshis,
                locking_script: output.locking_script.to_vec(),
                spending_txid: txid(transaction.txid()),
                input_index: input,
                unlocking_script: transaction.unlocking_script(input).unwrap_or_default().to_vec(),
                sequence: transaction.sequence(input).unwrap_or_default(),
                off_chain_values: off_chain_values.map(<[u8]>::to_vec),
                retained,
                spent_at: spent_at.0,
            })
        }
        NoLongerRetained { topic, outpoint: which, .. } => Notice::NoLongerRetained(topic.to_string(), outpoint(which)),
        Evicted { topic, outpoint: which } => Notice::Evicted(topic.to_string(), outpoint(which)),
    }
}

pub(super) fn self_description(described: Description, documentation: String) -> SelfDescription {
    let Description { name, short_description, version, icon_url, information_url, .. } = described;
    SelfDescription { name, short_description, version, icon_url, information_url, documentation }
}

pub(super) fn operations(returned: Vec<Operation>) -> Result<Vec<port::Operation>, Violation> {
    let operation = |operation| {
        Ok(match operation {
            Operation::Create { output_index, token } => {
                port::Operation::Create { output: output_index, token: placed(token)? }
            }
            Operation::Move { input_index, from_basket, output_index, token } => port::Operation::Move {
                input: input_index,
                from: basket(&from_basket)?,
                output: output_index,
                token: placed(token)?,
            },
            Operation::Consume { input_index, from_basket } => {
                port::Operation::Consume { input: input_index, from: basket(&from_basket)? }
            }
        })
    };
    returned.into_iter().map(operation).collect()
}

fn placed(placed: Token) -> Result<PlacedToken, Violation> {
    let Token { basket: name, asset, amount, owner, tags, data } = placed;
    token(PlacedToken { basket: basket(&name)?, asset, amount, owner, tags, data })
}

pub(super) fn findings(answer: Answer, limits: &Limits) -> Result<port::LookupFindings, Violation> {
    match answer {
        Answer::OutputList(list) => {
            count_found(list.len(), limits)?;
            let found = |FoundOutput { outpoint, history_depth, context }| {
                found_output(outpoint.txid.0.to_vec(), outpoint.output_index, history_depth, context)
            };
            list.into_iter().map(found).collect::<Result<_, _>>().map(port::LookupFindings::Outputs)
        }
        Answer::Freeform(text) => freeform(text),
    }
}

pub(super) fn certificate(known: KnownCertificate) -> Certificate {
    let field = |(name, value)| Field { name, value };
    let vouching = |by: trellis_engine::domain::evidence::Vouching| Vouching {
        federation: by.federation,
        organisation: by.organisation,
        fields: by.fields,
    };
    Certificate {
        certificate_type: CertificateType(known.certificate_type),
        serial_number: SerialNumber(known.serial_number),
        subject: IdentityKey(known.subject),
        certifier: IdentityKey(known.certifier),
        revocation: known.revocation.map(outpoint),
        revealed: known.revealed.into_iter().map(field).collect(),
        vouched_by: known.vouched_by.into_iter().map(vouching).collect(),
    }
}
