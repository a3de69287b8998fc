//! What a plugin returned, as the interface's records, to what the engine may rely on. `trellis-calls` checks it.

use trellis_calls::limits::Limits;
use trellis_calls::results::{Violation, basket, count_found, found_output, freeform, token};
use trellis_engine::domain::basket::Token;
use trellis_engine::ports::plugins::{LookupFindings, Operation};

use crate::bindings::exports::bsv::overlay::basket_manager::{
    Operation as OperationRecord, TokenResult as TokenRecord,
};
use crate::bindings::exports::bsv::overlay::lookup_service::{Answer, FoundOutput as FoundRecord};

/// Operations with tokens within their bounds.
pub(crate) fn operations(returned: Vec<OperationRecord>) -> Result<Vec<Operation>, Violation> {
    let operation = |record| {
        Ok(match record {
            OperationRecord::Create(create) => {
                Operation::Create { output: create.output_index, token: placed(create.token)? }
            }
            OperationRecord::Move(moved) => Operation::Move {
                input: moved.input_index,
                from: basket(&moved.from_basket)?,
                output: moved.output_index,
                token: placed(moved.token)?,
            },
            OperationRecord::Consume(consume) => {
                Operation::Consume { input: consume.input_index, from: basket(&consume.from_basket)? }
            }
        })
    };
    returned.into_iter().map(operation).collect()
}

fn placed(record: TokenRecord) -> Result<Token, Violation> {
    let TokenRecord { basket: name, asset, amount, owner, tags, data } = record;
    token(Token { basket: basket(&name)?, asset, amount, owner, tags, data })
}

/// An answer of bounded length: outpoints with real transaction ids, or JSON.
pub(crate) fn findings(answer: Answer, limits: &Limits) -> Result<LookupFindings, Violation> {
    match answer {
        Answer::OutputList(list) => {
            count_found(list.len(), limits)?;
            let found = |FoundRecord { outpoint, history_depth, context }| {
                found_output(outpoint.txid, outpoint.output_index, history_depth, context)
            };
            list.into_iter().map(found).collect::<Result<_, _>>().map(LookupFindings::Outputs)
        }
        Answer::Freeform(text) => freeform(text),
    }
}
