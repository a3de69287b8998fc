//! What each of the engine's errors about baskets is on the wire.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use trellis_engine::baskets::{BasketError, Field, Need, Shortage};

use super::encode::figures_body;
use super::fields::wrong;
use crate::http::body::baskets::{InsufficientBody, ShortageBody};
use crate::http::error::{ApiError, Noted};

const INSUFFICIENT: &str = "ERR_INSUFFICIENT_INVENTORY";

/// An error reply, with figures where there is not enough.
#[derive(Debug)]
pub enum BasketRefusal {
    /// As all others.
    Plain(ApiError),
    /// There is not enough.
    Insufficient(String, Vec<Shortage>),
}

impl From<ApiError> for BasketRefusal {
    fn from(error: ApiError) -> Self {
        Self::Plain(error)
    }
}

impl From<BasketError> for BasketRefusal {
    fn from(error: BasketError) -> Self {
        let text = error.to_string();
        let (status, code) = match error {
            BasketError::Insufficient(shortages) => return Self::Insufficient(text, shortages),
            BasketError::Malformed { field: field @ Field::Cursor, text } => {
                return ApiError::bad_request("ERR_CURSOR", format!("`{}` is wrong: {text}", name(field))).into();
            }
            BasketError::Malformed { field, text } => return wrong(name(field), format!("is wrong: {text}")).into(),
            BasketError::Unavailable(text) => return ApiError::unavailable("ERR_UNAVAILABLE", text).into(),
            BasketError::Internal(details) => return ApiError::internal(&details).into(),
            BasketError::BeingRebuilt(_) => return ApiError::unavailable("ERR_BEING_REBUILT", text).into(),
            BasketError::UnknownBasket(_) => (StatusCode::NOT_FOUND, "ERR_BASKET_NOT_FOUND"),
            BasketError::Gone { .. } => (StatusCode::GONE, "ERR_SEQUENCE_GONE"),
            BasketError::NotYet { .. } => (StatusCode::BAD_REQUEST, "ERR_SEQUENCE"),
            BasketError::TooWide(_) => (StatusCode::UNPROCESSABLE_ENTITY, "ERR_FILTER_TOO_WIDE"),
            BasketError::TooManyTokens { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "ERR_TOO_MANY_TOKENS"),
            BasketError::TooManyReservations => (StatusCode::TOO_MANY_REQUESTS, "ERR_TOO_MANY_RESERVATIONS"),
            BasketError::UnknownReservation => (StatusCode::NOT_FOUND, "ERR_RESERVATION_NOT_FOUND"),
            BasketError::TooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, "ERR_ANSWER_TOO_LARGE"),
        };
        ApiError::new(status, code, text).into()
    }
}

/// A field as clients write it.
const fn name(field: Field) -> &'static str {
    match field {
        Field::Asset => "asset",
        Field::Owner => "owner",
        Field::TagsAll => "tagsAll",
        Field::TagsAny => "tagsAny",
        Field::MinimumAmount => "minAmount",
        Field::MaximumAmount => "maxAmount",
        Field::Cursor => "cursor",
        Field::Limit => "limit",
        Field::Count => "count",
        Field::Amount => "amount",
        Field::Requirements => "requirements",
        Field::Reservation => "reserveSeconds",
    }
}

impl IntoResponse for BasketRefusal {
    fn into_response(self) -> Response {
        let (message, shortages) = match self {
            Self::Plain(error) => return error.into_response(),
            Self::Insufficient(message, shortages) => (message, shortages),
        };
        let body = InsufficientBody {
            status: "error".to_owned(),
            message: message.clone(),
            code: INSUFFICIENT.to_owned(),
            requirements: shortages.into_iter().map(shortage_body).collect(),
        };
        let mut response = (StatusCode::CONFLICT, Json(body)).into_response();
        response.extensions_mut().insert(Noted { outcome: INSUFFICIENT, details: message });
        response
    }
}

fn shortage_body(shortage: Shortage) -> ShortageBody {
    let (count, amount) = match shortage.asked {
        Need::Count(count) => (Some(count), None),
        Need::Amount(amount) => (None, Some(amount)),
    };
    ShortageBody {
        requirement: shortage.requirement,
        basket: shortage.basket.to_string(),
        count,
        amount,
        available: figures_body(shortage.available),
        reserved: figures_body(shortage.reserved),
        used: figures_body(shortage.used),
        unproven: figures_body(shortage.unproven),
    }
}

#[cfg(test)]
mod tests {
    use trellis_engine::domain::basket::BasketName;
    use trellis_engine::domain::time::Sequence;

    use super::*;

    #[test]
    fn every_error_has_its_status_and_a_code_of_its_own() {
        let basket = BasketName::new("shelf").unwrap();
        let (asked, last) = (Sequence(1), Sequence(2));
        let mut codes = Vec::new();
        for (error, status) in [
            (BasketError::UnknownBasket("x".to_owned()), 404),
            (BasketError::Malformed { field: Field::Limit, text: "no".to_owned() }, 400),
            (BasketError::Gone { asked, oldest: last }, 410),
            (BasketError::NotYet { asked, last }, 400),
            (BasketError::TooWide(basket.clone()), 422),
            (BasketError::TooManyTokens { requirement: 0, basket, limit: 1 }, 422),
            (BasketError::TooManyReservations, 429),
            (BasketError::UnknownReservation, 404),
            (BasketError::TooLarge("no".to_owned()), 413),
            (BasketError::Unavailable("no".to_owned()), 503),
            (BasketError::Internal("/var/data".to_owned()), 500),
        ] {
            let BasketRefusal::Plain(reply) = BasketRefusal::from(error) else { panic!("figures of something else") };
            assert_eq!(reply.status.as_u16(), status, "{}", reply.message);
            assert!(!codes.contains(&reply.code) && !reply.message.contains("/var"), "{}", reply.message);
            codes.push(reply.code);
        }
        let refused = BasketRefusal::from(BasketError::Insufficient(Vec::new())).into_response();
        assert_eq!(refused.status(), StatusCode::CONFLICT);
    }
}
