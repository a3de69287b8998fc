//! What services and managers were built with, and building one anew.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use trellis_engine::rebuild::{GenerationReport, RebuildState, Role};

use super::body::rebuild::{GenerationBody, ProgressBody, RebuildBody, RebuildsBody};
use super::error::ApiError;
use super::operator::blocking;
use super::read_body::read_body;
use crate::node::Node;

/// Longest request, in bytes: a name.
const MAX_REBUILD_BYTES: usize = 1024;

/// `GET /admin/rebuild`.
///
/// # Errors
/// 503 while starting.
pub async fn list(State(node): State<Arc<Node>>) -> Result<Json<RebuildsBody>, ApiError> {
    let reports = blocking(&node, |loaded| loaded.engine().generations().map_err(|error| ApiError::internal(&error)));
    Ok(Json(RebuildsBody { all: reports.await?.into_iter().map(body).collect() }))
}

/// `POST /admin/rebuild`.
///
/// # Errors
/// 400 for a body that is wrong, 404 where nothing has that name.
pub async fn start(
    State(node): State<Arc<Node>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<RebuildsBody>, ApiError> {
    let body = read_body(&headers, body, MAX_REBUILD_BYTES, &node.bodies).await?;
    let RebuildBody { name } = serde_json::from_slice(&body.bytes)
        .map_err(|error| ApiError::bad_request("ERR_REBUILD", format!("{error}; send {{\"name\": \"ls_…\"}}")))?;
    let asked = name.clone();
    let is_known = blocking(&node, move |loaded| Ok(loaded.engine().ask_for_rebuild(&asked))).await?;
    if is_known {
        return list(State(node)).await;
    }
    let name: String = name.chars().take(100).collect();
    let message = format!("no lookup service is called `{name}`, and no plugin of that id has baskets");
    Err(ApiError::new(StatusCode::NOT_FOUND, "ERR_NOTHING_TO_REBUILD", message))
}

fn body(report: GenerationReport) -> GenerationBody {
    let (state, progress) = match report.state {
        RebuildState::Complete => ("complete", None),
        RebuildState::Waiting => ("waiting", None),
        RebuildState::Rebuilding { done, all } => ("rebuilding", Some(ProgressBody { done, all })),
    };
    GenerationBody {
        name: report.name,
        role: match report.role {
            Role::Service => "lookup-service",
            Role::Manager => "basket-manager",
        }
        .to_owned(),
        plugin: report.plugin.to_string(),
        topics: report.topics.iter().map(ToString::to_string).collect(),
        built_with: report.component.map(hex::encode),
        loaded: report.loaded.map(hex::encode),
        serving_since: report.serving_since.map(|sequence| sequence.0),
        unjudged: report.unjudged,
        state: state.to_owned(),
        progress,
    }
}
