//! Contracts of two organisations, as a plugin: whatever happens to a contract, both parties have signed it, and a federation vouches for
//! each.
//!
//! - `contract`: what a contract looks like in a locking script.
//! - `topic`: what the topic lets in: contracts and what becomes of them, with the consent of both.
//! - `ledger`: the lookup service, which answers with a contract and everything that became of it.

mod contract;
mod ledger;
#[cfg(test)]
mod story;
mod topic;

use trellis_plugin::{Description, Plugin};

/// The plugin. Every call runs in a fresh instance, so it has nothing to hold.
struct Contracts;

impl Plugin for Contracts {
    fn describe() -> Description {
        Description::new("Contracts", "Supply contracts that both parties signed, each known to a federation.")
            .with_version(env!("CARGO_PKG_VERSION"))
    }

    fn documentation() -> String {
        include_str!("../../README.md").to_owned()
    }
}

trellis_plugin::export_plugin!(Contracts);
trellis_plugin::export_topic_manager!(Contracts);
trellis_plugin::export_lookup_service!(Contracts);
