//! `/admin/plugins`: looking at plugins, and changing them while the host runs.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;
use trellis_sandbox::limits::MAX_FILE_BYTES;

use super::body::plugins::{ChangedBody, PluginBody};
use super::error::ApiError;
use super::operator::blocking;
use super::read_body::read_body;
use crate::node::{Loaded, Node};
use crate::plugins::accept::{Component, ComponentError};
use crate::plugins::{ChangeError, Changed, Wish};

/// The header of a component's signature: hexadecimal DER.
pub const SIGNATURE: &str = "x-trellis-signature";

/// What is to become of an upload.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Mode {
    /// It takes the plugin's place.
    #[default]
    Replace,
    /// It judges beside the plugin.
    Shadow,
    /// Nothing: it is only checked.
    Check,
}

/// The query of an upload.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UploadQuery {
    #[serde(default)]
    mode: Mode,
}

/// `GET /admin/plugins`.
///
/// # Errors
/// 503 while starting.
pub async fn list(State(node): State<Arc<Node>>) -> Result<Json<Vec<PluginBody>>, ApiError> {
    blocking(&node, |loaded| Ok(Json(loaded.plugins.list()))).await
}

/// `POST /admin/plugins/{id}`: the component is the body.
///
/// # Errors
/// 404 for a plugin that is not configured, 422 for a component that cannot take its place.
pub async fn upload(
    State(node): State<Arc<Node>>,
    Path(id): Path<String>,
    Query(query): Query<UploadQuery>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<ChangedBody>, ApiError> {
    let limit = usize::try_from(MAX_FILE_BYTES).unwrap_or(usize::MAX);
    let body = read_body(&headers, body, limit, &node.bodies).await?;
    let signature = headers.get(SIGNATURE).map(|value| hex::decode(value.as_bytes())).transpose().map_err(|error| {
        ApiError::bad_request("ERR_SIGNATURE", format!("{SIGNATURE} is to be the signature in hexadecimal: {error}"))
    })?;
    let wish = match query.mode {
        Mode::Replace => Wish::Replace,
        Mode::Shadow => Wish::Shadow,
        Mode::Check => Wish::Check,
    };
    change(&node, id, move |loaded, id| {
        let component = Component { wasm: body.bytes.to_vec(), signature };
        loaded.plugins.upload(id, component, wish).map(word)
    })
    .await
}

/// `POST /admin/plugins/{id}/promote`.
///
/// # Errors
/// 404, 409 where there is no candidate.
pub async fn promote(State(node): State<Arc<Node>>, Path(id): Path<String>) -> Result<Json<ChangedBody>, ApiError> {
    change(&node, id, |loaded, id| loaded.plugins.promote(id).map(word)).await
}

/// `DELETE /admin/plugins/{id}/candidate`.
///
/// # Errors
/// 404, 409 where there is none.
pub async fn drop_candidate(
    State(node): State<Arc<Node>>,
    Path(id): Path<String>,
) -> Result<Json<ChangedBody>, ApiError> {
    change(&node, id, |loaded, id| loaded.plugins.drop_candidate(id).map(|()| "dropped")).await
}

/// `DELETE /admin/plugins/{id}`: gives up the upload that serves.
///
/// # Errors
/// 404, 409 where no upload serves.
pub async fn restore(State(node): State<Arc<Node>>, Path(id): Path<String>) -> Result<Json<ChangedBody>, ApiError> {
    change(&node, id, |loaded, id| loaded.plugins.restore(id).map(word)).await
}

/// `POST /admin/plugins/{id}/resume`.
///
/// # Errors
/// 404, 409 where it is not paused.
pub async fn resume(State(node): State<Arc<Node>>, Path(id): Path<String>) -> Result<Json<ChangedBody>, ApiError> {
    change(&node, id, |loaded, id| loaded.plugins.resume(id).map(|()| "resumed")).await
}

async fn change(
    node: &Arc<Node>,
    id: String,
    change: impl FnOnce(&Loaded, &str) -> Result<&'static str, ChangeError> + Send + 'static,
) -> Result<Json<ChangedBody>, ApiError> {
    blocking(node, move |loaded| {
        let outcome = change(loaded, &id).map_err(refusal)?.to_owned();
        let plugin = loaded.plugins.list().into_iter().find(|plugin| plugin.id == id);
        let plugin = plugin.ok_or_else(|| ApiError::internal(&"a plugin that was changed is gone"))?;
        Ok(Json(ChangedBody { outcome, plugin }))
    })
    .await
}

const fn word(changed: Changed) -> &'static str {
    match changed {
        Changed::Same => "same",
        Changed::Passes => "passes",
        Changed::Watching => "watching",
        Changed::Promoting => "promoting",
    }
}

fn refusal(error: ChangeError) -> ApiError {
    let text = error.to_string();
    match error {
        ChangeError::Unknown { .. } => ApiError::new(StatusCode::NOT_FOUND, "ERR_UNKNOWN_PLUGIN", text),
        ChangeError::Component(ComponentError::NotAccepted(_)) => {
            ApiError::new(StatusCode::FORBIDDEN, "ERR_NOT_ACCEPTED", text)
        }
        ChangeError::Component(ComponentError::Load(_)) | ChangeError::Promotion(_) => {
            ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "ERR_COMPONENT", text)
        }
        ChangeError::NoCandidate(_) | ChangeError::NotUploaded(_) | ChangeError::NotPaused(_) => {
            ApiError::new(StatusCode::CONFLICT, "ERR_NOTHING_TO_CHANGE", text)
        }
        ChangeError::Source(_) | ChangeError::Kept(_) => ApiError::internal(&text),
    }
}
