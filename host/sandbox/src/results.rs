//! From what a plugin returned to what the engine may rely on. Everything is checked here; a violation is a fault.

use serde::de::IgnoredAny;
use trellis_engine::domain::basket::{BasketName, Token};
use trellis_engine::ports::plugins::{FoundOutput, Judgement, LookupFindings, Operation, TopicSubmission};
use trellis_spv::hash::{Outpoint, Txid};

use crate::bindings::exports::bsv::overlay::basket_manager::{
    Operation as OperationRecord, TokenResult as TokenRecord,
};
use crate::bindings::exports::bsv::overlay::lookup_service::{Answer, FoundOutput as FoundRecord};
use crate::bindings::exports::bsv::overlay::topic_manager::AdmittanceInstructions;
use crate::limits::Limits;

/// What the interface forbids and a plugin returned, as the end of a sentence that begins "it returned".
pub(crate) type Violation = String;

/// A verdict whose indices exist, each once, ascending, and whose retained coins are previous coins.
pub(crate) fn judgement(
    instructions: AdmittanceInstructions,
    submission: &TopicSubmission<'_>,
) -> Result<Judgement, Violation> {
    let AdmittanceInstructions { mut outputs_to_admit, mut coins_to_retain } = instructions;
    sort_unique(&mut outputs_to_admit, "outputs-to-admit")?;
    sort_unique(&mut coins_to_retain, "coins-to-retain")?;
    let outputs = submission.view.transaction.outputs().len();
    if let Some(index) = outputs_to_admit.last().filter(|&&index| index as usize >= outputs) {
        return Err(format!("output {index} in outputs-to-admit, but the transaction has {outputs} outputs"));
    }
    if let Some(index) = coins_to_retain.iter().find(|index| !submission.previous_coins.contains(index)) {
        return Err(format!("input {index} in coins-to-retain, but it spends no output of the topic"));
    }
    Ok(Judgement { outputs_to_admit, coins_to_retain, ..Judgement::default() })
}

fn sort_unique(indices: &mut [u32], list: &str) -> Result<(), Violation> {
    indices.sort_unstable();
    match indices.array_windows().find(|[one, next]| one == next) {
        None => Ok(()),
        Some([index, _]) => Err(format!("index {index} twice in {list}")),
    }
}

/// Operations with tokens within their bounds.
pub(crate) fn operations(returned: Vec<OperationRecord>) -> Result<Vec<Operation>, Violation> {
    let operation = |record| {
        Ok(match record {
            OperationRecord::Create(create) => {
                Operation::Create { output: create.output_index, token: token(create.token)? }
            }
            OperationRecord::Move(moved) => Operation::Move {
                input: moved.input_index,
                from: basket(&moved.from_basket)?,
                output: moved.output_index,
                token: token(moved.token)?,
            },
            OperationRecord::Consume(consume) => {
                Operation::Consume { input: consume.input_index, from: basket(&consume.from_basket)? }
            }
        })
    };
    returned.into_iter().map(operation).collect()
}

fn basket(name: &str) -> Result<BasketName, Violation> {
    BasketName::new(name).map_err(|error| format!("an operation on no basket: {error}"))
}

fn token(record: TokenRecord) -> Result<Token, Violation> {
    let TokenRecord { basket: name, asset, amount, owner, tags, data } = record;
    let token = Token { basket: basket(&name)?, asset, amount, owner, tags, data };
    token.checked().map_err(|error| format!("a token for basket `{name}` that cannot be: {error}"))
}

/// An answer of bounded length: outpoints with real transaction ids, or JSON.
pub(crate) fn findings(answer: Answer, limits: &Limits) -> Result<LookupFindings, Violation> {
    match answer {
        Answer::OutputList(list) if list.len() as u64 > limits.found_outputs => {
            let (found, most) = (list.len(), limits.found_outputs);
            Err(format!("{found} outputs, but {most} are allowed in one answer (limit `found_outputs`)"))
        }
        Answer::OutputList(list) => {
            list.into_iter().map(found_output).collect::<Result<_, _>>().map(LookupFindings::Outputs)
        }
        Answer::Freeform(text) => match serde_json::from_str::<IgnoredAny>(&text) {
            Ok(_) => Ok(LookupFindings::Freeform(text)),
            Err(error) => Err(format!("a freeform answer that is no JSON: {error}")),
        },
    }
}

fn found_output(found: FoundRecord) -> Result<FoundOutput, Violation> {
    let FoundRecord { outpoint, history_depth, context } = found;
    let mut txid = <[u8; 32]>::try_from(outpoint.txid)
        .map_err(|txid: Vec<u8>| format!("a transaction id of {} bytes; they have 32", txid.len()))?;
    txid.reverse();
    let outpoint = Outpoint::new(Txid::from_internal(txid), outpoint.output_index);
    Ok(FoundOutput { outpoint, history_depth, context })
}
