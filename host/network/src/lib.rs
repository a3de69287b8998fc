//! The outside: block headers and broadcasters.
//!
//! Time arrives as an argument everywhere; nothing here reads a clock, and only [`arc`] opens a socket.
//!
//! | module | one job |
//! |---|---|
//! | [`headers_file`] | block headers from a JSON file that is read again when it changes |
//! | [`local_chain`] | a chain of one's own for development: blocks, proofs, mempool, faucet |
//! | [`arc`] | the broadcaster that speaks to ARC over HTTP |
//! | [`arc_local`] | a stand-in for ARC before the local chain: its requests, statuses and bodies |

pub mod arc;
pub mod arc_local;
pub mod headers_file;
pub mod local_chain;
