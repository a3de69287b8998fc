//! `/v1/baskets` and `/v1/reservations`: what is in baskets, tokens chosen to spend, and tokens kept for somebody.
//!
//! Names of baskets contain `/`. A path carries a name percent-encoded (`shop%2Ftickets`), which is always exact; it may also stand
//! there as it is, as long as no part of the name could be mistaken for what is asked of it (`tokens`, `balances`, `take`).
//!
//! | module | one job |
//! |---|---|
//! | `access` | who may ask what is in which basket |
//! | `fields` | JSON and query fields, named where they are wrong |
//! | `wanted` | questions, read from fields |
//! | `encode` | answers as bodies |
//! | `refusal` | errors on the wire |

mod access;
mod encode;
mod fields;
mod refusal;
mod wanted;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use trellis_engine::baskets::{Keep, Organised, Take};
use trellis_engine::domain::row::ReservationId;
use trellis_engine::engine::Engine;

pub use access::BasketAccess;
use encode::{balances_body, basket_body, groups_body, list_body, organised_body, taken_body, tokens_body};
use fields::Fields;
use refusal::BasketRefusal;
use wanted::{TakeWanted, filter_of_query, group_by, page, requirements};

use super::answer_memory::AnswerMemory;
use super::body::ErrorBody;
use super::body::baskets::{
    BalancesBody, BasketBody, BasketListBody, InsufficientBody, OrganiseBody, OrganisedBody, ReleasedBody, TakeBody,
    TakenBody, TokenListBody,
};
use super::call;
use super::client::ClientKey;
use super::error::ApiError;
use super::openapi::{Starting, WithBody};
use super::read_body::read_body;
use crate::clock;
use crate::node::Node;

/// Longest request, in bytes: sixteen requirements with the longest names and all tags.
const MAX_REQUEST_BYTES: usize = 256 * 1024;

/// Hexadecimal digits of a byte.
const DIGITS: usize = 2;

/// What all handlers are called with.
type Shared = State<Arc<Node>>;
type Client = axum::Extension<ClientKey>;
type Parameters = Query<Vec<(String, String)>>;
type Answer = Result<Response, BasketRefusal>;

/// `GET /v1/baskets`.
///
/// # Errors
/// 400 for a cursor or limit that is wrong, 410 for a sequence that is gone.
#[utoipa::path(
    get,
    path = "/v1/baskets",
    tag = "baskets",
    summary = "The baskets that have or had tokens",
    description = "Those that whoever asks may not see are counted only.",
    params(
        ("cursor" = Option<String>, Query, description = "The `cursor` of the page before"),
        ("limit" = Option<u64>, Query, description = "Most entries, 1 to 1,000"),
        ("at" = Option<u64>, Query, description = "The sequence to read at; the last one where it is left out"),
        ("authorization" = Option<String>, Header, description = "Bearer, with the token of a basket that is not open"),
    ),
    responses(
        (status = 200, description = "The baskets", body = BasketListBody),
        (status = 400, description = "A parameter is wrong; the message names it", body = ErrorBody),
        (status = 410, description = "That sequence is kept no more", body = ErrorBody),
        (status = 429, description = "This client's budget is used up", body = ErrorBody),
        Starting,
    ),
)]
pub async fn list(State(node): Shared, client: Client, headers: HeaderMap, Query(parameters): Parameters) -> Answer {
    let mut fields = Fields::of_query(parameters);
    let page = page(&mut fields)?;
    fields.end()?;
    let open = node.basket_access.opened_by(&headers);
    read(&node, client.0, move |engine| Ok(Json(list_body(engine.baskets(&page)?, &open)).into_response())).await
}

/// `GET /v1/baskets/{basket}`: its numbers; with `by` those by asset, owner or tag, page by page.
///
/// # Errors
/// 404 for an unknown basket, 401 and 403 for one that is not open, and as [`list`].
#[utoipa::path(
    get,
    path = "/v1/baskets/{basket}",
    tag = "baskets",
    summary = "What is in a basket",
    description = "Counts and sums, as a whole and by asset, owner and tag. With `by` only those groups, page by page.",
    params(
        ("basket" = String, Path, description = "The basket, percent-encoded"),
        ("by" = Option<String>, Query, description = "`asset`, `owner` or `tag`"),
        ("cursor" = Option<String>, Query, description = "The `cursor` of the page before"),
        ("limit" = Option<u64>, Query, description = "Most entries, 1 to 1,000"),
        ("at" = Option<u64>, Query, description = "The sequence to read at; the last one where it is left out"),
        ("authorization" = Option<String>, Header, description = "Bearer, with the token of a basket that is not open"),
    ),
    responses(
        (status = 200, description = "Its numbers; with `by` only those groups", body = BasketBody),
        (status = 400, description = "A parameter is wrong; the message names it", body = ErrorBody),
        (status = 410, description = "That sequence is kept no more", body = ErrorBody),
        (status = 429, description = "This client's budget is used up", body = ErrorBody),
        (status = 401, description = "The basket needs a token; the message names the basket", body = ErrorBody),
        (status = 403, description = "That is not its token", body = ErrorBody),
        (status = 404, description = "No such basket", body = ErrorBody),
        Starting,
    ),
)]
pub async fn basket(
    State(node): Shared,
    client: Client,
    headers: HeaderMap,
    Path(name): Path<String>,
    Query(parameters): Parameters,
) -> Answer {
    node.basket_access.check(&headers, &name)?;
    let mut fields = Fields::of_query(parameters);
    let by = group_by(&mut fields)?;
    let page = page(&mut fields)?;
    fields.end()?;
    if by.is_none() && (page.cursor.is_some() || page.limit.is_some()) {
        let text = "is for pages by asset, owner or tag: name one with `by`";
        let field = if page.cursor.is_some() { "cursor" } else { "limit" };
        return Err(fields::wrong(field, text).into());
    }
    read(&node, client.0, move |engine| {
        Ok(match by {
            None => Json(basket_body(&name, engine.basket(&name, page.at)?)).into_response(),
            Some(by) => Json(groups_body(engine.basket_groups(&name, by, &page)?)).into_response(),
        })
    })
    .await
}

/// `GET /v1/baskets/{basket}/tokens`.
///
/// # Errors
/// As [`basket`]; 400 for a filter that makes no sense.
#[utoipa::path(
    get,
    path = "/v1/baskets/{basket}/tokens",
    tag = "baskets",
    summary = "Tokens of a basket",
    description = "Of one sequence, by outpoint. A page may be short or empty and have a cursor.",
    params(
        ("basket" = String, Path, description = "The basket, percent-encoded"),
        ("asset" = Option<String>, Query, description = "Of this asset"),
        ("owner" = Option<String>, Query, description = "Of this owner"),
        ("tagsAll" = Option<Vec<String>>, Query, description = "With every one of these tags; repeat it"),
        ("tagsAny" = Option<Vec<String>>, Query, description = "With at least one of these tags; repeat it"),
        ("minAmount" = Option<u64>, Query, description = "With at least this amount"),
        ("maxAmount" = Option<u64>, Query, description = "With at most this amount"),
        ("cursor" = Option<String>, Query, description = "The `cursor` of the page before"),
        ("limit" = Option<u64>, Query, description = "Most entries, 1 to 1,000"),
        ("at" = Option<u64>, Query, description = "The sequence to read at; the last one where it is left out"),
        ("authorization" = Option<String>, Header, description = "Bearer, with the token of a basket that is not open"),
    ),
    responses(
        (status = 200, description = "The tokens", body = TokenListBody),
        (status = 400, description = "A parameter is wrong; the message names it", body = ErrorBody),
        (status = 410, description = "That sequence is kept no more", body = ErrorBody),
        (status = 429, description = "This client's budget is used up", body = ErrorBody),
        (status = 401, description = "The basket needs a token; the message names the basket", body = ErrorBody),
        (status = 403, description = "That is not its token", body = ErrorBody),
        (status = 404, description = "No such basket", body = ErrorBody),
        Starting,
    ),
)]
pub async fn tokens(
    State(node): Shared,
    client: Client,
    headers: HeaderMap,
    Path(name): Path<String>,
    Query(parameters): Parameters,
) -> Answer {
    node.basket_access.check(&headers, &name)?;
    let mut fields = Fields::of_query(parameters);
    let filter = filter_of_query(&mut fields)?;
    let page = page(&mut fields)?;
    fields.end()?;
    let host = Arc::clone(&node);
    read(&node, client.0, move |engine| large(&host.answers, 0, &tokens_body(engine.tokens(&name, &filter, &page)?)))
        .await
}

/// `GET /v1/baskets/{basket}/balances`.
///
/// # Errors
/// As [`basket`].
#[utoipa::path(
    get,
    path = "/v1/baskets/{basket}/balances",
    tag = "baskets",
    summary = "Sums by asset and owner",
    description = "Without listing tokens (BRC-112).",
    params(
        ("basket" = String, Path, description = "The basket, percent-encoded"),
        ("asset" = Option<String>, Query, description = "Of this asset"),
        ("owner" = Option<String>, Query, description = "Of this owner"),
        ("cursor" = Option<String>, Query, description = "The `cursor` of the page before"),
        ("limit" = Option<u64>, Query, description = "Most entries, 1 to 1,000"),
        ("at" = Option<u64>, Query, description = "The sequence to read at; the last one where it is left out"),
        ("authorization" = Option<String>, Header, description = "Bearer, with the token of a basket that is not open"),
    ),
    responses(
        (status = 200, description = "The balances", body = BalancesBody),
        (status = 400, description = "A parameter is wrong; the message names it", body = ErrorBody),
        (status = 410, description = "That sequence is kept no more", body = ErrorBody),
        (status = 429, description = "This client's budget is used up", body = ErrorBody),
        (status = 401, description = "The basket needs a token; the message names the basket", body = ErrorBody),
        (status = 403, description = "That is not its token", body = ErrorBody),
        (status = 404, description = "No such basket", body = ErrorBody),
        Starting,
    ),
)]
pub async fn balances(
    State(node): Shared,
    client: Client,
    headers: HeaderMap,
    Path(name): Path<String>,
    Query(parameters): Parameters,
) -> Answer {
    node.basket_access.check(&headers, &name)?;
    let mut fields = Fields::of_query(parameters);
    let (asset, owner) = (fields.text("asset")?, fields.text("owner")?);
    let page = page(&mut fields)?;
    fields.end()?;
    read(&node, client.0, move |engine| {
        let found = engine.balances(&name, asset.as_deref(), owner.as_deref(), &page)?;
        Ok(Json(balances_body(found)).into_response())
    })
    .await
}

/// `POST /v1/baskets/organise`.
///
/// # Errors
/// 400 for requirements that make no sense, 404, 401 and 403 as [`basket`] for every basket named, 409 with figures where there is not
/// enough.
#[utoipa::path(
    post,
    path = "/v1/baskets/organise",
    tag = "baskets",
    summary = "Chooses tokens of several baskets",
    description = "With one BEEF to spend them from. Nothing is kept for the caller.",
    params(
        ("authorization" = Option<String>, Header, description = "Bearer, with the token of a basket that is not open"),
    ),
    request_body(content = OrganiseBody, description = "What is needed"),
    responses(
        (status = 200, description = "What meets all requirements", body = OrganisedBody),
        (status = 409, description = "There is not enough; with figures", body = InsufficientBody),
        (status = 422, description = "Too many tokens would have to be looked at, or chosen", body = ErrorBody),
        (status = 401, description = "The basket needs a token; the message names the basket", body = ErrorBody),
        (status = 403, description = "That is not its token", body = ErrorBody),
        (status = 404, description = "No such basket", body = ErrorBody),
        WithBody,
    ),
)]
pub async fn organise(State(node): Shared, client: Client, headers: HeaderMap, body: Body) -> Answer {
    let body = read_body(&headers, body, MAX_REQUEST_BYTES, &node.bodies).await?;
    let requirements = requirements(Fields::of_json(&body.bytes)?)?;
    for requirement in &requirements {
        node.basket_access.check(&headers, &requirement.basket)?;
    }
    let host = Arc::clone(&node);
    read(&node, client.0, move |engine| {
        let organised = engine.organise_tokens(&requirements, clock::now())?;
        large(&host.answers, hexadecimal(&organised), &organised_body(organised))
    })
    .await
}

/// `POST /v1/baskets/{basket}/take`.
///
/// # Errors
/// As [`organise`]; 429 where the client keeps as much as it may.
#[utoipa::path(
    post,
    path = "/v1/baskets/{basket}/take",
    tag = "baskets",
    summary = "Takes tokens of a basket",
    description = "And keeps them for the caller for a while, where it asks for that. Calls at the same time get different tokens. Spending is never kept from anybody.",
    params(
        ("basket" = String, Path, description = "The basket, percent-encoded"),
        ("authorization" = Option<String>, Header, description = "Bearer, with the token of a basket that is not open"),
    ),
    request_body(content = TakeBody, description = "What is needed"),
    responses(
        (status = 200, description = "The tokens", body = TakenBody),
        (status = 409, description = "There is not enough; with figures", body = InsufficientBody),
        (status = 422, description = "Too many tokens would have to be looked at, or chosen", body = ErrorBody),
        (status = 401, description = "The basket needs a token; the message names the basket", body = ErrorBody),
        (status = 403, description = "That is not its token", body = ErrorBody),
        (status = 404, description = "No such basket", body = ErrorBody),
        WithBody,
    ),
)]
pub async fn take(
    State(node): Shared,
    client: Client,
    headers: HeaderMap,
    Path(name): Path<String>,
    body: Body,
) -> Answer {
    node.basket_access.check(&headers, &name)?;
    let body = read_body(&headers, body, MAX_REQUEST_BYTES, &node.bodies).await?;
    let TakeWanted { requirement, seconds } = TakeWanted::read(&name, Fields::of_json(&body.bytes)?)?;
    let keep = |seconds| Keep { seconds, id: ReservationId(rand::random()), client: client.0.digest() };
    let take = Take { requirement, keep: seconds.map(keep) };
    let host = Arc::clone(&node);
    // What is kept waits for the disk as a submission does.
    let turns = if take.keep.is_some() { &node.submissions } else { &node.reads };
    call(&node, turns, client.0, move |engine| {
        let taken = engine.take_tokens(&take, clock::now())?;
        large(&host.answers, hexadecimal(&taken.organised), &taken_body(taken))
    })
    .await
}

/// `DELETE /v1/reservations/{id}`.
///
/// # Errors
/// 400 where the path holds no id, 404 where there is no such reservation.
#[utoipa::path(
    delete,
    path = "/v1/reservations/{id}",
    tag = "baskets",
    summary = "Ends a reservation",
    description = "",
    params(
        ("id" = String, Path, description = "The reservation"),
    ),
    responses(
        (status = 200, description = "It is over", body = ReleasedBody),
        (status = 400, description = "That is no id", body = ErrorBody),
        (status = 404, description = "There is none, or its time is over", body = ErrorBody),
        (status = 429, description = "This client's budget is used up", body = ErrorBody),
        Starting,
    ),
)]
pub async fn release(State(node): Shared, client: Client, Path(text): Path<String>) -> Answer {
    let mut id = [0; 16];
    hex::decode_to_slice(&text, &mut id)
        .map_err(|_| ApiError::bad_request("ERR_RESERVATION", "the id of a reservation has 32 hexadecimal digits"))?;
    call(&node, &node.submissions, client.0, move |engine| {
        engine.release_tokens(ReservationId(id), clock::now())?;
        Ok(Json(ReleasedBody { status: "success".to_owned(), released: hex::encode(id) }).into_response())
    })
    .await
}

/// The routes where names stand in the path as they are: other spellings of those above.
pub fn plain_names() -> Router<Arc<Node>> {
    Router::new().route("/v1/baskets/{basket}/{*rest}", get(plain_get).post(plain_post))
}

/// `GET /v1/baskets/{basket}/{rest}` where the name stands in the path as it is.
///
/// # Errors
/// As the handler that is meant.
async fn plain_get(
    state: Shared,
    client: Client,
    headers: HeaderMap,
    Path((first, rest)): Path<(String, String)>,
    parameters: Parameters,
) -> Answer {
    let path = format!("{first}/{rest}");
    match path.rsplit_once('/') {
        Some((name, "tokens")) => tokens(state, client, headers, Path(name.to_owned()), parameters).await,
        Some((name, "balances")) => balances(state, client, headers, Path(name.to_owned()), parameters).await,
        _ => basket(state, client, headers, Path(path), parameters).await,
    }
}

/// `POST /v1/baskets/{basket}/{rest}` where the name stands in the path as it is.
///
/// # Errors
/// As [`take`]; 404 where nothing is meant.
async fn plain_post(
    state: Shared,
    client: Client,
    headers: HeaderMap,
    Path((first, rest)): Path<(String, String)>,
    body: Body,
) -> Answer {
    match format!("{first}/{rest}").rsplit_once('/') {
        Some((name, "take")) => take(state, client, headers, Path(name.to_owned()), body).await,
        _ => {
            let message = "of a basket only `take` can be asked for with POST";
            Err(ApiError::new(axum::http::StatusCode::NOT_FOUND, "ERR_ROUTE_NOT_FOUND", message).into())
        }
    }
}

async fn read(node: &Arc<Node>, client: ClientKey, work: impl FnOnce(&Engine) -> Answer + Send + 'static) -> Answer {
    call(node, &node.reads, client, work).await
}

async fn call(
    node: &Arc<Node>,
    turns: &call::Turns,
    client: ClientKey,
    work: impl FnOnce(&Engine) -> Answer + Send + 'static,
) -> Answer {
    node.ready()?;
    node.budgets.admit(client, clock::monotonic())?;
    let host = Arc::clone(node);
    call::run(node, turns, client, move |_| work(&host.ready()?.engine)).await?
}

/// Bytes of the BEEF as text.
fn hexadecimal(organised: &Organised) -> usize {
    organised.beef.len().saturating_mul(DIGITS)
}

fn large(memory: &AnswerMemory, bytes: usize, body: &impl serde::Serialize) -> Answer {
    let room = memory.reserve(bytes)?;
    let bytes = serde_json::to_vec(body).map_err(|error| ApiError::internal(&error))?;
    Ok(([(header::CONTENT_TYPE, "application/json")], room.body(bytes)).into_response())
}
