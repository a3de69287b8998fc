//! The headers browsers ask for, on every reply of a public route, errors included.

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

const ANY: HeaderValue = HeaderValue::from_static("*");

/// All, and the one that browsers take from no asterisk: the token of a basket.
const HEADERS: HeaderValue = HeaderValue::from_static("*, authorization");
const PRIVATE_NETWORK: HeaderName = HeaderName::from_static("access-control-allow-private-network");

/// Answers `OPTIONS` and marks every other reply.
pub async fn cors(request: Request, next: Next) -> Response {
    let mut response = match *request.method() {
        Method::OPTIONS => StatusCode::OK.into_response(),
        _ => next.run(request).await,
    };
    let headers = response.headers_mut();
    for name in [
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        header::ACCESS_CONTROL_ALLOW_METHODS,
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
    ] {
        headers.insert(name, ANY);
    }
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
    headers.insert(PRIVATE_NETWORK, HeaderValue::from_static("true"));
    response
}
