//! The use cases of an overlay host, written against ports.
//!
//! The engine knows what a submission is and what must hold of it; it does not know sled, wasmtime, HTTP, files, clocks or
//! sockets. Those arrive as implementations of [`ports`].
//!
//! | module | one job |
//! |---|---|
//! | [`domain`] | names, sequences, rows, plans, events: what the host talks about |
//! | [`ports`] | the traits the rest of the host implements |

pub mod domain;
pub mod ports;
