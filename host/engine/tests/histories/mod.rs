//! Random histories, told to a host and to a model of it (`trellis-model`).
//!
//! A history is data: operations that name transactions by number, so that a part of it is a history too. What the host
//! answers, logs and stores is compared with the model after every operation. A history that ends in a difference is shrunk.
//!
//! | module | one job |
//! |---|---|
//! | [`operation`] | what can happen, as data |
//! | [`generate`] | making it up |
//! | [`world`] | transactions, blocks, and what a submission carries |
//! | [`plugins`] | the model's rules as the host's plugins |
//! | [`store`] | a store that is cut off in the middle |
//! | [`power`] | a disk that loses what was not synced |
//! | [`host`] | the host under test |
//! | [`baskets`] | tokens in the model's words |
//! | [`keep`] | taking tokens |
//! | [`told`] | the host's answers, rows and events in the model's words |
//! | [`tell`] | one operation, done to both |
//! | [`act`] | what both can do |
//! | [`hashes`] | the topic hashes of the model |
//! | [`history`] | comparing what both make of it |
//! | [`shrink`] | a short history with the same end |
#![allow(dead_code, unreachable_pub, reason = "each test program uses its own part")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a failed test")]

pub mod act;
pub mod baskets;
pub mod generate;
pub mod hashes;
pub mod history;
pub mod host;
pub mod keep;
pub mod operation;
pub mod plugins;
pub mod power;
pub mod shrink;
pub mod store;
pub mod tell;
pub mod told;
pub mod world;
