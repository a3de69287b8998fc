//! An overlay in a test: the host's own engine over a store in memory, transactions that are really signed, and your plugin.
//!
//! ```
//! use trellis_plugin::{AdmittanceInstructions, Description, Plugin, Refusal, Submission, TopicManager};
//! use trellis_testing::{Overlay, Party};
//!
//! /// Admits outputs of at least ten satoshis.
//! struct Worthwhile;
//!
//! impl Plugin for Worthwhile {
//!     fn describe() -> Description {
//!         Description::new("Worthwhile", "Admits outputs of at least ten satoshis.")
//!     }
//!     fn documentation() -> String {
//!         "# Worthwhile".into()
//!     }
//! }
//!
//! impl TopicManager for Worthwhile {
//!     fn identify_admissible_outputs(submission: Submission) -> Result<AdmittanceInstructions, Refusal> {
//!         let outputs = (0u32..).zip(&submission.transaction.outputs);
//!         let worth: Vec<u32> = outputs.filter(|(_, output)| output.satoshis >= 10).map(|(index, _)| index).collect();
//!         if worth.is_empty() { Err("no output is worth ten satoshis".into()) } else { Ok(AdmittanceInstructions::admit(worth)) }
//!     }
//! }
//!
//! Overlay::new().topic("tm_worthwhile", Worthwhile).test(|host| {
//!     let alice = Party::named("alice");
//!     let paid = host.transaction().pay(&alice, 5).pay(&alice, 10).sign();
//!     host.submit(&paid, ["tm_worthwhile"]).admits("tm_worthwhile", [1]);
//!
//!     let little = host.transaction().spend(&paid, 1, &alice).pay(&alice, 9).sign();
//!     host.submit(&little, ["tm_worthwhile"]).refused("tm_worthwhile", "ten satoshis");
//! });
//! ```
//!
//! **Natively and as a component.** The body of [`Overlay::test`] runs with the plugin's functions called directly, where a debugger
//! reaches them. With the feature `component` and [`Overlay::component`] it runs once more, with the compiled component in the
//! host's real sandbox; whatever the two runs answer, store or log differently fails the test. That is the one switch:
//!
//! ```no_run
//! use trellis_testing::{Everything, Overlay, Party, component};
//!
//! Overlay::new().topic("tm_all", Everything).component(Everything, component!()).test(|host| {
//!     let paid = host.transaction().pay(&Party::named("alice"), 10).sign();
//!     host.submit(&paid, ["tm_all"]).admits("tm_all", [0]);
//! });
//! ```
//!
//! **What is the same as on a host.** Everything: submissions are verified, judged, organised, indexed and committed by the engine
//! itself, calls are held to the sandbox's budgets and permissions, answers are checked as the sandbox checks them, and at the end
//! of a test every row of the store is verified against every other. Natively, fuel, deadlines and memory are not measured, and what
//! is kept in a `static` outlives the call.
//!
//! **What is not random.** Keys come from names, times from a clock that the test moves, signatures are deterministic: a test does
//! the same every time, down to the transaction ids.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a test fails by panicking"
)]

pub mod cases;
mod certificate;
mod component;
mod diary;
mod draft;
mod host;
mod ledger;
mod native;
mod neighbour;
mod overlay;
mod party;
mod setup;
mod trust;

pub use certificate::{Certificate, Certifying};
pub use component::Component;
pub use diary::{CallMade, LoggedLine};
pub use draft::Draft;
pub use host::{Answer, Basket, BatchAnswer, Found, HandedOut, Host, Member, Rows, Submitting, TokenHeld, Wanted};
pub use neighbour::Everything;
pub use overlay::Overlay;
pub use party::Party;
pub use trellis_engine::domain::event::Event;
pub use trellis_engine::ports::plugins::FaultKind;
pub use trellis_spv::hash::{Outpoint, Txid};
pub use trellis_spv::testing::LockPosition;
pub use trellis_spv::transaction::Transaction;
pub use trust::Trust;
