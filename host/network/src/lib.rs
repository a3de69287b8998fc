//! The outside: block headers and broadcasters.
//!
//! Time arrives as an argument everywhere; nothing here reads a clock, and only [`arc`] and [`header_services`] open
//! sockets.
//!
//! | module | one job |
//! |---|---|
//! | [`headers_file`] | block headers from a JSON file that is read again when it changes |
//! | [`header_chain`] | block headers checked by ourselves; the chain with the most work counts |
//! | [`header_services`] | the services such headers come from, asked now and then |
//! | [`local_chain`] | a chain of one's own for development: blocks, proofs, mempool, faucet |
//! | [`arc`] | the broadcaster that speaks to ARC over HTTP |
//! | [`arc_local`] | a stand-in for ARC before the local chain: its requests, statuses and bodies |

pub mod arc;
pub mod arc_local;
pub mod header_chain;
pub mod header_services;
pub mod headers_file;
pub mod local_chain;

mod outside;
