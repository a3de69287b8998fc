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
//! | `taking` | tokens chosen to spend, and kept |
//! | `refusal` | errors on the wire |

mod access;
mod encode;
mod fields;
mod refusal;
pub mod taking;
mod wanted;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use trellis_engine::engine::Engine;

pub use access::BasketAccess;
use encode::{balances_body, basket_body, groups_body, list_body, tokens_body};
use fields::Fields;
use refusal::BasketRefusal;
use wanted::{filter_of_query, group_by, page};

use super::answer_memory::AnswerMemory;
use super::body::baskets::{BalancesBody, BasketBody, BasketListBody, TokenListBody};
use super::call;
use super::client::ClientKey;
use super::error::ApiError;
use super::openapi::{PageOfBaskets, Reading, ReadingBasket};
use crate::node::Node;

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
        PageOfBaskets,
    ),
    security((), ("basket" = [])),
    responses(
        (status = 200, description = "The baskets", body = BasketListBody),
        Reading,
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
        PageOfBaskets,
    ),
    security((), ("basket" = [])),
    responses(
        (status = 200, description = "Its numbers; with `by` only those groups", body = BasketBody),
        ReadingBasket,
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
        PageOfBaskets,
    ),
    security((), ("basket" = [])),
    responses(
        (status = 200, description = "The tokens", body = TokenListBody),
        ReadingBasket,
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
        PageOfBaskets,
    ),
    security((), ("basket" = [])),
    responses(
        (status = 200, description = "The balances", body = BalancesBody),
        ReadingBasket,
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
/// As [`taking::take`]; 404 where nothing is meant.
async fn plain_post(
    state: Shared,
    client: Client,
    headers: HeaderMap,
    Path((first, rest)): Path<(String, String)>,
    body: Body,
) -> Answer {
    match format!("{first}/{rest}").rsplit_once('/') {
        Some((name, "take")) => taking::take(state, client, headers, Path(name.to_owned()), body).await,
        _ => {
            let message = "of a basket only `take` can be asked for with POST";
            Err(ApiError::new(axum::http::StatusCode::NOT_FOUND, "ERR_ROUTE_NOT_FOUND", message).into())
        }
    }
}

async fn read(node: &Arc<Node>, client: ClientKey, work: impl FnOnce(&Engine) -> Answer + Send + 'static) -> Answer {
    call::with_loaded(node, &node.reads, client, move |loaded| work(&loaded.engine)).await
}

fn large(memory: &AnswerMemory, bytes: usize, body: &impl serde::Serialize) -> Answer {
    let room = memory.reserve(bytes)?;
    let bytes = serde_json::to_vec(body).map_err(|error| ApiError::internal(&error))?;
    Ok(([(header::CONTENT_TYPE, "application/json")], room.body(bytes)).into_response())
}
