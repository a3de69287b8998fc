//! `GET /v1/events` and `GET /v1/events/ws`: what a subscriber asks for, from which cursor on.
//!
//! | module | one job |
//! |---|---|
//! | [`token`] | tokens that stand for a client's signature |
//! | `reader` | who subscribes, and what it may be told |
//! | `sse` | a subscription as the body of a reply |
//! | `ws` | a subscription over a WebSocket |

mod reader;
mod sse;
pub mod token;
mod ws;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Query, State, WebSocketUpgrade};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, body::Body};
use trellis_engine::domain::basket::BasketName;
use trellis_engine::domain::name::TopicName;
use trellis_engine::domain::time::Sequence;
use trellis_engine::events::EventFilter;

use self::reader::Reader;
use super::body::ErrorBody;
use super::body::events::EventBody;
use super::client::ClientKey;
use super::error::ApiError;
use super::listener::Held;
use super::openapi::Starting;
use super::parameters::Parameters;
use crate::clock;
use crate::events::feed::Feed;
use crate::events::subscription::Subscription;
use crate::node::{Loaded, Node};

/// The paths of streams. They are asked for with a token in place of a signature.
pub const STREAMS: [&str; 2] = ["/v1/events", "/v1/events/ws"];

/// What browsers and other readers of event streams send when they connect again: the id of the last event they got.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Asks proxies of one common kind not to collect what is sent.
const NO_BUFFERING: (HeaderName, &str) = (HeaderName::from_static("x-accel-buffering"), "no");

/// `GET /v1/events`: events as a stream of server-sent events.
///
/// # Errors
/// 400 for a cursor that cannot be, 401 and 403 for what is not open, 404 for a topic or basket that is not hosted, 410 for a cursor that is too old, 429 for a
/// client in debt, 503 while starting or where there are too many subscribers.
#[utoipa::path(
    get,
    path = "/v1/events",
    tag = "events",
    summary = "Follow the host",
    description = "Every commit as one whole event, in order, as server-sent events; the id of each is the cursor to go on from.",
    params(
        ("topics" = Option<String>, Query, description = "Only events that touch one of these topics, separated by commas"),
        ("baskets" = Option<String>, Query, description = "Only events that touch one of these baskets, separated by commas"),
        ("token" = Option<String>, Query, description = "A token from `POST /v1/events/token`, for topics and baskets that are not open; or as `Authorization: Bearer`"),
        ("after" = Option<u64>, Query, description = "The last sequence known, 0 for everything; events from now on where it is left out"),
        ("last-event-id" = Option<u64>, Header, description = "The same; goes before `after`"),
    ),
    security((), ("basket" = []), ("stream" = [])),
    responses(
        (status = 200, description = "The data of each event", body = EventBody, content_type = "text/event-stream"),
        (status = 400, description = "A parameter is wrong, or the cursor is ahead of this host", body = ErrorBody),
        (status = 401, description = "The path, a topic or a basket is not open; the message names it and what to bring", body = ErrorBody),
        (status = 403, description = "That is not the basket's token, or events do not tell of the basket", body = ErrorBody),
        (status = 404, description = "A topic or basket is not hosted", body = ErrorBody),
        (status = 410, description = "The cursor is too old; the message says which is not", body = ErrorBody),
        (status = 429, description = "This client's budget is used up", body = ErrorBody),
        Starting,
    ),
)]
pub async fn stream(
    State(node): State<Arc<Node>>,
    Extension(client): Extension<ClientKey>,
    held: Option<Extension<Held>>,
    headers: HeaderMap,
    Query(query): Query<BTreeMap<String, String>>,
) -> Result<Response, ApiError> {
    let [path, _] = STREAMS;
    let subscription = subscribe(&node, path, client, held, &headers, query)?;
    let headers = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store"), NO_BUFFERING];
    Ok((headers, Body::new(sse::Stream::new(subscription))).into_response())
}

/// `GET /v1/events/ws`: the same events over a WebSocket, a message of JSON each.
///
/// # Errors
/// As [`stream`].
#[utoipa::path(
    get,
    path = "/v1/events/ws",
    tag = "events",
    summary = "Follow the host over a WebSocket",
    description = "The same events, a text message each; their `sequence` is the cursor to go on from.",
    params(
        ("topics" = Option<String>, Query, description = "Only events that touch one of these topics, separated by commas"),
        ("baskets" = Option<String>, Query, description = "Only events that touch one of these baskets, separated by commas"),
        ("token" = Option<String>, Query, description = "A token from `POST /v1/events/token`, for topics and baskets that are not open; or as `Authorization: Bearer`"),
        ("after" = Option<u64>, Query, description = "The last sequence known, 0 for everything; events from now on where it is left out"),
        ("last-event-id" = Option<u64>, Header, description = "The same; goes before `after`"),
    ),
    security((), ("basket" = []), ("stream" = [])),
    responses(
        (status = 101, description = "The text of each message", body = EventBody),
        (status = 400, description = "A parameter is wrong, or the cursor is ahead of this host", body = ErrorBody),
        (status = 401, description = "The path, a topic or a basket is not open; the message names it and what to bring", body = ErrorBody),
        (status = 403, description = "That is not the basket's token, or events do not tell of the basket", body = ErrorBody),
        (status = 404, description = "A topic or basket is not hosted", body = ErrorBody),
        (status = 410, description = "The cursor is too old; the message says which is not", body = ErrorBody),
        (status = 429, description = "This client's budget is used up", body = ErrorBody),
        Starting,
    ),
)]
pub async fn socket(
    State(node): State<Arc<Node>>,
    Extension(client): Extension<ClientKey>,
    held: Option<Extension<Held>>,
    headers: HeaderMap,
    Query(query): Query<BTreeMap<String, String>>,
    upgrade: WebSocketUpgrade,
) -> Result<Response, ApiError> {
    let [_, path] = STREAMS;
    let subscription = subscribe(&node, path, client, held, &headers, query)?;
    let upgrade = upgrade.max_message_size(ws::MAX_RECEIVED_BYTES).max_frame_size(ws::MAX_RECEIVED_BYTES);
    Ok(upgrade.on_upgrade(move |socket| ws::tell(socket, subscription)))
}

fn subscribe(
    node: &Arc<Node>,
    path: &str,
    client: ClientKey,
    held: Option<Extension<Held>>,
    headers: &HeaderMap,
    query: BTreeMap<String, String>,
) -> Result<Subscription, ApiError> {
    let loaded = node.ready()?;
    node.budgets.admit(client, clock::monotonic())?;
    let mut parameters = Parameters::new(query);
    let topics = names(parameters.text("topics"), TopicName::new)?;
    let baskets = names(parameters.text("baskets"), BasketName::new)?;
    let after = parameters.sequence("after")?;
    let token = parameters.text("token");
    parameters.finish(&["topics", "baskets", "after", "token"])?;
    let reader = Reader::of(node, loaded, headers, token.as_deref())?;
    reader.check(node, headers, path, &topics, &baskets)?;
    let filter = EventFilter::new(loaded.engine().hosting(), &topics, &baskets).map_err(not_hosted)?;
    let cursor = cursor(node, loaded, headers, after)?;
    let place = Feed::place(&node.feed, held.map(|held| held.0))?;
    Ok(Subscription::new(Arc::clone(node), client, (filter, reader.rights), cursor, place))
}

fn names<N, E: ToString>(list: Option<String>, name: impl Fn(&str) -> Result<N, E>) -> Result<Vec<N>, ApiError> {
    let list = list.unwrap_or_default();
    let names = list.split(',').map(str::trim).filter(|text| !text.is_empty());
    names.map(|text| name(text).map_err(not_hosted)).collect()
}

fn not_hosted(error: impl ToString) -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "ERR_NOT_HOSTED", error.to_string())
}

/// The last sequence the subscriber knows; without any, the last there is.
fn cursor(node: &Node, loaded: &Loaded, headers: &HeaderMap, after: Option<Sequence>) -> Result<Sequence, ApiError> {
    let last = loaded.engine().store().durable();
    let header = headers.get(LAST_EVENT_ID).map(|value| value.to_str().unwrap_or("?").trim());
    let after = match header.filter(|text| !text.is_empty()) {
        None => after,
        Some(text) => Some(Sequence(text.parse().map_err(|_| {
            let message =
                "Last-Event-ID is the id of an event of this host: a whole number; leave it out for events from now on";
            ApiError::bad_request("ERR_CURSOR", message)
        })?)),
    };
    let Some(after) = after else { return Ok(last) };
    if after > last {
        let message = format!(
            "there is no event {after} yet: the last commit here is {last}. Was this cursor given by another host, or before its data was restored?"
        );
        return Err(ApiError::bad_request("ERR_CURSOR_AHEAD", message));
    }
    let oldest = node.feed.oldest_cursor(last);
    if after < oldest {
        let message = format!(
            "events are told after {oldest} at the earliest, not after {after}: read what is held now, then subscribe again"
        );
        return Err(ApiError::new(StatusCode::GONE, "ERR_CURSOR_GONE", message));
    }
    Ok(after)
}
