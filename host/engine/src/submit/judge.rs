//! Asking the topic managers, each on its own, side by side.

use std::collections::BTreeMap;

use rayon::prelude::*;
use trellis_spv::hash::Txid;

use super::answer::{SubmitError, Submitted};
use super::digest::digest;
use super::facts::{Coin, Facts};
use super::host::TopicHost;
use super::meter::Meter;
use crate::domain::admittance::{Admittance, Steak};
use crate::domain::evidence::KnownCertificate;
use crate::domain::name::TopicName;
use crate::domain::row::StateRead;
use crate::domain::time::{Sequence, Timestamp};
use crate::engine::Engine;
use crate::evidence::Standing;
use crate::federation::CertificateDemand;
use crate::hosting::HostedTopic;
use crate::ports::observer::Stage;
use crate::ports::plugins::{Judgement, PluginError, PluginFault, TopicSubmission, TransactionView};
use crate::state::{State, StateChanges};
use crate::view::View;

/// What came of asking one topic manager.
pub(super) enum Outcome {
    Judged(Box<Judged>),
    Refused(String),
    Broke(Box<PluginFault>),
}

/// A verdict with everything it leaves behind.
pub(super) struct Judged {
    pub(super) judgement: Judgement,
    pub(super) state: StateChanges,
    pub(super) reads: Vec<StateRead>,
    pub(super) plugin: [u8; 32],
    pub(super) inputs_digest: [u8; 32],
}

/// All topics' outcomes, in the order the topics were named.
pub(super) struct Outcomes(Vec<(HostedTopic, Outcome)>);

/// What is to be stored of the verdicts.
pub(super) struct Taken {
    /// Topics whose verdict is stored, with what it means for the STEAK.
    pub(super) verdicts: Vec<TakenVerdict>,
    /// Topics that could not judge a proven transaction.
    pub(super) unjudged: Vec<(HostedTopic, Box<PluginFault>)>,
    steak: Steak,
    refusals: BTreeMap<TopicName, String>,
}

/// A verdict that is stored.
pub(super) struct TakenVerdict {
    pub(super) topic: HostedTopic,
    pub(super) admittance: Admittance,
    /// `None` where a proven transaction took coins of a topic that refused it.
    pub(super) judged: Option<Box<Judged>>,
}

impl Engine {
    pub(super) fn judge(&self, view: &View<'_>, facts: &Facts<'_>, meter: &Meter) -> Result<Outcomes, SubmitError> {
        let since = self.parts.observer.mark();
        let sources = facts.sources();
        let transaction = facts.transaction_view(&sources);
        let ask = |topic: &HostedTopic| {
            let outcome = self.ask(view, facts, transaction, topic, meter)?;
            Ok::<_, SubmitError>((topic.clone(), outcome))
        };
        // One topic is the usual case and is not worth waking another thread for.
        let outcomes = match facts.judging.as_slice() {
            [only] => vec![ask(only)?],
            several => several.par_iter().map(ask).collect::<Result<_, _>>()?,
        };
        self.parts.observer.stage(Stage::Judge, since);
        Ok(Outcomes(outcomes))
    }

    /// Why nobody in the federation that a topic trusts vouches for a certificate.
    fn why_not(&self, demand: &CertificateDemand, certificate: &KnownCertificate, now: Timestamp) -> String {
        match self.federations().finding(&demand.federation, certificate, now).word {
            Err(why_not) => why_not.to_string(),
            // It was brought before the federation came to trust its certifier.
            Ok(_) => "nobody in that federation vouched for it when it was brought; bring it again".to_owned(),
        }
    }

    fn ask(
        &self,
        view: &View<'_>,
        facts: &Facts<'_>,
        transaction: TransactionView<'_>,
        topic: &HostedTopic,
        meter: &Meter,
    ) -> Result<Outcome, SubmitError> {
        let mut previous_coins: Vec<u32> = facts.previous_coins(topic.id).map(|coin| coin.input).collect();
        previous_coins.sort_unstable();
        let asked = TopicSubmission {
            topic: &topic.name,
            view: transaction,
            previous_coins: &previous_coins,
            off_chain_values: facts.along.off_chain_values(),
        };
        let mut state = State::of_topic(view, &self.hosting, topic).bounded(self.state_quota(&topic.plugin));
        let kept = facts.along.evidence.as_slice();
        let standing =
            Standing::of(kept, &topic.name, |topic, outpoint| state.revocation(&self.hosting, topic, outpoint))?;
        if let Some(demand) = &topic.certified
            && let Some(missing) =
                standing.missing(demand, |certificate| self.why_not(demand, certificate, facts.asked_at))
        {
            return Ok(Outcome::Refused(uncertified(topic, demand, &missing)));
        }
        let evidence = Some(&standing.evidence);
        let mut host = TopicHost { meter, state: &mut state, evidence, read_only: None };
        let verdict = self.parts.plugins.identify_admissible_outputs(&topic.plugin, &asked, &mut host);
        let outcome = match verdict {
            Ok(judgement) => {
                let description = self.parts.plugins.description(&topic.plugin);
                let description = description.as_deref();
                let configuration = description.map_or([0; 32], |description| description.configuration_digest);
                let name = |topic| self.hosting.topic_by_id(topic).map(|topic| &topic.name);
                let demand = topic.certified.as_ref();
                let inputs_digest = digest(&asked, configuration, (&standing.evidence, demand), state.reads(), name);
                let (state, reads) = state.into_changes();
                let plugin = description.map_or([0; 32], |description| description.sha256);
                Outcome::Judged(Box::new(Judged { judgement, state, reads, plugin, inputs_digest }))
            }
            Err(PluginError::Refusal(text)) => {
                self.parts.observer.refused(&topic.plugin);
                Outcome::Refused(text)
            }
            Err(PluginError::Fault(fault)) => Outcome::Broke(fault),
            Err(other) => return Err(host_could_not(&other)),
        };
        if self.shadows.watches(&topic.plugin) {
            self.judge_beside(view, topic, &asked, &standing, &outcome);
        }
        Ok(outcome)
    }
}

/// Why a topic that wants to see certificates refuses.
fn uncertified(topic: &HostedTopic, demand: &CertificateDemand, missing: &str) -> String {
    let name = &topic.name;
    format!(
        "topic `{name}` takes what somebody signed who has {demand}; {missing}. Bring, as evidence, a signature over the txid and the topic, and the signer's certificate with a keyring for anyone"
    )
}

/// A call that failed for no fault of plugin or submitter.
pub(super) fn host_could_not(error: &PluginError) -> SubmitError {
    match error {
        PluginError::Busy => SubmitError::Unavailable(error.to_string()),
        PluginError::Host(error) => SubmitError::from(error.clone()),
        other => SubmitError::Internal(other.to_string()),
    }
}

impl Outcomes {
    /// Turns outcomes into what is stored and answered. A fault fails a submission whole; only the spends of a proven
    /// transaction stand whatever plugins say.
    /// `required` are topics each of which has to take it.
    pub(super) fn settle(self, facts: &Facts<'_>, required: &[TopicName]) -> Result<Taken, SubmitError> {
        let steak = facts.judged_before.iter().map(|(topic, entry)| (topic.name.clone(), entry.clone())).collect();
        let mut taken = Taken { verdicts: Vec::new(), unjudged: Vec::new(), steak, refusals: BTreeMap::new() };
        for (topic, outcome) in self.0 {
            let coins: Vec<u32> = {
                let mut coins: Vec<u32> = facts.previous_coins(topic.id).map(|coin| coin.input).collect();
                coins.sort_unstable();
                coins
            };
            let (admittance, judged) = match outcome {
                Outcome::Broke(fault) if facts.stands => {
                    taken.unjudged.push((topic, fault));
                    continue;
                }
                Outcome::Broke(fault) => return Err(SubmitError::Fault(fault)),
                Outcome::Refused(text) => {
                    taken.refusals.insert(topic.name.clone(), text);
                    let coins_removed = if facts.stands { coins } else { Vec::new() };
                    (Admittance { coins_removed, ..Admittance::default() }, None)
                }
                Outcome::Judged(judged) => {
                    let retain = &judged.judgement.coins_to_retain;
                    let admitted = judged.judgement.outputs_to_admit.iter();
                    let admittance = Admittance {
                        outputs_to_admit: admitted.copied().filter(|vout| !facts.evicted.contains(vout)).collect(),
                        coins_to_retain: retain.clone(),
                        coins_removed: coins.into_iter().filter(|coin| !retain.contains(coin)).collect(),
                    };
                    (admittance, Some(judged))
                }
            };
            taken.steak.insert(topic.name.clone(), admittance.clone());
            if !admittance.is_empty() {
                taken.verdicts.push(TakenVerdict { topic, admittance, judged });
            }
        }
        // A proven transaction that nobody here has a stake in can come again when the plugin works.
        let stands = !taken.verdicts.is_empty() || !facts.coins.is_empty() || facts.held_before();
        if !stands && let Some((_, fault)) = std::mem::take(&mut taken.unjudged).into_iter().next() {
            return Err(SubmitError::Fault(fault));
        }
        taken_by_all(facts.txid(), required, &taken.steak, &taken.refusals)?;
        Ok(taken)
    }
}

/// Why a topic that refused nothing does not take a transaction.
const NOTHING_OF_IT: &str = "it admits nothing of it and holds no coin it spends";

/// Every one of these topics has an entry in the STEAK that is not empty.
pub(super) fn taken_by_all(
    txid: Txid,
    required: &[TopicName],
    steak: &Steak,
    refusals: &BTreeMap<TopicName, String>,
) -> Result<(), SubmitError> {
    let reasons_by_topic: BTreeMap<_, _> = required
        .iter()
        .filter(|name| steak.get(*name).is_none_or(Admittance::is_empty))
        .map(|name| {
            let reason = match (refusals.get(name), steak.contains_key(name)) {
                (Some(text), _) => text.clone(),
                (None, true) => NOTHING_OF_IT.to_owned(),
                (None, false) => "it is not hosted here, or could not judge it".to_owned(),
            };
            (name.clone(), reason)
        })
        .collect();
    if reasons_by_topic.is_empty() {
        return Ok(());
    }
    Err(SubmitError::NotTakenByAll { txid, reasons_by_topic })
}

impl Taken {
    /// Whether the coin's topic, judging its spender in this submission, keeps it for its history; `None` where the topic
    /// does not judge the spender now.
    pub(super) fn retains(&self, coin: &Coin, subject: Txid) -> Option<bool> {
        if coin.spender != subject {
            return None;
        }
        let verdict = self.verdicts.iter().find(|verdict| verdict.topic.id == coin.topic)?;
        Some(verdict.admittance.coins_to_retain.contains(&coin.input))
    }

    /// Why each topic that has nothing to do with the transaction has not.
    pub(super) fn reasons(&self, topics: &[HostedTopic]) -> BTreeMap<TopicName, String> {
        let reason = |topic: &HostedTopic| match self.refusals.get(&topic.name) {
            Some(text) => (topic.name.clone(), text.clone()),
            None => (topic.name.clone(), NOTHING_OF_IT.to_owned()),
        };
        topics.iter().map(reason).collect()
    }

    /// Whether a commit follows: a topic took it or is yet to judge it, or it is proven and spends coins held here.
    pub(super) fn anything_to_store(&self, facts: &Facts<'_>) -> bool {
        !self.verdicts.is_empty() || !self.unjudged.is_empty() || (facts.stands && !facts.coins.is_empty())
    }

    /// The answer; `sequence` is the commit that applied it, `None` where there was nothing to commit.
    pub(super) fn into_answer(self, facts: &Facts<'_>, sequence: Option<Sequence>) -> Submitted {
        let first = facts.applied.as_ref().map(|applied| applied.row.first.resolve(applied.version));
        Submitted {
            txid: facts.txid(),
            steak: self.steak,
            refusals: self.refusals,
            unjudged: self.unjudged.into_iter().map(|(topic, fault)| (topic.name, *fault)).collect(),
            left_out: BTreeMap::new(),
            sequence: first.or(sequence),
            repeated: false,
        }
    }
}
