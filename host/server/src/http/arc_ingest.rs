//! `POST /arc-ingest`: what a broadcaster reports of transactions it was told of.
//!
//! Whoever knows the token is heard, not believed: a proof is checked against the headers, and any other word makes this host
//! ask its broadcasters itself.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};
use trellis_engine::fault_point::fault_point;
use trellis_engine::proofs::{ProveError, Proven};
use trellis_spv::hash::Txid;
use utoipa::ToSchema;

use super::body::ErrorBody;
use super::call;
use super::client::ClientKey;
use super::error::ApiError;
use super::openapi::WithBody;
use super::read_body::read_body;
use crate::clock;
use crate::node::{Loaded, Node};

/// Longest callback, in bytes: a merkle path has a few kilobytes, and ARC sends a few together.
const MAX_CALLBACK_BYTES: usize = 1024 * 1024;

/// One report. What else ARC says of a transaction is asked for, not taken from here.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Report {
    txid: String,
    /// BUMP, hexadecimal; ARC sends an empty text where there is none.
    #[serde(default)]
    merkle_path: Option<String>,
}

/// One, or several together.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
enum Reports {
    Many { callbacks: Vec<Report> },
    One(Report),
}

/// Handles a callback.
///
/// # Errors
/// 401 without the token, 400 for a body or a proof that is wrong, 503 for a proof of a block that is not known yet: ARC sends it
/// again.
#[utoipa::path(
    post,
    path = "/arc-ingest",
    tag = "transactions",
    summary = "Takes a broadcaster's report",
    description = "For the services this host broadcasts through. A proof is checked against headers, any other word makes the host ask itself.",
    security(("callback" = [])),
    request_body(content = Reports),
    responses(
        (status = 200, description = "Taken"),
        (status = 401, description = "The token is missing or not this host's", body = ErrorBody),
        WithBody,
    ),
)]
pub async fn arc_ingest(
    State(node): State<Arc<Node>>,
    client: axum::Extension<ClientKey>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    let loaded = node.ready()?;
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = given.and_then(|text| text.strip_prefix("Bearer ")).unwrap_or_default();
    if !loaded.callback_tokens.accepts(token) {
        let message = "callbacks carry the token this host gave with the transaction, as Authorization: Bearer <token>";
        return Err(ApiError::new(StatusCode::UNAUTHORIZED, "ERR_UNAUTHORIZED", message));
    }
    let body = read_body(&headers, body, MAX_CALLBACK_BYTES, &node.bodies).await?;
    let reports = match serde_json::from_slice(&body.bytes) {
        Ok(Reports::Many { callbacks }) => callbacks,
        Ok(Reports::One(report)) => vec![report],
        Err(_) => {
            return Err(refuse("a callback's body is {\"txid\": \"…\", \"merklePath\": \"<BUMP, hexadecimal>\"}"));
        }
    };
    let host = Arc::clone(&node);
    let taken = call::run(&node, &node.submissions, client.0, move |_| {
        let loaded = host.ready()?;
        reports.iter().try_for_each(|report| take(loaded, report))
    });
    taken.await??;
    Ok(Json(json!({ "status": "success" })))
}

fn take(loaded: &Loaded, report: &Report) -> Result<(), ApiError> {
    let txid: Txid = report.txid.parse().map_err(|_| refuse("a callback's txid has 64 hexadecimal digits"))?;
    let Some(path) = report.merkle_path.as_deref().filter(|path| !path.is_empty()) else {
        loaded.engine().ask_soon(txid);
        return Ok(());
    };
    fault_point("callback-arrived");
    let path = hex::decode(path).map_err(|_| refuse("a callback's merklePath is a BUMP in hexadecimal"))?;
    let proven = loaded.engine().prove(&txid, &path, clock::now());
    fault_point("callback-taken");
    match proven {
        Ok(Proven::Stitched | Proven::BroughtBack | Proven::NotWanted) => Ok(()),
        Err(ProveError::Proof(error)) if error.missing_header().is_some() => {
            loaded.engine().ask_soon(txid);
            Err(ApiError::unavailable("ERR_HEADER_UNKNOWN", error.to_string()))
        }
        Err(error @ (ProveError::Bump(_) | ProveError::Proof(_))) => {
            Err(ApiError::bad_request("ERR_PROOF", error.to_string()))
        }
        Err(ProveError::Submit(error)) => Err(error.into()),
        Err(ProveError::Store(error)) => Err(ApiError::internal(&error)),
    }
}

fn refuse(message: &str) -> ApiError {
    ApiError::bad_request("ERR_CALLBACK", message)
}
