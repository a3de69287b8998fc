//! Telling a service or a manager once more what a stored transaction did, for a rebuild.
//!
//! What is told is what stands here now: [`super::occurrence`] says when it happened, [`super::scene`] what it was.

use std::borrow::Cow;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

use trellis_spv::hash::Outpoint;

use super::admitted::Admitted;
use super::host::{Held, IndexHost, ManagerHost, held_output};
use super::meter::Meter;
use super::occurrence::Occurrence;
use super::organise::{Change, Matter};
use super::scene::{Entered, Scene};
use crate::domain::basket::{ManagerId, Token, TokenRow};
use crate::domain::name::{ServiceId, TopicId};
use crate::domain::plan::Adjust;
use crate::domain::row::{Namespace, OutputState, Row, RowKey, UnjudgedRow};
use crate::domain::status::MAX_NETWORK_WORDS;
use crate::engine::Engine;
use crate::hosting::{HostedManager, HostedService};
use crate::ports::plugins::{IndexNotice, PluginError, PluginId, SourceOutput, TransactionView};
use crate::ports::store::StoreError;
use crate::state::State;
use crate::stored::StoredAt;
use crate::text::cut;
use crate::token_writes::TokenWrites;
use crate::view::View;

/// Who is told.
#[derive(Clone, Copy)]
pub(crate) enum Listener<'l> {
    /// A service, under what its rows are to stand, and the plugin that is asked: its own, or the one to come.
    Service(&'l HostedService, ServiceId, &'l PluginId),
    /// A manager, under what its tokens are to stand, and the plugin that is asked.
    Manager(&'l HostedManager, ManagerId, &'l PluginId),
}

impl Listener<'_> {
    fn topics(&self) -> &[TopicId] {
        match self {
            Self::Service(service, ..) => &service.topics,
            Self::Manager(manager, ..) => &manager.topics,
        }
    }

    fn namespace(&self) -> Namespace {
        match self {
            Self::Service(_, serving, _) => Namespace::Service(*serving),
            Self::Manager(_, serving, _) => Namespace::Manager(*serving),
        }
    }
}

/// What telling came to.
#[derive(Default)]
pub(crate) struct Retold {
    /// Adjustments to go with the rows that were put.
    pub(crate) adjust: Vec<Adjust>,
    /// Outputs that were there to be told.
    pub(crate) outputs: u64,
    /// Rows put and their bytes, roughly.
    pub(crate) writes: usize,
    pub(crate) bytes: usize,
    /// Whether it broke or refused, so that nothing but its losses was put.
    pub(crate) unjudged: bool,
}

impl Engine {
    /// Tells a listener what happened, as `source` has it, and puts into `target` what that changes. One that breaks or refuses is
    /// noted as not having judged.
    pub(crate) fn tell_again(
        &self,
        source: &View<'_>,
        target: &View<'_>,
        listener: Listener<'_>,
        occurrence: Occurrence,
    ) -> Result<Retold, PluginError> {
        let Some(scene) = Scene::set(source, occurrence)? else { return Ok(Retold::default()) };
        let entered = scene.entered(listener.topics())?;
        let mut retold = Retold { outputs: entered.len() as u64, ..Retold::default() };
        let told = match listener {
            Listener::Service(service, serving, plugin) => {
                self.index_again(&scene, &entered, target, (service, serving, plugin))?
            }
            Listener::Manager(manager, serving, plugin) => {
                self.organise_again(&scene, entered, target, (manager, serving, plugin))?
            }
        };
        let (mut writes, text) = (told.writes, told.unjudged);
        if let Some(text) = text {
            let fault = cut(&text, MAX_NETWORK_WORDS);
            let key = RowKey::Unjudged(listener.namespace(), occurrence.txid);
            writes.push((key, Some(Row::Unjudged(UnjudgedRow { fault, since: occurrence.at, attempts: 1 }))));
            retold.unjudged = true;
        }
        retold.adjust = told.adjust;
        retold.writes = writes.len();
        for (key, row) in writes {
            if let (RowKey::State(_, key), Some(Row::State(value))) = (&key, &row) {
                retold.bytes += key.len() + value.len();
            }
            target.put(key, row)?;
        }
        Ok(retold)
    }

    fn index_again(
        &self,
        scene: &Scene<'_>,
        entered: &[Entered],
        target: &View<'_>,
        (service, serving, plugin): (&HostedService, ServiceId, &PluginId),
    ) -> Result<Told, PluginError> {
        let (new, meter) = (HashMap::new(), Meter::default());
        let mut state = State::of_service(target, &self.hosting, service, serving).bounded(self.state_quota(plugin));
        let held = Held { new: &new, stored: StoredAt::new(scene.source) };
        let mut host = IndexHost { meter: &meter, state: &mut state, held };
        match self.notices_again(scene, entered, (service, plugin), &mut host) {
            Ok(()) => {
                let changes = state.into_changes().0;
                Ok(Told { writes: changes.writes, adjust: changes.adjust, unjudged: None })
            }
            Err(PluginError::Fault(fault)) => Ok(Told::not(fault.to_string())),
            Err(PluginError::Refusal(text)) => Ok(Told::not(format!("it refused to index the transaction: {text}"))),
            Err(other) => Err(other),
        }
    }

    /// As in a submission: spends first, then what entered.
    fn notices_again(
        &self,
        scene: &Scene<'_>,
        entered: &[Entered],
        (service, plugin): (&HostedService, &PluginId),
        host: &mut IndexHost<'_, '_, '_>,
    ) -> Result<(), PluginError> {
        let mut tell = |notice: IndexNotice<'_>| self.parts.plugins.index(plugin, &service.name, &notice, host);
        let transaction = &scene.held.transaction;
        let inputs = if transaction.is_coinbase() { &[][..] } else { transaction.inputs() };
        for (input, spent) in (0u32..).zip(inputs) {
            let outpoint = spent.source;
            for (topic, row) in scene.rows(&service.topics, outpoint)? {
                let is_told = matches!(row.state, OutputState::Spent { by, .. } if by == scene.txid());
                let Some(hosted) = self.hosting.topic_by_id(topic).filter(|_| is_told && row.admitted_at < scene.at)
                else {
                    continue;
                };
                let topic = &hosted.name;
                let judged =
                    scene.verdict(hosted.id)?.map(|verdict| verdict.admittance.coins_to_retain.contains(&input));
                if scene.stored_at == scene.at {
                    let (retained, spent_at) = (judged.unwrap_or(false), scene.at);
                    let parent = StoredAt::new(scene.source).find(&outpoint.txid)?;
                    tell(IndexNotice::Spent {
                        topic,
                        outpoint,
                        transaction,
                        input,
                        output: held_output(parent.as_ref(), &outpoint)?,
                        off_chain_values: scene.along.off_chain_values().filter(|_| scene.judged),
                        retained,
                        spent_at,
                    })?;
                }
                if judged == Some(false) {
                    tell(IndexNotice::NoLongerRetained { topic, outpoint, transaction })?;
                }
            }
        }
        for Entered { topic, outpoint, spent, .. } in entered {
            let (Some(hosted), outpoint) = (self.hosting.topic_by_id(*topic), *outpoint) else { continue };
            let (topic, admitted_at) = (&hosted.name, scene.at);
            let off_chain_values = scene.along.off_chain_values();
            tell(IndexNotice::Admitted { topic, outpoint, transaction, admitted_at, off_chain_values })?;
            if let Some((spend, transaction)) = spent {
                let (input, spent_at) = (spend.input, scene.at);
                tell(IndexNotice::Spent {
                    topic,
                    outpoint,
                    transaction,
                    input,
                    output: held_output(Some(&scene.held), &outpoint)?,
                    off_chain_values: None,
                    retained: false,
                    spent_at,
                })?;
            }
        }
        Ok(())
    }

    fn organise_again(
        &self,
        scene: &Scene<'_>,
        entered: Vec<Entered>,
        target: &View<'_>,
        (manager, serving, plugin): (&HostedManager, ManagerId, &PluginId),
    ) -> Result<Told, PluginError> {
        let matter = self.matter_again(scene, entered, target, manager, serving)?;
        let asked = if matter.admitted.is_empty() {
            // Where nothing enters, nothing can be placed: what is spent leaves its basket whatever the manager says.
            matter.changes(&scene.held.transaction, Vec::new(), scene.at)
        } else {
            self.ask_again(scene, &matter, plugin)
        };
        let (changes, unjudged) = match asked {
            Ok(changes) => (changes, None),
            Err(PluginError::Fault(fault)) => (matter.all_gone(), Some(fault.to_string())),
            Err(PluginError::Refusal(text)) => {
                (matter.all_gone(), Some(format!("it refused to organise the transaction: {text}")))
            }
            Err(other) => return Err(other),
        };
        let mut tokens = TokenWrites::default();
        for change in changes {
            if let Some((outpoint, token)) = change.taken {
                tokens.take(serving, outpoint, &token);
            }
            if let Some((vout, row)) = change.placed {
                tokens.place(target, serving, Outpoint::new(scene.txid(), vout), row)?;
            }
        }
        Ok(Told { writes: tokens.writes, adjust: tokens.adjust, unjudged })
    }

    fn matter_again<'m>(
        &self,
        scene: &Scene<'_>,
        entered: Vec<Entered>,
        target: &View<'_>,
        manager: &'m HostedManager,
        serving: ManagerId,
    ) -> Result<Matter<'m>, StoreError> {
        let mut held: BTreeMap<u32, (Outpoint, Token)> = BTreeMap::new();
        for (input, spent) in (0u32..).zip(scene.held.transaction.inputs()) {
            if let Some(found) = target.token(serving, &spent.source)? {
                let TokenRow { token, .. } = found.row;
                held.insert(input, (spent.source, token));
            }
        }
        let mut admitted = BTreeMap::new();
        for Entered { topic, outpoint, satoshis, spent, spender_is_gone } in entered {
            let Some(hosted) = self.hosting.topic_by_id(topic) else { continue };
            // Another topic of the manager may have admitted it before.
            if spent.is_none() && !spender_is_gone && target.token(serving, &outpoint)?.is_none() {
                let output = || Admitted { topic: hosted.clone(), outpoint, satoshis, spent: None };
                admitted.entry(outpoint.vout).or_insert_with(|| Cow::Owned(output()));
            }
        }
        Ok(Matter { manager, serving, lost: Vec::new(), held, admitted })
    }

    fn ask_again(&self, scene: &Scene<'_>, matter: &Matter<'_>, plugin: &PluginId) -> Result<Vec<Change>, PluginError> {
        let transaction = &scene.held.transaction;
        let mut parents = HashMap::new();
        for input in transaction.inputs() {
            let txid = input.source.txid;
            if let Entry::Vacant(parent) = parents.entry(txid) {
                parent.insert(StoredAt::new(scene.source).find(&txid)?.map(|found| found.transaction));
            }
        }
        let source = |outpoint: &Outpoint| SourceOutput::of(parents.get(&outpoint.txid)?.as_ref()?, outpoint.vout);
        let sources: Vec<_> = transaction.inputs().iter().map(|input| source(&input.source)).collect();
        let (new, meter) = (HashMap::new(), Meter::default());
        let mut host = ManagerHost { meter: &meter, held: Held { new: &new, stored: StoredAt::new(scene.source) } };
        let view = TransactionView { transaction, sources: &sources };
        let operations =
            matter.ask((self.parts.plugins.as_ref(), plugin), view, scene.along.off_chain_values(), &mut host)?;
        matter.changes(transaction, operations, scene.at)
    }
}

/// What a listener leaves behind.
struct Told {
    writes: Vec<(RowKey, Option<Row>)>,
    adjust: Vec<Adjust>,
    /// Why it could not be told, in words.
    unjudged: Option<String>,
}

impl Told {
    const fn not(text: String) -> Self {
        Self { writes: Vec::new(), adjust: Vec::new(), unjudged: Some(text) }
    }
}
