//! `GET /v1/transactions/{txid}`: where a transaction stands, with the network's own words.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use trellis_engine::domain::row::{OutboxRow, OutboxState};
use trellis_engine::domain::status::{NetworkWord, Status};
use trellis_engine::report::TransactionReport;
use trellis_spv::hash::Txid;

use super::auth::Who;
use super::body::{ErrorBody, NetworkWordBody, OutboxBody, TransactionBody};
use super::call;
use super::client::ClientKey;
use super::error::ApiError;
use super::openapi::Starting;
use crate::clock;
use crate::node::Node;

/// Answers what is known of a transaction.
///
/// # Errors
/// 400 where the path holds no txid, 404 where the transaction is not held here, 451 where it was evicted, 503 while starting.
#[utoipa::path(
    get,
    path = "/v1/transactions/{txid}",
    tag = "transactions",
    summary = "Where a transaction stands",
    description = "With the network's own words, also where it was taken back.",
    params(("txid" = String, Path, description = "64 hexadecimal digits, display order")),
    responses(
        (status = 200, description = "What is known of it", body = TransactionBody),
        (status = 400, description = "That is no txid", body = ErrorBody),
        (status = 404, description = "It is not held here", body = ErrorBody),
        (status = 429, description = "This client's budget is used up", body = ErrorBody),
        (status = 451, description = "It was evicted", body = ErrorBody),
        Starting,
    ),
)]
pub async fn transaction(
    State(node): State<Arc<Node>>,
    client: axum::Extension<ClientKey>,
    who: Who,
    Path(txid): Path<String>,
) -> Result<Response, ApiError> {
    call::admit(&node, client.0)?;
    let txid = parse(&txid)?;
    let host = Arc::clone(&node);
    let report = call::run(&node, &node.reads, client.0, move |_| {
        host.ready()?.engine().transaction_report(&txid).map_err(|error| ApiError::internal(&error))
    });
    match report.await?? {
        Some(TransactionReport { evicted: Some(reason), .. }) => {
            let message = format!("transaction {txid} was evicted from this host: {reason}");
            Err(ApiError::new(StatusCode::UNAVAILABLE_FOR_LEGAL_REASONS, "ERR_EVICTED", message))
        }
        Some(mut report) => {
            // Where a transaction stands is open whatever its topics are: the network knows the transaction. That a topic took it
            // is for those who may read the topic.
            report.topics.retain(|topic| node.rules().access.may_read(topic, who.0.is_some()));
            Ok(Json(body(report)).into_response())
        }
        None => Err(unknown(&txid)),
    }
}

/// A txid out of a path.
///
/// # Errors
/// 400 says what one looks like.
pub fn parse(text: &str) -> Result<Txid, ApiError> {
    text.parse()
        .map_err(|error: trellis_spv::hash::IdentifierError| ApiError::bad_request("ERR_TXID", error.to_string()))
}

/// 404 for a transaction that is not held here.
#[must_use]
pub fn unknown(txid: &Txid) -> ApiError {
    let message = format!("transaction {txid} is not held here");
    ApiError::new(StatusCode::NOT_FOUND, "ERR_TRANSACTION_NOT_FOUND", message)
}

fn body(report: TransactionReport) -> TransactionBody {
    let (status, mined) = standing(report.status);
    TransactionBody {
        txid: report.txid.to_string(),
        status: status.to_owned(),
        block_height: report.proof_height.or(mined),
        bytes: report.size,
        topics: report.topics.iter().map(ToString::to_string).collect(),
        taken_back: report.taken_back,
        sequence: report.sequence.map(|sequence| sequence.0),
        outbox: report.outbox.map(outbox),
        network: report.word.map(word),
    }
}

/// A status as the wire has it, and the height of the block.
#[must_use]
pub const fn standing(status: Status) -> (&'static str, Option<u32>) {
    match status {
        Status::Admitted => ("admitted", None),
        Status::Broadcast => ("broadcast", None),
        Status::Seen => ("seen", None),
        Status::Mined(height) => ("mined", Some(height)),
        Status::Rejected => ("rejected", None),
        Status::Contested => ("contested", None),
    }
}

fn outbox(row: OutboxRow) -> OutboxBody {
    let state = match row.state {
        OutboxState::Pending => "pending",
        OutboxState::Refused => "refused",
    };
    OutboxBody { state: state.to_owned(), attempts: row.attempts, next_attempt: clock::rfc3339(row.next_attempt) }
}

/// The network's words as the wire has them.
#[must_use]
pub fn word(word: NetworkWord) -> NetworkWordBody {
    NetworkWordBody { broadcaster: word.broadcaster, code: word.code, message: word.text, at: clock::rfc3339(word.at) }
}
