//! Everything a host must show, row by row.

use std::collections::{BTreeMap, BTreeSet};

use crate::derived::{Namespace, Topic, Verdict};
use crate::event::Status;
use crate::manager::PAYEE;
use crate::model::Model;
use crate::reserve::{Reservation, ReservationId};
use crate::token::{Kind, Name, Part, Placed};
use crate::transaction::{Id, Outpoint};

/// What a row is about.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Key {
    /// A transaction that is held.
    Transaction(Id),
    /// Who spends an output.
    Spend(Outpoint),
    /// An output of a topic.
    Output(Topic, Outpoint),
    /// The topics that hold an output.
    Holders(Outpoint),
    /// That a transaction was applied.
    Applied(Id),
    /// A topic's verdict.
    Verdict(Id, Topic),
    /// A row of state.
    State(Namespace, Vec<u8>),
    /// A number.
    Number(Number),
    /// Who is yet to judge or index what.
    Unjudged(Namespace, Id),
    /// Where a transaction stands.
    Status(Id),
    /// That the network is yet to be told.
    Outbox(Id),
    /// That nothing proves a transaction.
    Unproven(Id),
    /// That a transaction was taken back.
    TakenBack(Id),
    /// What was evicted of a transaction.
    Evicted(Id),
    /// A token.
    Token(Outpoint),
    /// That a token belongs to a part of a basket.
    Place(Part, Outpoint),
    /// A name that a token has, or had.
    Name(Kind, Name),
    /// A reservation.
    Reservation(ReservationId),
    /// That a token is, or was, kept for somebody.
    Reserved(Outpoint),
}

/// What is counted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Number {
    /// Unspent outputs of a topic.
    LiveOutputs(Topic),
    /// All of its outputs.
    Outputs(Topic),
    /// Satoshis in the unspent ones.
    LiveSatoshis(Topic),
    /// Rows of state.
    StateRows(Namespace),
    /// Bytes of their keys and values.
    StateBytes(Namespace),
    /// What the network is yet to be told.
    OutboxPending,
    /// Tokens of a part of a basket.
    Tokens(Part),
    /// The sum of their amounts.
    Amount(Part),
}

/// What a row says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    /// That it is there is all.
    There,
    /// Height of the block that holds a transaction, and whether that block is in the chain.
    Proof(Option<(u32, bool)>),
    /// Who spends, with which input.
    Spend(Id, u32),
    /// Satoshis, and who spent it and whether it is retained.
    Output(u64, Option<(Id, bool)>),
    /// Topics.
    Topics(BTreeSet<Topic>),
    /// Topics and off-chain values.
    Applied(BTreeSet<Topic>, Option<Vec<u8>>),
    /// A verdict.
    Verdict(Verdict),
    /// A row of state.
    State(Vec<u8>),
    /// A number that is not 0.
    Number(i128),
    /// A status.
    Status(Status),
    /// Height of the block that left the chain.
    Unproven(Option<u32>),
    /// Outputs, and whether the bytes are gone.
    Evicted(BTreeSet<u32>, bool),
    /// A token, and whether it is not its owner that its output pays to.
    Token(Placed, bool),
    /// A reservation.
    Reservation(Reservation),
    /// By which reservation, and until when, in seconds.
    Reserved(ReservationId, u64),
}

/// All rows.
pub type Rows = BTreeMap<Key, Value>;

impl Model {
    /// Everything a host must show.
    #[must_use]
    pub fn show(&self) -> Rows {
        let mut rows = Rows::new();
        let mut numbers: BTreeMap<Number, i128> = BTreeMap::new();
        let mut holders: BTreeMap<Outpoint, BTreeSet<Topic>> = BTreeMap::new();
        let mut count = |number: Number, by: u64| *numbers.entry(number).or_default() += i128::from(by);
        for ((topic, outpoint), output) in &self.derived.outputs {
            rows.insert(Key::Output(*topic, *outpoint), Value::Output(output.satoshis, output.spent));
            holders.entry(*outpoint).or_default().insert(*topic);
            count(Number::Outputs(*topic), 1);
            if output.spent.is_none() {
                count(Number::LiveOutputs(*topic), 1);
                count(Number::LiveSatoshis(*topic), output.satoshis);
            }
        }
        for ((namespace, key), value) in &self.derived.state {
            rows.insert(Key::State(*namespace, key.clone()), Value::State(value.clone()));
            count(Number::StateRows(*namespace), 1);
            count(Number::StateBytes(*namespace), (key.len() + value.len()) as u64);
        }
        for (outpoint, placed) in &self.derived.tokens {
            for part in placed.token.parts() {
                rows.insert(Key::Place(part, *outpoint), Value::There);
                count(Number::Tokens(part), 1);
                count(Number::Amount(part), placed.token.amount);
            }
            let claimed = placed.token.owner.is_some_and(|owner| owner != PAYEE);
            rows.insert(Key::Token(*outpoint), Value::Token(placed.clone(), claimed));
        }
        rows.extend(self.names.iter().map(|(kind, name)| (Key::Name(*kind, name), Value::There)));
        count(Number::OutboxPending, self.outbox.len() as u64);
        rows.extend(holders.into_iter().map(|(outpoint, topics)| (Key::Holders(outpoint), Value::Topics(topics))));
        let numbers = numbers.into_iter().filter(|(_, number)| *number != 0);
        rows.extend(numbers.map(|(key, number)| (Key::Number(key), Value::Number(number))));
        let spends = self.derived.spends.iter();
        rows.extend(spends.map(|(source, spend)| (Key::Spend(*source), Value::Spend(spend.by, spend.input))));
        self.show_verdicts(&mut rows);
        self.show_facts(&mut rows);
        rows
    }

    /// What was evicted with its bytes is not shown.
    fn show_verdicts(&self, rows: &mut Rows) {
        for ((id, topic), verdict) in self.derived.verdicts.iter().filter(|((id, _), _)| !self.is_withheld(id)) {
            rows.insert(Key::Verdict(*id, *topic), Value::Verdict(verdict.clone()));
        }
        for (id, applied) in self.derived.applied.iter().filter(|(id, _)| !self.is_withheld(id)) {
            rows.insert(Key::Applied(*id), Value::Applied(applied.topics.clone(), applied.values.clone()));
        }
        for (namespace, id) in &self.derived.unjudged {
            if !matches!(namespace, Namespace::Topic(_)) || !self.is_withheld(id) {
                rows.insert(Key::Unjudged(*namespace, *id), Value::There);
            }
        }
    }

    fn show_facts(&self, rows: &mut Rows) {
        for (id, held) in &self.held {
            rows.insert(
                Key::Transaction(*id),
                Value::Proof(held.proof.map(|proof| (proof.height, self.holds(&proof)))),
            );
            if held.proof.is_none() {
                rows.insert(Key::Unproven(*id), Value::Unproven(held.orphaned));
            }
        }
        rows.extend(self.status.iter().map(|(id, status)| (Key::Status(*id), Value::Status(*status))));
        rows.extend(self.outbox.iter().map(|id| (Key::Outbox(*id), Value::There)));
        for (id, reservation) in &self.reservations {
            rows.insert(Key::Reservation(*id), Value::Reservation(reservation.clone()));
        }
        for (token, id) in &self.reserved {
            rows.insert(Key::Reserved(*token), Value::Reserved(*id, self.reservations[id].until));
        }
        for (id, taken_back) in &self.taken_back {
            let value = Value::Applied(taken_back.topics.clone(), taken_back.values.clone());
            rows.insert(Key::TakenBack(*id), value);
        }
        for (id, evicted) in &self.evicted {
            rows.insert(Key::Evicted(*id), Value::Evicted(evicted.outputs.clone(), evicted.withheld));
        }
    }
}
