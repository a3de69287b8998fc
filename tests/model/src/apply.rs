//! What one entry of the list does to what follows from those before it.

use std::collections::{BTreeMap, BTreeSet};

use crate::derived::{Admittance, Aside, Derived, Namespace, Output, Spend, Topic, Verdict};
use crate::entry::{Eviction, How, Saw, Submission};
use crate::event::BasketOperation;
use crate::organise::{Baskets, Entering, Failed, Leaving};
use crate::rule::{Asked, Notice, Said, index};
use crate::transaction::{Id, Outpoint, Transaction};

/// What entries are applied with.
pub(crate) struct Context<'c> {
    /// Everything anybody has shown.
    pub(crate) known: &'c BTreeMap<Id, Transaction>,
    /// How many topics there are.
    pub(crate) topics: u32,
    /// Those the service indexes.
    pub(crate) indexed: &'c BTreeSet<Topic>,
    /// Those whose outputs the manager organises.
    pub(crate) managed: &'c BTreeSet<Topic>,
}

/// What came of a submission.
#[derive(Default)]
pub(crate) struct Outcome {
    /// What each topic says that gave an answer.
    pub(crate) answers: BTreeMap<Topic, Admittance>,
    /// Topics whose plugin broke.
    pub(crate) broke: BTreeSet<Topic>,
    /// Verdicts that are kept.
    pub(crate) verdicts: BTreeSet<Topic>,
    /// Coins of topics that it takes, or took before and a topic judges only now.
    pub(crate) coins: usize,
    /// Whether the service has to be told anything.
    pub(crate) tells_service: bool,
    /// What was done to baskets, in order.
    pub(crate) operations: Vec<BasketOperation>,
    /// Why the manager did nothing, if it was asked and did not.
    pub(crate) manager_failed: Option<Failed>,
}

/// A coin of a topic that is spent.
struct Coin {
    topic: Topic,
    outpoint: Outpoint,
    by: Id,
    input: u32,
    before: Output,
}

impl Submission {
    pub(crate) fn apply(&mut self, derived: &mut Derived, context: &Context<'_>) -> Outcome {
        let judging: BTreeSet<Topic> = self.judgements.iter().map(|judgement| judgement.topic).collect();
        let judging = judging.into_iter().filter(|topic| !derived.verdicts.contains_key(&(self.subject, *topic)));
        let coins = self.coins(derived, context, &judging.collect());
        let mut outcome = Outcome { coins: coins.len(), ..Outcome::default() };
        self.judge(derived, context, &coins, &mut outcome);
        for id in &self.stored {
            for (input, source) in (0..).zip(&context.known[id].inputs).filter(|(_, source)| self.takes(id, source)) {
                derived.spends.insert(*source, Spend { by: *id, input });
            }
        }
        let subject = self.subject;
        let retained = |coin: &Coin| -> Option<bool> {
            let judged = coin.by == subject && outcome.verdicts.contains(&coin.topic);
            judged.then(|| outcome.answers[&coin.topic].retain.contains(&coin.input))
        };
        for coin in &coins {
            let spent = Some((coin.by, retained(coin).unwrap_or(false)));
            derived.outputs.insert((coin.topic, coin.outpoint), Output { spent, ..coin.before });
        }
        let admitted = self.admit(derived, context, &outcome);
        self.verdicts = outcome.verdicts.clone();
        self.admitted = admitted.iter().map(|(topic, outpoint, _)| (*topic, *outpoint)).collect();
        if !outcome.verdicts.is_empty() || !outcome.broke.is_empty() {
            let applied = derived.applied.entry(self.subject).or_default();
            applied.topics.extend(&outcome.verdicts);
            applied.values = applied.values.take().or_else(|| self.values.clone());
        }

        let is_managed = |coin: &&Coin| context.managed.contains(&coin.topic) && coin.before.spent.is_none();
        let leaving = coins.iter().filter(is_managed);
        let leaving: Vec<_> =
            leaving.map(|coin| Leaving { by: coin.by, input: coin.input, outpoint: coin.outpoint }).collect();
        let entering = admitted.iter().filter(|(topic, _, by)| context.managed.contains(topic) && by.is_none());
        let entering: Vec<_> = entering.map(|(topic, of, _)| Entering { topic: *topic, output: of.output }).collect();
        let Baskets { operations, failed } = self.organise(derived, context, &leaving, &entering);
        (outcome.operations, outcome.manager_failed) = (operations, failed);

        let values = derived.applied.get(&self.subject).and_then(|applied| applied.values.clone());
        let mut notices = Vec::new();
        for coin in coins.iter().filter(|coin| !self.is_dead(&coin.by)) {
            let retained = retained(coin);
            if coin.before.spent.is_none() {
                notices.push((coin.by, coin.topic, coin.outpoint, Notice::Spent(retained.unwrap_or(false))));
            }
            if retained == Some(false) {
                notices.push((coin.by, coin.topic, coin.outpoint, Notice::NoLongerRetained));
            }
        }
        // Of what is spent by a transaction that was evicted with its bytes, nobody could be told so.
        for (topic, outpoint, spent) in admitted.iter().filter(|(.., by)| by.is_none_or(|by| !self.is_dead(&by))) {
            notices.push((self.subject, *topic, *outpoint, Notice::Admitted(values.as_deref())));
            notices.extend(spent.map(|_| (self.subject, *topic, *outpoint, Notice::Spent(false))));
        }
        let is_silent = derived.silent.contains(&Namespace::Service);
        notices.retain(|(_, topic, ..)| context.indexed.contains(topic) && !is_silent);
        outcome.tells_service = !notices.is_empty();
        self.tell(derived, &notices);
        outcome
    }

    fn tell(&self, derived: &mut Derived, notices: &[(Id, Topic, Outpoint, Notice<'_>)]) {
        if self.service_broke {
            // What is judged again is told one by one.
            let of = notices.iter().map(|(id, ..)| if self.again { *id } else { self.subject });
            derived.unjudged.extend(of.map(|id| (Namespace::Service, id)));
            return;
        }
        let mut state = Aside::new(derived, Namespace::Service);
        for (_, topic, outpoint, notice) in notices {
            index(*topic, outpoint, *notice, &mut state);
        }
        let written = state.written;
        derived.write(Namespace::Service, written);
    }

    /// Whether a transaction spends this: of what was evicted, a proven one may have taken the place.
    fn takes(&self, id: &Id, source: &Outpoint) -> bool {
        !self.again || !self.is_dead(id) || self.dead.get(source) == Some(id)
    }

    /// Whether a transaction's bytes had been evicted.
    pub(crate) fn is_dead(&self, id: &Id) -> bool {
        self.dead.values().any(|dead| dead == id)
    }

    /// The coins it takes: of all topics what new transactions spend; of topics that judge it only now what it spent before.
    fn coins(&self, derived: &Derived, context: &Context<'_>, judging: &BTreeSet<Topic>) -> Vec<Coin> {
        let mut coins = Vec::new();
        let is_new = |id: &Id| self.stored.contains(id);
        let late = Some(&self.subject).filter(|subject| !is_new(subject));
        for by in self.stored.iter().chain(late) {
            for (input, source) in (0..).zip(&context.known[by].inputs).filter(|(_, source)| self.takes(by, source)) {
                if self.is_dead(by) && self.evicted.contains(source) {
                    continue;
                }
                for (topic, before) in derived.holders(context.topics, *source) {
                    // What an evicted transaction spent can only be taken by one that is in a block.
                    let is_open = before.spent.is_none_or(|(spender, _)| spender == *by || is_new(by));
                    if is_open && (is_new(by) || judging.contains(&topic)) {
                        coins.push(Coin { topic, outpoint: *source, by: *by, input, before });
                    }
                }
            }
        }
        coins
    }

    fn judge(&mut self, derived: &mut Derived, context: &Context<'_>, coins: &[Coin], outcome: &mut Outcome) {
        let transaction = &context.known[&self.subject];
        // Everyone sees the others as they were before.
        let mut all_written = Vec::new();
        for judgement in &mut self.judgements {
            let topic = judgement.topic;
            judgement.saw = None;
            if derived.verdicts.contains_key(&(self.subject, topic)) {
                continue;
            }
            let own = coins.iter().filter(|coin| coin.topic == topic && coin.by == self.subject);
            let mut previous_coins: Vec<u32> = own.map(|coin| coin.input).collect();
            previous_coins.sort_unstable();
            let rule = match judgement.how {
                How::By(rule) => rule,
                How::Broke { answered, .. } => {
                    outcome.broke.insert(topic);
                    if !answered {
                        derived.unjudged.insert((Namespace::Topic(topic), self.subject));
                    }
                    continue;
                }
                How::Cannot => continue,
            };
            let mut state = Aside::new(derived, Namespace::Topic(topic));
            let said = rule.judge(Asked { transaction, previous_coins: &previous_coins }, &mut state);
            let Aside { written, mut reads, .. } = state;
            judgement.saw = Some(Saw { previous_coins: previous_coins.clone(), reads: reads.clone() });
            let (admittance, written) = match said {
                Said::Refuses => {
                    reads.clear();
                    let removed = if self.stands { previous_coins } else { Vec::new() };
                    (Admittance { removed, ..Admittance::default() }, BTreeMap::new())
                }
                Said::Takes { admit, retain } => {
                    let admit = admit.into_iter().filter(|output| !judgement.without.contains(output)).collect();
                    let removed = previous_coins.into_iter().filter(|coin| !retain.contains(coin)).collect();
                    (Admittance { admit, retain, removed }, written)
                }
            };
            if !admittance.is_empty() {
                outcome.verdicts.insert(topic);
                let verdict = Verdict { admittance: admittance.clone(), reads };
                derived.verdicts.insert((self.subject, topic), verdict);
                all_written.push((Namespace::Topic(topic), written));
            }
            outcome.answers.insert(topic, admittance);
        }
        for (namespace, written) in all_written {
            derived.write(namespace, written);
        }
    }

    /// Admitted outputs enter their topics, spent already where something held here spends them.
    fn admit(
        &self,
        derived: &mut Derived,
        context: &Context<'_>,
        outcome: &Outcome,
    ) -> Vec<(Topic, Outpoint, Option<Id>)> {
        let mut admitted = Vec::new();
        for topic in outcome.verdicts.iter().copied() {
            for output in &outcome.answers[&topic].admit {
                let outpoint = Outpoint { id: self.subject, output: *output };
                let spender = derived.spends.get(&outpoint).map(|spend| spend.by);
                let spent = spender.or(self.dead.get(&outpoint).copied()).map(|by| (by, false));
                let satoshis = context.known[&self.subject].outputs[*output as usize];
                derived.outputs.insert((topic, outpoint), Output { satoshis, spent });
                admitted.push((topic, outpoint, spent.map(|(by, _)| by)));
            }
        }
        admitted
    }
}

impl Eviction {
    pub(crate) fn apply(&self, derived: &mut Derived, context: &Context<'_>) {
        for (id, outputs) in &self.outputs {
            for outpoint in outputs.iter().map(|output| Outpoint { id: *id, output: *output }) {
                for (topic, _) in derived.holders(context.topics, outpoint).collect::<Vec<_>>() {
                    derived.outputs.remove(&(topic, outpoint));
                    derived.tokens.remove(&outpoint);
                    let is_silent = derived.silent.contains(&Namespace::Service);
                    if is_silent || !context.indexed.contains(&topic) {
                        continue;
                    }
                    if self.service_broke {
                        derived.unjudged.insert((Namespace::Service, *id));
                    } else {
                        let mut state = Aside::new(derived, Namespace::Service);
                        index(topic, &outpoint, Notice::Evicted, &mut state);
                        let written = state.written;
                        derived.write(Namespace::Service, written);
                    }
                }
            }
        }
    }
}
