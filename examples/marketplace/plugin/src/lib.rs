//! A marketplace, as a plugin: assets against money in one transaction, or neither.
//!
//! - `money`: tokens with amounts that are conserved.
//! - `asset`: tokens that exist once and may carry a price.
//! - `trade`: an asset leaves its owner only against its price.
//! - `topic`: which of the two topics a submission is judged for.
//! - `basket`: who has what, `assets/<key>` and `money/<key>`.
//! - `token`: what both kinds of tokens share.

mod asset;
mod basket;
mod money;
#[cfg(test)]
mod story;
mod token;
mod topic;
mod trade;

use trellis_plugin::{Description, Plugin};

/// The plugin. Every call runs in a fresh instance, so it has nothing to hold.
struct Marketplace;

impl Plugin for Marketplace {
    fn describe() -> Description {
        Description::new("Marketplace", "Assets against money in one transaction, or neither.")
            .with_version(env!("CARGO_PKG_VERSION"))
    }

    fn documentation() -> String {
        include_str!("../../README.md").to_owned()
    }
}

trellis_plugin::export_plugin!(Marketplace);
trellis_plugin::export_topic_manager!(Marketplace);
trellis_plugin::export_basket_manager!(Marketplace);
