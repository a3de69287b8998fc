//! The real program, started as its users start it.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a failed test")]

mod commands;
mod harness;
mod headers;
mod hosting;
mod network;
mod plugin;
