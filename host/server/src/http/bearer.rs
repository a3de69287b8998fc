//! Bearer tokens: who presents the right one.

use axum::http::{HeaderMap, header};
use subtle::ConstantTimeEq;

use crate::config::checked::Secret;

/// What a request presents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presented {
    /// No token.
    Missing,
    /// Another one.
    Wrong,
    /// The right one.
    Right,
}

/// Whether a request presents this token, as `Authorization: Bearer <token>`.
#[must_use]
pub fn presented(headers: &HeaderMap, expected: &Secret) -> Presented {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    match given.and_then(|text| text.strip_prefix("Bearer ")) {
        None => Presented::Missing,
        // In constant time: how much of a guess is right must not show in how long the answer takes.
        Some(given) if given.as_bytes().ct_eq(expected.reveal().as_bytes()).into() => Presented::Right,
        Some(_) => Presented::Wrong,
    }
}
