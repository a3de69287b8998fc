//! What comes from the network: blocks, proofs, answers to broadcasts.

use std::collections::BTreeSet;

use crate::event::{Event, Status};
use crate::model::{Held, Model, Undone};
use crate::revert::Kept;
use crate::submit::{Answer, Offer, Refusal};
use crate::transaction::{Id, Proof};

/// What became of a proof.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Proven {
    /// Its transaction is proven now.
    Stitched,
    /// Its transaction was submitted again.
    BroughtBack(Result<Answer, Refusal>),
    /// Nobody waited for it.
    NotWanted,
}

impl Model {
    /// The next block, and the proof of whatever it holds.
    pub fn mine(&mut self) -> Proof {
        self.tip += 1;
        self.made += 1;
        self.blocks.insert(self.tip, self.made);
        Proof { height: self.tip, block: self.made }
    }

    /// So many blocks of no interest.
    pub fn mine_empty(&mut self, blocks: u32) {
        self.tip += blocks;
    }

    /// The last `depth` blocks are replaced by one more of others.
    pub fn reorganise(&mut self, depth: u32) {
        let fork = self.tip - depth;
        self.tip += 1;
        for height in fork + 1..=self.tip {
            self.made += 1;
            self.blocks.insert(height, self.made);
        }
    }

    /// The host compares what it holds with the chain.
    pub fn follow(&mut self, undone: &mut Undone) {
        let stale = |held: &Held| held.proof.is_some_and(|proof| !self.holds(&proof));
        let stale: Vec<Id> = self.held.iter().filter(|(_, held)| stale(held)).map(|(id, _)| *id).collect();
        if !stale.is_empty() {
            self.drop_proofs(&stale);
        }
        // Also those whose proofs were dropped just before the host ended.
        let is_coinbase = |id: &&Id| self.known[*id].coinbase && self.held[*id].orphaned.is_some();
        for coinbase in self.held.keys().filter(is_coinbase).copied().collect::<Vec<_>>() {
            // No block of the new chain can hold what spends it.
            assert_ne!(self.take_back(&coinbase, undone), Err(Kept::Proven));
        }
    }

    /// Proofs that hold no more are dropped.
    pub(crate) fn drop_proofs(&mut self, ids: &[Id]) {
        let mut orphaned = Vec::new();
        for id in ids {
            let Some(Held { proof: Some(proof), .. }) = self.held.get(id).copied() else { continue };
            self.held.insert(*id, Held { proof: None, orphaned: Some(proof.height) });
            self.status.insert(*id, Status::Seen);
            orphaned.push((*id, proof.height));
        }
        self.commit(Event::Orphaned(orphaned));
    }

    /// Proofs of what is held without one that holds are kept. Answers whether there were any.
    pub(crate) fn stitch_all(&mut self, carried: &[(Id, Option<Proof>)]) -> bool {
        let wanted = carried.iter().filter(|(id, _)| self.wants_proof(id));
        let proofs: BTreeSet<(Id, u32, u64)> =
            wanted.filter_map(|(id, proof)| proof.map(|proof| (*id, proof.height, proof.block))).collect();
        if proofs.is_empty() {
            return false;
        }
        for (id, height, block) in &proofs {
            self.held.insert(*id, Held { proof: Some(Proof { height: *height, block: *block }), orphaned: None });
            self.status.insert(*id, Status::Mined(*height));
            self.outbox.remove(id);
        }
        self.commit(Event::Proven(proofs.into_iter().map(|(id, height, _)| (id, height)).collect()));
        true
    }

    /// A proof comes by itself.
    pub fn prove(&mut self, id: &Id, proof: Proof, undone: &mut Undone) -> Proven {
        if self.wants_proof(id) {
            self.stitch_all(&[(*id, Some(proof))]);
            return Proven::Stitched;
        }
        match self.taken_back.get(id).filter(|taken_back| !taken_back.topics.is_empty()).cloned() {
            None => Proven::NotWanted,
            Some(taken_back) => {
                let carried = vec![(*id, Some(proof))];
                let topics = taken_back.topics.into_iter().collect();
                let offer = Offer { subject: *id, carried, topics, values: taken_back.values };
                Proven::BroughtBack(self.submit(&offer, undone))
            }
        }
    }

    /// Whether the outbox sends it now: it waits for its turn, and none of its parents does.
    fn is_sent(&self, id: &Id) -> bool {
        self.outbox.contains(id) && !self.known[id].inputs.iter().any(|source| self.outbox.contains(&source.id))
    }

    /// The network is told of everything and refuses this one for good; of the others it says nothing yet.
    pub fn network_refuses(&mut self, id: &Id, undone: &mut Undone) {
        if self.is_sent(id) && self.take_back(id, undone) == Err(Kept::Proven) {
            self.network_says(id, Status::Contested);
        }
    }

    /// The network is told of everything and takes it.
    pub fn network_takes_all(&mut self) {
        for id in std::mem::take(&mut self.outbox) {
            self.network_says(&id, Status::Broadcast);
        }
    }

    fn network_says(&mut self, id: &Id, status: Status) {
        if self.status.insert(*id, status) != Some(status) {
            self.commit(Event::StatusChanged(*id, status));
        }
    }
}
