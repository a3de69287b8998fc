//! Tickets, as a plugin: every seat exists once, passes from owner to owner, and is available or sold.
//!
//! - `ticket`: what a ticket looks like in a locking script.
//! - `topic`: which outputs are tickets. Only the organiser makes new ones; nobody makes two of one.
//! - `basket`: where a ticket is, `tickets/available` or `tickets/sold`.
//! - `configured`: the keys the operator wrote into the configuration.

mod basket;
mod configured;
#[cfg(test)]
mod story;
mod ticket;
mod topic;

use trellis_plugin::{Description, Plugin};

/// The plugin. Every call runs in a fresh instance, so it has nothing to hold.
struct Tickets;

impl Plugin for Tickets {
    fn describe() -> Description {
        Description::new("Tickets", "Seats that exist once, and who has them.").with_version(env!("CARGO_PKG_VERSION"))
    }

    fn documentation() -> String {
        include_str!("../../README.md").to_owned()
    }
}

trellis_plugin::export_plugin!(Tickets);
trellis_plugin::export_topic_manager!(Tickets);
trellis_plugin::export_basket_manager!(Tickets);
