//! Tokens in baskets: a topic that admits them, and the basket manager that says what they are.
//!
//! - `record`: what an output says it is
//! - `topic`: the verdict
//! - `manager`: the operations

mod manager;
mod record;
#[cfg(test)]
mod story;
mod topic;

use trellis_plugin::{Description, Plugin};

struct Shop;

impl Plugin for Shop {
    fn describe() -> Description {
        Description::new("Shop", "Tickets, money and anything that is counted, in baskets.")
            .with_version(env!("CARGO_PKG_VERSION"))
    }

    fn documentation() -> String {
        include_str!("../README.md").to_owned()
    }
}

trellis_plugin::export_plugin!(Shop);
trellis_plugin::export_topic_manager!(Shop);
trellis_plugin::export_basket_manager!(Shop);
