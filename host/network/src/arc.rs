//! The broadcaster that speaks to ARC: Extended Format to `POST <url>/v1/tx`.
//!
//! One call is one HTTP request with bounded time and a bounded answer; retries, order and back-off belong to the
//! outbox. What each answer means is one table, [`meaning`].

mod answer;
mod client;
mod meaning;
mod settings;

pub(crate) use answer::one_line;
pub use answer::{ArcAnswer, ArcBody};
pub use client::{ANSWER_SECONDS, ArcBroadcaster, MAX_ANSWER_BYTES, MAX_WAIT_SECONDS, SLOWEST_UPLOAD_BYTES_PER_SECOND};
pub use meaning::{TxStatus, meaning};
pub use settings::{ArcSettings, ArcSettingsError, Callback, Secret};

#[cfg(test)]
mod tests;
