//! Which events a subscriber asks for: those that touch a topic or a basket it names, or all.

use std::collections::BTreeSet;

use crate::domain::basket::{BasketName, ManagerId};
use crate::domain::name::{TopicId, TopicName};
use crate::hosting::Hosting;

/// What an event touches, as far as filters ask.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Touched {
    /// Topics that gained or lost outputs, or that judged the transactions the event is about.
    pub topics: BTreeSet<TopicId>,
    /// Baskets that gained or lost tokens.
    pub baskets: BTreeSet<(ManagerId, BasketName)>,
    /// The event is about a transaction of which no topic is known any more: whoever asks for topics hears of it.
    pub unknown: bool,
}

/// Why a filter cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// A topic that is not hosted.
    #[error("topic `{0}` is not hosted here; GET /listTopicManagers lists those that are")]
    Topic(TopicName),
    /// A basket that no manager has.
    #[error("basket `{0}` is managed by nobody here; ask the operator which baskets there are")]
    Basket(BasketName),
}

/// Which events a subscriber asks for. An event that passes is told whole.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct EventFilter {
    topics: BTreeSet<TopicId>,
    baskets: BTreeSet<(ManagerId, BasketName)>,
}

impl EventFilter {
    /// What touches one of these topics or baskets; without any, everything.
    ///
    /// # Errors
    /// [`FilterError`] names the first that is not hosted.
    pub fn new(hosting: &Hosting, topics: &[TopicName], baskets: &[BasketName]) -> Result<Self, FilterError> {
        let topic = |name: &TopicName| {
            hosting.topic(name).map(|hosted| hosted.id).ok_or_else(|| FilterError::Topic(name.clone()))
        };
        let basket = |name: &BasketName| {
            let manager = hosting.manager_of(name).ok_or_else(|| FilterError::Basket(name.clone()))?;
            Ok((manager.id, name.clone()))
        };
        Ok(Self {
            topics: topics.iter().map(topic).collect::<Result<_, _>>()?,
            baskets: baskets.iter().map(basket).collect::<Result<_, _>>()?,
        })
    }

    /// Whether an event passes.
    #[must_use]
    pub fn passes(&self, touched: &Touched) -> bool {
        let by_topic = || !self.topics.is_empty() && (touched.unknown || !self.topics.is_disjoint(&touched.topics));
        self.passes_all() || by_topic() || !self.baskets.is_disjoint(&touched.baskets)
    }

    /// Whether every event passes, so that nobody needs to know what it touches.
    #[must_use]
    pub fn passes_all(&self) -> bool {
        self.topics.is_empty() && self.baskets.is_empty()
    }
}
