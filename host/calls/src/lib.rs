//! One call into a plugin, whatever runs the plugin: what it may ask of the host, what it has left, what its answer must be.
//!
//! The sandbox calls components under these rules, and the test harness of plugin authors calls their code directly under the
//! same ones. Nothing here knows how a plugin runs: no WebAssembly, no threads.
//!
//! | module | one job |
//! |---|---|
//! | `export` | which function is called, what about, what such a call may do |
//! | `running` | a call under way: its log, and what it asks the host for |
//! | `host_functions` | what a plugin may call |
//! | `budget` | what the call has left |
//! | [`results`] | a plugin's answers, checked |
//! | `fault` | what went wrong, in words |
//! | `description` | what a plugin says about itself, made safe to show |
//! | [`limits`] | every number, with its reason |
//! | `observe` | what is told of calls |

mod budget;
mod cryptography;
mod description;
mod export;
mod fault;
mod host_functions;
mod no_host;
mod observe;
mod running;
mod stop;

pub mod limits;
pub mod results;
pub mod text;

pub use budget::Spent;
pub use description::{SelfDescription, configuration_digest};
pub use export::{Export, Subject, notice_parts};
pub use fault::Place;
pub use no_host::NoHost;
pub use observe::{CallObserver, CallOutcome, CallReport, LogLine, Unobserved};
pub use running::{CallSetup, RunningCall};
pub use stop::Stop;
