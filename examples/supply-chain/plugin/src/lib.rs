//! A supply chain, as a plugin: goods pass from organisation to organisation, each with a topic and a basket of its own.
//!
//! - `good`: what a good looks like in a locking script.
//! - `organisation`: who takes part, and who receives from whom. The operator's configuration says it.
//! - `topic`: what an organisation's topic lets in and lets go.
//! - `relevance`: which transactions concern an organisation, for submitters that name no topics.
//! - `basket`: what lies where.
//! - `history`: the lookup service, which answers with a good and every transaction it went through.

mod basket;
mod good;
mod history;
mod organisation;
mod relevance;
#[cfg(test)]
mod story;
mod topic;

use trellis_plugin::{Description, Plugin};

/// The plugin. Every call runs in a fresh instance, so it has nothing to hold.
struct SupplyChain;

impl Plugin for SupplyChain {
    fn describe() -> Description {
        Description::new("Supply chain", "Goods that pass from organisation to organisation, with their history.")
            .with_version(env!("CARGO_PKG_VERSION"))
    }

    fn documentation() -> String {
        include_str!("../../README.md").to_owned()
    }
}

trellis_plugin::export_plugin!(SupplyChain);
trellis_plugin::export_topic_manager!(SupplyChain);
trellis_plugin::export_topic_relevance!(SupplyChain);
trellis_plugin::export_basket_manager!(SupplyChain);
trellis_plugin::export_lookup_service!(SupplyChain);
