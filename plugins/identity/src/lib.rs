//! Identity, as a plugin: certificates that their subjects reveal to the world (`tm_identity`), and a way to find out who
//! somebody is (`ls_identity`). What `IdentityClient` of `@bsv/sdk` publishes, revokes and asks.
//!
//! - `token`: what an identity token is, and when it is to be believed
//! - `topic`: which outputs are such tokens
//! - `heading`: what a certificate can be found by
//! - `index`: the rows the lookup service keeps
//! - `query`: the questions clients may ask, and what a wrong one is told
//! - `lookup`: the lookup service, which brings index and query together

mod heading;
mod index;
mod lookup;
mod query;
#[cfg(test)]
mod story;
#[cfg(test)]
mod testing;
mod token;
mod topic;

use trellis_plugin::{Description, Plugin};

/// The plugin. It has no fields: every call runs in a fresh instance, so there is nothing to hold.
struct Identity;

impl Plugin for Identity {
    fn describe() -> Description {
        Description::new("Identity", "Certificates that people reveal to the world, and a way to find who somebody is.")
            .with_version(env!("CARGO_PKG_VERSION"))
    }

    fn documentation() -> String {
        include_str!("../README.md").to_owned()
    }
}

trellis_plugin::export_plugin!(Identity);
trellis_plugin::export_topic_manager!(Identity);
trellis_plugin::export_lookup_service!(Identity);
