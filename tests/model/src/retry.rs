//! Topics whose plugin broke are asked again.

use crate::derived::{Namespace, Topic};
use crate::entry::{How, What};
use crate::model::{Model, Undone};
use crate::submit::Offer;
use crate::transaction::{Id, Proof};

impl Model {
    /// Asks topics again, in the order the host does it.
    pub fn retry(&mut self, order: &[(Topic, Id)], undone: &mut Undone) {
        for (topic, id) in order {
            assert!(self.derived.unjudged.contains(&(Namespace::Topic(*topic), *id)), "{topic} has judged {id:?}");
            let mut carried = Vec::new();
            if !self.lineage(id, &mut carried) || carried.iter().any(|(of, proof)| of == id && self.is_stale(proof)) {
                continue;
            }
            carried.retain(|(_, proof)| !self.is_stale(proof));
            let offer = Offer { subject: *id, carried, topics: vec![*topic], values: None };
            if self.submit(&offer, undone).is_ok_and(|answer| answer.steak.contains_key(topic)) {
                self.answered(*topic, id);
            }
        }
    }

    fn is_stale(&self, proof: &Option<Proof>) -> bool {
        proof.is_some_and(|proof| !self.holds(&proof))
    }

    /// A transaction and what it rests on, up to the nearest proofs; whether that is all here.
    pub(crate) fn lineage(&self, id: &Id, found: &mut Vec<(Id, Option<Proof>)>) -> bool {
        if found.iter().any(|(known, _)| known == id) {
            return true;
        }
        let Some(held) = self.held.get(id) else { return false };
        if held.proof.is_none() {
            let parents = self.known[id].inputs.iter().map(|source| source.id);
            if !parents.into_iter().all(|parent| self.lineage(&parent, found)) {
                return false;
            }
        }
        found.push((*id, held.proof));
        true
    }

    fn answered(&mut self, topic: Topic, id: &Id) {
        for entry in &mut self.list {
            let What::Submission(submission) = &mut entry.what else { continue };
            for judgement in submission.judgements.iter_mut().filter(|judgement| judgement.topic == topic) {
                if let (How::Broke { answered, .. }, true) = (&mut judgement.how, submission.subject == *id) {
                    *answered = true;
                }
            }
        }
        self.derived.unjudged.remove(&(Namespace::Topic(topic), *id));
    }
}
