//! The store port on sled, and its in-memory twin.
//!
//! Whoever holds a [`SledStore`] or a [`MemoryStore`] talks to it through [`trellis_engine::ports::store::Store`], and
//! keeps block headers in it through [`trellis_engine::ports::headers::HeaderArchive`]; one conformance suite says what both
//! do.
//!
//! | module | one job |
//! |---|---|
//! | [`sled_store`] | the port on sled: durable, versioned, one writer |
//! | [`memory`] | the port over domain rows in memory, for tests of whatever uses it |
//! | [`bare`] | the same puts with nothing but sled, for benchmarks |
//! | [`limits`] | every number, with its reason |
//! | [`record`] | what stands on disk, byte by byte |
//! | [`prepare`] | a plan checked against the port's rules and encoded |
//! | [`references`] | which contents a row refers to |
//! | [`span`] | what a scan covers |
//! | [`pins`] | which sequences are readable and held |

pub mod bare;
pub mod limits;
pub mod memory;
mod pins;
mod prepare;
mod record;
mod references;
pub mod sled_store;
mod span;

pub use memory::MemoryStore;
pub use sled_store::{Options, SledStore};
