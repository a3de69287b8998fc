//! What a submission does to baskets.

use std::collections::{BTreeMap, BTreeSet};

use crate::apply::Context;
use crate::derived::{Derived, Namespace, Topic};
use crate::entry::{Organised, Submission};
use crate::event::{BasketOperation, Told};
use crate::manager::{Operation, Organising};
use crate::token::{Kind, Name, Placed, Token};
use crate::transaction::{Id, Outpoint, Transaction};

/// Why a manager made nothing of a transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Failed {
    /// It broke.
    Broke,
    /// It said no.
    Refused,
}

/// What came of it.
#[derive(Default)]
pub(crate) struct Baskets {
    /// What was done, in order.
    pub(crate) operations: Vec<BasketOperation>,
    /// Why it did nothing, if it did not.
    pub(crate) failed: Option<Failed>,
}

/// A token that leaves its basket.
pub(crate) struct Leaving {
    pub(crate) by: Id,
    pub(crate) input: u32,
    pub(crate) outpoint: Outpoint,
}

/// An unspent output that entered a topic of the manager.
#[derive(Clone, Copy)]
pub(crate) struct Entering {
    pub(crate) topic: Topic,
    pub(crate) output: u32,
}

impl Submission {
    /// Everything that is spent leaves its basket; what enters one is what the manager says.
    pub(crate) fn organise(
        &mut self,
        derived: &mut Derived,
        context: &Context<'_>,
        leaving: &[Leaving],
        entering: &[Entering],
    ) -> Baskets {
        let mut baskets = Baskets::default();
        self.organised.clear();
        if derived.silent.contains(&Namespace::Manager) {
            return baskets;
        }
        let subject = self.subject;
        let ancestors: Vec<Id> = self.stored.iter().copied().filter(|id| *id != subject).collect();
        for id in ancestors {
            let lost = held(derived, leaving, id);
            if self.again && !self.is_dead(&id) && !lost.is_empty() {
                // Judged again, everyone is told of what it spends itself.
                self.ask(derived, context, id, lost, Vec::new(), &mut baskets);
            } else {
                lost.into_iter().for_each(|(_, outpoint, token)| take(derived, outpoint, &token, &mut baskets));
            }
        }
        let held = held(derived, leaving, subject);
        let mut admitted: Vec<Entering> = Vec::new();
        for entering in entering {
            let outpoint = Outpoint { id: subject, output: entering.output };
            let is_known = admitted.iter().any(|known| known.output == entering.output);
            // Another of its topics may have admitted it before.
            if !is_known && !derived.tokens.contains_key(&outpoint) {
                admitted.push(*entering);
            }
        }
        admitted.sort_by_key(|entering| entering.output);
        if self.is_dead(&subject) {
            held.into_iter().for_each(|(_, outpoint, token)| take(derived, outpoint, &token, &mut baskets));
        } else if !held.is_empty() || !admitted.is_empty() {
            self.ask(derived, context, subject, held, admitted, &mut baskets);
        }
        baskets
    }

    fn ask(
        &mut self,
        derived: &mut Derived,
        context: &Context<'_>,
        id: Id,
        mut held: Vec<(u32, Outpoint, Token)>,
        admitted: Vec<Entering>,
        baskets: &mut Baskets,
    ) {
        let transaction = &context.known[&id];
        let shown: Vec<(u32, Token)> = held.iter().map(|(input, _, token)| (*input, token.clone())).collect();
        let entered: Vec<(Topic, u32)> = admitted.iter().map(|admitted| (admitted.topic, admitted.output)).collect();
        let values = derived.applied.get(&id).and_then(|applied| applied.values.as_deref());
        let asked = Organising { transaction, admitted: &entered, held: &shown, values };
        let said = match self.manager {
            None => Err(Failed::Broke),
            Some(manager) => manager.organise(asked).ok_or(Failed::Refused),
        };
        self.organised.push(Organised { id, held: shown, admitted: entered.clone() });
        let operations = said.unwrap_or_else(|failed| {
            baskets.failed = Some(failed);
            derived.unjudged.insert((Namespace::Manager, id));
            Vec::new()
        });
        let Derived { tokens, names, .. } = derived;
        baskets.operations.extend(carry_out(tokens, names, transaction, operations, &mut held, &entered));
        held.into_iter().for_each(|(_, outpoint, token)| take(derived, outpoint, &token, baskets));
    }
}

/// The tokens that a transaction spends, by input.
fn held(derived: &Derived, leaving: &[Leaving], by: Id) -> Vec<(u32, Outpoint, Token)> {
    let mut held: Vec<(u32, Outpoint, Token)> = Vec::new();
    for leaving in leaving.iter().filter(|leaving| leaving.by == by) {
        let is_known = held.iter().any(|(_, outpoint, _)| *outpoint == leaving.outpoint);
        if let Some(placed) = derived.tokens.get(&leaving.outpoint).filter(|_| !is_known) {
            held.push((leaving.input, leaving.outpoint, placed.token.clone()));
        }
    }
    held.sort_by_key(|(input, ..)| *input);
    held
}

fn take(derived: &mut Derived, outpoint: Outpoint, token: &Token, baskets: &mut Baskets) {
    derived.tokens.remove(&outpoint);
    baskets.operations.push(BasketOperation { taken: Some((outpoint, Told::of(token))), placed: None });
}

/// Does what a manager said. What is taken out of a basket is held no more.
pub(crate) fn carry_out(
    tokens: &mut BTreeMap<Outpoint, Placed>,
    names: &mut BTreeSet<(Kind, Name)>,
    transaction: &Transaction,
    operations: Vec<Operation>,
    held: &mut Vec<(u32, Outpoint, Token)>,
    admitted: &[(Topic, u32)],
) -> Vec<BasketOperation> {
    let mut done = Vec::new();
    for operation in operations {
        let (input, placed) = match operation {
            Operation::Create(output, token) => (None, Some((output, token))),
            Operation::Move(input, _, output, token) => (Some(input), Some((output, token))),
            Operation::Consume(input, _) => (Some(input), None),
        };
        let taken = input.map(|input| {
            let place = held.iter().position(|(held, ..)| *held == input).expect("it takes what it was shown");
            let (_, outpoint, token) = held.remove(place);
            tokens.remove(&outpoint);
            (outpoint, Told::of(&token))
        });
        let placed = placed.map(|(output, token)| {
            let topic = admitted.iter().find(|(_, of)| *of == output).expect("it was shown").0;
            let satoshis = transaction.outputs[output as usize];
            let told = Told::of(&token);
            names.extend(token.names());
            tokens.insert(Outpoint { id: transaction.id, output }, Placed { token, topic, satoshis });
            (output, told)
        });
        done.push(BasketOperation { taken, placed });
    }
    done
}
