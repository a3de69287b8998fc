//! `POST /v1/baskets/organise`, `/v1/baskets/{basket}/take` and `DELETE /v1/reservations/{id}`: tokens chosen to spend, and kept.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use trellis_engine::baskets::{Keep, Organised, Requirement, Take};
use trellis_engine::domain::row::ReservationId;

use super::encode::{organised_body, taken_body};
use super::fields::Fields;
use super::wanted::{TakeWanted, requirements};
use super::{Answer, Client, Shared, large, read, share};
use crate::clock;
use crate::http::auth::Who;
use crate::http::body::ErrorBody;
use crate::http::body::baskets::{InsufficientBody, OrganiseBody, OrganisedBody, ReleasedBody, TakeBody, TakenBody};
use crate::http::call;
use crate::http::error::ApiError;
use crate::http::openapi::{OfBasket, Starting, WithBody};
use crate::http::read_body::read_body;

/// Longest request, in bytes: sixteen requirements with the longest names and all tags.
const MAX_REQUEST_BYTES: usize = 256 * 1024;

/// Hexadecimal digits of a byte.
const DIGITS: usize = 2;

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
    security((), ("basket" = [])),
    request_body(content = OrganiseBody, description = "What is needed"),
    responses(
        (status = 200, description = "What meets all requirements", body = OrganisedBody),
        (status = 409, description = "There is not enough; with figures", body = InsufficientBody),
        (status = 422, description = "Too many tokens would have to be looked at, or chosen", body = ErrorBody),
        OfBasket,
        WithBody,
    ),
)]
pub async fn organise(State(node): Shared, client: Client, who: Who, headers: HeaderMap, body: Body) -> Answer {
    let body = read_body(&headers, body, MAX_REQUEST_BYTES, &node.bodies).await?;
    let mut requirements = requirements(Fields::of_json(&body.bytes)?)?;
    for Requirement { basket, filter, .. } in &mut requirements {
        share(&node, client.0, &headers, who, basket).await?.narrow(basket, &mut filter.owner)?;
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
    ),
    security((), ("basket" = [])),
    request_body(content = TakeBody, description = "What is needed"),
    responses(
        (status = 200, description = "The tokens", body = TakenBody),
        (status = 409, description = "There is not enough; with figures", body = InsufficientBody),
        (status = 422, description = "Too many tokens would have to be looked at, or chosen", body = ErrorBody),
        OfBasket,
        WithBody,
    ),
)]
pub async fn take(
    State(node): Shared,
    client: Client,
    who: Who,
    headers: HeaderMap,
    Path(name): Path<String>,
    body: Body,
) -> Answer {
    let share = share(&node, client.0, &headers, who, &name).await?;
    let body = read_body(&headers, body, MAX_REQUEST_BYTES, &node.bodies).await?;
    let TakeWanted { mut requirement, seconds } = TakeWanted::read(&name, Fields::of_json(&body.bytes)?)?;
    share.narrow(&name, &mut requirement.filter.owner)?;
    let keep = |seconds| Keep { seconds, id: ReservationId(rand::random()), client: client.0.digest() };
    let take = Take { requirement, keep: seconds.map(keep) };
    let host = Arc::clone(&node);
    // What is kept waits for the disk as a submission does.
    let turns = if take.keep.is_some() { &node.submissions } else { &node.reads };
    call::with_loaded(&node, turns, client.0, move |loaded| {
        let taken = loaded.engine().take_tokens(&take, clock::now())?;
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
    call::with_loaded(&node, &node.submissions, client.0, move |loaded| {
        loaded.engine().release_tokens(ReservationId(id), clock::now())?;
        Ok(Json(ReleasedBody { status: "success".to_owned(), released: hex::encode(id) }).into_response())
    })
    .await
}

/// Bytes of the BEEF as text.
fn hexadecimal(organised: &Organised) -> usize {
    organised.beef.len().saturating_mul(DIGITS)
}
