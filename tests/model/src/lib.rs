//! What a host must show, written from the rules (design: invariants 1, 4 and 5; submissions; the network's truth) with the
//! simplest means: a list of what was applied, in order, and everything else derived from that list.
//!
//! It knows nothing of the engine, the store or verification. Tests do the same things to it and to a host, and compare.
//!
//! A host takes back commits by undoing those that rest on them and judging again what stays. The model takes them out of its
//! list and derives everything anew. Both must come to the same. One thing is the host's choice: it may judge more again than
//! it must, and when a plugin was exchanged in between, that shows. So the model is told what the host judged again, insists
//! on what had to be, and judges the same by today's rules.
//!
//! | module | one job |
//! |---|---|
//! | [`transaction`] | what a transaction is here |
//! | [`rule`] | what topics and services do: the plugins of the host and of the model |
//! | [`manager`] | what the basket manager does, likewise |
//! | [`token`] | what is in baskets, and under what it is found |
//! | [`derived`] | what follows from the list: outputs, verdicts, state, index |
//! | [`entry`] | one entry of the list |
//! | `apply` | what one entry does |
//! | `organise` | what it does to baskets |
//! | [`model`] | the list, and the facts beside it |
//! | [`rebuild`] | what a service or manager has that was built anew |
//! | [`submit`], [`batch`], [`revert`], [`evict`], [`network`], [`retry`], [`reserve`] | what can happen |
//! | [`event`] | the model's own log |
//! | [`show`] | everything a host must show, row by row |

mod apply;
pub mod batch;
pub mod derived;
pub mod entry;
pub mod event;
pub mod evict;
pub mod manager;
pub mod model;
pub mod network;
mod organise;
pub mod rebuild;
pub mod reserve;
pub mod retry;
pub mod revert;
pub mod rule;
pub mod show;
pub mod submit;
pub mod token;
pub mod transaction;

pub use model::Model;
