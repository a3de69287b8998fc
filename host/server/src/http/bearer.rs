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

/// The token a request presents, as `Authorization: Bearer <token>`.
#[must_use]
pub fn given(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

/// Whether a request presents this token, as `Authorization: Bearer <token>`.
#[must_use]
pub fn presented(headers: &HeaderMap, expected: &Secret) -> Presented {
    match given(headers) {
        None => Presented::Missing,
        // In constant time: how much of a guess is right must not show in how long the answer takes.
        Some(given) if given.as_bytes().ct_eq(expected.reveal().as_bytes()).into() => Presented::Right,
        Some(_) => Presented::Wrong,
    }
}
