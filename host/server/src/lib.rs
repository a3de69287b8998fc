//! The binary `trellis`: HTTP, command line, configuration, wiring. The only crate that knows all the others.
//!
//! | module | one job |
//! |---|---|
//! | [`command`] | the command line |
//! | [`config`] | the configuration file |
//! | [`host`] | a running host, from the first open port to the orderly end |
//! | [`wiring`] | store, plugins, headers, broadcasters and engine put together |
//! | [`data_dir`] | the folder of everything durable, and whose it is |
//! | [`engine_slot`] | where the engine is found that works now |
//! | [`reload`] | the configuration read again |
//! | [`worker`] | the threads behind a running host: outbox, upkeep, miner, callbacks |
//! | [`auth`] | mutual authentication of clients |
//! | [`identity_key`] | this host's identity key |
//! | [`private_file`] | files that only the host may read |
//! | [`callback_token`] | by what callbacks of broadcasters are known |
//! | [`callbacks`] | sends the callbacks of the stand-in for ARC |
//! | [`node`] | what every request handler shares |
//! | [`federations`] | the federations file of a running host |
//! | [`events`] | subscriptions: every commit told to whoever listens |
//! | [`http`] | the two listeners |
//! | [`metrics`] | what Prometheus sees |
//! | [`telemetry`] | the log |
//! | [`clock`] | the clocks |
//! | [`shutdown`] | the orderly end |
//! | [`wallet`] | keys, scripts and signatures of transactions this program makes itself |
//! | [`client`] | calls to a running host |
//! | [`mod@bench`] | what a submission costs, against what it must cost |

pub mod auth;
pub mod bench;
pub mod callback_token;
pub mod callbacks;
pub mod client;
pub mod clock;
pub mod command;
pub mod config;
pub mod data_dir;
pub mod engine_slot;
pub mod events;
pub mod federations;
pub mod host;
pub mod http;
pub mod identity_key;
pub mod metrics;
pub mod node;
pub mod plugins;
pub mod private_file;
pub mod reload;
pub mod shutdown;
pub mod telemetry;
pub mod wallet;
pub mod wiring;
pub mod worker;

#[cfg(test)]
mod testing;
