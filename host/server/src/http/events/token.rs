//! `POST /v1/events/token`: tokens with which a client that has shown who it is may open streams.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};

use crate::auth::stream_token::STREAM_TOKEN_SECONDS;
use crate::http::access::needs_identity;
use crate::http::auth::{Who, seconds};
use crate::http::body::ErrorBody;
use crate::http::body::events::StreamTokenBody;
use crate::http::call;
use crate::http::client::ClientKey;
use crate::http::error::ApiError;
use crate::http::openapi::Starting;
use crate::node::Node;

/// Hands out a token.
///
/// # Errors
/// 401 for a client that does not say who it is, 503 while starting.
#[utoipa::path(
    post,
    path = "/v1/events/token",
    tag = "events",
    summary = "A token to open streams with",
    description = "A stream has no end to sign, and browsers put no headers on one: a client that signs this request (BRC-104) gets a token that \
        stands for its signature when it opens a stream, for an hour, until this host is started again.",
    responses(
        (status = 200, description = "The token", body = StreamTokenBody),
        (status = 401, description = "The client does not say who it is", body = ErrorBody),
        (status = 429, description = "This client's budget is used up", body = ErrorBody),
        Starting,
    ),
)]
pub async fn token(
    State(node): State<Arc<Node>>,
    Extension(client): Extension<ClientKey>,
    who: Who,
) -> Result<Response, ApiError> {
    call::admit(&node, client)?;
    let identity = who.identity().ok_or_else(|| needs_identity("a token for streams"))?;
    let token = node.ready()?.auth.stream_token(&identity.0, rand::random(), seconds());
    Ok(Json(StreamTokenBody { token, seconds: STREAM_TOKEN_SECONDS }).into_response())
}
