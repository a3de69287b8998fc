//! Which topics a plugin may read: what the operator granted the topic or service it is called for.

use crate::domain::name::{TopicId, TopicName};
use crate::hosting::{HostedService, HostedTopic, Hosting};
use crate::ports::plugins::{HostFailure, NotGranted};

/// The grants of one topic or service.
#[derive(Clone, Copy)]
pub(crate) struct Grants<'h> {
    hosting: &'h Hosting,
    /// The configuration table of the reader, for whoever has to add a grant.
    table: &'static str,
    reader: &'h str,
    reads: &'h [TopicId],
}

impl<'h> Grants<'h> {
    pub(crate) fn of_topic(hosting: &'h Hosting, topic: &'h HostedTopic) -> Self {
        Self { hosting, table: "[[topic]]", reader: topic.name.as_str(), reads: &topic.reads }
    }

    pub(crate) fn of_service(hosting: &'h Hosting, service: &'h HostedService) -> Self {
        Self { hosting, table: "[[lookup]]", reader: service.name.as_str(), reads: &service.reads }
    }

    /// The number of a topic that may be read.
    pub(crate) fn check(&self, topic: &TopicName) -> Result<TopicId, HostFailure> {
        let hosted = self.hosting.topic(topic);
        match hosted.filter(|hosted| self.reads.contains(&hosted.id)) {
            Some(hosted) => Ok(hosted.id),
            None => Err(HostFailure::NotGranted(Box::new(NotGranted {
                topic: topic.clone(),
                hosted: hosted.is_some(),
                table: self.table,
                reader: self.reader.to_owned(),
            }))),
        }
    }
}
