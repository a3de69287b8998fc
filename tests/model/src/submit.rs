//! A submission.

use std::collections::{BTreeMap, BTreeSet};

use crate::derived::{Admittance, Topic};
use crate::entry::{Entry, Judgement, Submission, What};
use crate::event::{Applied, Event, Status, changes};
use crate::model::{Held, Model, Undoing, Undone};
use crate::organise::Failed;
use crate::revert::Kept;
use crate::transaction::{Id, Outpoint, Proof};

/// What somebody submits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Offer {
    /// The transaction that is meant.
    pub subject: Id,
    /// The transactions that come along, it included, with the proofs that do. All of them hold.
    pub carried: Vec<(Id, Option<Proof>)>,
    /// The topics named.
    pub topics: Vec<Topic>,
    /// Off-chain values.
    pub values: Option<Vec<u8>>,
}

/// What a host answers.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Answer {
    /// Every topic's entry.
    pub steak: BTreeMap<Topic, Admittance>,
    /// Topics whose plugin broke on a proven transaction.
    pub unjudged: BTreeSet<Topic>,
    /// Whether anything was stored, now or when it came first.
    pub stored: bool,
    /// Whether it had come before.
    pub repeated: bool,
}

/// Why it came to nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// It rests on what is neither here nor comes along.
    MissingParents,
    /// Two of the transactions spend the same.
    DoubleSpend,
    /// Spent here already, by this one.
    Conflict(Id),
    /// It is proven, but what spends its coin here cannot give way.
    ProvenRival(Id),
    /// The network refused this one.
    Refused(Id),
    /// An operator evicted this one.
    Evicted(Id),
    /// A plugin broke.
    Fault,
    /// The basket manager refused it.
    NotOrganised,
}

/// How far a submission comes without topics.
pub enum Approach {
    /// It had come before.
    Known(Answer),
    /// Topics are to judge it.
    ToJudge(Walked),
}

/// What verification comes to.
pub struct Walked {
    /// What had to be looked at, parents first.
    reached: Vec<Id>,
    proofs: BTreeMap<Id, Proof>,
}

impl Model {
    /// Submits. Proofs are stitched whatever comes of it; rivals of what is proven are taken back.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn submit(&mut self, offer: &Offer, undone: &mut Undone) -> Result<Answer, Refusal> {
        match self.approach(offer, undone)? {
            Approach::Known(answer) => Ok(answer),
            Approach::ToJudge(walked) => {
                let (answer, applied) = self.judge(offer, &walked)?;
                if let Some(applied) = applied {
                    self.commit(Event::Applied(vec![applied]));
                }
                Ok(answer)
            }
        }
    }

    /// Everything that happens to a submission before topics are asked.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn approach(&mut self, offer: &Offer, undone: &mut Undone) -> Result<Approach, Refusal> {
        if let Some(answer) = self.recognise(offer)? {
            let brings_proofs = offer.carried.iter().any(|(id, proof)| proof.is_some() && self.wants_proof(id));
            if !brings_proofs {
                return Ok(Approach::Known(answer));
            }
        }
        let mut walked = self.walk(offer)?;
        if self.stitch_all(&offer.carried)
            && let Some(answer) = self.recognise(offer)?
        {
            return Ok(Approach::Known(answer));
        }
        loop {
            match self.first_rival(&walked)? {
                None => return Ok(Approach::ToJudge(walked)),
                Some(rival) => match self.take_back(&rival, undone) {
                    Ok(()) => {}
                    Err(Kept::NotHeld) => unreachable!("who spends is held or withheld"),
                    Err(Kept::Proven) => return Err(Refusal::ProvenRival(rival)),
                },
            }
            walked = self.walk(offer)?;
            if let Some(answer) = self.recognise(offer)? {
                return Ok(Approach::Known(answer));
            }
        }
    }

    /// Whether something has to be taken back before topics are asked.
    #[must_use]
    pub fn gives_way(&self, offer: &Offer) -> bool {
        let mut tried = self.clone();
        let all = Undoing::whatever(self.log.len());
        let all = std::iter::repeat_n(all, offer.carried.len() + 1);
        let _ = tried.approach(offer, &mut all.collect());
        tried.log[self.log.len()..].iter().any(|event| matches!(event, Event::Reverted { .. }))
    }

    /// The original answer, where all topics named have judged it.
    pub(crate) fn recognise(&self, offer: &Offer) -> Result<Option<Answer>, Refusal> {
        let is_proven = offer.carried.iter().any(|(id, proof)| *id == offer.subject && proof.is_some());
        if self.status.get(&offer.subject) == Some(&Status::Rejected) && !is_proven {
            return Err(Refusal::Refused(offer.subject));
        }
        let applied = self.derived.applied.get(&offer.subject).filter(|_| !self.is_withheld(&offer.subject));
        let Some(applied) = applied else { return Ok(None) };
        if !offer.topics.iter().all(|topic| applied.topics.contains(topic)) {
            return Ok(None);
        }
        let verdict = |topic: &Topic| (*topic, self.derived.verdicts[&(offer.subject, *topic)].admittance.clone());
        let steak = offer.topics.iter().map(verdict).collect();
        Ok(Some(Answer { steak, stored: true, repeated: true, ..Answer::default() }))
    }

    /// From the subject to what is proven or held.
    pub(crate) fn walk(&self, offer: &Offer) -> Result<Walked, Refusal> {
        let carried: BTreeMap<Id, Option<Proof>> = offer.carried.iter().copied().collect();
        let proofs = carried.iter().filter_map(|(id, proof)| Some((*id, (*proof)?))).collect();
        let mut walked = Walked { reached: Vec::new(), proofs };
        let mut entered = BTreeSet::new();
        self.enter(&offer.subject, &carried, &mut entered, &mut walked)?;
        let mut spent = BTreeSet::<Outpoint>::new();
        if !walked.reached.iter().flat_map(|id| &self.known[id].inputs).all(|source| spent.insert(*source)) {
            return Err(Refusal::DoubleSpend);
        }
        Ok(walked)
    }

    fn enter(
        &self,
        id: &Id,
        carried: &BTreeMap<Id, Option<Proof>>,
        entered: &mut BTreeSet<Id>,
        walked: &mut Walked,
    ) -> Result<(), Refusal> {
        if !entered.insert(*id) {
            return Ok(());
        }
        let Some(proof) = carried.get(id) else {
            return if self.held.contains_key(id) { Ok(()) } else { Err(Refusal::MissingParents) };
        };
        if proof.is_none() && !self.held.contains_key(id) {
            for source in &self.known[id].inputs {
                self.enter(&source.id, carried, entered, walked)?;
            }
        }
        walked.reached.push(*id);
        Ok(())
    }

    fn new_ones<'w>(&self, walked: &'w Walked) -> impl Iterator<Item = &'w Id> {
        walked.reached.iter().filter(|id| !self.held.contains_key(*id))
    }

    /// The first transaction held here that has to give way to a proven one.
    pub(crate) fn first_rival(&self, walked: &Walked) -> Result<Option<Id>, Refusal> {
        for id in self.new_ones(walked) {
            let is_proven = walked.proofs.contains_key(id);
            if self.is_withheld(id) {
                return Err(Refusal::Evicted(*id));
            }
            for source in &self.known[id].inputs {
                let parent_is_refused = self.status.get(&source.id) == Some(&Status::Rejected);
                if !is_proven && parent_is_refused && !walked.proofs.contains_key(&source.id) {
                    return Err(Refusal::Refused(source.id));
                }
                let Some(rival) = self.derived.spends.get(source).map(|spend| spend.by) else { continue };
                if is_proven && self.wants_proof(&rival) {
                    return Ok(Some(rival));
                }
                if !is_proven || !self.is_withheld(&rival) {
                    return Err(Refusal::Conflict(rival));
                }
            }
        }
        Ok(None)
    }

    /// What topics, manager and service make of it: the answer, and what is to be committed, if anything is.
    pub(crate) fn judge(&mut self, offer: &Offer, walked: &Walked) -> Result<(Answer, Option<Applied>), Refusal> {
        let subject = offer.subject;
        let held = self.held.get(&subject).copied();
        let stands = walked.proofs.contains_key(&subject) || held.is_some_and(|held| held.proof.is_some());
        let judged = |topic: &Topic| self.derived.verdicts.get(&(subject, *topic));
        let before = offer.topics.iter().filter_map(|topic| Some((*topic, judged(topic)?.admittance.clone())));
        let mut answer = Answer { steak: before.collect(), ..Answer::default() };
        let judging = offer.topics.iter().filter(|topic| judged(topic).is_none()).map(|topic| Judgement {
            topic: *topic,
            how: self.how(*topic, true),
            without: self.evicted_outputs(&subject),
            saw: None,
        });
        // Values are facts, as transactions are: those of the first that brought some.
        let first = self.derived.applied.get(&subject).and_then(|applied| applied.values.clone());
        let mut submission = Submission {
            subject,
            stored: self.new_ones(walked).copied().collect(),
            judgements: judging.collect(),
            values: first.or_else(|| offer.values.clone()),
            stands,
            service_broke: self.service_broken,
            manager: self.organises(),
            organised: Vec::new(),
            verdicts: BTreeSet::new(),
            admitted: Vec::new(),
            again: false,
            dead: self.dead(&BTreeSet::new()),
            evicted: BTreeSet::new(),
        };
        let mut after = self.derived.clone();
        let outcome = submission.apply(&mut after, &self.context());

        let matters = !outcome.verdicts.is_empty() || outcome.coins > 0 || held.is_some();
        let can_wait = stands && matters;
        if !outcome.broke.is_empty() && !can_wait {
            return Err(Refusal::Fault);
        }
        answer.steak.extend(outcome.answers);
        answer.unjudged = outcome.broke;
        let is_news = !outcome.verdicts.is_empty() || !answer.unjudged.is_empty() || (stands && outcome.coins > 0);
        if !is_news {
            answer.stored = self.derived.applied.contains_key(&subject) && held.is_some();
            return Ok((answer, None));
        }
        match outcome.manager_failed.filter(|_| !stands) {
            None => {}
            Some(Failed::Broke) => return Err(Refusal::Fault),
            Some(Failed::Refused) => return Err(Refusal::NotOrganised),
        }
        if outcome.tells_service && self.service_broken && !stands {
            return Err(Refusal::Fault);
        }
        answer.stored = true;
        // A topic without a verdict may be asked again: only those that have one, or will have, judged it here.
        let counts = |topic: &Topic| outcome.verdicts.contains(topic) || answer.unjudged.contains(topic);
        submission.judgements.retain(|judgement| counts(&judgement.topic));
        for id in &submission.stored {
            self.store(id, walked.proofs.get(id).copied());
        }
        let (changes, operations) = (changes(&self.derived, &after), outcome.operations);
        self.derived = after;
        self.list.push(Entry { place: self.log.len(), what: What::Submission(submission) });
        Ok((answer, Some(Applied { id: subject, changes, operations })))
    }

    fn store(&mut self, id: &Id, proof: Option<Proof>) {
        self.held.insert(*id, Held { proof, orphaned: None });
        let status = proof.map_or(Status::Admitted, |proof| Status::Mined(proof.height));
        self.status.insert(*id, status);
        self.taken_back.remove(id);
        if proof.is_none() {
            self.outbox.insert(*id);
        }
    }
}
