//! Taking back what the network refuses: it leaves the list, with all that spends it, and what follows is derived anew.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::derived::Namespace;
use crate::entry::{Entry, How, Organised, Saw, Submission, What};
use crate::event::{Event, Status, basket_changes, changes};
use crate::model::{Model, TakenBack, Undoing, Undone};
use crate::transaction::{Id, Outpoint};

/// Why nothing was taken back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kept {
    /// It is not held.
    NotHeld,
    /// It, or what spends it, is in a block.
    Proven,
}

impl Model {
    /// Takes a transaction back. Proofs of blocks that left the chain, and stand in the way, are dropped first.
    ///
    /// # Errors
    /// [`Kept`].
    pub fn take_back(&mut self, id: &Id, undone: &mut Undone) -> Result<(), Kept> {
        let gone = loop {
            let gone = self.descendants(id);
            if gone.is_empty() {
                return Err(Kept::NotHeld);
            }
            let Some(proven) = gone.iter().find(|id| self.held[id].proof.is_some()).copied() else { break gone };
            if !self.wants_proof(&proven) {
                return Err(Kept::Proven);
            }
            self.drop_proofs(&[proven]);
        };
        let undoing = undone.pop_front().unwrap_or_else(|| panic!("{gone:?} must go, and the host took nothing back"));
        self.remove(&gone.into_iter().collect(), &undoing);
        Ok(())
    }

    /// A transaction that is held and all that spends it, one generation after the other.
    fn descendants(&self, id: &Id) -> Vec<Id> {
        let mut found = Vec::new();
        let mut open = VecDeque::from([*id]);
        while let Some(id) = open.pop_front() {
            if found.contains(&id) || !self.held.contains_key(&id) {
                continue;
            }
            let spends = self.known[&id].outpoints().filter_map(|outpoint| self.derived.spends.get(&outpoint));
            open.extend(spends.map(|spend| spend.by));
            found.push(id);
        }
        found
    }

    fn remove(&mut self, gone: &BTreeSet<Id>, Undoing { again, given_up }: &Undoing) {
        let given_up = self.given_up(again, given_up.as_ref());
        let before = self.derived.clone();
        let dead = self.dead(gone);
        // Whose place was taken by what is gone has it again.
        let is_taken = |source: &Outpoint| before.spends.get(source).is_some_and(|spend| gone.contains(&spend.by));
        let back: BTreeMap<Outpoint, Id> =
            dead.iter().filter(|(source, _)| is_taken(source)).map(|(source, id)| (*source, *id)).collect();
        for id in gone {
            let applied = before.applied.get(id).cloned().unwrap_or_default();
            self.held.remove(id);
            self.outbox.remove(id);
            self.status.insert(*id, Status::Rejected);
            self.taken_back.insert(*id, TakenBack { topics: applied.topics, values: applied.values });
        }
        let mut list = std::mem::take(&mut self.list);
        let mut judged_again = Vec::new();
        for Entry { place, what } in &mut list {
            match what {
                What::Submission(submission) => {
                    let rests = submission.stored.iter().chain([&submission.subject]).any(|id| gone.contains(id));
                    assert!(!rests || again.contains(place), "what is gone was part of commit {place}, which stays");
                    submission.stored.retain(|id| !gone.contains(id));
                    if gone.contains(&submission.subject) {
                        submission.judgements.clear();
                        submission.subject = *submission.stored.last().unwrap_or(&submission.subject);
                    }
                    if again.contains(place) {
                        self.judge_again(submission, &dead, &mut judged_again);
                    } else if submission.again {
                        submission.dead.extend(&back);
                    }
                }
                What::Eviction(eviction) if again.contains(place) => eviction.service_broke = self.service_broken,
                What::Eviction(_) | What::Built(_) | What::GivenUp(_) => {}
            }
        }
        list.retain(|entry| match &entry.what {
            What::Submission(submission) => !submission.stored.is_empty() || !submission.judgements.is_empty(),
            _ => true,
        });
        if given_up.contains(&Namespace::Manager) {
            self.reserved.clear();
        }
        let place = self.log.len();
        list.extend(given_up.iter().map(|who| Entry { place, what: What::GivenUp(*who) }));
        let saw = rested_on(&list, again);
        self.list = list;
        self.derive();
        for (before, after) in saw.iter().zip(&rested_on(&self.list, again)) {
            assert_eq!(before, after, "the commit must be judged again, and was not");
        }
        let changes = changes(&before, &self.derived);
        // Nobody hears of what is in no basket any more because nothing serves.
        let is_silent = self.derived.silent.contains(&Namespace::Manager);
        let baskets = if is_silent { Vec::new() } else { basket_changes(&before, &self.derived) };
        let is_batch = |place: &usize| matches!(&self.log[*place], Event::Applied(applied) if applied.len() > 1);
        let batches = again.iter().copied().filter(is_batch).collect();
        let gone = gone.iter().copied().collect();
        self.commit(Event::Reverted { gone, judged_again, changes, baskets, batches });
    }

    /// By the rules of today; its spends stand.
    fn judge_again(&self, submission: &mut Submission, dead: &BTreeMap<Outpoint, Id>, judged_again: &mut Vec<Id>) {
        let subject = submission.subject;
        let can = !self.is_withheld(&subject);
        submission.stands = true;
        submission.again = true;
        submission.dead = dead.clone();
        let spent = submission.stored.iter().chain([&subject]).flat_map(|id| &self.known[id].inputs);
        let is_evicted = |source: &&Outpoint| self.evicted_outputs(&source.id).contains(&source.output);
        submission.evicted = spent.filter(is_evicted).copied().collect();
        submission.service_broke = self.service_broken;
        submission.manager = self.organises();
        let mut asked = 0;
        for judgement in &mut submission.judgements {
            judgement.without = self.evicted_outputs(&subject);
            judgement.how = match judgement.how {
                _ if !can => How::Cannot,
                How::Broke { at_first: true, .. } => continue,
                _ => self.how(judgement.topic, false),
            };
            asked += 1;
        }
        if asked > 0 && can && !judged_again.contains(&subject) {
            judged_again.push(subject);
        }
    }
}

/// What the verdicts rested on that were not judged again, and what the manager was shown, with their places.
fn rested_on(list: &[Entry], again: &BTreeSet<usize>) -> Vec<(usize, Vec<Option<Saw>>, Vec<Organised>)> {
    // What a manager was shown before it began anew is of no consequence.
    let is_anew = |entry: &Entry| match &entry.what {
        What::Built(built) => built.who == Namespace::Manager,
        What::GivenUp(who) => *who == Namespace::Manager,
        _ => false,
    };
    let anew = list.iter().rposition(is_anew).unwrap_or(0);
    let kept = list.iter().enumerate().filter(|(_, entry)| !again.contains(&entry.place));
    let saw = kept.filter_map(|(number, entry)| match &entry.what {
        What::Submission(submission) => {
            let saw = submission.judgements.iter().map(|judgement| judgement.saw.clone());
            let organised = if number < anew { Vec::new() } else { submission.organised.clone() };
            Some((entry.place, saw.collect(), organised))
        }
        _ => None,
    });
    saw.collect()
}
