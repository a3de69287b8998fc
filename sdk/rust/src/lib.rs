//! Write BSV overlay plugins in Rust.
//!
//! A plugin is one type that implements [`Plugin`] and one or more roles, and one macro call for each of them:
//!
//! ```
//! use trellis_plugin::{AdmittanceInstructions, Description, Plugin, Refusal, Submission, TopicManager};
//!
//! struct Everything;
//!
//! impl Plugin for Everything {
//!     fn describe() -> Description {
//!         Description::new("Everything", "Admits every output.")
//!     }
//!     fn documentation() -> String {
//!         "# Everything\nEvery output of every transaction is admitted.".into()
//!     }
//! }
//!
//! impl TopicManager for Everything {
//!     fn identify_admissible_outputs(submission: Submission) -> Result<AdmittanceInstructions, Refusal> {
//!         let count = submission.transaction.outputs.len() as u32;
//!         Ok(AdmittanceInstructions::admit(0..count))
//!     }
//! }
//!
//! trellis_plugin::export_plugin!(Everything);
//! trellis_plugin::export_topic_manager!(Everything);
//! ```
//!
//! The crate is a `cdylib`, compiled for `wasm32-unknown-unknown` with the linker `wasm-component-ld`, which ships with
//! the Rust toolchain; `cargo build` then writes a finished component:
//!
//! ```toml
//! # .cargo/config.toml
//! [build]
//! target = "wasm32-unknown-unknown"
//! [target.wasm32-unknown-unknown]
//! linker = "wasm-component-ld"
//! ```
//!
//! **Refusals and faults.** `Err(Refusal)` is the plugin's considered "no" and its text is for people. A panic is a
//! fault: the host fails the submission and names the plugin. The SDK carries the panic's text and place out to the
//! host's log.
//!
//! **Nothing survives a call.** Every call runs in a fresh instance; what must be remembered goes into [`state`].
//!
//! **Native tests.** Compiled for any other target the macros export nothing, and the host's functions are answered by
//! the stand-in in `stand_in`, so `cargo test` runs a plugin's logic natively. A whole overlay around the plugin, with signed
//! transactions and the host's own engine, natively and with the component, is `trellis-testing`.

#[cfg(any(test, all(target_arch = "wasm32", feature = "arena")))]
mod arena;
#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub mod bindings;
#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub mod export;
mod host;
mod macros;
mod refusal;
mod roles;
mod types;

pub mod ancestry;
pub mod config;
pub mod context;
pub mod crypto;
pub mod identity;
pub mod log;
#[cfg(not(target_arch = "wasm32"))]
pub mod native_host;
pub mod parties;
pub mod push_drop;
pub mod script;
#[cfg(not(target_arch = "wasm32"))]
pub mod stand_in;
pub mod state;
pub mod topics;

pub use refusal::Refusal;
pub use roles::{
    AdmittanceInstructions, AdmittedOutput, AdmittedToTopic, Answer, BasketManager, Description, FoundOutput,
    HeldToken, LookupService, Operation, Organising, Plugin, Question, SpentOutput, Submission, Token, TopicManager,
    TopicRelevance,
};
pub use types::{Input, MalformedIdentifier, Outpoint, Output, Transaction, Txid};
