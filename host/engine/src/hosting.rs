//! What a host is set up to do: its topics, its lookup services, its basket managers and its rules.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::basket::{BasketName, ManagerId, TokenError};
use crate::domain::name::{NameKind, ServiceId, ServiceName, TopicId, TopicName};
use crate::federation::CertificateDemand;
use crate::ports::plugins::PluginId;
use crate::ports::store::{Store, StoreError};

/// A topic as configured.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TopicSetup {
    /// Its name.
    pub name: TopicName,
    /// The plugin that judges it.
    pub plugin: PluginId,
    /// Other topics the plugin may read.
    pub reads: Vec<TopicName>,
    /// What somebody must have who signs a submission for it.
    pub certified: Option<CertificateDemand>,
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
    /// Topics the plugin may read besides those it indexes.
    pub reads: Vec<TopicName>,
}

/// A basket manager as configured.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ManagerSetup {
    /// The plugin.
    pub plugin: PluginId,
    /// The baskets that are its.
    pub baskets: Vec<BasketPattern>,
    /// The topics whose outputs it may place.
    pub topics: Vec<TopicName>,
}

/// One basket, or all whose names begin alike.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum BasketPattern {
    /// This one.
    Basket(BasketName),
    /// All whose names begin with this: `shop/*` begins with `shop/`.
    Prefix(String),
}

impl BasketPattern {
    /// Reads `shop/tickets` or `shop/*`.
    ///
    /// # Errors
    /// [`TokenError::Basket`].
    pub fn new(text: &str) -> Result<Self, TokenError> {
        match text.strip_suffix('*') {
            None => BasketName::new(text).map(Self::Basket),
            // What can follow the prefix is checked when it does.
            Some(prefix) => BasketName::new(prefix).map(|prefix| Self::Prefix(prefix.as_str().to_owned())),
        }
    }

    /// Whether a basket is meant.
    #[must_use]
    pub fn means(&self, basket: &BasketName) -> bool {
        match self {
            Self::Basket(only) => only == basket,
            Self::Prefix(prefix) => basket.as_str().starts_with(prefix),
        }
    }

    /// Whether there can be a basket that both mean.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Basket(only), other) | (other, Self::Basket(only)) => other.means(only),
            (Self::Prefix(one), Self::Prefix(two)) => one.starts_with(two.as_str()) || two.starts_with(one.as_str()),
        }
    }
}

impl std::fmt::Display for BasketPattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Basket(only) => only.fmt(f),
            Self::Prefix(prefix) => write!(f, "{prefix}*"),
        }
    }
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

/// Topics, services and managers with their interned numbers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hosting {
    topics: BTreeMap<TopicName, HostedTopic>,
    services: BTreeMap<ServiceName, HostedService>,
    managers: BTreeMap<PluginId, HostedManager>,
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
    /// Other topics the plugin may read.
    pub reads: Vec<TopicId>,
    /// What somebody must have who signs a submission for it.
    pub certified: Option<CertificateDemand>,
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
    /// Topics the plugin may read: those it indexes among them.
    pub reads: Vec<TopicId>,
}

/// A hosted basket manager.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HostedManager {
    /// Its number.
    pub id: ManagerId,
    /// The plugin.
    pub plugin: PluginId,
    /// The baskets that are its.
    pub baskets: Vec<BasketPattern>,
    /// The topics whose outputs it may place.
    pub topics: Vec<TopicId>,
}

impl HostedManager {
    /// Whether a basket is its.
    #[must_use]
    pub fn manages(&self, basket: &BasketName) -> bool {
        self.baskets.iter().any(|pattern| pattern.means(basket))
    }
}

/// Why a setup cannot be hosted.
#[derive(Debug, Clone, thiserror::Error)]
pub enum HostingError {
    /// A name twice.
    #[error("`{0}` is configured twice; every topic and lookup service has one entry")]
    Repeated(String),
    /// A topic that anybody may submit to would tell what a certified one holds.
    #[error(
        "topic `{open}` reads topic `{certified}`, which takes only what certified parties signed, while anybody may submit to `{open}`; give `{open}` a `certified` of its own, or take the topic out of its `reads`"
    )]
    CertifiedToOpen {
        /// Anybody may submit to it.
        open: TopicName,
        /// It wants certificates.
        certified: TopicName,
    },
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
    /// A manager is granted a topic that is not hosted.
    #[error(
        "basket manager `{manager}` names topic `{topic}`, which is not configured; add a [[topic]] with that name"
    )]
    UnknownTopicOfManager {
        /// The manager's plugin.
        manager: PluginId,
        /// The topic.
        topic: TopicName,
    },
    /// A basket has two managers.
    #[error("baskets `{one}` and `{two}` overlap; every basket has one manager")]
    Overlap {
        /// What one [[basket]] names.
        one: BasketPattern,
        /// What another one, or the same, names.
        two: BasketPattern,
    },
    /// A topic or service is to read a topic that is not hosted, or a topic itself.
    #[error("`{reader}` is to read topic `{topic}`, which {}", if reader == topic.as_str() { "it is itself" } else { "is not configured; add a [[topic]] with that name" })]
    UnknownRead {
        /// The topic or service.
        reader: String,
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
        let mut hosting = Self { topics: BTreeMap::new(), services: BTreeMap::new(), managers: BTreeMap::new() };
        for TopicSetup { name, plugin, certified, .. } in topics {
            let id = TopicId(store.intern(NameKind::Topic, name.as_str())?);
            let (plugin, certified) = (plugin.clone(), certified.clone());
            let hosted = HostedTopic { id, name: name.clone(), plugin, reads: Vec::new(), certified };
            if hosting.topics.insert(name.clone(), hosted).is_some() {
                return Err(HostingError::Repeated(name.to_string()));
            }
        }
        for TopicSetup { name, reads, certified, .. } in topics {
            let is_certified = |topic: &TopicName| hosting.topic(topic).is_some_and(|topic| topic.certified.is_some());
            if let (None, Some(certified)) = (certified, reads.iter().find(|topic| is_certified(topic))) {
                let (open, certified) = (name.clone(), certified.clone());
                return Err(HostingError::CertifiedToOpen { open, certified });
            }
            let reads = hosting.readable(name.as_str(), reads)?;
            hosting.topics.entry(name.clone()).and_modify(|hosted| hosted.reads = reads);
        }
        for ServiceSetup { name, plugin, topics, reads } in services {
            let id = ServiceId(store.intern(NameKind::Service, name.as_str())?);
            let topics = topics
                .iter()
                .map(|topic| {
                    hosting
                        .topic(topic)
                        .map(|hosted| hosted.id)
                        .ok_or_else(|| HostingError::UnknownTopic { service: name.clone(), topic: topic.clone() })
                })
                .collect::<Result<Vec<_>, _>>()?;
            let mut reads = hosting.readable(name.as_str(), reads)?;
            reads.extend(&topics);
            let hosted = HostedService { id, name: name.clone(), plugin: plugin.clone(), topics, reads };
            if hosting.services.insert(name.clone(), hosted).is_some() {
                return Err(HostingError::Repeated(name.to_string()));
            }
        }
        Ok(hosting)
    }

    /// The same, with basket managers.
    ///
    /// # Errors
    /// [`HostingError`].
    pub fn with_managers(mut self, store: &dyn Store, managers: &[ManagerSetup]) -> Result<Self, HostingError> {
        let patterns: Vec<_> = managers.iter().flat_map(|manager| &manager.baskets).collect();
        for (position, one) in patterns.iter().enumerate() {
            if let Some(two) = patterns.iter().skip(position + 1).find(|two| one.overlaps(two)) {
                return Err(HostingError::Overlap { one: (*one).clone(), two: (*two).clone() });
            }
        }
        for ManagerSetup { plugin, baskets, topics } in managers {
            let id = ManagerId(store.intern(NameKind::Manager, &plugin.0)?);
            let unknown = |topic: &TopicName| HostingError::UnknownTopicOfManager {
                manager: plugin.clone(),
                topic: topic.clone(),
            };
            let topics = topics
                .iter()
                .map(|topic| self.topic(topic).map(|hosted| hosted.id).ok_or_else(|| unknown(topic)))
                .collect::<Result<_, _>>()?;
            let hosted = HostedManager { id, plugin: plugin.clone(), baskets: baskets.clone(), topics };
            if self.managers.insert(plugin.clone(), hosted).is_some() {
                return Err(HostingError::Repeated(plugin.to_string()));
            }
        }
        Ok(self)
    }

    /// All basket managers, by plugin.
    pub fn managers(&self) -> impl Iterator<Item = &HostedManager> {
        self.managers.values()
    }

    /// Whose basket it is.
    #[must_use]
    pub fn manager_of(&self, basket: &BasketName) -> Option<&HostedManager> {
        self.managers.values().find(|manager| manager.manages(basket))
    }

    /// A basket manager by number.
    #[must_use]
    pub fn manager_by_id(&self, id: ManagerId) -> Option<&HostedManager> {
        self.managers.values().find(|manager| manager.id == id)
    }

    fn readable(&self, reader: &str, topics: &[TopicName]) -> Result<Vec<TopicId>, HostingError> {
        let unknown = |topic: &TopicName| HostingError::UnknownRead { reader: reader.to_owned(), topic: topic.clone() };
        let id = |topic: &TopicName| self.topic(topic).filter(|hosted| hosted.name.as_str() != reader).map(|it| it.id);
        topics.iter().map(|topic| id(topic).ok_or_else(|| unknown(topic))).collect()
    }

    /// The topics whose rows a submission to some topics may read: these, and those they may read.
    pub(crate) fn in_reach(&self, topics: impl Iterator<Item = TopicId>) -> BTreeSet<TopicId> {
        let mut reach = BTreeSet::new();
        for topic in topics {
            reach.insert(topic);
            reach.extend(self.topic_by_id(topic).into_iter().flat_map(|topic| &topic.reads));
        }
        reach
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
