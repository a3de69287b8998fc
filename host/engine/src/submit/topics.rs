//! The topics a submission is for: those it names, or those the host finds.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use trellis_spv::verify::Verified;

use super::answer::{MAX_TOPICS, Submission, SubmitError, TopicChoice};
use super::facts::{sources, unknown_parents};
use super::host::TopicHost;
use super::judge::host_could_not;
use super::meter::Meter;
use crate::domain::name::{TopicId, TopicName};
use crate::engine::Engine;
use crate::hosting::HostedTopic;
use crate::ports::plugins::{PluginError, TransactionView};
use crate::state::State;
use crate::view::View;

/// What a plugin hears that writes while it is asked whether a transaction concerns its topic.
const READ_ONLY: &str = "state is read-only in is-relevant: write it in identify-admissible-outputs";

/// The topics of a submission.
#[derive(Clone, Debug)]
pub(super) struct Meant {
    /// Those that are hosted here.
    pub(super) hosted: Vec<HostedTopic>,
    /// Those that must take it, hosted or not.
    pub(super) required: Vec<TopicName>,
    /// Those whose plugin could not, or would not, say whether it concerns them, with its words.
    pub(super) left_out: BTreeMap<TopicName, String>,
}

impl Meant {
    /// Whether these are the same topics. Why others are left out is said in words, which may differ.
    pub(super) fn is_for_the_same_topics(&self, other: &Self) -> bool {
        (&self.hosted, &self.required) == (&other.hosted, &other.required)
    }
}

/// What a plugin said of a topic: whether a transaction concerns it, or why it does not say.
type Relevance = Result<bool, SubmitError>;

impl Engine {
    /// The topics a submission names; `None` where they are to be found.
    pub(super) fn named_topics(&self, submission: &Submission<'_>) -> Result<Option<Meant>, SubmitError> {
        let TopicChoice::Named(named) = submission.topics else { return Ok(None) };
        if named.is_empty() || named.len() > MAX_TOPICS {
            let count = named.len();
            return Err(SubmitError::Topics(format!("a submission names 1 to {MAX_TOPICS} topics, this one {count}")));
        }
        if let Some(repeated) = named.iter().find(|name| named.iter().filter(|other| other == name).count() > 1) {
            return Err(SubmitError::Topics(format!("topic `{repeated}` is named more than once")));
        }
        let mut hosted: Vec<_> = named.iter().filter_map(|name| self.hosting.topic(name).cloned()).collect();
        // In whatever order they were named, services hear of them in this one, now and when they are rebuilt.
        hosted.sort_by_key(|topic| topic.id);
        if hosted.is_empty() {
            return Err(SubmitError::NotHosted { named: named.to_vec() });
        }
        let required = if submission.require_all { named.to_vec() } else { Vec::new() };
        Ok(Some(Meant { hosted, required, left_out: BTreeMap::new() }))
    }

    /// Finds the topics a verified transaction is for: those that took it before, those that hold a coin it spends, and those
    /// whose plugin says so. A plugin that does not say keeps its own topic out, and no other one.
    pub(super) fn find_topics<'e>(
        &'e self,
        view: &View<'_>,
        verified: &Verified,
        submission: &Submission<'_>,
        meter: &Meter,
    ) -> Result<Meant, SubmitError> {
        let (txid, require_all) = (verified.subject, submission.require_all);
        let subject = verified
            .get(&txid)
            .ok_or_else(|| SubmitError::Internal("verification answered without its subject".to_owned()))?;
        let mut found: BTreeSet<TopicId> = BTreeSet::new();
        found.extend(view.applied(&txid)?.into_iter().flat_map(|applied| applied.row.topics));
        for input in subject.transaction.inputs() {
            found.extend(view.holders(&input.source)?.into_iter().flat_map(|holders| holders.row));
        }
        let parents = match subject.proof {
            Some(_) => unknown_parents(view, verified, subject)?,
            None => Default::default(),
        };
        let sources = sources(verified, subject, &parents);
        let transaction = TransactionView { transaction: &subject.transaction, sources: &sources };
        let asked: Vec<_> = self.asked_for_relevance().filter(|topic| !found.contains(&topic.id)).collect();
        let ask = |topic: &&'e HostedTopic| Ok((*topic, self.is_relevant(view, topic, transaction, meter)?));
        let answers: Vec<(&HostedTopic, Relevance)> = match asked.as_slice() {
            [only] => vec![ask(only)?],
            several => several.par_iter().map(ask).collect::<Result<_, SubmitError>>()?,
        };
        let mut left_out = BTreeMap::new();
        let mut unsaid = None;
        for (topic, answer) in answers {
            match answer {
                Ok(true) => drop(found.insert(topic.id)),
                Ok(false) => {}
                Err(error) => {
                    left_out.insert(topic.name.clone(), error.to_string());
                    unsaid.get_or_insert(error);
                }
            }
        }
        let mut hosted: Vec<_> = self.hosting.topics().filter(|topic| found.contains(&topic.id)).cloned().collect();
        hosted.sort_by_key(|topic| topic.id);
        if let Some(error) = unsaid.filter(|_| require_all || hosted.is_empty()) {
            return Err(error);
        }
        if hosted.is_empty() {
            return Err(SubmitError::NoTopicFound(txid));
        }
        if let TopicChoice::AutoExcept(closed) = submission.topics
            && let Some(found) = hosted.iter().find(|found| closed.contains(&found.name))
        {
            return Err(SubmitError::NotOpen { topic: found.name.clone(), txid });
        }
        if hosted.len() > MAX_TOPICS {
            let count = hosted.len();
            let text =
                format!("a submission is for at most {MAX_TOPICS} topics, {count} were found: name those it is for");
            return Err(SubmitError::Topics(text));
        }
        let required = if require_all { hosted.iter().map(|topic| topic.name.clone()).collect() } else { Vec::new() };
        Ok(Meant { hosted, required, left_out })
    }

    /// The topics whose rows a submission to some may read; where they were found, those whose plugin was asked too.
    pub(super) fn in_reach(&self, meant: &Meant, choice: TopicChoice<'_>) -> BTreeSet<TopicId> {
        let asked = self.asked_for_relevance().filter(|_| !matches!(choice, TopicChoice::Named(_)));
        self.hosting.in_reach(meant.hosted.iter().chain(asked).map(|topic| topic.id))
    }

    /// The topics whose plugin can say whether a transaction concerns them, by name.
    fn asked_for_relevance(&self) -> impl Iterator<Item = &HostedTopic> {
        let says = |topic: &&HostedTopic| {
            self.parts.plugins.description(&topic.plugin).is_some_and(|description| description.topic_relevance)
        };
        self.hosting.topics().filter(says)
    }

    fn is_relevant(
        &self,
        view: &View<'_>,
        topic: &HostedTopic,
        transaction: TransactionView<'_>,
        meter: &Meter,
    ) -> Result<Relevance, SubmitError> {
        let mut state = State::of_topic(view, &self.hosting, topic);
        let mut host = TopicHost { meter, state: &mut state, evidence: None, read_only: Some(READ_ONLY) };
        match self.parts.plugins.is_relevant(&topic.plugin, &topic.name, transaction, &mut host) {
            Ok(relevant) => Ok(Ok(relevant)),
            Err(PluginError::Refusal(text)) => {
                self.parts.observer.refused(&topic.plugin);
                let (plugin, topic) = (topic.plugin.clone(), topic.name.clone());
                Ok(Err(SubmitError::RelevanceRefused { plugin, topic, txid: transaction.transaction.txid(), text }))
            }
            Err(PluginError::Fault(fault)) => Ok(Err(SubmitError::Fault(fault))),
            Err(other) => Err(host_could_not(&other)),
        }
    }
}
