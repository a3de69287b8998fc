//! `POST /v1/ef`, `/v1/broadcast` and `/v1/broadcast/batch`: transactions that no topic here need want, in Extended Format and
//! to the network.

pub(super) mod batch;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use serde::Serialize;
use trellis_engine::domain::status::Status;
use trellis_engine::submit::{Converted, Meter, RelayAnswer, Relayed, SubmitError};
use trellis_spv::hash::Outpoint;

pub use batch::broadcast_batch;

use super::bearer::{Presented, presented};
use super::body::BytesBody;
use super::body::relay::{ConvertedBody, RelayedBody, SourceBody};
use super::call;
use super::client::ClientKey;
use super::error::{ApiError, Noted};
use super::gate::{self, GATE_WAIT};
use super::lookup::json;
use super::openapi::Relaying;
use super::read_body::{BINARY, HeldBody, MAX_BODY_BYTES, media_type, read_body};
use super::refusal::outcome_label;
use super::transactions::standing;
use crate::clock;
use crate::config::checked::RelayAccess;
use crate::node::Node;

/// Bytes of JSON around the hexadecimal texts of an answer for one transaction.
const JSON_BYTES: usize = 512;

/// Converts a BEEF to Extended Format. Nothing is stored or sent.
///
/// # Errors
/// As a submission's, and 403 where this host relays nothing.
#[utoipa::path(
    post,
    path = "/v1/ef",
    tag = "relaying",
    summary = "Converts a transaction to Extended Format",
    description = "Verified as a submission is. Nothing is stored or sent.",
    security((), ("relay" = [])),
    request_body(content = BytesBody, content_type = "application/octet-stream", description = "BEEF V1, V2 or Atomic (BRC-62, 96, 95)"),
    responses(
        (status = 200, description = "The transaction in Extended Format (BRC-30), and the outputs it spends", body = ConvertedBody),
        Relaying,
    ),
)]
pub async fn convert(
    State(node): State<Arc<Node>>,
    client: axum::Extension<ClientKey>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let body = beef(&node, client.0, &headers, body).await?;
    let host = Arc::clone(&node);
    let answer = call::run(&node, &node.submissions, client.0, move |meter| {
        let result = host.ready()?.engine().convert(&body.bytes, meter);
        host.metrics.submission(result.as_ref().map_or_else(outcome_label, |_| "converted"));
        let converted = result?;
        let noted = Noted { outcome: "converted", details: converted.txid.to_string() };
        let bytes = converted.sources.iter().fold(2 * converted.extended_format.len(), |bytes, (_, _, script)| {
            bytes.saturating_add(2 * script.len() + JSON_BYTES)
        });
        let mut response = json(host.answers.reserve(bytes + JSON_BYTES)?, &converted_body(&converted))?;
        response.extensions_mut().insert(noted);
        Ok(response)
    });
    answer.await?
}

/// Verifies a BEEF, holds what is unproven of it, answers once that is durable, and tells the network.
///
/// # Errors
/// As a submission's, and 403 where this host relays nothing.
#[utoipa::path(
    post,
    path = "/v1/broadcast",
    tag = "relaying",
    summary = "Tells the network of a transaction",
    description = "Verified as a submission is, and durable before it is answered; ancestors that nothing proves are told first. One that is in a \
        block is not told.",
    security((), ("relay" = [])),
    request_body(content = BytesBody, content_type = "application/octet-stream", description = "BEEF V1, V2 or Atomic (BRC-62, 96, 95)"),
    responses(
        (status = 200, description = "Where it stands", body = RelayedBody),
        (status = 202, description = "The network has not said yet whether it takes it (policy `gate`)", body = RelayedBody),
        Relaying,
    ),
)]
pub async fn broadcast(
    State(node): State<Arc<Node>>,
    client: axum::Extension<ClientKey>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let body = beef(&node, client.0, &headers, body).await?;
    let host = Arc::clone(&node);
    let relayed = call::run(&node, &node.submissions, client.0, move |meter| {
        let mut answers = relay(&host, &[&body.bytes], meter)?;
        answers.pop().ok_or_else(|| ApiError::internal(&"a relayed transaction was left without an answer"))
    });
    let mut relayed = relayed.await???;
    let (txid, deadline) = (relayed.txid, clock::monotonic() + GATE_WAIT);
    let heard = wait(&node, &mut relayed, deadline).await?;
    let noted = Noted { outcome: "relayed", details: txid.to_string() };
    let bytes = relayed.extended_format.as_ref().map_or(0, |bytes| 2 * bytes.len()) + JSON_BYTES;
    let mut response = encode(&node, bytes, move || relayed_body(&relayed)).await?;
    if !heard {
        *response.status_mut() = StatusCode::ACCEPTED;
        let place = format!("/v1/transactions/{txid}").parse();
        response.headers_mut().extend(place.ok().map(|place| (header::LOCATION, place)));
    }
    response.extensions_mut().insert(noted);
    Ok(response)
}

/// Whether this request may have something relayed, and is within its budget.
fn admit(node: &Node, client: ClientKey, headers: &HeaderMap) -> Result<(), ApiError> {
    let refuse = |status, code, message: &str| Err(ApiError::new(status, code, message));
    match &node.relay {
        RelayAccess::Open => {}
        RelayAccess::Off => {
            let message = "this host relays nothing but what its topics take; its operator can change that with [relay] access = \"authenticated\" or \"open\"";
            return refuse(StatusCode::FORBIDDEN, "ERR_RELAY_OFF", message);
        }
        RelayAccess::Authenticated(token) => match presented(headers, token) {
            Presented::Right => {}
            Presented::Missing => {
                let message = "this host relays for those who have its token: send it as Authorization: Bearer <token>";
                return refuse(StatusCode::UNAUTHORIZED, "ERR_UNAUTHORIZED", message);
            }
            Presented::Wrong => {
                let message = "that is not the token this host relays for";
                return refuse(StatusCode::FORBIDDEN, "ERR_UNAUTHORIZED", message);
            }
        },
    }
    call::admit(node, client)
}

/// The body of a request that may have it relayed.
async fn read(node: &Arc<Node>, client: ClientKey, headers: &HeaderMap, body: Body) -> Result<HeldBody, ApiError> {
    let body = read_body(headers, body, MAX_BODY_BYTES, &node.bodies).await?;
    node.budgets.charge_bytes(client, body.bytes.len() as u64, clock::monotonic());
    Ok(body)
}

async fn beef(node: &Arc<Node>, client: ClientKey, headers: &HeaderMap, body: Body) -> Result<HeldBody, ApiError> {
    admit(node, client, headers)?;
    if !media_type(headers).eq_ignore_ascii_case(BINARY) {
        let message = "the body is BEEF: send it with Content-Type: application/octet-stream";
        return Err(ApiError::bad_request("ERR_CONTENT_TYPE", message));
    }
    read(node, client, headers, body).await
}

/// Relays, and counts how each ended.
fn relay(node: &Node, beefs: &[&[u8]], meter: &Meter) -> Result<Vec<Result<Relayed, ApiError>>, ApiError> {
    let count = |answer: &RelayAnswer| answer.as_ref().map_or_else(outcome_label, |_| "relayed");
    let answers = node.ready()?.engine().relay(beefs, clock::now(), meter).inspect_err(|error: &SubmitError| {
        node.metrics.submission(outcome_label(error));
    })?;
    answers.iter().for_each(|answer| node.metrics.submission(count(answer)));
    Ok(answers.into_iter().map(|answer| Ok(answer?)).collect())
}

/// Under the policy `gate`, waits for the network's word. Answers whether there is nothing to wait for any more.
async fn wait(node: &Arc<Node>, relayed: &mut Relayed, deadline: Duration) -> Result<bool, ApiError> {
    if !node.gate || matches!(relayed.status, Status::Mined(_)) {
        return Ok(true);
    }
    let heard = gate::wait_until(node, relayed.txid, deadline).await?;
    relayed.status = heard.unwrap_or(relayed.status);
    Ok(heard.is_some())
}

/// A JSON answer. Writing megabytes is nothing to be done between other requests.
async fn encode<T: Serialize>(
    node: &Arc<Node>,
    bytes: usize,
    body: impl FnOnce() -> T + Send + 'static,
) -> Result<Response, ApiError> {
    let room = node.answers.reserve(bytes)?;
    let encoded = tokio::task::spawn_blocking(move || json(room, &body()));
    encoded.await.map_err(|error| ApiError::internal(&error))?
}

fn converted_body(converted: &Converted) -> ConvertedBody {
    let source = |(outpoint, satoshis, script): &(Outpoint, u64, Vec<u8>)| SourceBody {
        txid: outpoint.txid.to_string(),
        output_index: outpoint.vout,
        satoshis: *satoshis,
        locking_script: hex::encode(script),
    };
    ConvertedBody {
        txid: converted.txid.to_string(),
        extended_format: hex::encode(&converted.extended_format),
        sources: converted.sources.iter().map(source).collect(),
    }
}

fn relayed_body(relayed: &Relayed) -> RelayedBody {
    let (status, block_height) = standing(relayed.status);
    RelayedBody {
        txid: relayed.txid.to_string(),
        status: status.to_owned(),
        block_height,
        extended_format: relayed.extended_format.as_ref().map(hex::encode),
    }
}
