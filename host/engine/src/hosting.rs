//! What a host is set up to do: its topics, its lookup services and its rules.

use std::collections::BTreeMap;

use crate::domain::name::{NameKind, ServiceId, ServiceName, TopicId, TopicName};
use crate::ports::plugins::PluginId;
use crate::ports::store::{Store, StoreError};

/// A topic as configured.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TopicSetup {
    /// Its name.
    pub name: TopicName,
    /// The plugin that judges it.
    pub plugin: PluginId,
}

/// A lookup service as configured.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServiceSetup {
    /// Its name.
    pub name: ServiceName,
    /// The plugin that answers for it.
    pub plugin: PluginId,
    /// The topics it indexes.
    pub topics: Vec<TopicName>,
}

/// Who is told of what was committed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum BroadcastPolicy {
    /// Every unproven transaction goes to the outbox within the commit that stores it.
    #[default]
    AfterCommit,
    /// As [`Self::AfterCommit`]; and whoever submits waits until the network has seen the transaction, or has refused it and it
    /// is taken back.
    Gate,
    /// Nobody: for hosts that only follow.
    None,
}

impl BroadcastPolicy {
    /// Whether unproven transactions go to the outbox.
    #[must_use]
    pub const fn tells(self) -> bool {
        !matches!(self, Self::None)
    }
}

/// The rules of a host.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// What the door lets through.
    pub verification: trellis_spv::verify::Policy,
    /// Who is told.
    pub broadcast: BroadcastPolicy,
}

/// Topics and services with their interned numbers.
#[derive(Debug)]
pub struct Hosting {
    topics: BTreeMap<TopicName, HostedTopic>,
    services: BTreeMap<ServiceName, HostedService>,
}

/// A hosted topic.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HostedTopic {
    /// Its number.
    pub id: TopicId,
    /// Its name.
    pub name: TopicName,
    /// The plugin that judges it.
    pub plugin: PluginId,
}

/// A hosted lookup service.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HostedService {
    /// Its number.
    pub id: ServiceId,
    /// Its name.
    pub name: ServiceName,
    /// The plugin that answers for it.
    pub plugin: PluginId,
    /// The topics it indexes.
    pub topics: Vec<TopicId>,
}

/// Why a setup cannot be hosted.
#[derive(Debug, Clone, thiserror::Error)]
pub enum HostingError {
    /// A name twice.
    #[error("`{0}` is configured twice; every topic and lookup service has one entry")]
    Repeated(String),
    /// A service indexes a topic that is not hosted.
    #[error(
        "lookup service `{service}` names topic `{topic}`, which is not configured; add a [[topic]] with that name"
    )]
    UnknownTopic {
        /// The service.
        service: ServiceName,
        /// The topic.
        topic: TopicName,
    },
    /// Names could not be interned.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Hosting {
    /// Interns the names and checks the references.
    ///
    /// # Errors
    /// [`HostingError`].
    pub fn new(store: &dyn Store, topics: &[TopicSetup], services: &[ServiceSetup]) -> Result<Self, HostingError> {
        let mut hosting = Self { topics: BTreeMap::new(), services: BTreeMap::new() };
        for TopicSetup { name, plugin } in topics {
            let id = TopicId(store.intern(NameKind::Topic, name.as_str())?);
            let hosted = HostedTopic { id, name: name.clone(), plugin: plugin.clone() };
            if hosting.topics.insert(name.clone(), hosted).is_some() {
                return Err(HostingError::Repeated(name.to_string()));
            }
        }
        for ServiceSetup { name, plugin, topics } in services {
            let id = ServiceId(store.intern(NameKind::Service, name.as_str())?);
            let topics = topics
                .iter()
                .map(|topic| {
                    hosting
                        .topic(topic)
                        .map(|hosted| hosted.id)
                        .ok_or_else(|| HostingError::UnknownTopic { service: name.clone(), topic: topic.clone() })
                })
                .collect::<Result<_, _>>()?;
            let hosted = HostedService { id, name: name.clone(), plugin: plugin.clone(), topics };
            if hosting.services.insert(name.clone(), hosted).is_some() {
                return Err(HostingError::Repeated(name.to_string()));
            }
        }
        Ok(hosting)
    }

    /// A hosted topic by name.
    #[must_use]
    pub fn topic(&self, name: &TopicName) -> Option<&HostedTopic> {
        self.topics.get(name)
    }

    /// A hosted topic by number.
    #[must_use]
    pub fn topic_by_id(&self, id: TopicId) -> Option<&HostedTopic> {
        self.topics.values().find(|topic| topic.id == id)
    }

    /// All topics, by name.
    pub fn topics(&self) -> impl Iterator<Item = &HostedTopic> {
        self.topics.values()
    }

    /// A hosted service by name.
    #[must_use]
    pub fn service(&self, name: &str) -> Option<&HostedService> {
        self.services.values().find(|service| service.name.as_str() == name)
    }

    /// All services, by name.
    pub fn services(&self) -> impl Iterator<Item = &HostedService> {
        self.services.values()
    }

    /// The services that index a topic, by name.
    pub fn services_of(&self, topic: TopicId) -> impl Iterator<Item = &HostedService> {
        self.services.values().filter(move |service| service.topics.contains(&topic))
    }
}
