//! Telling a service or a manager once more what a stored transaction did, for a rebuild.
//!
//! What is told is what stands here now, in the order it happened. Rows say when that was: [`OutputRow::admitted_at`],
//! `stored_at` of a transaction for its spends, `judged_at` of a verdict. Outputs that were evicted are not here any more, and
//! what an evicted transaction spent has nothing to be shown as its spender: neither is told, but for what its topic
//! retains, which is told as admitted and not as spent, rather than be lost.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use trellis_spv::hash::{Outpoint, Txid};
use trellis_spv::transaction::Transaction;
use trellis_spv::verify::StoredTransaction;

use super::admitted::Admitted;
use super::host::{Held, IndexHost, ManagerHost};
use super::meter::Meter;
use super::off_chain::OffChain;
use super::organise::Matter;
use crate::domain::basket::{ManagerId, Token, TokenRow};
use crate::domain::name::{ServiceId, TopicId, TopicName};
use crate::domain::plan::{Adjust, Cause, LogRecord};
use crate::domain::row::{Namespace, OutputRow, OutputState, Row, RowKey, SpendRow, UnjudgedRow, VerdictRow};
use crate::domain::status::MAX_NETWORK_WORDS;
use crate::domain::time::Timestamp;
use crate::engine::Engine;
use crate::hosting::{HostedManager, HostedService};
use crate::ports::plugins::{IndexNotice, Organising, PluginError, SourceOutput, TransactionView};
use crate::ports::store::StoreError;
use crate::state::State;
use crate::stored::StoredAt;
use crate::text::cut;
use crate::token_writes::TokenWrites;
use crate::view::View;

/// What a transaction did at a time: it was stored, or a topic judged it. In the order in which they are told.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Occurrence {
    /// When.
    pub(crate) at: Timestamp,
    /// Whether topics judged it then; what came along as its ancestor is told before.
    judged: bool,
    /// What.
    pub(crate) txid: Txid,
}

impl Occurrence {
    fn of(source: &View<'_>, txid: Txid, at: Timestamp, stored_at: Timestamp) -> Result<Self, StoreError> {
        let judged = at != stored_at || source.applied(&txid)?.is_some_and(|applied| applied.row.admitted_at == at);
        Ok(Self { at, judged, txid })
    }
}

/// Who is told.
#[derive(Clone, Copy)]
pub(crate) enum Listener<'l> {
    /// A service, and under what its rows are to stand.
    Service(&'l HostedService, ServiceId),
    /// A manager, and under what its tokens are to stand.
    Manager(&'l HostedManager, ManagerId),
}

impl Listener<'_> {
    fn topics(&self) -> &[TopicId] {
        match self {
            Self::Service(service, _) => &service.topics,
            Self::Manager(manager, _) => &manager.topics,
        }
    }

    fn namespace(&self) -> Namespace {
        match self {
            Self::Service(_, serving) => Namespace::Service(*serving),
            Self::Manager(_, serving) => Namespace::Manager(*serving),
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

/// Everything that is to be told because of an output that a topic holds.
pub(crate) fn occurrences(
    source: &View<'_>,
    topic: TopicId,
    outpoint: &Outpoint,
    row: &OutputRow,
) -> Result<Vec<Occurrence>, StoreError> {
    let mut found = vec![Occurrence { at: row.admitted_at, judged: true, txid: outpoint.txid }];
    if let OutputState::Spent { by: txid, .. } = row.state {
        let Some(spender) = source.transaction(&txid)? else {
            return Ok(if is_kept(row) { found } else { Vec::new() });
        };
        let judged_at = source.verdict(&txid, topic)?.map(|verdict| verdict.row.judged_at);
        let stored_at = spender.row.stored_at;
        for at in [Some(stored_at), judged_at].into_iter().flatten().filter(|at| *at > row.admitted_at) {
            found.push(Occurrence::of(source, txid, at, stored_at)?);
        }
    }
    Ok(found)
}

/// Whether an output belongs to its topic's history although it is spent.
const fn is_kept(row: &OutputRow) -> bool {
    matches!(row.state, OutputState::Spent { retained: true, .. })
}

/// What is to be told because of a commit, in order, as the rows say at a later sequence.
pub(crate) fn occurrences_of_commit(source: &View<'_>, record: &LogRecord) -> Result<Vec<Occurrence>, StoreError> {
    let mut found = BTreeSet::new();
    if !matches!(record.cause, Cause::Submission(_)) {
        return Ok(Vec::new());
    }
    for key in &record.wrote {
        match key {
            RowKey::Transaction(txid) => {
                let Some(stored_at) = source.transaction(txid)?.map(|held| held.row.stored_at) else { continue };
                found.insert(Occurrence::of(source, *txid, stored_at, stored_at)?);
            }
            RowKey::Verdict(txid, topic) => {
                let verdict = source.verdict(txid, *topic)?;
                found.extend(verdict.map(|found| Occurrence { at: found.row.judged_at, judged: true, txid: *txid }));
            }
            _ => {}
        }
    }
    Ok(found.into_iter().collect())
}

/// An occurrence with what is known of its transaction.
struct Scene<'s> {
    source: &'s View<'s>,
    at: Timestamp,
    held: StoredTransaction,
    stored_at: Timestamp,
    off_chain: OffChain<'s>,
}

/// An output that entered a topic at the time.
struct Entered {
    topic: TopicId,
    outpoint: Outpoint,
    satoshis: u64,
    /// The spend that was here before.
    spent: Option<(SpendRow, Transaction)>,
}

impl<'s> Scene<'s> {
    /// `None` where the transaction is not held here any more.
    fn set(source: &'s View<'s>, occurrence: Occurrence) -> Result<Option<Self>, StoreError> {
        let Occurrence { at, txid, .. } = occurrence;
        let Some(held) = StoredAt::new(source).find(&txid)? else { return Ok(None) };
        let stored_at = source.transaction(&txid)?.map_or(at, |row| row.row.stored_at);
        let applied = source.applied(&txid)?;
        let off_chain = OffChain::of_stored(source, applied.as_ref().map(|applied| &applied.row))?;
        Ok(Some(Self { source, at, held, stored_at, off_chain }))
    }

    fn txid(&self) -> Txid {
        self.held.transaction.txid()
    }

    /// The topic's verdict, if this is when it judged.
    fn verdict(&self, topic: TopicId) -> Result<Option<VerdictRow>, StoreError> {
        let verdict = self.source.verdict(&self.txid(), topic)?.map(|found| found.row);
        Ok(verdict.filter(|verdict| verdict.judged_at == self.at))
    }

    /// The topics among `topics` that hold an output, ascending, with their rows.
    fn rows(&self, topics: &[TopicId], outpoint: Outpoint) -> Result<Vec<(TopicId, OutputRow)>, StoreError> {
        let mut rows = Vec::new();
        let holders = self.source.holders(&outpoint)?.map(|found| found.row).unwrap_or_default();
        for topic in holders.into_iter().filter(|topic| topics.contains(topic)) {
            rows.extend(self.source.output(topic, &outpoint)?.map(|found| (topic, found.row)));
        }
        Ok(rows)
    }

    /// The outputs that entered topics, by topic.
    fn entered(&self, topics: &[TopicId]) -> Result<Vec<Entered>, StoreError> {
        let mut entered = Vec::new();
        let count = u32::try_from(self.held.transaction.outputs().len()).unwrap_or(u32::MAX);
        for outpoint in (0..count).map(|vout| Outpoint::new(self.txid(), vout)) {
            for (topic, row) in self.rows(topics, outpoint)? {
                if row.admitted_at != self.at {
                    continue;
                }
                let spent = match row.state {
                    OutputState::Live => None,
                    OutputState::Spent { by, .. } => {
                        let spender = self.source.transaction(&by)?;
                        if spender.is_none() && !is_kept(&row) {
                            continue;
                        }
                        match self.source.spend(&outpoint)? {
                            Some(spend) if spender.is_some_and(|spender| spender.row.stored_at <= self.at) => {
                                let spender = StoredAt::new(self.source).find(&by)?;
                                spender.map(|spender| (spend.row, spender.transaction))
                            }
                            _ => None,
                        }
                    }
                };
                entered.push(Entered { topic, outpoint, satoshis: row.satoshis, spent });
            }
        }
        entered.sort_by_key(|entered| entered.topic);
        Ok(entered)
    }
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
            Listener::Service(service, serving) => self.index_again(&scene, &entered, target, service, serving)?,
            Listener::Manager(manager, serving) => self.organise_again(&scene, entered, target, manager, serving)?,
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
        service: &HostedService,
        serving: ServiceId,
    ) -> Result<Told, PluginError> {
        let (new, meter) = (HashMap::new(), Meter::default());
        let mut state = State::of_service(target, &self.hosting, service, serving);
        let held = Held { new: &new, stored: StoredAt::new(scene.source) };
        let mut host = IndexHost { meter: &meter, state: &mut state, held };
        match self.notices_again(scene, entered, service, &mut host) {
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
        service: &HostedService,
        host: &mut IndexHost<'_, '_, '_>,
    ) -> Result<(), PluginError> {
        let mut tell = |notice| self.parts.plugins.index(&service.plugin, &service.name, &notice, host);
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
                    tell(IndexNotice::Spent { topic, outpoint, transaction, input, retained, spent_at })?;
                }
                if judged == Some(false) {
                    tell(IndexNotice::NoLongerRetained { topic, outpoint, transaction })?;
                }
            }
        }
        for Entered { topic, outpoint, spent, .. } in entered {
            let (Some(hosted), outpoint) = (self.hosting.topic_by_id(*topic), *outpoint) else { continue };
            let (topic, admitted_at) = (&hosted.name, scene.at);
            let off_chain_values = scene.off_chain.bytes();
            tell(IndexNotice::Admitted { topic, outpoint, transaction, admitted_at, off_chain_values })?;
            if let Some((spend, transaction)) = spent {
                let (input, spent_at) = (spend.input, scene.at);
                tell(IndexNotice::Spent { topic, outpoint, transaction, input, retained: false, spent_at })?;
            }
        }
        Ok(())
    }

    fn organise_again(
        &self,
        scene: &Scene<'_>,
        entered: Vec<Entered>,
        target: &View<'_>,
        manager: &HostedManager,
        serving: ManagerId,
    ) -> Result<Told, PluginError> {
        let matter = self.matter_again(scene, entered, target, manager, serving)?;
        let asked = if matter.admitted.is_empty() {
            // Where nothing enters, nothing can be placed: what is spent leaves its basket whatever the manager says.
            matter.changes(&scene.held.transaction, Vec::new(), scene.at)
        } else {
            self.ask_again(scene, &matter)
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
        for Entered { topic, outpoint, satoshis, spent } in entered {
            let Some(hosted) = self.hosting.topic_by_id(topic) else { continue };
            // Another topic of the manager may have admitted it before.
            if spent.is_none() && target.token(serving, &outpoint)?.is_none() {
                let output = || Admitted { topic: hosted.clone(), outpoint, satoshis, spent: None };
                admitted.entry(outpoint.vout).or_insert_with(|| std::borrow::Cow::Owned(output()));
            }
        }
        Ok(Matter { manager, serving, lost: Vec::new(), held, admitted })
    }

    fn ask_again(&self, scene: &Scene<'_>, matter: &Matter<'_>) -> Result<Vec<super::organise::Change>, PluginError> {
        let transaction = &scene.held.transaction;
        let mut parents = HashMap::new();
        for input in transaction.inputs() {
            let txid = input.source.txid;
            if let Entry::Vacant(parent) = parents.entry(txid) {
                parent.insert(StoredAt::new(scene.source).find(&txid)?.map(|found| found.transaction));
            }
        }
        let source = |outpoint: &Outpoint| {
            let parent = parents.get(&outpoint.txid)?.as_ref()?;
            let locking_script = parent.locking_script(outpoint.vout)?;
            Some(SourceOutput { satoshis: parent.satoshis(outpoint.vout)?, locking_script })
        };
        let sources: Vec<_> = transaction.inputs().iter().map(|input| source(&input.source)).collect();
        let held: Vec<(u32, Token)> = matter.held.iter().map(|(input, (_, token))| (*input, token.clone())).collect();
        let admitted: Vec<(TopicName, u32)> =
            matter.admitted.values().map(|output| (output.topic.name.clone(), output.outpoint.vout)).collect();
        let organising = Organising {
            view: TransactionView { transaction, sources: &sources },
            admitted: &admitted,
            held: &held,
            off_chain_values: scene.off_chain.bytes(),
        };
        let (new, meter) = (HashMap::new(), Meter::default());
        let mut host = ManagerHost { meter: &meter, held: Held { new: &new, stored: StoredAt::new(scene.source) } };
        let operations = self.parts.plugins.operations(&matter.manager.plugin, &organising, &mut host)?;
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
