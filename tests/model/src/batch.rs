//! Several submissions at once: all of them or none.

use std::collections::{BTreeMap, BTreeSet};

use crate::event::{Applied, Event};
use crate::model::{Model, Undone};
use crate::revert::Kept;
use crate::submit::{Answer, Offer, Refusal};
use crate::transaction::Id;

/// Why nothing of a batch was stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NotTogether {
    /// Two members are the same transaction.
    Twice(usize, usize),
    /// This member is refused.
    Member(usize, Refusal),
    /// No topic takes this member.
    NotWanted(usize),
}

impl Model {
    /// Submits all members, or none. Proofs are stitched whatever comes of it; rivals of what is proven are taken back.
    ///
    /// # Errors
    /// [`NotTogether`].
    pub fn batch(&mut self, members: &[Offer], undone: &mut Undone) -> Result<Vec<Answer>, NotTogether> {
        let mut seen = BTreeMap::new();
        for (member, offer) in members.iter().enumerate() {
            if let Some(first) = seen.insert(offer.subject, member) {
                return Err(NotTogether::Twice(first, member));
            }
            self.bring_proofs(offer);
        }
        let order = self.parents_first(members);
        loop {
            let mut after = self.clone();
            match after.one_upon_the_other(members, &order) {
                Ok((answers, applied)) => {
                    if !applied.is_empty() {
                        *self = after;
                        self.commit(Event::Applied(applied));
                    }
                    return Ok(answers);
                }
                Err(NotTogether::Member(member, Refusal::ProvenRival(rival))) => {
                    // What is nowhere but in the batch cannot give way.
                    if !self.held.contains_key(&rival) {
                        return Err(NotTogether::Member(member, Refusal::Conflict(rival)));
                    }
                    if self.take_back(&rival, undone) == Err(Kept::Proven) {
                        return Err(NotTogether::Member(member, Refusal::ProvenRival(rival)));
                    }
                }
                Err(refused) => return Err(refused),
            }
        }
    }

    /// Proofs that a member brings are true whatever becomes of it.
    pub fn bring_proofs(&mut self, member: &Offer) {
        self.stitch_all(&member.carried);
    }

    /// Each member sees the effects of those before it.
    fn one_upon_the_other(
        &mut self,
        members: &[Offer],
        order: &[usize],
    ) -> Result<(Vec<Answer>, Vec<Applied>), NotTogether> {
        let (mut answers, mut all) = (BTreeMap::new(), Vec::new());
        for member in order.iter().copied() {
            let refused = |refusal| NotTogether::Member(member, refusal);
            let offer = &members[member];
            if let Some(answer) = self.recognise(offer).map_err(refused)? {
                answers.insert(member, answer);
                continue;
            }
            let walked = self.walk(offer).map_err(refused)?;
            if let Some(rival) = self.first_rival(&walked).map_err(refused)? {
                return Err(refused(Refusal::ProvenRival(rival)));
            }
            let (answer, applied) = self.judge(offer, &walked).map_err(refused)?;
            all.push(applied.ok_or(NotTogether::NotWanted(member))?);
            answers.insert(member, answer);
        }
        Ok((answers.into_values().collect(), all))
    }

    /// Members that others rest on, as far as what came along shows it, before these; otherwise as they came.
    fn parents_first(&self, members: &[Offer]) -> Vec<usize> {
        let mut left: Vec<usize> = (0..members.len()).collect();
        let mut order = Vec::new();
        while !left.is_empty() {
            let waiting: BTreeSet<Id> = left.iter().map(|member| members[*member].subject).collect();
            let is_free = |member: &usize| self.rests_on(&members[*member]).is_disjoint(&waiting);
            let next = left.iter().position(is_free).expect("nothing rests on itself");
            order.push(left.remove(next));
        }
        order
    }

    fn rests_on(&self, member: &Offer) -> BTreeSet<Id> {
        let (mut found, mut open) = (BTreeSet::new(), vec![member.subject]);
        while let Some(id) = open.pop() {
            if member.carried.iter().any(|(carried, _)| *carried == id) {
                let parents = self.known[&id].inputs.iter().map(|source| source.id);
                open.extend(parents.filter(|parent| found.insert(*parent)));
            }
        }
        found
    }
}
