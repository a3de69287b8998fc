//! A candidate that judges beside the plugin whose place it may take: what it would have said, held against what was said.
//! Nothing of what it says is stored, and its faults are nobody's but its own.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use trellis_spv::hash::Txid;

use super::host::TopicHost;
use super::judge::Outcome;
use super::meter::Meter;
use crate::domain::name::TopicName;
use crate::domain::row::{Row, RowKey};
use crate::engine::Engine;
use crate::evidence::Standing;
use crate::hosting::HostedTopic;
use crate::ports::plugins::{PluginError, PluginId, TopicSubmission};
use crate::state::State;
use crate::view::View;

/// Disagreements kept for the operator to look at; the others are counted.
const MAX_SHOWN: usize = 20;

/// What a candidate said beside its plugin.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ShadowReport {
    /// Verdicts of both. A submission that others overtake is judged again, and counts again.
    pub judged: u64,
    /// Verdicts in which they differed.
    pub disagreed: u64,
    /// The last of these, oldest first.
    pub last: VecDeque<Disagreement>,
}

/// A verdict in which a candidate and its plugin differed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Disagreement {
    /// The topic.
    pub topic: TopicName,
    /// The transaction.
    pub txid: Txid,
    /// What the plugin said, in words.
    pub plugin: String,
    /// What the candidate said.
    pub candidate: String,
}

/// The candidates that judge.
#[derive(Default)]
pub(crate) struct Shadows(Mutex<BTreeMap<PluginId, ShadowReport>>);

impl Shadows {
    fn locked(&self) -> MutexGuard<'_, BTreeMap<PluginId, ShadowReport>> {
        // Counts of what was seen: whatever a panic left of them is still that.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn watches(&self, plugin: &PluginId) -> bool {
        self.locked().contains_key(plugin)
    }

    fn enter(&self, plugin: &PluginId, disagreement: Option<Disagreement>) {
        if let Some(report) = self.locked().get_mut(plugin) {
            report.judged = report.judged.saturating_add(1);
            let Some(disagreement) = disagreement else { return };
            report.disagreed = report.disagreed.saturating_add(1);
            if report.last.len() == MAX_SHOWN {
                report.last.pop_front();
            }
            report.last.push_back(disagreement);
        }
    }
}

/// What a topic manager said, as far as two of them are compared.
#[derive(PartialEq)]
enum Said<'s> {
    Judged {
        admitted: &'s [u32],
        retained: &'s [u32],
        state: &'s [(RowKey, Option<Row>)],
    },
    /// Its words are for people, and may be others.
    Refused(Words<'s>),
    Broke(Words<'s>),
}

/// Words that make no difference.
struct Words<'s>(&'s str);

impl PartialEq for Words<'_> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl std::fmt::Display for Said<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Judged { admitted, retained, state } => {
                let rows = state.iter().filter(|(key, _)| matches!(key, RowKey::State(..))).count();
                write!(f, "admits outputs {admitted:?}, retains coins {retained:?}, writes {rows} rows")
            }
            Self::Refused(Words(text)) => write!(f, "refuses: {text}"),
            Self::Broke(Words(text)) => write!(f, "breaks: {text}"),
        }
    }
}

impl<'s> From<&'s Outcome> for Said<'s> {
    fn from(outcome: &'s Outcome) -> Self {
        match outcome {
            Outcome::Judged(judged) => Self::Judged {
                admitted: &judged.judgement.outputs_to_admit,
                retained: &judged.judgement.coins_to_retain,
                state: &judged.state.writes,
            },
            Outcome::Refused(text) => Self::Refused(Words(text)),
            Outcome::Broke(fault) => Self::Broke(Words(&fault.text)),
        }
    }
}

impl Engine {
    /// Has the candidate of a plugin judge beside it from now on. What was seen of an earlier one is forgotten.
    pub fn watch_candidate(&self, plugin: &PluginId) {
        self.shadows.locked().insert(plugin.clone(), ShadowReport::default());
    }

    /// Ends that; `None` where no candidate judged.
    pub fn end_watch(&self, plugin: &PluginId) -> Option<ShadowReport> {
        self.shadows.locked().remove(plugin)
    }

    /// What was seen so far of a candidate that judges; `None` where none does.
    #[must_use]
    pub fn watched(&self, plugin: &PluginId) -> Option<ShadowReport> {
        self.shadows.locked().get(plugin).cloned()
    }

    /// Asks the candidate what the plugin was asked, and notes whether it says the same.
    pub(super) fn judge_beside(
        &self,
        view: &View<'_>,
        topic: &HostedTopic,
        asked: &TopicSubmission<'_>,
        standing: &Standing,
        outcome: &Outcome,
    ) {
        let candidate = topic.plugin.candidate();
        let mut state = State::of_topic(view, &self.hosting, topic).bounded(self.state_quota(&candidate));
        // Who submits does not pay for what the operator wants to know.
        let meter = Meter::default();
        let mut host =
            TopicHost { meter: &meter, state: &mut state, evidence: Some(&standing.evidence), read_only: None };
        let answer = self.parts.plugins.identify_admissible_outputs(&topic.plugin.candidate(), asked, &mut host);
        let state = state.into_changes().0;
        let candidate = match &answer {
            Ok(judgement) => Said::Judged {
                admitted: &judgement.outputs_to_admit,
                retained: &judgement.coins_to_retain,
                state: &state.writes,
            },
            Err(PluginError::Refusal(text)) => Said::Refused(Words(text)),
            Err(PluginError::Fault(fault)) => Said::Broke(Words(&fault.text)),
            // The host could not, or the candidate is gone: nothing was seen.
            Err(_) => return,
        };
        let plugin = Said::from(outcome);
        let disagreement = (plugin != candidate).then(|| Disagreement {
            topic: topic.name.clone(),
            txid: asked.view.transaction.txid(),
            plugin: plugin.to_string(),
            candidate: candidate.to_string(),
        });
        self.shadows.enter(&topic.plugin, disagreement);
    }
}
