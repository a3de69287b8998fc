//! Services and managers that are built anew: they have what one has that was there all the time, told of what is here now.

use std::collections::{BTreeMap, BTreeSet};

use crate::derived::{Aside, Derived, Namespace, Output, Topic};
use crate::entry::{Built, Entry, Submission, What};
use crate::event::Event;
use crate::manager::Organising;
use crate::model::Model;
use crate::organise::carry_out;
use crate::rule::{Notice, index};
use crate::token::{Kind, Name, Placed, Token};
use crate::transaction::{Id, Outpoint};

impl Built {
    pub(crate) fn apply(&self, derived: &mut Derived) {
        derived.forget(self.who);
        derived.silent.remove(&self.who);
        derived.tokens.extend(self.tokens.clone());
        derived.unjudged.extend(self.unjudged.iter().map(|id| (self.who, *id)));
        derived.state.extend(self.state.iter().map(|(key, value)| ((self.who, key.clone()), value.clone())));
    }
}

impl Derived {
    /// One knows nothing any more.
    pub(crate) fn forget(&mut self, who: Namespace) {
        self.state.retain(|(of, _), _| *of != who);
        self.unjudged.retain(|(of, _)| *of != who);
        if who == Namespace::Manager {
            self.tokens.clear();
            self.names.clear();
        }
        self.silent.insert(who);
    }
}

impl Model {
    /// What a rebuild made of a service or manager serves from now on, and what served before is gone.
    pub fn rebuilt(&mut self, who: Namespace) {
        let built = match who {
            Namespace::Topic(_) => unreachable!("topics are not rebuilt"),
            Namespace::Service => self.build_service(),
            Namespace::Manager => self.build_manager(),
        };
        built.apply(&mut self.derived);
        self.list.push(Entry { place: self.log.len(), what: What::Built(built) });
        if who == Namespace::Manager {
            // They are other tokens now.
            self.reserved.clear();
            self.reservations.clear();
        }
    }

    /// Whether a service or manager was told of a transaction without off-chain values.
    #[must_use]
    pub fn knows_it_without_values(&self, id: &Id) -> bool {
        let applied = self.derived.applied.get(id).filter(|applied| applied.values.is_none());
        let is_told = |topic: &Topic| self.indexed.contains(topic) || self.managed.contains(topic);
        applied.is_some_and(|applied| applied.topics.iter().any(is_told))
    }

    /// A rebuild met a name. Which ones it meets, however far it comes, is its own business.
    pub fn meets(&mut self, kind: Kind, name: Name) {
        self.names.insert((kind, name));
    }

    /// The submissions with their numbers, which stand for the times.
    fn submissions(&self) -> impl Iterator<Item = (usize, &Submission)> {
        self.list.iter().enumerate().filter_map(|(number, entry)| match &entry.what {
            What::Submission(submission) => Some((number, submission)),
            _ => None,
        })
    }

    fn stored_at(&self, id: &Id) -> Option<usize> {
        let mut storing = self.submissions().filter(|(_, submission)| submission.stored.contains(id));
        storing.next().filter(|_| !self.is_withheld(id)).map(|(number, _)| number)
    }

    fn build_service(&self) -> Built {
        let mut rows = Derived::default();
        for ((topic, outpoint), output) in self.derived.outputs.iter().filter(|((of, _), _)| self.indexed.contains(of))
        {
            for notice in self.story(*topic, outpoint, output) {
                let mut state = Aside::new(&rows, Namespace::Service);
                index(*topic, outpoint, notice, &mut state);
                let written = state.written;
                rows.write(Namespace::Service, written);
            }
        }
        let state = rows.state.into_iter().map(|((_, key), value)| (key, value)).collect();
        Built { who: Namespace::Service, state, tokens: BTreeMap::new(), unjudged: BTreeSet::new() }
    }

    /// Everything that happened to an output, as it is told afterwards.
    fn story(&self, topic: Topic, outpoint: &Outpoint, output: &Output) -> Vec<Notice<'_>> {
        let values = self.derived.applied.get(&outpoint.id).and_then(|applied| applied.values.as_deref());
        let admitted = Notice::Admitted(values);
        let Some((by, retained)) = output.spent else { return vec![admitted] };
        let Some(stored) = self.stored_at(&by) else {
            // There is nothing to be shown as its spender.
            return if retained { vec![admitted] } else { Vec::new() };
        };
        let entered = self.submissions().filter(|(_, entry)| entry.admitted.contains(&(topic, *outpoint)));
        let entered = entered.map(|(number, _)| number).last().expect("it is in the topic");
        let mut judging =
            self.submissions().filter(|(_, entry)| entry.subject == by && entry.verdicts.contains(&topic));
        let judged = judging.next().map(|(number, _)| number).filter(|judged| *judged > entered);
        let mut story = vec![admitted, Notice::Spent(retained && judged == Some(stored))];
        if judged.is_some() && !retained {
            story.push(Notice::NoLongerRetained);
        }
        story
    }

    fn build_manager(&self) -> Built {
        let mut tokens: BTreeMap<Outpoint, Placed> = BTreeMap::new();
        let (mut unjudged, mut names) = (BTreeSet::new(), BTreeSet::new());
        for (number, submission) in self.submissions() {
            let subject = submission.subject;
            for source in submission.stored.iter().filter(|id| **id != subject).flat_map(|id| &self.known[id].inputs) {
                tokens.remove(source);
            }
            let transaction = &self.known[&subject];
            let mut held: Vec<(u32, Outpoint, Token)> = Vec::new();
            for (input, source) in (0..).zip(&transaction.inputs) {
                held.extend(tokens.remove(source).map(|placed| (input, *source, placed.token)));
            }
            let admitted = self.entered(number, submission, &tokens);
            if admitted.is_empty() {
                continue;
            }
            let shown: Vec<(u32, Token)> = held.iter().map(|(input, _, token)| (*input, token.clone())).collect();
            let values = self.derived.applied.get(&subject).and_then(|applied| applied.values.as_deref());
            let asked = Organising { transaction, admitted: &admitted, held: &shown, values };
            match self.manager.organise(asked) {
                None => drop(unjudged.insert(subject)),
                Some(said) => drop(carry_out(&mut tokens, &mut names, transaction, said, &mut held, &admitted)),
            }
        }
        Built { who: Namespace::Manager, state: BTreeMap::new(), tokens, unjudged }
    }

    /// What entered the manager's topics with a submission, is here now, and was not spent at the time.
    fn entered(&self, number: usize, entry: &Submission, tokens: &BTreeMap<Outpoint, Placed>) -> Vec<(Topic, u32)> {
        let mut entered: BTreeMap<u32, Topic> = BTreeMap::new();
        for (topic, outpoint) in entry.admitted.iter().filter(|(topic, _)| self.managed.contains(topic)) {
            let Some(output) = self.derived.outputs.get(&(*topic, *outpoint)) else { continue };
            let was_unspent = match output.spent {
                None => true,
                Some((by, _)) => self.stored_at(&by).is_some_and(|stored| stored > number),
            };
            if was_unspent && !tokens.contains_key(outpoint) {
                entered.entry(outpoint.output).or_insert(*topic);
            }
        }
        entered.into_iter().map(|(output, topic)| (topic, output)).collect()
    }

    /// A revert that reaches behind a rebuild, in topics it was told of, ends it. Answers who serves no more.
    pub(crate) fn given_up(&self, again: &BTreeSet<usize>, told: Option<&BTreeSet<Namespace>>) -> BTreeSet<Namespace> {
        let mut must = BTreeSet::new();
        for (who, topics) in [(Namespace::Service, &self.indexed), (Namespace::Manager, &self.managed)] {
            let built = self.list.iter().rev().find_map(|entry| match &entry.what {
                What::Built(built) if built.who == who => Some(entry.place),
                _ => None,
            });
            let built = built.filter(|_| !self.derived.silent.contains(&who)).unwrap_or(0);
            let mut before = again.range(..built);
            let may = before.clone().next().is_some();
            assert!(may || !told.is_some_and(|told| told.contains(&who)), "{who:?} is given up for nothing");
            if before.any(|place| touches(&self.log[*place], topics)) {
                must.insert(who);
            }
        }
        let told = told.unwrap_or(&must);
        assert!(must.is_subset(told), "{must:?} serve what was undone; {told:?} are given up");
        told.clone()
    }
}

fn touches(event: &Event, topics: &BTreeSet<Topic>) -> bool {
    let changes = match event {
        Event::Applied(applied) => applied.iter().flat_map(|applied| &applied.changes).collect::<Vec<_>>(),
        Event::Evicted(_, changes, _) | Event::Reverted { changes, .. } => changes.iter().collect(),
        _ => Vec::new(),
    };
    changes.iter().any(|change| topics.contains(&change.topic))
}
