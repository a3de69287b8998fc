//! From the subject to the nearest proofs or already verified transactions: what there is to judge.

use std::collections::{HashMap, HashSet};

use crate::beef::{Beef, BeefEntry};
use crate::hash::{Outpoint, Txid};
use crate::limits::MAX_NAMED_MISSING;
use crate::merkle::{MERKLE_NODE_BYTES, MerkleProof};
use crate::transaction::Transaction;

use super::{
    Costs, Headers, Policy, Stored, StoredTransaction, Verified, VerifiedTransaction, VerifyError, check_proof,
};

/// Collects what the subject rests on, parents first, with every proof on the way checked. Transactions without proof
/// that the host does not hold come out unjudged.
pub(super) fn walk(
    beef: &Beef,
    headers: &dyn Headers,
    stored: &dyn Stored,
    policy: &Policy,
) -> Result<Verified, VerifyError> {
    let entries = beef.transactions.iter().map(|entry| (entry.txid(), entry)).collect();
    let mut walk = Walk {
        beef,
        headers,
        stored,
        policy,
        entries,
        entered: HashSet::new(),
        spenders: HashMap::new(),
        to_judge: 0,
        inputs: 0,
        missing: Vec::new(),
        missing_count: 0,
        open: Vec::new(),
        found: Verified {
            subject: beef.subject,
            transactions: Vec::new(),
            costs: Costs::default(),
            by_txid: HashMap::new(),
            parents: HashMap::new(),
        },
    };
    walk.run()?;
    Ok(walk.found)
}

struct Walk<'a> {
    beef: &'a Beef,
    headers: &'a dyn Headers,
    stored: &'a dyn Stored,
    policy: &'a Policy,
    entries: HashMap<Txid, &'a BeefEntry>,
    entered: HashSet<Txid>,
    spenders: HashMap<Outpoint, Txid>,
    to_judge: usize,
    inputs: usize,
    missing: Vec<Txid>,
    missing_count: usize,
    /// Transactions whose parents are being visited, each with the next input to look at: a stack of our own, because
    /// chains may be longer than the thread's.
    open: Vec<(Transaction, usize)>,
    found: Verified,
}

impl Walk<'_> {
    fn run(&mut self) -> Result<(), VerifyError> {
        self.enter(self.beef.subject)?;
        while let Some((transaction, next)) = self.open.last_mut() {
            if let Some(input) = transaction.inputs().get(*next) {
                *next += 1;
                let parent = input.source.txid;
                self.enter(parent)?;
            } else if let Some((transaction, _)) = self.open.pop() {
                self.answer(VerifiedTransaction { transaction, proof: None, stored: false });
            }
        }
        if self.missing_count > 0 {
            return Err(VerifyError::MissingParents {
                missing: std::mem::take(&mut self.missing),
                count: self.missing_count,
            });
        }
        self.parents_of_known_subject()
    }

    fn enter(&mut self, txid: Txid) -> Result<(), VerifyError> {
        if !self.entered.insert(txid) {
            return Ok(());
        }
        match self.entries.get(&txid) {
            Some(BeefEntry::Raw { transaction, bump }) => self.enter_raw(transaction, *bump),
            Some(BeefEntry::TxidOnly(_)) | None => self.enter_held(txid),
        }
    }

    fn enter_raw(&mut self, transaction: &Transaction, bump: Option<usize>) -> Result<(), VerifyError> {
        let txid = transaction.txid();
        if transaction.raw().len() == MERKLE_NODE_BYTES {
            return Err(VerifyError::LooksLikeMerkleNode(txid));
        }
        self.note_spends(transaction)?;
        let proof = self.proof(txid, bump)?;
        let held = self.stored.held(&txid).map_err(VerifyError::Store)?;
        if proof.is_some() || held.is_some() {
            let stored = held.is_some();
            let proof = proof.or_else(|| held.flatten());
            self.answer(VerifiedTransaction { transaction: transaction.clone(), proof, stored });
            return Ok(());
        }
        if transaction.is_coinbase() {
            return Err(VerifyError::UnprovenCoinbase(txid));
        }
        self.to_judge += 1;
        self.inputs += transaction.inputs().len();
        let subject = self.beef.subject;
        // The subject itself is no ancestor.
        if self.to_judge > self.policy.max_unproven_ancestors.saturating_add(1) {
            return Err(VerifyError::TooManyAncestors { subject, limit: self.policy.max_unproven_ancestors });
        }
        if self.inputs > self.policy.max_inputs {
            return Err(VerifyError::TooManyInputs { subject, limit: self.policy.max_inputs });
        }
        self.open.push((transaction.clone(), 0));
        Ok(())
    }

    /// A transaction the BEEF does not carry in full.
    fn enter_held(&mut self, txid: Txid) -> Result<(), VerifyError> {
        match self.held(txid)? {
            Some(held) if txid == self.beef.subject => {
                let StoredTransaction { transaction, proof } = held;
                self.answer(VerifiedTransaction { transaction, proof, stored: true });
            }
            Some(held) => {
                self.found.parents.insert(txid, held);
            }
            None if txid == self.beef.subject => return Err(VerifyError::UnknownSubject(txid)),
            None => {
                self.missing_count += 1;
                if self.missing.len() < MAX_NAMED_MISSING {
                    self.missing.push(txid);
                }
            }
        }
        Ok(())
    }

    fn proof(&self, txid: Txid, bump: Option<usize>) -> Result<Option<MerkleProof>, VerifyError> {
        let Some(bump) = bump.and_then(|index| self.beef.bumps.get(index)) else { return Ok(None) };
        let proof = bump.proof(&txid).map_err(|source| VerifyError::NotProven { txid, source })?;
        check_proof(&txid, &proof, self.headers)?;
        Ok(Some(proof))
    }

    fn held(&self, txid: Txid) -> Result<Option<StoredTransaction>, VerifyError> {
        self.stored.transaction(&txid).map_err(VerifyError::Store)
    }

    /// Each output has one spender among all transactions reached, proven ones included.
    fn note_spends(&mut self, transaction: &Transaction) -> Result<(), VerifyError> {
        if transaction.is_coinbase() {
            return Ok(());
        }
        let txid = transaction.txid();
        for (input, outpoint) in (0..).zip(transaction.inputs().iter().map(|input| input.source)) {
            if outpoint.is_null() {
                return Err(VerifyError::NullInput { txid, input });
            }
            match self.spenders.insert(outpoint, txid) {
                None => {}
                Some(first) if first == txid => return Err(VerifyError::DuplicateInput { txid, outpoint }),
                Some(first) => return Err(VerifyError::DoubleSpend { outpoint, first, second: txid }),
            }
        }
        Ok(())
    }

    fn answer(&mut self, transaction: VerifiedTransaction) {
        self.found.by_txid.insert(transaction.transaction.txid(), self.found.transactions.len());
        self.found.transactions.push(transaction);
    }

    /// A subject that needs no judging still has inputs somebody may want to look at. Its parents' txids bind their
    /// bytes, and the subject's proof or earlier judgement covers them.
    fn parents_of_known_subject(&mut self) -> Result<(), VerifyError> {
        if self.to_judge > 0 {
            return Ok(());
        }
        let Some(subject) = self.found.get(&self.beef.subject).map(|known| known.transaction.clone()) else {
            return Ok(());
        };
        for input in subject.inputs().iter().take(self.policy.max_inputs) {
            let txid = input.source.txid;
            if self.found.parents.contains_key(&txid) {
                continue;
            }
            let known = match self.entries.get(&txid) {
                Some(BeefEntry::Raw { transaction, .. }) => {
                    Some(StoredTransaction { transaction: transaction.clone(), proof: None })
                }
                _ => self.held(txid)?,
            };
            self.found.parents.extend(known.map(|known| (txid, known)));
        }
        Ok(())
    }
}
