//! The public listener's routes.

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{delete, get, post};

use super::access::guard;
use super::auth::{self, authenticate};
use super::cors::cors;
use super::error::{as_json, method_not_allowed, not_found};
use super::observe::{Observed, observe};
use super::{
    arc_ingest, baskets, batch, events, evidence, health, lists, lookup, openapi, relay, submit, topics, transactions,
};
use crate::node::Node;

/// All public routes.
pub fn router(node: Arc<Node>) -> Router {
    let observed = Observed { node: Arc::clone(&node), listener: "public" };
    Router::new()
        .route("/.well-known/auth", post(auth::handshake))
        .route("/submit", post(submit::submit))
        .route("/v1/submit", post(submit::submit_for_receipt))
        .route("/v1/submit/batch", post(batch::submit_batch))
        .route("/lookup", post(lookup::lookup))
        .route("/listTopicManagers", get(lists::topic_managers))
        .route("/listLookupServiceProviders", get(lists::lookup_services))
        .route("/getDocumentationForTopicManager", get(lists::topic_manager_documentation))
        .route("/getDocumentationForLookupServiceProvider", get(lists::lookup_service_documentation))
        .route("/arc-ingest", post(arc_ingest::arc_ingest))
        .route("/v1/topics", get(topics::topics))
        .route("/v1/topics/{topic}/state", get(topics::state))
        .route("/v1/topics/{topic}/outputs", get(topics::outputs))
        .route("/v1/ef", post(relay::convert))
        .route("/v1/broadcast", post(relay::broadcast))
        .route("/v1/broadcast/batch", post(relay::broadcast_batch))
        .route("/v1/transactions/{txid}", get(transactions::transaction))
        .route("/v1/transactions/{txid}/evidence", get(evidence::evidence))
        .route("/v1/baskets", get(baskets::list))
        .route("/v1/baskets/organise", post(baskets::taking::organise))
        .route("/v1/baskets/{basket}", get(baskets::basket))
        .route("/v1/baskets/{basket}/tokens", get(baskets::tokens))
        .route("/v1/baskets/{basket}/balances", get(baskets::balances))
        .route("/v1/baskets/{basket}/take", post(baskets::taking::take))
        .route("/v1/reservations/{id}", delete(baskets::taking::release))
        .route("/v1/events", get(events::stream))
        .route("/v1/events/token", post(events::token::token))
        .route("/v1/events/ws", get(events::socket))
        .route("/admin/config", get(lists::admin_config))
        .route("/openapi.json", get(openapi::document))
        .route("/health", get(health::health))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .merge(baskets::plain_names())
        .method_not_allowed_fallback(method_not_allowed)
        .fallback(not_found)
        .with_state(Arc::clone(&node))
        .layer(from_fn(as_json))
        .layer(from_fn_with_state(Arc::clone(&node), guard))
        .layer(from_fn_with_state(node, authenticate))
        .layer(from_fn(cors))
        .layer(from_fn_with_state(observed, observe))
}

#[cfg(test)]
mod tests;
