//! How much plugins hold in their state, and may.

use std::collections::BTreeMap;

use crate::domain::name::ServiceId;
use crate::domain::row::{Namespace, NumberKey};
use crate::engine::Engine;
use crate::ports::plugins::PluginId;
use crate::ports::store::StoreError;
use crate::view::View;

impl Engine {
    /// Bytes of keys and values that each topic or service of a plugin may hold.
    pub(crate) fn state_quota(&self, plugin: &PluginId) -> u64 {
        self.parts.plugins.description(plugin).map_or(u64::MAX, |description| description.state_quota)
    }

    /// Bytes of keys and values that each topic and service of a plugin holds, by name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn state_bytes(&self, plugin: &PluginId) -> Result<BTreeMap<String, u64>, StoreError> {
        let view = View::new(self.store());
        let mut held = BTreeMap::new();
        let topics = self.hosting.topics().filter(|topic| topic.plugin == *plugin);
        for topic in topics {
            held.insert(topic.name.to_string(), Namespace::Topic(topic.id));
        }
        for service in self.hosting.services().filter(|service| service.plugin == *plugin) {
            let serving: Option<ServiceId> = view.serving_service(service)?;
            held.extend(serving.map(|serving| (service.name.to_string(), Namespace::Service(serving))));
        }
        let bytes = |(name, namespace)| {
            let bytes = view.number(NumberKey::StateBytes(namespace))?;
            Ok((name, u64::try_from(bytes).unwrap_or(0)))
        };
        held.into_iter().map(bytes).collect()
    }
}
