//! The roles a plugin can play, one trait each.

mod lookup_service;
mod plugin;
mod topic_manager;

pub use lookup_service::{AdmittedOutput, Answer, FoundOutput, LookupService, Question, SpentOutput};
pub use plugin::{Description, Plugin};
pub use topic_manager::{AdmittanceInstructions, Submission, TopicManager};
