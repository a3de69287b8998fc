//! From what a plugin returned to what the engine may rely on. Everything is checked here; a violation is a fault.

use serde::de::IgnoredAny;
use trellis_engine::domain::basket::{BasketName, Token};
use trellis_engine::ports::plugins::{FoundOutput, Judgement, LookupFindings, TopicSubmission};
use trellis_spv::hash::{Outpoint, Txid};

use crate::limits::Limits;

/// What the interface forbids and a plugin returned, as the end of a sentence that begins "it returned".
pub type Violation = String;

/// A verdict whose indices exist, each once, ascending, and whose retained coins are previous coins.
///
/// # Errors
/// [`Violation`].
pub fn judgement(
    mut outputs_to_admit: Vec<u32>,
    mut coins_to_retain: Vec<u32>,
    submission: &TopicSubmission<'_>,
) -> Result<Judgement, Violation> {
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

/// The basket that an operation names.
///
/// # Errors
/// [`Violation`].
pub fn basket(name: &str) -> Result<BasketName, Violation> {
    BasketName::new(name).map_err(|error| format!("an operation on no basket: {error}"))
}

/// A token within its bounds.
///
/// # Errors
/// [`Violation`].
pub fn token(token: Token) -> Result<Token, Violation> {
    let name = token.basket.clone();
    token.checked().map_err(|error| format!("a token for basket `{name}` that cannot be: {error}"))
}

/// That an answer has no more outputs than are allowed.
///
/// # Errors
/// [`Violation`].
pub fn count_found(found: usize, limits: &Limits) -> Result<(), Violation> {
    let most = limits.found_outputs;
    if found as u64 <= most {
        return Ok(());
    }
    Err(format!("{found} outputs, but {most} are allowed in one answer (limit `found-outputs`)"))
}

/// An output of an answer, by a real transaction id in display order.
///
/// # Errors
/// [`Violation`].
pub fn found_output(
    txid: Vec<u8>,
    output_index: u32,
    history_depth: u32,
    context: Option<Vec<u8>>,
) -> Result<FoundOutput, Violation> {
    let mut txid = <[u8; 32]>::try_from(txid)
        .map_err(|txid: Vec<u8>| format!("a transaction id of {} bytes; they have 32", txid.len()))?;
    txid.reverse();
    let outpoint = Outpoint::new(Txid::from_internal(txid), output_index);
    Ok(FoundOutput { outpoint, history_depth, context })
}

/// A freeform answer that is JSON.
///
/// # Errors
/// [`Violation`].
pub fn freeform(text: String) -> Result<LookupFindings, Violation> {
    match serde_json::from_str::<IgnoredAny>(&text) {
        Ok(_) => Ok(LookupFindings::Freeform(text)),
        Err(error) => Err(format!("a freeform answer that is no JSON: {error}")),
    }
}
