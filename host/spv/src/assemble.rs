//! BEEF for an answer, with history depth (BRC-64).
//!
//! The client's library cuts everything behind a proof when it writes an answer anew. So a transaction within the depth
//! asked for is written without its proof and with all its parents, and proofs stand only at the boundary. Where a
//! transaction is within the depth of one subject and on the boundary of another, the depth wins: a transaction appears
//! once, and without proof but with all parents it serves both.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::error::Error;

use crate::beef::{Beef, BeefEntry, BeefVersion, write};
use crate::bump::Bump;
use crate::hash::{MerkleRoot, Txid};
use crate::limits::{MAX_ASSEMBLED_BYTES, MAX_BEEF_TRANSACTIONS};
use crate::merkle::MerkleProof;
use crate::transaction::Transaction;
use crate::verify::{Stored, StoredTransaction};

/// Bytes of the largest BUMP leaf: offset, flag, hash.
const MOST_LEAF_BYTES: usize = 42;

/// Why there is no BEEF.
#[derive(Debug, thiserror::Error)]
pub enum AssembleError {
    /// The host's own store failed.
    #[error("this host could not read its store: {0}")]
    Store(#[source] Box<dyn Error + Send + Sync>),
    /// A subject is not held.
    #[error("transaction {0} is not held here")]
    UnknownSubject(Txid),
    /// An unproven transaction's parent is not held, so nothing can vouch for it.
    #[error("transaction {parent}, which unproven {txid} spends from, is not held here")]
    MissingParent {
        /// The unproven transaction.
        txid: Txid,
        /// The parent that is missing.
        parent: Txid,
    },
    /// Too many bytes to write.
    #[error("the answer needs more than {limit} bytes: ask for less history or fewer outputs")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// Too many transactions to write; another host would not accept them either.
    #[error("the answer needs more than {limit} transactions: ask for less history or fewer outputs")]
    TooManyTransactions {
        /// The limit.
        limit: u64,
    },
    /// Atomic BEEF is about one transaction.
    #[error("Atomic BEEF is about exactly one transaction, but {0} were asked for")]
    AtomicNeedsOneSubject(usize),
}

/// One BEEF (V2) that proves all `subjects`, each with its history up to the given depth: how many generations are
/// written without proof although they have one. Parents come before children, proofs of one block share a BUMP, and the
/// last subject comes last unless it is another's ancestor. No subjects give the empty BEEF.
///
/// # Errors
/// A transaction that is needed is not held, the result would exceed [`MAX_ASSEMBLED_BYTES`], or `as_atomic` is asked
/// for with other than one subject.
pub fn assemble(subjects: &[(Txid, u32)], stored: &dyn Stored, as_atomic: bool) -> Result<Vec<u8>, AssembleError> {
    if as_atomic && subjects.len() != 1 {
        return Err(AssembleError::AtomicNeedsOneSubject(subjects.len()));
    }
    let gathered = Gathered::from(subjects, stored)?;
    let ordered = gathered.order(subjects);
    let (bumps, index) = merge_proofs(&ordered);
    let entries: Vec<BeefEntry> = ordered
        .iter()
        .map(|written| {
            let transaction = written.transaction.clone();
            let bump = index.get(&transaction.txid()).copied();
            BeefEntry::Raw { transaction, bump }
        })
        .collect();
    if let (true, [(subject, _)]) = (as_atomic, subjects) {
        let beef = Beef { version: BeefVersion::V2, bumps, transactions: entries, subject: *subject, atomic: true };
        return Ok(beef.to_bytes());
    }
    let mut out = Vec::new();
    write(&mut out, BeefVersion::V2, &bumps, &entries);
    Ok(out)
}

/// A transaction as it will be written.
struct Written {
    transaction: Transaction,
    /// Its proof, if it is on the boundary; otherwise all its parents are written too.
    proof: Option<MerkleProof>,
}

struct Gathered(HashMap<Txid, Written>);

impl Gathered {
    fn from(subjects: &[(Txid, u32)], stored: &dyn Stored) -> Result<Self, AssembleError> {
        let mut gather = Gather { stored, held: HashMap::new(), size: 0, written: HashMap::new() };
        // Deepest first: the first visit of a transaction is then the one with the most history left.
        let mut waiting: BTreeMap<u32, Vec<Txid>> = BTreeMap::new();
        for (txid, depth) in subjects {
            gather.get(txid)?.ok_or(AssembleError::UnknownSubject(*txid))?;
            waiting.entry(*depth).or_default().push(*txid);
        }
        while let Some((depth, txids)) = waiting.pop_last() {
            let mut next = txids;
            while let Some(txid) = next.pop() {
                let parents = gather.write(txid, depth)?;
                match depth.checked_sub(1) {
                    None => next.extend(parents),
                    Some(shallower) => waiting.entry(shallower).or_default().extend(parents),
                }
            }
        }
        Ok(Self(gather.written))
    }

    /// Parents before children, subjects in their order.
    fn order(mut self, subjects: &[(Txid, u32)]) -> Vec<Written> {
        let mut ordered = Vec::with_capacity(self.0.len());
        let mut entered = HashSet::new();
        for (subject, _) in subjects {
            let mut open: Vec<(Txid, usize)> = Vec::new();
            if entered.insert(*subject) {
                open.push((*subject, 0));
            }
            while let Some((txid, next)) = open.last_mut() {
                let unproven = self.0.get(txid).filter(|written| written.proof.is_none());
                match unproven.and_then(|written| written.transaction.inputs().get(*next)) {
                    Some(input) => {
                        *next += 1;
                        if entered.insert(input.source.txid) {
                            open.push((input.source.txid, 0));
                        }
                    }
                    None => {
                        ordered.extend(self.0.remove(txid));
                        open.pop();
                    }
                }
            }
        }
        ordered
    }
}

/// Gathering what will be written.
struct Gather<'a> {
    stored: &'a dyn Stored,
    held: HashMap<Txid, StoredTransaction>,
    /// Bytes of all transactions and proofs held, which bounds memory too.
    size: usize,
    written: HashMap<Txid, Written>,
}

impl Gather<'_> {
    fn get(&mut self, txid: &Txid) -> Result<Option<&StoredTransaction>, AssembleError> {
        if !self.held.contains_key(txid) {
            let Some(found) = self.stored.transaction(txid).map_err(AssembleError::Store)? else { return Ok(None) };
            let proof = found.proof.as_ref().map_or(0, |proof| (proof.levels.len() + 1) * MOST_LEAF_BYTES);
            self.size = self.size.saturating_add(found.transaction.raw().len()).saturating_add(proof);
            if self.size > MAX_ASSEMBLED_BYTES {
                return Err(AssembleError::TooLarge { limit: MAX_ASSEMBLED_BYTES });
            }
            self.held.insert(*txid, found);
        }
        Ok(self.held.get(txid))
    }

    /// Decides how `txid` is written with this much history left; answers the parents that must be written too.
    fn write(&mut self, txid: Txid, depth: u32) -> Result<Vec<Txid>, AssembleError> {
        if self.written.contains_key(&txid) {
            return Ok(Vec::new());
        }
        let Some(StoredTransaction { transaction, proof }) = self.get(&txid)?.cloned() else {
            return Err(AssembleError::UnknownSubject(txid));
        };
        let parents: Vec<Txid> = transaction.inputs().iter().map(|input| input.source.txid).collect();
        let missing = match (&proof, depth) {
            (Some(_), 0) => None,
            _ => self.first_missing(&parents)?,
        };
        let goes_on = match (&proof, missing) {
            (None, Some(parent)) => return Err(AssembleError::MissingParent { txid, parent }),
            // Nobody keeps what lies behind the oldest proofs: history ends where it ends.
            (Some(_), Some(_)) => false,
            (proof, None) => proof.is_none() || depth > 0,
        };
        if self.written.len() as u64 >= MAX_BEEF_TRANSACTIONS {
            return Err(AssembleError::TooManyTransactions { limit: MAX_BEEF_TRANSACTIONS });
        }
        let proof = proof.filter(|_| !goes_on);
        self.written.insert(txid, Written { transaction, proof });
        Ok(if goes_on { parents } else { Vec::new() })
    }

    fn first_missing(&mut self, parents: &[Txid]) -> Result<Option<Txid>, AssembleError> {
        for parent in parents {
            if self.get(parent)?.is_none() {
                return Ok(Some(*parent));
            }
        }
        Ok(None)
    }
}

/// The BUMPs of all boundary transactions, one for each block, and the BUMP's index for each of them.
fn merge_proofs(ordered: &[Written]) -> (Vec<Bump>, HashMap<Txid, usize>) {
    let mut blocks: BTreeMap<(u32, MerkleRoot), Vec<(Txid, &MerkleProof)>> = BTreeMap::new();
    for written in ordered {
        if let Some(proof) = &written.proof {
            let txid = written.transaction.txid();
            blocks.entry((proof.height, proof.root(&txid))).or_default().push((txid, proof));
        }
    }
    let (mut bumps, mut index) = (Vec::new(), HashMap::new());
    for proofs in blocks.values() {
        if let Some(bump) = Bump::merge(proofs) {
            index.extend(proofs.iter().map(|(txid, _)| (*txid, bumps.len())));
            bumps.push(bump);
            continue;
        }
        // The same root with trees of different shape cannot come from checked proofs, but each still stands alone.
        for proof in proofs {
            if let Some(bump) = Bump::merge(std::slice::from_ref(proof)) {
                index.insert(proof.0, bumps.len());
                bumps.push(bump);
            }
        }
    }
    (bumps, index)
}
