//! The use cases of an overlay host, written against ports.
//!
//! The engine knows what a submission is and what must hold of it; it does not know sled, wasmtime, HTTP, files, clocks or
//! sockets. Those arrive as implementations of [`ports`].
//!
//! | module | one job |
//! |---|---|
//! | [`domain`] | names, sequences, rows, plans, events: what the host talks about |
//! | [`ports`] | the traits the rest of the host implements |
//! | [`hosting`] | what a host is set up to do |
//! | [`engine`] | the engine: its parts, and the way in to every use case |
//! | [`submit`] | a submission, from BEEF to STEAK |
//! | [`baskets`] | what is in baskets, chosen and kept for somebody |
//! | [`events`] | what every commit changed, one after the other, for subscribers |
//! | [`lookup`] | a question, from query to answer |
//! | [`outbox`] | telling the network, and keeping its answers |
//! | [`proofs`] | proofs of transactions held here |
//! | [`chain`] | following the chain of blocks |
//! | [`ancestors`] | letting go of ancestors that nobody needs |
//! | [`rebuild`] | a service or manager that is new or another one, built from what topics hold |
//! | `rehost` | other topics, services and baskets while the host runs |
//! | [`replay`] | stored verdicts asked for again, of a component that is to take over |
//! | [`revert`] | taking back what the network refuses |
//! | [`evict`] | removing an output, and its transaction's bytes |
//! | [`evidence`] | who stands behind a submission, checked and kept with it |
//! | [`federation`] | whom the operator trusts to say who somebody is |
//! | [`topics`] | what topics hold, at a sequence |
//! | [`report`] | what is known of one transaction |
//! | [`mod@fault_point`] | steps at which a test can have the process die |
//! | [`mutation`] | bugs on purpose, in tests that want to be seen finding them |
//! | [`audit`] | every row verified against every other, from scratch |

#[macro_use]
pub mod mutation;

pub mod ancestors;
pub mod audit;
pub mod baskets;
pub mod chain;
pub mod domain;
pub mod engine;
pub mod events;
pub mod evict;
pub mod evidence;
pub mod fault_point;
pub mod federation;
pub mod hosting;
pub mod lookup;
pub mod outbox;
pub mod ports;
pub mod proofs;
mod quota;
pub mod rebuild;
mod rehost;
pub mod replay;
pub mod report;
pub mod revert;
pub mod submit;
pub mod topics;

mod element;
mod generation;
mod grants;
mod merge;
mod note;
mod retry;
mod state;
mod stored;
mod text;
mod token_writes;
mod view;
