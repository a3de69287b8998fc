//! The traits the rest of the host implements. Time, randomness and the network arrive as arguments of calls.

pub mod headers;
pub mod network;
pub mod observer;
pub mod plugins;
pub mod store;
