//! Double-entry accounting, as a plugin: every account is a topic, a posting is one transaction over two or more of them.
//!
//! - `entry`: what a line of a posting looks like in a locking script.
//! - `posting`: what the lines of a transaction must come to: zero.
//! - `topic`: the account's topic, which keeps its balance.
//! - `basket`: debit and credit of every account, and the rule that a posting reaches all its accounts or none.

mod basket;
mod entry;
mod posting;
#[cfg(test)]
mod story;
mod topic;

use trellis_plugin::{Description, Plugin};

/// The plugin. Every call runs in a fresh instance, so it has nothing to hold.
struct Ledger;

impl Plugin for Ledger {
    fn describe() -> Description {
        Description::new("Ledger", "Double-entry accounting, an account a topic.")
            .with_version(env!("CARGO_PKG_VERSION"))
    }

    fn documentation() -> String {
        include_str!("../../README.md").to_owned()
    }
}

trellis_plugin::export_plugin!(Ledger);
trellis_plugin::export_topic_manager!(Ledger);
trellis_plugin::export_basket_manager!(Ledger);
