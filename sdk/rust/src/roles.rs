//! The roles a plugin can play, one trait each.

mod basket_manager;
mod lookup_service;
mod plugin;
mod topic_manager;
mod topic_relevance;

pub use basket_manager::{AdmittedToTopic, BasketManager, HeldToken, Operation, Organising, Token};
pub use lookup_service::{AdmittedOutput, Answer, FoundOutput, LookupService, Question, SpentOutput};
pub use plugin::{Description, Plugin};
pub use topic_manager::{AdmittanceInstructions, Submission, TopicManager};
pub use topic_relevance::TopicRelevance;
