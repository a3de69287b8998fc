//! The plan of a submission: pure, from facts and verdicts to rows.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use trellis_spv::hash::Outpoint;
use trellis_spv::verify::VerifiedTransaction;

use super::admitted::Admitted;
use super::answer::SubmitError;
use super::facts::{Coin, Facts};
use super::index::Indexed;
use super::judge::{Taken, TakenVerdict};
use super::organise::{Change, Organised};
use crate::domain::basket::ManagerId;
use crate::domain::event::{AppliedTransaction, BasketOperation, Event, TopicChange};
use crate::domain::name::{ServiceId, TopicId};
use crate::domain::plan::{Adjust, Cause, HashChange, Plan};
use crate::domain::row::{
    AppliedRow, ContentId, Namespace, NumberKey, OutboxRow, OutboxState, OutputRow, OutputState, Row, RowKey, SpendRow,
    StatusRow, TransactionRow, UnjudgedRow, UnprovenRow, VerdictRow,
};
use crate::domain::status::{MAX_NETWORK_WORDS, Status};
use crate::domain::time::{Stamp, Timestamp};
use crate::element;
use crate::engine::Engine;
use crate::hosting::BroadcastPolicy;
use crate::ports::observer::Stage;
use crate::text::cut;
use crate::token_writes::{TokenWrites, operation};
use crate::view::View;

/// A plan under way.
pub(super) struct Draft<'d> {
    facts: &'d Facts<'d>,
    admitted_at: Timestamp,
    broadcast: BroadcastPolicy,
    pub(super) writes: Vec<(RowKey, Option<Row>)>,
    pub(super) adjust: Vec<Adjust>,
    pub(super) contents: Vec<ContentId>,
    changes: BTreeMap<TopicId, TopicChange>,
    operations: Vec<BasketOperation>,
    once: Option<RowKey>,
}

/// What basket managers and lookup services made of a submission.
pub(super) struct Told {
    pub(super) organised: Organised,
    pub(super) indexed: Indexed,
}

impl Engine {
    pub(super) fn plan(
        &self,
        view: View<'_>,
        facts: &Facts<'_>,
        taken: &Taken,
        admitted: &[Admitted],
        told: Told,
        admitted_at: Timestamp,
    ) -> Result<Plan, SubmitError> {
        let since = self.parts.observer.mark();
        let mut draft = self.draft(&view, facts, taken, admitted, told, admitted_at)?;
        let event = draft.event();
        let plan = Plan {
            cause: Cause::Submission(facts.txid()),
            once: draft.once,
            expect: view.into_expectations(),
            writes: draft.writes,
            adjust: draft.adjust,
            contents: draft.contents,
            event: Some(Event::Applied(vec![event])),
            at: admitted_at,
        };
        self.parts.observer.stage(Stage::Plan, since);
        Ok(plan)
    }

    /// The rows and adjustments of a submission.
    pub(super) fn draft<'d>(
        &self,
        view: &View<'_>,
        facts: &'d Facts<'d>,
        taken: &Taken,
        admitted: &[Admitted],
        told: Told,
        admitted_at: Timestamp,
    ) -> Result<Draft<'d>, SubmitError> {
        let mut draft = Draft {
            facts,
            admitted_at,
            broadcast: self.rules.broadcast,
            writes: Vec::new(),
            adjust: Vec::new(),
            contents: Vec::new(),
            changes: BTreeMap::new(),
            operations: Vec::new(),
            once: None,
        };
        draft.transactions(view)?;
        draft.coins(taken);
        draft.admitted(view, admitted)?;
        draft.once = draft.applied(taken);
        for verdict in &taken.verdicts {
            draft.verdict(verdict);
        }
        draft.organised(view, told.organised.changes)?;
        draft.unjudged(view, taken, &told.organised.unjudged, &told.indexed.unjudged)?;
        for state in told.indexed.state {
            draft.writes.extend(state.writes);
            draft.adjust.extend(state.adjust);
        }
        Ok(draft)
    }
}

impl Draft<'_> {
    /// What subscribers hear of it.
    pub(super) fn event(&mut self) -> AppliedTransaction {
        AppliedTransaction {
            txid: self.facts.txid(),
            topics: std::mem::take(&mut self.changes).into_values().collect(),
            operations: std::mem::take(&mut self.operations),
        }
    }

    /// Rows of the transactions that are new here, their spends, and what the network is to be told.
    fn transactions(&mut self, view: &View<'_>) -> Result<(), SubmitError> {
        let mut queued: i128 = 0;
        for (position, new) in (self.facts.told_before..).zip(&self.facts.new) {
            let txid = new.transaction.txid();
            let length = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
            let row = TransactionRow {
                size: length(new.transaction.raw().len()),
                inputs: length(new.transaction.inputs().len()),
                outputs: length(new.transaction.outputs().len()),
                stored: Stamp::ThisCommit,
                stored_at: self.admitted_at,
                proof: new.proof.clone().map(std::sync::Arc::new),
            };
            self.writes.push((RowKey::Transaction(txid), Some(Row::Transaction(row))));
            self.contents.push(ContentId::Transaction(txid));
            if !new.transaction.is_coinbase() {
                for (input, spent) in (0u32..).zip(new.transaction.inputs()) {
                    let spend = Some(Row::Spend(SpendRow { spender: txid, input }));
                    let row =
                        instead!(SpendsOfTopicsOnly, spend => spend.filter(|_| is_coin(self.facts, spent.source)));
                    self.writes.push((RowKey::Spend(spent.source), row));
                }
            }
            let status = match &new.proof {
                Some(proof) => Status::Mined(proof.height),
                None => Status::Admitted,
            };
            let status = StatusRow { status, since: Stamp::ThisCommit, word: None };
            self.writes.push((RowKey::Status(txid), Some(Row::Status(status))));
            // What was taken back is here again.
            if view.status(&txid)?.is_some_and(|before| before.row.status == Status::Rejected) {
                self.writes.push((RowKey::Reverted(txid), None));
            }
            if new.proof.is_none() {
                let unproven = UnprovenRow { stored: Stamp::ThisCommit, orphaned: None };
                self.writes.push((RowKey::Unproven(txid), Some(Row::Unproven(unproven))));
            }
            if new.proof.is_none() && self.broadcast.tells() {
                let row = self.outbox(view, new, position)?;
                self.writes.push((RowKey::Outbox(txid), Some(Row::Outbox(row))));
                queued += 1;
            }
        }
        if queued > 0 {
            self.adjust.push(Adjust::Number(NumberKey::OutboxPending, queued));
        }
        Ok(())
    }

    fn outbox(&self, view: &View<'_>, new: &VerifiedTransaction, position: u32) -> Result<OutboxRow, SubmitError> {
        let mut parents = Vec::new();
        for input in new.transaction.inputs() {
            let parent = input.source.txid;
            let unproven = match self.facts.verified.get(&parent) {
                Some(parent) => parent.proof.is_none(),
                None => view.lacks_proof(&parent)?,
            };
            if unproven && !parents.contains(&parent) {
                parents.push(parent);
            }
        }
        Ok(OutboxRow {
            state: OutboxState::Pending,
            queued: Stamp::ThisCommit,
            position,
            attempts: 0,
            next_attempt: self.admitted_at,
            parents,
        })
    }

    /// Coins the submission takes, from topics that judge it and from those that merely lose them.
    fn coins(&mut self, taken: &Taken) {
        for coin in &self.facts.coins {
            let retained = taken.retains(coin, self.facts.txid()).unwrap_or(false);
            let state = OutputState::Spent { by: coin.spender, retained };
            if coin.row.row.state == state {
                continue;
            }
            self.take_coin(coin, state);
            self.change(coin.topic).spent.push((coin.outpoint, retained));
        }
    }

    fn take_coin(&mut self, coin: &Coin, state: OutputState) {
        let old = coin.row.row;
        let admitted = old.admitted.carried(coin.row.version);
        let row = OutputRow { admitted, state, ..old };
        self.writes.push((RowKey::Output(coin.topic, coin.outpoint), Some(Row::Output(row))));
        if old.state == OutputState::Live {
            self.adjust.push(Adjust::Number(NumberKey::LiveOutputs(coin.topic), -1));
            self.adjust.push(Adjust::Number(NumberKey::LiveSatoshis(coin.topic), -i128::from(old.satoshis)));
        }
        self.hash(coin.topic, HashChange::Remove(element::output(&coin.outpoint, &old.state)));
        self.hash(coin.topic, HashChange::Add(element::output(&coin.outpoint, &state)));
    }

    fn admitted(&mut self, view: &View<'_>, admitted: &[Admitted]) -> Result<(), SubmitError> {
        let held_before = self.facts.held_before();
        let mut holders: BTreeMap<Outpoint, Vec<TopicId>> = BTreeMap::new();
        for output in admitted {
            let topic = output.topic.id;
            let state = output.state();
            let row = OutputRow {
                satoshis: output.satoshis,
                admitted: Stamp::ThisCommit,
                admitted_at: self.admitted_at,
                state,
            };
            self.writes.push((RowKey::Output(topic, output.outpoint), Some(Row::Output(row))));
            self.adjust.push(Adjust::Number(NumberKey::Outputs(topic), 1));
            if state == OutputState::Live {
                self.adjust.push(Adjust::Number(NumberKey::LiveOutputs(topic), 1));
                self.adjust.push(Adjust::Number(NumberKey::LiveSatoshis(topic), i128::from(output.satoshis)));
            }
            self.hash(topic, HashChange::Add(element::output(&output.outpoint, &state)));
            let change = self.change(topic);
            change.admitted.push(output.outpoint.vout);
            if let OutputState::Spent { retained, .. } = state {
                change.spent.push((output.outpoint, retained));
            }
            let holding = match holders.entry(output.outpoint) {
                Entry::Occupied(entry) => entry.into_mut(),
                Entry::Vacant(entry) => entry.insert(match held_before {
                    true => view.holders(&output.outpoint)?.map(|found| found.row).unwrap_or_default(),
                    // Nobody holds outputs of what is new here, and that it is new is expected already.
                    false => Vec::new(),
                }),
            };
            if let Err(place) = holding.binary_search(&topic) {
                holding.insert(place, topic);
            }
        }
        let rows = holders.into_iter();
        self.writes.extend(rows.map(|(outpoint, topics)| (RowKey::Holders(outpoint), Some(Row::Holders(topics)))));
        Ok(())
    }

    /// The applied record, and the row that only this plan creates.
    fn applied(&mut self, taken: &Taken) -> Option<RowKey> {
        // What came along must be there when a topic that broke judges after all.
        if taken.verdicts.is_empty() && taken.unjudged.is_empty() {
            return None;
        }
        let txid = self.facts.txid();
        let before = self.facts.applied.as_ref();
        let mut topics = before.map(|before| before.row.topics.clone()).unwrap_or_default();
        topics.extend(taken.verdicts.iter().map(|verdict| verdict.topic.id));
        topics.sort_unstable();
        topics.dedup();
        let row = AppliedRow {
            first: before.map_or(Stamp::ThisCommit, |before| before.row.first.carried(before.version)),
            admitted_at: before.map_or(self.admitted_at, |before| before.row.admitted_at),
            topics,
            carried: self.facts.along.row.clone(),
        };
        self.contents.extend(self.facts.along.new.iter().map(|(id, _)| *id));
        self.writes.push((RowKey::Applied(txid), Some(Row::Applied(row))));
        match before {
            None => Some(RowKey::Applied(txid)),
            Some(_) => taken.verdicts.first().map(|verdict| RowKey::Verdict(txid, verdict.topic.id)),
        }
    }

    fn verdict(&mut self, verdict: &TakenVerdict) {
        let judged = verdict.judged.as_deref();
        let row = VerdictRow {
            sequence: Stamp::ThisCommit,
            judged_at: self.admitted_at,
            admittance: verdict.admittance.clone(),
            plugin: judged.map_or([0; 32], |judged| judged.plugin),
            inputs_digest: judged.map_or([0; 32], |judged| judged.inputs_digest),
            fuel: judged.map_or(0, |judged| judged.judgement.cost.fuel),
            reads: judged.map(|judged| judged.reads.clone()).unwrap_or_default(),
        };
        self.writes.push((RowKey::Verdict(self.facts.txid(), verdict.topic.id), Some(Row::Verdict(row))));
        if let Some(judged) = judged {
            self.writes.extend(judged.state.writes.iter().cloned());
            self.adjust.extend(judged.state.adjust.iter().copied());
        }
    }

    /// Tokens that leave their baskets, and those that enter one.
    fn organised(&mut self, view: &View<'_>, changes: Vec<Change>) -> Result<(), SubmitError> {
        let mut tokens = TokenWrites::default();
        for Change { manager, configured, taken, placed } in changes {
            self.operations.push(operation(configured, taken.as_ref(), placed.as_ref()));
            if let Some((outpoint, token)) = taken {
                tokens.take(manager, outpoint, &token);
            }
            if let Some((vout, row)) = placed {
                tokens.place(view, manager, Outpoint::new(self.facts.txid(), vout), row)?;
            }
        }
        self.writes.extend(tokens.writes);
        self.adjust.extend(tokens.adjust);
        Ok(())
    }

    fn unjudged(
        &mut self,
        view: &View<'_>,
        taken: &Taken,
        managers: &[(ManagerId, String)],
        services: &[(ServiceId, String)],
    ) -> Result<(), SubmitError> {
        let txid = self.facts.txid();
        let topics = taken.unjudged.iter().map(|(topic, fault)| (Namespace::Topic(topic.id), fault.to_string()));
        let managers = managers.iter().map(|(manager, why)| (Namespace::Manager(*manager), why.clone()));
        let services = services.iter().map(|(service, why)| (Namespace::Service(*service), why.clone()));
        for (who, fault) in topics.chain(managers).chain(services) {
            let before = view.unjudged(who, &txid)?.map(|found| found.row);
            let row = UnjudgedRow {
                fault: cut(&fault, MAX_NETWORK_WORDS),
                since: before.as_ref().map_or(self.admitted_at, |before| before.since),
                attempts: before.map_or(1, |before| before.attempts.saturating_add(1)),
            };
            self.writes.push((RowKey::Unjudged(who, txid), Some(Row::Unjudged(row))));
        }
        Ok(())
    }

    fn hash(&mut self, topic: TopicId, change: HashChange) {
        self.adjust.push(Adjust::TopicHash(topic, change));
    }

    fn change(&mut self, topic: TopicId) -> &mut TopicChange {
        let empty = || TopicChange { topic, admitted: Vec::new(), spent: Vec::new() };
        self.changes.entry(topic).or_insert_with(empty)
    }
}

/// Of a bug on purpose: whether a topic loses this output.
#[cfg(feature = "mutations")]
fn is_coin(facts: &Facts<'_>, outpoint: Outpoint) -> bool {
    facts.coins.iter().any(|coin| coin.outpoint == outpoint)
}
