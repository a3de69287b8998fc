//! The host's answers, rows and events in the model's words.

use std::collections::{BTreeMap, BTreeSet};

use trellis_engine::domain::admittance::Admittance;
use trellis_engine::domain::basket::{Part, TokenRow};
use trellis_engine::domain::event::{AppliedTransaction, Event, TopicChange, TopicReversal};
use trellis_engine::domain::plan::{Adjust, LogRecord};
use trellis_engine::domain::row::{
    CarriedBytes, ContentId, NumberKey, OutputState, ReadRow, ReservationId, Row, RowKey, StateRead,
};
use trellis_engine::domain::status::Status;
use trellis_engine::domain::time::Sequence;
use trellis_engine::ports::store::Store;
use trellis_engine::submit::{BatchError, SubmitError, Submitted, SubmittedBatch};
use trellis_model::batch::NotTogether;
use trellis_model::derived;
use trellis_model::event::{self, Change};
use trellis_model::show::{Key, Number, Value};
use trellis_model::submit::{Answer, Refusal};
use trellis_model::token::Placed;
use trellis_model::transaction::{Id, Outpoint};
use trellis_spv::hash::{self, Txid};
use trellis_spv::verify::{VerifyError, check_proof};

use super::baskets::{digest, engine_part, heard, model_part, model_token, name, named, reversal};
use super::host::Host;
use super::keep::{reservation, seconds};
use super::plugins::topic_of;
use super::world::{SharedChain, id, outpoint};

fn txid(id: Id) -> Txid {
    Txid::from_internal(id.0)
}

fn engine_outpoint(outpoint: Outpoint) -> hash::Outpoint {
    hash::Outpoint::new(txid(outpoint.id), outpoint.output)
}

fn admittance(told: &Admittance) -> derived::Admittance {
    let Admittance { outputs_to_admit, coins_to_retain, coins_removed } = told.clone();
    derived::Admittance { admit: outputs_to_admit, retain: coins_to_retain, removed: coins_removed }
}

fn status(told: Status) -> event::Status {
    match told {
        Status::Admitted => event::Status::Admitted,
        Status::Broadcast => event::Status::Broadcast,
        Status::Seen => event::Status::Seen,
        Status::Mined(height) => event::Status::Mined(height),
        Status::Rejected => event::Status::Rejected,
        Status::Contested => event::Status::Contested,
    }
}

/// An answer to a submission.
pub fn answer(told: Result<Submitted, SubmitError>) -> Result<Answer, Refusal> {
    match told {
        Ok(told) => Ok(Answer {
            steak: told.steak.iter().map(|(topic, entry)| (topic_of(topic), admittance(entry))).collect(),
            unjudged: told.unjudged.keys().map(topic_of).collect(),
            stored: told.sequence.is_some(),
            repeated: told.repeated,
        }),
        Err(SubmitError::Verify(VerifyError::DoubleSpend { .. })) => Err(Refusal::DoubleSpend),
        Err(SubmitError::Verify(VerifyError::MissingParents { .. })) => Err(Refusal::MissingParents),
        Err(SubmitError::Conflict { winner, .. }) => Err(Refusal::Conflict(id(&winner))),
        Err(SubmitError::ProvenRival { rival, .. }) => Err(Refusal::ProvenRival(id(&rival))),
        Err(SubmitError::RejectedByNetwork { txid, .. }) => Err(Refusal::Refused(id(&txid))),
        Err(SubmitError::Evicted { txid, .. }) => Err(Refusal::Evicted(id(&txid))),
        Err(SubmitError::Fault(_)) => Err(Refusal::Fault),
        Err(SubmitError::OrganiseRefused { .. }) => Err(Refusal::NotOrganised),
        Err(other) => panic!("the model knows no such answer: {other}"),
    }
}

/// An answer to a batch.
pub fn answers(told: Result<SubmittedBatch, BatchError>) -> Result<Vec<Answer>, NotTogether> {
    match told {
        Ok(told) => Ok(told.members.into_iter().map(|told| answer(Ok(told)).unwrap()).collect()),
        Err(BatchError::Twice { first, second, .. }) => Err(NotTogether::Twice(first, second)),
        Err(BatchError::NotWanted { member, .. }) => Err(NotTogether::NotWanted(member)),
        Err(BatchError::Member { member, error, .. }) => {
            Err(NotTogether::Member(member, answer(Err(*error)).unwrap_err()))
        }
        Err(other) => panic!("the model knows no such answer: {other}"),
    }
}

fn sorted<T: Ord>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.into_iter().collect();
    items.sort();
    items
}

fn spent(told: &[(hash::Outpoint, bool)]) -> Vec<(Outpoint, bool)> {
    sorted(told.iter().map(|(of, retained)| (outpoint(of), *retained)))
}

impl Host {
    fn change(&self, of: Txid, told: &TopicChange) -> Change {
        let admitted = told.admitted.iter().map(|output| Outpoint { id: id(&of), output: *output });
        let topic = self.topic(told.topic);
        Change { topic, admitted: sorted(admitted), spent: spent(&told.spent), ..Change::default() }
    }

    fn reversal(&self, told: &TopicReversal) -> Change {
        Change {
            topic: self.topic(told.topic),
            removed: sorted(told.removed.iter().map(outpoint)),
            unspent: sorted(told.unspent.iter().map(outpoint)),
            admitted: sorted(told.admitted.iter().map(outpoint)),
            spent: spent(&told.spent),
        }
    }

    /// What subscribers hear; `places` says which commit has which place in the model's log.
    pub fn event(&self, told: &Event, places: &BTreeMap<Sequence, usize>) -> event::Event {
        let ids = |told: &[Txid]| sorted(told.iter().map(id));
        let heights = |told: &[(Txid, u32)]| sorted(told.iter().map(|(txid, height)| (id(txid), *height)));
        let reversals = |told: &[TopicReversal]| told.iter().map(|told| self.reversal(told)).collect();
        match told {
            Event::Applied(applied) => {
                let applied = applied.iter().map(|AppliedTransaction { txid, topics, operations }| event::Applied {
                    id: id(txid),
                    changes: topics.iter().map(|told| self.change(*txid, told)).collect(),
                    operations: operations.iter().map(heard).collect(),
                });
                event::Event::Applied(applied.collect())
            }
            Event::StatusChanged { txid, status: now } => event::Event::StatusChanged(id(txid), status(*now)),
            Event::Proven { transactions } => event::Event::Proven(heights(transactions)),
            Event::Orphaned { transactions } => event::Event::Orphaned(heights(transactions)),
            Event::Evicted { transactions, topics, baskets } => {
                let baskets = baskets.iter().map(reversal).collect();
                event::Event::Evicted(ids(transactions), reversals(topics), baskets)
            }
            Event::Reverted { transactions, judged_again, topics, baskets, batches, .. } => event::Event::Reverted {
                gone: ids(transactions),
                judged_again: judged_again.iter().map(id).collect(),
                changes: reversals(topics),
                baskets: baskets.iter().map(reversal).collect(),
                batches: batches.iter().map(|batch| places[batch]).collect(),
            },
        }
    }

    /// What a row is about; `None` for what the model knows nothing of.
    pub fn key(&self, told: &RowKey) -> Option<Key> {
        Some(match told {
            RowKey::Transaction(of) => Key::Transaction(id(of)),
            RowKey::Spend(of) => Key::Spend(outpoint(of)),
            RowKey::Output(topic, of) => Key::Output(self.topic(*topic), outpoint(of)),
            RowKey::Holders(of) => Key::Holders(outpoint(of)),
            RowKey::Applied(of) => Key::Applied(id(of)),
            RowKey::Verdict(of, topic) => Key::Verdict(id(of), self.topic(*topic)),
            RowKey::State(namespace, key) => Key::State(self.namespace(*namespace)?, key.clone()),
            RowKey::StateFence(_) | RowKey::TopicHash(_) => return None,
            RowKey::Token(manager, of) if Some(*manager) == self.manager_id() => Key::Token(outpoint(of)),
            RowKey::Place(part, of) if Some(part.manager) == self.manager_id() => {
                Key::Place(model_part(part.tokens), outpoint(of))
            }
            RowKey::Token(..) | RowKey::Place(..) => return None,
            RowKey::Name(of) => {
                let (kind, name) = named(*of);
                Key::Name(kind, name)
            }
            RowKey::Reservation(of) => Key::Reservation(of.0),
            RowKey::Reserved(manager, of) if Some(*manager) == self.manager_id() => Key::Reserved(outpoint(of)),
            RowKey::Reserved(..) | RowKey::Generation(_) => return None,
            RowKey::Number(number) => Key::Number(match number {
                NumberKey::LiveOutputs(topic) => Number::LiveOutputs(self.topic(*topic)),
                NumberKey::Outputs(topic) => Number::Outputs(self.topic(*topic)),
                NumberKey::LiveSatoshis(topic) => Number::LiveSatoshis(self.topic(*topic)),
                NumberKey::StateRows(namespace) => Number::StateRows(self.namespace(*namespace)?),
                NumberKey::StateBytes(namespace) => Number::StateBytes(self.namespace(*namespace)?),
                NumberKey::OutboxPending => Number::OutboxPending,
                NumberKey::Tokens(part) if Some(part.manager) == self.manager_id() => {
                    Number::Tokens(model_part(part.tokens))
                }
                NumberKey::Amount(part) if Some(part.manager) == self.manager_id() => {
                    Number::Amount(model_part(part.tokens))
                }
                NumberKey::Tokens(_) | NumberKey::Amount(_) => return None,
            }),
            RowKey::Outbox(of) => Key::Outbox(id(of)),
            RowKey::Status(of) => Key::Status(id(of)),
            RowKey::Unjudged(namespace, of) => Key::Unjudged(self.namespace(*namespace)?, id(of)),
            RowKey::Unproven(of) => Key::Unproven(id(of)),
            RowKey::Reverted(of) => Key::TakenBack(id(of)),
            RowKey::Evicted(of) => Key::Evicted(id(of)),
        })
    }

    /// The row under a key of the model's.
    pub fn row(&self, key: &Key, chain: &SharedChain) -> Option<Value> {
        let told = match key.clone() {
            Key::Transaction(of) => RowKey::Transaction(txid(of)),
            Key::Spend(of) => RowKey::Spend(engine_outpoint(of)),
            Key::Output(topic, of) => RowKey::Output(self.topic_id(topic), engine_outpoint(of)),
            Key::Holders(of) => RowKey::Holders(engine_outpoint(of)),
            Key::Applied(of) => RowKey::Applied(txid(of)),
            Key::Verdict(of, topic) => RowKey::Verdict(txid(of), self.topic_id(topic)),
            Key::State(namespace, key) => RowKey::State(self.namespace_id(namespace)?, key),
            Key::Number(number) => RowKey::Number(match number {
                Number::LiveOutputs(topic) => NumberKey::LiveOutputs(self.topic_id(topic)),
                Number::Outputs(topic) => NumberKey::Outputs(self.topic_id(topic)),
                Number::LiveSatoshis(topic) => NumberKey::LiveSatoshis(self.topic_id(topic)),
                Number::StateRows(namespace) => NumberKey::StateRows(self.namespace_id(namespace)?),
                Number::StateBytes(namespace) => NumberKey::StateBytes(self.namespace_id(namespace)?),
                Number::OutboxPending => NumberKey::OutboxPending,
                Number::Tokens(part) => NumberKey::Tokens(self.part(part)?),
                Number::Amount(part) => NumberKey::Amount(self.part(part)?),
            }),
            Key::Token(of) => RowKey::Token(self.manager_id()?, engine_outpoint(of)),
            Key::Place(part, of) => RowKey::Place(self.part(part)?, engine_outpoint(of)),
            Key::Name(kind, name) => RowKey::Name(digest(kind, name)),
            Key::Reservation(of) => RowKey::Reservation(ReservationId(of)),
            Key::Reserved(of) => RowKey::Reserved(self.manager_id()?, engine_outpoint(of)),
            Key::Unjudged(namespace, of) => RowKey::Unjudged(self.namespace_id(namespace)?, txid(of)),
            Key::Status(of) => RowKey::Status(txid(of)),
            Key::Outbox(of) => RowKey::Outbox(txid(of)),
            Key::Unproven(of) => RowKey::Unproven(txid(of)),
            Key::TakenBack(of) => RowKey::Reverted(txid(of)),
            Key::Evicted(of) => RowKey::Evicted(txid(of)),
        };
        let found = self.store().get(&told, self.store().durable()).unwrap()?;
        self.value(&told, found.row, chain)
    }

    fn part(&self, part: trellis_model::token::Part) -> Option<Part> {
        Some(Part { manager: self.manager_id()?, tokens: engine_part(part) })
    }

    /// What a row says; `None` for what is as good as no row.
    pub fn value(&self, key: &RowKey, row: Row, chain: &SharedChain) -> Option<Value> {
        let topics = |told: Vec<_>| told.into_iter().map(|topic| self.topic(topic)).collect::<BTreeSet<_>>();
        Some(match row {
            Row::Transaction(row) => Value::Proof(row.proof.map(|proof| {
                let RowKey::Transaction(txid) = key else { panic!("{key:?}") };
                (proof.height, check_proof(txid, &proof, chain).is_ok())
            })),
            Row::Spend(row) => Value::Spend(id(&row.spender), row.input),
            Row::Output(row) => Value::Output(
                row.satoshis,
                match row.state {
                    OutputState::Live => None,
                    OutputState::Spent { by, retained } => Some((id(&by), retained)),
                },
            ),
            Row::Holders(row) => Value::Topics(topics(row)),
            Row::Applied(row) => Value::Applied(topics(row.topics), self.values(row.carried.off_chain_values)),
            Row::Verdict(row) => {
                let reads = row.reads.into_iter().map(|read| self.read(read)).collect();
                Value::Verdict(derived::Verdict { admittance: admittance(&row.admittance), reads })
            }
            Row::State(row) => Value::State(row),
            Row::Number(0) | Row::Fence | Row::TopicHash(_) => return None,
            Row::Token(TokenRow { token, topic, satoshis, claimed, .. }) => {
                let (token, topic) = (model_token(&token), self.topic(topic));
                Value::Token(Placed { token, topic, satoshis }, claimed)
            }
            Row::Name(told) => {
                let RowKey::Name(of) = key else { panic!("{key:?}") };
                assert_eq!(name(named(*of).0, &told), named(*of).1, "the text behind a digest");
                Value::There
            }
            Row::Reservation(row) => Value::Reservation(reservation(&row)),
            Row::Reserved(row) => Value::Reserved(row.reservation.0, seconds(row.until)),
            Row::Generation(_) => return None,
            Row::Number(row) => Value::Number(row),
            Row::Outbox(_) | Row::Unjudged(_) | Row::Place => Value::There,
            Row::Status(row) => Value::Status(status(row.status)),
            Row::Unproven(row) => Value::Unproven(row.orphaned),
            Row::Reverted(row) => Value::Applied(topics(row.topics), self.values(row.carried.off_chain_values)),
            Row::Evicted(row) => Value::Evicted(row.outputs.into_iter().collect(), row.withheld),
        })
    }

    fn read(&self, read: StateRead) -> derived::Read {
        let seen = match read.row {
            ReadRow::Own(key) => derived::Seen::Own(key),
            ReadRow::TopicState(topic, key) => derived::Seen::State(self.topic(topic), key),
            ReadRow::TopicOutput(topic, of) => derived::Seen::Output(self.topic(topic), outpoint(&of)),
        };
        (seen, read.value)
    }

    fn values(&self, told: Option<CarriedBytes>) -> Option<Vec<u8>> {
        let id = ContentId::Carried(told?.sha256);
        Some(self.store().content(&id).unwrap().expect("the off-chain values"))
    }

    /// The rows a commit touched, numbers included.
    pub fn touched(&self, record: &LogRecord) -> BTreeSet<Key> {
        let numbers = record.adjusted.iter().filter_map(|adjust| match adjust {
            Adjust::Number(number, _) => Some(RowKey::Number(*number)),
            Adjust::TopicHash(..) => None,
        });
        record.wrote.iter().cloned().chain(numbers).filter_map(|key| self.key(&key)).collect()
    }
}
