//! Request ids, the request log, and request metrics: what every request of either listener goes through.

use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;

use super::client::{ClientKey, Peer, client_address};
use super::error::Noted;
use crate::clock;
use crate::node::Node;

/// The header that carries a request's id, in both directions.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longest id taken over from a client, in bytes: a UUID with some prefix.
const MAX_REQUEST_ID_BYTES: usize = 64;

/// Which listener a request came through.
#[derive(Clone)]
pub struct Observed {
    /// The node.
    pub node: Arc<Node>,
    /// `public` or `admin`.
    pub listener: &'static str,
}

/// Gives the request its id and its client, logs and counts it.
pub async fn observe(State(observed): State<Observed>, mut request: Request, next: Next) -> Response {
    let Observed { node, listener } = observed;
    let began = clock::monotonic();
    let id = request_id(request.headers());
    let peer = request.extensions().get::<Peer>().map(|peer| peer.0.ip());
    // No peer only in tests without a connection.
    let peer = peer.unwrap_or(std::net::Ipv4Addr::UNSPECIFIED.into());
    let client = client_address(peer, request.headers(), &node.trusted_proxies);
    request.extensions_mut().insert(ClientKey::new(client));
    let route = request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str).to_owned();
    let method = request.method().clone();
    let span = tracing::info_span!("request", id = %id.to_str().unwrap_or_default(), listener, %method, route);

    node.metrics.request_begins();
    // Counts the request also where the client goes away and this future is dropped.
    let mut counted = Counted { node: &node, listener, route, began, status: 0 };
    let mut response = next.run(request).instrument(span.clone()).await;
    counted.status = response.status().as_u16();
    let noted = response.extensions_mut().remove::<Noted>();
    let (outcome, details) = noted.map(|noted| (noted.outcome, noted.details)).unzip();
    let milliseconds = clock::monotonic().saturating_sub(began).as_micros() as f64 / 1000.0;
    span.in_scope(|| {
        tracing::info!(status = counted.status, outcome, details, milliseconds, %client, "answered");
    });
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

struct Counted<'n> {
    node: &'n Node,
    listener: &'static str,
    route: String,
    began: std::time::Duration,
    status: u16,
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        let time = clock::monotonic().saturating_sub(self.began);
        self.node.metrics.request_ends(self.listener, std::mem::take(&mut self.route), self.status, time);
    }
}

/// The client's id where it has a sane form, else 16 random digits.
fn request_id(headers: &HeaderMap) -> HeaderValue {
    let sane = |value: &&HeaderValue| {
        let bytes = value.as_bytes();
        (1..=MAX_REQUEST_ID_BYTES).contains(&bytes.len())
            && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
    };
    let own = || HeaderValue::from_str(&format!("{:016x}", rand::random::<u64>()));
    headers.get(REQUEST_ID).filter(sane).cloned().or_else(|| own().ok()).unwrap_or(HeaderValue::from_static("none"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id_for(value: &str) -> String {
        let headers = HeaderMap::from_iter([(REQUEST_ID, value.parse().unwrap())]);
        request_id(&headers).to_str().unwrap().to_owned()
    }

    #[test]
    fn a_sane_id_of_the_client_is_kept_and_anything_else_replaced() {
        assert_eq!(id_for("b5a1-77.x_Y"), "b5a1-77.x_Y");
        for odd in ["", "a b", "<script>", "ä", &"x".repeat(65)] {
            let id = id_for(odd);
            assert_eq!(id.len(), 16, "{odd}: {id}");
        }
        assert_ne!(id_for(""), id_for(""));
    }
}
