//! The sandbox with real components: the first-party plugins, and a guest that misbehaves on request.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod cache;
mod hostile;
mod identity;
mod loading;
mod log;
mod permissions;
mod running;
mod support;
mod verdicts;
