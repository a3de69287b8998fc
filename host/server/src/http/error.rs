//! The error reply: `{"status":"error","message":"…","code":"ERR_…"}`, always JSON.

use axum::Json;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::body::ErrorBody;

/// Seconds a client is asked to wait where nothing better is known: most reasons for 503 pass within one.
pub const RETRY_SECONDS: u64 = 1;

/// A reply that is an error. `message` is read by strangers: nothing of the host's inside belongs there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    /// The status.
    pub status: StatusCode,
    /// For programs: `ERR_…`.
    pub code: &'static str,
    /// For people: what happened, to what, what to do next.
    pub message: String,
    /// Seconds after which trying again makes sense.
    pub retry_after: Option<u64>,
}

impl ApiError {
    /// An error reply.
    #[must_use]
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), retry_after: None }
    }

    /// 400.
    #[must_use]
    pub fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// 503, to be tried again.
    #[must_use]
    pub fn unavailable(code: &'static str, message: impl Into<String>) -> Self {
        Self { retry_after: Some(RETRY_SECONDS), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, code, message) }
    }

    /// 500. `details` go to the log, under the request's id; the client is told where to look.
    #[must_use]
    pub fn internal(details: &dyn std::fmt::Display) -> Self {
        tracing::error!(%details, "internal error");
        let message =
            "this host failed to serve the request; its log says why, under the id in this reply's x-request-id";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "ERR_INTERNAL", message)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = ErrorBody { status: "error", message: &self.message, code: self.code };
        let mut response = (self.status, Json(body)).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(Noted { outcome: self.code, details: self.message });
        response
    }
}

/// Left on a reply for the request log, which has one line for each request.
#[derive(Debug, Clone)]
pub struct Noted {
    /// What became of it, in a word: `ERR_…`, or how a submission ended.
    pub outcome: &'static str,
    /// The error's message, or the submission's txid and sequence.
    pub details: String,
}

/// Longest text of the framework that is passed on, in bytes.
const MAX_FOREIGN_TEXT: usize = 500;

/// Turns what the HTTP framework itself answers (a path or query it cannot decode) into an error reply like all others.
pub async fn as_json(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    if !is_error || response.extensions().get::<Noted>().is_some() {
        return response;
    }
    let is_json = response.headers().get(header::CONTENT_TYPE).is_some_and(|text| text == "application/json");
    if is_json {
        return response;
    }
    let bytes = axum::body::to_bytes(response.into_body(), MAX_FOREIGN_TEXT).await.unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let message = if text.is_empty() { "the request cannot be understood" } else { text.as_ref() };
    ApiError::new(status, "ERR_REQUEST", message).into_response()
}

/// 404 for routes nobody declared.
pub async fn not_found(request: Request) -> ApiError {
    let path: String = request.uri().path().chars().take(100).collect();
    ApiError::new(StatusCode::NOT_FOUND, "ERR_ROUTE_NOT_FOUND", format!("there is no route {path} here"))
}

/// 405 for the wrong verb.
pub async fn method_not_allowed(request: Request) -> ApiError {
    let path: String = request.uri().path().chars().take(100).collect();
    let message = format!("{path} does not answer {}", request.method());
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "ERR_METHOD_NOT_ALLOWED", message)
}
