//! The component: what it says about itself, and its roles. One macro call exports each.

// role basket-manager
mod basket;
// end role
// role lookup-service
mod lookup;
// end role
mod message;
// role topic-relevance
mod relevance;
// end role
#[cfg(test)]
mod story;
// role topic-manager
mod topic;
// end role

use trellis_plugin::{Description, Plugin};

/// The plugin. It has no fields: every call runs in a fresh instance, so there is nothing to hold.
struct ThisPlugin;

impl Plugin for ThisPlugin {
    fn describe() -> Description {
        Description::new("My Plugin", "Signed messages to the world.").with_version(env!("CARGO_PKG_VERSION"))
    }

    fn documentation() -> String {
        include_str!("documentation.md").to_owned()
    }
}

trellis_plugin::export_plugin!(ThisPlugin);
// role topic-manager
trellis_plugin::export_topic_manager!(ThisPlugin);
// end role
// role topic-relevance
trellis_plugin::export_topic_relevance!(ThisPlugin);
// end role
// role lookup-service
trellis_plugin::export_lookup_service!(ThisPlugin);
// end role
// role basket-manager
trellis_plugin::export_basket_manager!(ThisPlugin);
// end role
