//! Hello World, as a plugin: signed messages on chain (`tm_helloworld`) and a way to find them (`ls_helloworld`).
//!
//! Meant to be read. A plugin is one type and one macro call for each role it plays:
//!
//! - `topic`: which outputs are messages. A pure function of the transaction.
//! - `index`: the rows the lookup service keeps, designed backwards from the questions.
//! - `query`: the questions clients may ask, and what a wrong one is told.
//! - `lookup`: the lookup service, which brings index and query together.
//! - `date`: dates without a clock, because a component has none.

mod date;
mod index;
mod lookup;
mod query;
#[cfg(test)]
mod story;
mod topic;

use trellis_plugin::{Description, Plugin};

/// The plugin. It has no fields: every call runs in a fresh instance, so there is nothing to hold.
struct HelloWorld;

impl Plugin for HelloWorld {
    fn describe() -> Description {
        Description::new("Hello World", "Signed messages to the world, and a way to find them.")
            .with_version(env!("CARGO_PKG_VERSION"))
    }

    fn documentation() -> String {
        include_str!("../README.md").to_owned()
    }
}

trellis_plugin::export_plugin!(HelloWorld);
trellis_plugin::export_topic_manager!(HelloWorld);
trellis_plugin::export_lookup_service!(HelloWorld);
