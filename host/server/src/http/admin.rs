//! The second listener: metrics and administration, for whoever is on this machine or holds the token.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};

use super::bearer::{Presented, presented};
use super::client::Peer;
use super::error::{ApiError, as_json, method_not_allowed, not_found};
use super::observe::{Observed, observe};
use super::{call, dev, host_name, identity, operator, plugins, rebuild, transactions};
use crate::http::client::ClientKey;
use crate::node::Node;

/// Content type of the text Prometheus reads.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// All routes of the second listener.
pub fn router(node: Arc<Node>) -> Router {
    let observed = Observed { node: Arc::clone(&node), listener: "admin" };
    let guarded = Router::new()
        .route("/metrics", get(metrics))
        .route("/admin/plugins", get(plugins::list))
        .route("/admin/plugins/{id}", post(plugins::upload).delete(plugins::restore))
        .route("/admin/plugins/{id}/promote", post(plugins::promote))
        .route("/admin/plugins/{id}/resume", post(plugins::resume))
        .route("/admin/plugins/{id}/candidate", delete(plugins::drop_candidate))
        .route("/admin/transactions/{txid}/ef", get(extended_format))
        .route("/admin/transactions/{txid}/retry", post(operator::retry))
        .route("/admin/outbox", get(operator::outbox))
        .route("/admin/evictOutpoint", post(operator::evict))
        .route("/admin/identity/explain", post(identity::explain))
        .route("/admin/rebuild", get(rebuild::list).post(rebuild::start))
        .route_layer(from_fn_with_state(Arc::clone(&node), authorise));
    // The stand-in for ARC has no key: the broadcaster calls it as it would call a foreign one.
    let dev = dev::router().route_layer(from_fn_with_state(Arc::clone(&node), from_this_machine));
    guarded
        .merge(dev)
        .method_not_allowed_fallback(method_not_allowed)
        .fallback(not_found)
        .with_state(Arc::clone(&node))
        .layer(from_fn(as_json))
        .layer(from_fn_with_state(node, check_host))
        .layer(from_fn_with_state(observed, observe))
}

async fn check_host(State(node): State<Arc<Node>>, request: Request, next: Next) -> Response {
    // Who presents the token is no foreign page, whatever name was called.
    match host_name::check(&request) {
        Err(refusal) if !matches!(token(&node, &request), Token::Right) => refusal.into_response(),
        _ => next.run(request).await,
    }
}

async fn authorise(State(node): State<Arc<Node>>, request: Request, next: Next) -> Response {
    let refuse = |status, message: &str| ApiError::new(status, "ERR_UNAUTHORIZED", message).into_response();
    match token(&node, &request) {
        Token::Right => next.run(request).await,
        Token::NotConfigured if is_local(&request) => next.run(request).await,
        Token::NotConfigured => refuse(
            StatusCode::FORBIDDEN,
            "without a configured token ([admin] token-env) this listener serves callers on its own machine only",
        ),
        Token::Missing => refuse(StatusCode::UNAUTHORIZED, "send the host's token as Authorization: Bearer <token>"),
        Token::Wrong => refuse(StatusCode::FORBIDDEN, "that is not this host's token"),
    }
}

async fn from_this_machine(State(_): State<Arc<Node>>, request: Request, next: Next) -> Response {
    if is_local(&request) {
        return next.run(request).await;
    }
    ApiError::new(StatusCode::FORBIDDEN, "ERR_UNAUTHORIZED", "/dev serves callers on this host's own machine only")
        .into_response()
}

/// No peer is known only where a test asks the router itself.
fn is_local(request: &Request) -> bool {
    request.extensions().get::<Peer>().is_none_or(|peer| peer.0.ip().to_canonical().is_loopback())
}

enum Token {
    NotConfigured,
    Missing,
    Wrong,
    Right,
}

fn token(node: &Node, request: &Request) -> Token {
    let Some(expected) = &node.admin_token else { return Token::NotConfigured };
    match presented(request.headers(), expected) {
        Presented::Missing => Token::Missing,
        Presented::Wrong => Token::Wrong,
        Presented::Right => Token::Right,
    }
}

async fn metrics(State(node): State<Arc<Node>>) -> Result<Response, ApiError> {
    let host = Arc::clone(&node);
    let text = tokio::task::spawn_blocking(move || {
        let depth = host.loaded().map_or(Ok(0), |loaded| loaded.outbox_depth());
        let depth = depth.map_err(|error| ApiError::internal(&error))?;
        host.metrics.note_plugins(&host.loaded().map(|loaded| loaded.plugins.list()).unwrap_or_default());
        host.metrics.encode(depth).map_err(|error| ApiError::internal(&error))
    });
    let text = text.await.map_err(|error| ApiError::internal(&error))??;
    Ok(([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response())
}

/// A held transaction in Extended Format, hexadecimal.
async fn extended_format(
    State(node): State<Arc<Node>>,
    client: axum::Extension<ClientKey>,
    Path(txid): Path<String>,
) -> Result<String, ApiError> {
    node.ready()?;
    let txid = transactions::parse(&txid)?;
    let host = Arc::clone(&node);
    let found = call::run(&node, &node.reads, client.0, move |_| {
        host.ready()?.engine().extended_format(&txid).map_err(|error| ApiError::internal(&error))
    });
    found.await??.map(hex::encode).ok_or_else(|| transactions::unknown(&txid))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use tower::ServiceExt;

    use super::*;
    use crate::config::checked::ClientLimits;
    use crate::testing;

    async fn status(node: &Arc<Node>, path: &str, headers: &[(&str, &str)], peer: Option<&str>) -> u16 {
        let mut request = Request::builder().uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::empty()).unwrap();
        if let Some(peer) = peer {
            request.extensions_mut().insert(Peer(peer.parse().unwrap()));
        }
        router(Arc::clone(node)).oneshot(request).await.unwrap().status().as_u16()
    }

    const HOST: (&str, &str) = ("host", "127.0.0.1:8081");

    #[tokio::test]
    async fn a_foreign_page_that_rebinds_its_name_is_refused() {
        let node = testing::starting_node(ClientLimits::default());
        assert_eq!(status(&node, "/metrics", &[HOST], None).await, 200);
        assert_eq!(status(&node, "/metrics", &[("host", "evil.example:8081")], None).await, 403);
        assert_eq!(status(&node, "/metrics", &[], None).await, 403);
        assert_eq!(status(&node, "/dev/arc/v1/policy", &[("host", "evil.example:8081")], None).await, 403);
    }

    #[tokio::test]
    async fn without_a_token_only_this_machine_is_served() {
        let node = testing::starting_node(ClientLimits::default());
        assert_eq!(status(&node, "/metrics", &[HOST], Some("127.0.0.1:5")).await, 200);
        assert_eq!(status(&node, "/metrics", &[HOST], Some("[::1]:5")).await, 200);
        for path in ["/metrics", "/admin/plugins", "/dev/arc/v1/policy"] {
            assert_eq!(status(&node, path, &[HOST], Some("192.0.2.1:5")).await, 403, "{path}");
        }
    }

    #[tokio::test]
    async fn with_a_token_everybody_needs_it() {
        let node = testing::node_with_token("right");
        let local = Some("127.0.0.1:5");
        assert_eq!(status(&node, "/metrics", &[HOST], local).await, 401);
        assert_eq!(status(&node, "/metrics", &[HOST, ("authorization", "Bearer wrong")], local).await, 403);
        assert_eq!(status(&node, "/metrics", &[HOST, ("authorization", "Bearer righ")], local).await, 403);
        let right = ("authorization", "Bearer right");
        assert_eq!(status(&node, "/metrics", &[HOST, right], Some("192.0.2.1:5")).await, 200);
        assert_eq!(status(&node, "/metrics", &[("host", "overlay.example.com"), right], None).await, 200);
    }

    #[tokio::test]
    async fn unknown_routes_and_verbs_are_json_errors_without_cors() {
        let node = testing::starting_node(ClientLimits::default());
        assert_eq!(status(&node, "/nowhere", &[HOST], None).await, 404);
        let request = Request::builder().uri("/metrics").header("host", "localhost").body(Body::empty()).unwrap();
        let response = router(node).oneshot(request).await.unwrap();
        assert!(!response.headers().contains_key("access-control-allow-origin"));
    }
}
