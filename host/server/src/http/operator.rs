//! What an operator does by hand: evicting outputs, and trying again what the network would not take.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use trellis_engine::evict::{Dependents, EvictError, Eviction};
use trellis_engine::outbox::{DeadLetter, Resting};
use trellis_spv::hash::{Outpoint, Txid};

use super::body::operator::{
    BroadcasterBody, DeadLetterBody, DependentsBody, EvictBody, EvictedBody, OutboxOverviewBody, TriedAgainBody,
};
use super::error::ApiError;
use super::read_body::read_body;
use super::submit::steak_body;
use super::transactions::{self, word};
use crate::clock;
use crate::node::{Loaded, Node};

/// Longest request to evict, in bytes.
const MAX_EVICT_BYTES: usize = 64 * 1024;

/// Dependents named in an error, of each kind: enough to see what they are.
const MAX_NAMED: usize = 10;

/// `POST /admin/evictOutpoint`.
///
/// # Errors
/// 400 for a body that is wrong, 404 where the output is not here, 409 where others depend on it.
pub async fn evict(
    State(node): State<Arc<Node>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<EvictedBody>, ApiError> {
    let body = read_body(&headers, body, MAX_EVICT_BYTES, &node.bodies).await?;
    let wanted: EvictBody = serde_json::from_slice(&body.bytes).map_err(|error| {
        let form = "send {\"txid\": \"…\", \"outputIndex\": 0, \"reason\": \"…\"}, and \"dependents\": \"keep\" or \"evict\" where others depend on it";
        ApiError::bad_request("ERR_EVICT", format!("{error}; {form}"))
    })?;
    let outpoint = Outpoint::new(transactions::parse(&wanted.txid)?, wanted.output_index);
    let dependents = match wanted.dependents {
        None | Some(DependentsBody::Name) => Dependents::Name,
        Some(DependentsBody::Keep) => Dependents::Keep,
        Some(DependentsBody::Evict) => Dependents::Evict,
    };
    let evicted = blocking(&node, move |loaded| {
        let reason = wanted.reason.as_deref().unwrap_or("the operator gave no reason");
        loaded.engine().evict(&Eviction { outpoint, reason, dependents }, clock::now()).map_err(refusal)
    });
    let evicted = evicted.await?;
    Ok(Json(EvictedBody {
        status: "success".to_owned(),
        outputs: evicted.outputs.iter().map(ToString::to_string).collect(),
        transactions: evicted.transactions.iter().map(ToString::to_string).collect(),
        topics: evicted.topics.iter().map(ToString::to_string).collect(),
        sequence: evicted.sequence.0,
    }))
}

fn refusal(error: EvictError) -> ApiError {
    match &error {
        EvictError::NotHeld(_) => ApiError::new(StatusCode::NOT_FOUND, "ERR_NOT_HELD", error.to_string()),
        EvictError::Depended { outputs, transactions, .. } => {
            let outputs = outputs.iter().take(MAX_NAMED).map(ToString::to_string);
            let named: Vec<String> = outputs.chain(transactions.iter().take(MAX_NAMED).map(Txid::to_string)).collect();
            let message = format!("{error}. Among them: {}", named.join(", "));
            ApiError::new(StatusCode::CONFLICT, "ERR_DEPENDED", message)
        }
        EvictError::TooLarge { .. } => ApiError::bad_request("ERR_EVICT", error.to_string()),
        EvictError::Store(error) => ApiError::internal(error),
    }
}

/// `GET /admin/outbox`.
///
/// # Errors
/// 503 while starting.
pub async fn outbox(State(node): State<Arc<Node>>) -> Result<Json<OutboxOverviewBody>, ApiError> {
    let (pending, letters) = blocking(&node, |loaded| {
        let letters = loaded.engine().dead_letters().map_err(|error| ApiError::internal(&error))?;
        Ok((loaded.outbox_depth().map_err(|error| ApiError::internal(&error))?, letters))
    })
    .await?;
    let network = node.upkeep().network;
    let letter = |letter: DeadLetter| DeadLetterBody {
        txid: letter.txid.to_string(),
        attempts: letter.attempts,
        network: letter.word.map(word),
    };
    let resting = |resting: Resting| BroadcasterBody {
        name: resting.broadcaster,
        resting_until: clock::rfc3339(resting.until),
        message: resting.words,
    };
    Ok(Json(OutboxOverviewBody {
        pending,
        dead_letters: letters.into_iter().map(letter).collect(),
        resting: network.resting.into_iter().map(resting).collect(),
        storm_until: network.storm_until.map(clock::rfc3339),
    }))
}

/// `POST /admin/transactions/{txid}/retry`.
///
/// # Errors
/// 404 where the transaction is neither a dead letter nor taken back; the submission's own errors where it is submitted again.
pub async fn retry(State(node): State<Arc<Node>>, Path(txid): Path<String>) -> Result<Json<TriedAgainBody>, ApiError> {
    let txid = transactions::parse(&txid)?;
    let tried = blocking(&node, move |loaded| {
        if loaded.engine().send_letter_again(&txid, clock::now()).map_err(|error| ApiError::internal(&error))? {
            return Ok(Some(None));
        }
        let submitted = loaded.engine().try_again(&txid, clock::now())?;
        Ok(submitted.map(|submitted| Some(steak_body(submitted.steak))))
    });
    let Some(steak) = tried.await? else {
        let message = format!("transaction {txid} is neither a dead letter nor kept as taken back");
        return Err(ApiError::new(StatusCode::NOT_FOUND, "ERR_NOTHING_TO_RETRY", message));
    };
    let what = if steak.is_some() { "submitted again" } else { "to be sent again" };
    Ok(Json(TriedAgainBody { status: "success".to_owned(), what: what.to_owned(), steak }))
}

/// Runs what blocks on another thread.
///
/// # Errors
/// Its own, and 503 while starting.
pub async fn blocking<T: Send + 'static>(
    node: &Arc<Node>,
    work: impl FnOnce(&Loaded) -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    let host = Arc::clone(node);
    let done = tokio::task::spawn_blocking(move || work(host.ready()?));
    done.await.map_err(|error| ApiError::internal(&error))?
}
