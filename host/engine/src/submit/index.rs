//! Telling the lookup services what a submission changes in their topics.

use std::collections::HashMap;

use rayon::prelude::*;
use trellis_spv::hash::Outpoint;
use trellis_spv::transaction::Transaction;

use super::admitted::Admitted;
use super::answer::SubmitError;
use super::facts::{Coin, Facts};
use super::host::{Held, IndexHost, held_output};
use super::judge::{Taken, host_could_not};
use super::meter::Meter;
use crate::domain::name::{ServiceId, TopicId, TopicName};
use crate::domain::time::Timestamp;
use crate::engine::Engine;
use crate::hosting::HostedService;
use crate::ports::observer::Stage;
use crate::ports::plugins::{IndexNotice, PluginError, SourceOutput};
use crate::ports::store::StoreError;
use crate::state::{State, StateChanges};
use crate::stored::StoredAt;
use crate::view::View;

/// What the services leave behind.
#[derive(Default)]
pub(super) struct Indexed {
    pub(super) state: Vec<StateChanges>,
    /// Services that broke on a proven transaction or refused it, in their words. Its spends stand all the same.
    pub(super) unjudged: Vec<(ServiceId, String)>,
}

impl Engine {
    pub(super) fn index(
        &self,
        view: &View<'_>,
        facts: &Facts<'_>,
        taken: &Taken,
        admitted: &[Admitted],
        admitted_at: Timestamp,
        meter: &Meter,
    ) -> Result<Indexed, SubmitError> {
        let since = self.parts.observer.mark();
        let new = facts.new_by_txid();
        let held = Held { new: &new, stored: StoredAt::new(view) };
        let changed = |topic: &TopicId| {
            taken.verdicts.iter().any(|verdict| verdict.topic.id == *topic)
                || facts.coins.iter().any(|coin| coin.topic == *topic)
        };
        let mut services = Vec::new();
        for service in self.hosting.services().filter(|service| service.topics.iter().any(changed)) {
            // Where nothing serves, the rebuild under way will tell it.
            services.extend(view.serving_service(service)?.map(|serving| (service, serving)));
        }
        let tell = |(service, serving): &(&HostedService, ServiceId)| {
            let notices = Notices { engine: self, facts, taken, admitted, admitted_at };
            let mut state =
                State::of_service(view, &self.hosting, service, *serving).bounded(self.state_quota(&service.plugin));
            let told = notices.tell(service, &mut IndexHost { meter, state: &mut state, held });
            told.map(|()| state.into_changes().0)
        };
        let told: Vec<_> = match services.as_slice() {
            [] => Vec::new(),
            [only] => vec![tell(only)],
            several => several.par_iter().map(tell).collect(),
        };
        let mut indexed = Indexed::default();
        for ((service, serving), told) in services.into_iter().zip(told) {
            match told {
                Ok(state) => indexed.state.push(state),
                Err(PluginError::Fault(fault)) if facts.stands => {
                    indexed.unjudged.push((serving, fault.to_string()));
                }
                Err(PluginError::Refusal(text)) if facts.stands => {
                    indexed.unjudged.push((serving, format!("it refused to index the transaction: {text}")));
                }
                Err(PluginError::Fault(fault)) => return Err(SubmitError::Fault(fault)),
                Err(PluginError::Refusal(text)) => {
                    let service = service.name.to_string();
                    return Err(SubmitError::IndexRefused { service, txid: facts.txid(), text });
                }
                Err(other) => return Err(host_could_not(&other)),
            }
        }
        self.parts.observer.stage(Stage::Index, since);
        Ok(indexed)
    }
}

impl Engine {
    /// Tells a service that an output was evicted. Answers what that changes in its state, or why the service could not.
    pub(crate) fn tell_evicted(
        &self,
        view: &View<'_>,
        (service, serving): (&HostedService, ServiceId),
        topic: &TopicName,
        outpoint: Outpoint,
    ) -> Result<Result<StateChanges, String>, StoreError> {
        let (new, meter) = (HashMap::new(), Meter::default());
        let mut state =
            State::of_service(view, &self.hosting, service, serving).bounded(self.state_quota(&service.plugin));
        let held = Held { new: &new, stored: StoredAt::new(view) };
        let mut host = IndexHost { meter: &meter, state: &mut state, held };
        let notice = IndexNotice::Evicted { topic, outpoint };
        match self.parts.plugins.index(&service.plugin, &service.name, &notice, &mut host) {
            Ok(()) => Ok(Ok(state.into_changes().0)),
            Err(PluginError::Host(error)) => Err(error),
            Err(error) => Ok(Err(error.to_string())),
        }
    }
}

/// Everything a service is told of one submission.
struct Notices<'n> {
    engine: &'n Engine,
    facts: &'n Facts<'n>,
    taken: &'n Taken,
    admitted: &'n [Admitted],
    admitted_at: Timestamp,
}

impl Notices<'_> {
    /// Spends first, so that a service never sees an output and its successor at once; then what was admitted.
    fn tell(&self, service: &HostedService, host: &mut IndexHost<'_, '_, '_>) -> Result<(), PluginError> {
        for coin in self.facts.coins.iter().filter(|coin| service.topics.contains(&coin.topic)) {
            self.tell_spent(service, coin, host)?;
        }
        for output in self.admitted.iter().filter(|output| service.topics.contains(&output.topic.id)) {
            self.tell_admitted(service, output, host)?;
        }
        Ok(())
    }

    fn tell_admitted(
        &self,
        service: &HostedService,
        output: &Admitted,
        host: &mut IndexHost<'_, '_, '_>,
    ) -> Result<(), PluginError> {
        let (topic, outpoint) = (&output.topic.name, output.outpoint);
        // It could not be told that the output is spent, because what spends it was evicted.
        if matches!(output.spent, Some((_, None))) {
            return Ok(());
        }
        let notice = IndexNotice::Admitted {
            topic,
            outpoint,
            transaction: &self.facts.subject.transaction,
            admitted_at: self.admitted_at,
            off_chain_values: self.facts.along.off_chain_values(),
        };
        self.engine.parts.plugins.index(&service.plugin, &service.name, &notice, host)?;
        if let Some((spend, Some(transaction))) = &output.spent {
            let (input, spent_at) = (spend.input, self.admitted_at);
            let output = SourceOutput::of(&self.facts.subject.transaction, outpoint.vout).ok_or_else(|| {
                StoreError::Corrupt(format!("topic {topic} took output {outpoint}, which there is not"))
            })?;
            let notice = IndexNotice::Spent {
                topic,
                outpoint,
                transaction,
                input,
                output,
                off_chain_values: None,
                retained: false,
                spent_at,
            };
            self.engine.parts.plugins.index(&service.plugin, &service.name, &notice, host)?;
        }
        Ok(())
    }

    fn tell_spent(
        &self,
        service: &HostedService,
        coin: &Coin,
        host: &mut IndexHost<'_, '_, '_>,
    ) -> Result<(), PluginError> {
        let Some(topic) = self.engine.hosting.topic_by_id(coin.topic) else { return Ok(()) };
        let Some(transaction) = self.spender(coin) else { return Ok(()) };
        let (topic, outpoint) = (&topic.name, coin.outpoint);
        let judged = self.taken.retains(coin, self.facts.txid());
        if !coin.already_spent() {
            let retained = judged.unwrap_or(false);
            let (input, spent_at) = (coin.input, self.admitted_at);
            let parent;
            let output = match self.facts.spent_output(&outpoint) {
                Some(output) => output,
                None => {
                    parent = host.held.find(&outpoint.txid)?;
                    held_output(parent.as_ref(), &outpoint)?
                }
            };
            let along = self.facts.along.off_chain_values().filter(|_| coin.spender == self.facts.txid());
            let notice = IndexNotice::Spent {
                topic,
                outpoint,
                transaction,
                input,
                output,
                off_chain_values: along,
                retained,
                spent_at,
            };
            self.engine.parts.plugins.index(&service.plugin, &service.name, &notice, host)?;
        }
        // A topic that has not judged the spender may still retain the coin when it does.
        if judged == Some(false) {
            let notice = IndexNotice::NoLongerRetained { topic, outpoint, transaction };
            self.engine.parts.plugins.index(&service.plugin, &service.name, &notice, host)?;
        }
        Ok(())
    }

    fn spender(&self, coin: &Coin) -> Option<&Transaction> {
        self.facts.verified.get(&coin.spender).map(|spender| &spender.transaction)
    }
}
