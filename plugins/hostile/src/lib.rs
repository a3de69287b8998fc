//! A plugin that misbehaves on request: the guest of the sandbox's tests. Never part of a release.
//!
//! What it does is a text, `<behaviour>` or `<behaviour>:<argument>`, from
//!
//! | call | where the text comes from |
//! |---|---|
//! | `identify-admissible-outputs` | the off-chain values, without them the config key `behave` |
//! | `output-admitted`, `output-spent`, `output-no-longer-retained`, `output-evicted` | the config key `behave-<call>` |
//! | `lookup` | the query, a JSON text such as `"panic"` |
//! | `is-relevant` | the config key `behave-is-relevant` |
//! | `operations` | the config key `behave-operations` |
//! | `describe`, `documentation` | the config key `behave-<call>` |
//!
//! Without one, every call does what is right and as little as possible. Behaviours any call can show are in
//! `behaviour`, those of one role beside its code in `topic`, `relevance`, `basket`, `lookup` and `card`; an unknown one is a
//! panic, so that a test with a typing error fails.
#![allow(unsafe_code, reason = "some of the faults on offer cannot be had any other way")]
#![allow(
    clippy::panic,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "to panic is the purpose"
)]

mod basket;
mod behaviour;
mod card;
mod checks;
mod lookup;
#[cfg(target_arch = "wasm32")]
mod raw;
mod relevance;
mod tally;
mod temptation;
mod topic;

struct Hostile;

trellis_plugin::export_topic_manager!(Hostile);
trellis_plugin::export_topic_relevance!(Hostile);
trellis_plugin::export_basket_manager!(Hostile);
