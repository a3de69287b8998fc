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
use trellis_engine::baskets::{BasketError, BasketOverview, GroupBy, Groups, PageOf};
use trellis_engine::engine::Engine;

pub use access::{BasketAccess, Share};
use encode::{balances_body, basket_body, groups_body, list_body, tokens_body};
use fields::Fields;
use refusal::BasketRefusal;
use wanted::{filter_of_query, group_by, page};

use super::answer_memory::AnswerMemory;
use super::auth::Who;
use super::body::baskets::{BalancesBody, BasketBody, BasketListBody, TokenListBody};
use super::call;
use super::certified;
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
pub async fn list(
    State(node): Shared,
    client: Client,
    who: Who,
    headers: HeaderMap,
    Query(parameters): Parameters,
) -> Answer {
    let mut fields = Fields::of_query(parameters);
    let page = page(&mut fields)?;
    fields.end()?;
    let host = Arc::clone(&node);
    read(&node, client.0, move |engine| {
        let mut found = engine.baskets(&page)?;
        let withheld =
            withhold(&mut found, engine, |basket| match host.rules().baskets.check(&headers, who, basket)? {
                Share::Certified(demand) => {
                    let lacks =
                        who.0.map(|identity| certified::missing(host.ready()?, &identity, &demand)).transpose()?;
                    let lacks = lacks.flatten().map(|text| ApiError::bad_request("ERR_CERTIFICATE_REQUIRED", text));
                    lacks.map_or(Ok(Share::Whole), Err)
                }
                share => Ok(share),
            })?;
        Ok(Json(list_body(found, withheld)).into_response())
    })
    .await
}

/// Takes out of a list what whoever asks may not see: baskets that are not open to it, and of those that show each owner its own
/// tokens all where it has none. Answers how many.
fn withhold(
    found: &mut BasketOverview,
    engine: &Engine,
    share: impl Fn(&str) -> Result<Share, ApiError>,
) -> Result<u64, BasketError> {
    let (all, at) = (found.baskets.len(), Some(found.sequence));
    let mut shown = Vec::with_capacity(all);
    for mut basket in std::mem::take(&mut found.baskets) {
        match share(&basket.name) {
            Ok(Share::Whole | Share::Certified(_)) => shown.push(basket),
            Ok(Share::Owned(owner)) => {
                basket.tokens = engine.owned(&basket.name, &owner, at)?.tokens;
                shown.extend(Some(basket).filter(|basket| basket.tokens > 0));
            }
            Err(_) => {}
        }
    }
    found.baskets = shown;
    Ok((all - found.baskets.len()) as u64)
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
    description = "Counts and sums, as a whole and by asset, owner and tag. With `by` only those groups, page by page. Of a basket that shows each \
        owner its own tokens it is the sums of those, without tags.",
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
    who: Who,
    headers: HeaderMap,
    Path(name): Path<String>,
    Query(parameters): Parameters,
) -> Answer {
    let share = share(&node, client.0, &headers, who, &name).await?;
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
        Ok(match (by, share) {
            (None, Share::Whole | Share::Certified(_)) => {
                Json(basket_body(&name, engine.basket(&name, page.at)?)).into_response()
            }
            (Some(by), Share::Whole | Share::Certified(_)) => {
                Json(groups_body(engine.basket_groups(&name, by, &page)?)).into_response()
            }
            (None, Share::Owned(owner)) => {
                Json(basket_body(&name, engine.owned_basket(&name, &owner, page.at)?)).into_response()
            }
            (Some(by), Share::Owned(owner)) => {
                Json(groups_body(owned_groups(engine, &name, &owner, by, &page)?)).into_response()
            }
        })
    })
    .await
}

/// Of which tokens of a basket whoever asks may ask. Where that takes a certificate, it has shown it.
///
/// # Errors
/// 401 and 403 name the basket and what to bring.
pub(super) async fn share(
    node: &Arc<Node>,
    client: ClientKey,
    headers: &HeaderMap,
    who: Who,
    basket: &str,
) -> Result<Share, ApiError> {
    match node.rules().baskets.check(headers, who, basket)? {
        Share::Certified(demand) => {
            certified::check(node, client, who, format!("basket `{basket}`"), demand).await.map(|()| Share::Whole)
        }
        share => Ok(share),
    }
}

/// An owner's tokens by asset, or as a whole.
fn owned_groups(
    engine: &Engine,
    basket: &str,
    owner: &str,
    by: GroupBy,
    page: &PageOf,
) -> Result<Groups, BasketRefusal> {
    match by {
        GroupBy::Asset => Ok(engine.owned_assets(basket, owner, page)?),
        GroupBy::Owner => Ok(engine.owned_basket(basket, owner, page.at)?.owners),
        GroupBy::Tag => {
            let text =
                "can be `asset` in a basket that shows each owner its own tokens: ask for tokens with a tag instead";
            Err(fields::wrong("by", text).into())
        }
    }
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
    who: Who,
    headers: HeaderMap,
    Path(name): Path<String>,
    Query(parameters): Parameters,
) -> Answer {
    let share = share(&node, client.0, &headers, who, &name).await?;
    let mut fields = Fields::of_query(parameters);
    let mut filter = filter_of_query(&mut fields)?;
    share.narrow(&name, &mut filter.owner)?;
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
    who: Who,
    headers: HeaderMap,
    Path(name): Path<String>,
    Query(parameters): Parameters,
) -> Answer {
    let share = share(&node, client.0, &headers, who, &name).await?;
    let mut fields = Fields::of_query(parameters);
    let (asset, mut owner) = (fields.text("asset")?, fields.text("owner")?);
    share.narrow(&name, &mut owner)?;
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
    who: Who,
    headers: HeaderMap,
    Path((first, rest)): Path<(String, String)>,
    parameters: Parameters,
) -> Answer {
    let path = format!("{first}/{rest}");
    match path.rsplit_once('/') {
        Some((name, "tokens")) => tokens(state, client, who, headers, Path(name.to_owned()), parameters).await,
        Some((name, "balances")) => balances(state, client, who, headers, Path(name.to_owned()), parameters).await,
        _ => basket(state, client, who, headers, Path(path), parameters).await,
    }
}

/// `POST /v1/baskets/{basket}/{rest}` where the name stands in the path as it is.
///
/// # Errors
/// As [`taking::take`]; 404 where nothing is meant.
async fn plain_post(
    state: Shared,
    client: Client,
    who: Who,
    headers: HeaderMap,
    Path((first, rest)): Path<(String, String)>,
    body: Body,
) -> Answer {
    match format!("{first}/{rest}").rsplit_once('/') {
        Some((name, "take")) => taking::take(state, client, who, headers, Path(name.to_owned()), body).await,
        _ => {
            let message = "of a basket only `take` can be asked for with POST";
            Err(ApiError::new(axum::http::StatusCode::NOT_FOUND, "ERR_ROUTE_NOT_FOUND", message).into())
        }
    }
}

async fn read(node: &Arc<Node>, client: ClientKey, work: impl FnOnce(&Engine) -> Answer + Send + 'static) -> Answer {
    call::with_loaded(node, &node.reads, client, move |loaded| work(&loaded.engine())).await
}

fn large(memory: &AnswerMemory, bytes: usize, body: &impl serde::Serialize) -> Answer {
    let room = memory.reserve(bytes)?;
    let bytes = serde_json::to_vec(body).map_err(|error| ApiError::internal(&error))?;
    Ok(([(header::CONTENT_TYPE, "application/json")], room.body(bytes)).into_response())
}
