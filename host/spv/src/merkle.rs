//! The merkle proof of exactly one transaction.

use crate::bump::{Bump, BumpError};
use crate::hash::{MerkleRoot, Txid, double_sha256};
use crate::limits::{MAX_SATOSHIS, MAX_TREE_HEIGHT};
use crate::reader::Reader;
use crate::transaction::Transaction;
use crate::writer::write_var_int;

/// Bytes that are hashed to a node above the leaves: two hashes.
pub(crate) const MERKLE_NODE_BYTES: usize = 64;

/// BRC-74's leaf flag: the leaf carries a hash that is not claimed to be a transaction of interest.
pub(crate) const FLAG_HASH: u8 = 0;
/// BRC-74's leaf flag: no hash follows, the working hash is paired with itself.
pub(crate) const FLAG_DUPLICATE: u8 = 1;
/// BRC-74's leaf flag: the leaf is the txid of a transaction this BUMP proves.
pub(crate) const FLAG_TXID: u8 = 2;

/// What a transaction's hash is paired with at one level of the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MerkleNode {
    /// The sibling's hash, in internal order.
    Hash([u8; 32]),
    /// There is no sibling: the working hash is paired with itself.
    Duplicate,
}

/// The merkle proof of one transaction: its place in a block and its siblings from the leaves to the root.
///
/// A proof alone says nothing: [`check_proof`](crate::verify::check_proof) compares it with a block header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MerkleProof {
    /// Height of the block.
    pub height: u32,
    /// The transaction's position in the block; 0 is the coinbase.
    pub offset: u64,
    /// The siblings, leaves first; none for the only transaction of a block, at most 64.
    pub levels: Vec<MerkleNode>,
}

/// Hash of two neighbours in a merkle tree.
#[must_use]
pub fn parent(left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    double_sha256(&join(left, right))
}

fn join(left: &[u8; 32], right: &[u8; 32]) -> [u8; MERKLE_NODE_BYTES] {
    let mut both = [0u8; MERKLE_NODE_BYTES];
    let (first, second) = both.split_at_mut(32);
    first.copy_from_slice(left);
    second.copy_from_slice(right);
    both
}

/// Whether two hashes are a transaction a block could contain. By chance one node in 10^13 is.
fn reads_as_transaction(both: &[u8; MERKLE_NODE_BYTES]) -> bool {
    // The input count comes first, and rules nearly all out before anything is parsed.
    matches!(both, [_, _, _, _, 1, ..])
        && Transaction::parse(both.as_slice())
            .is_ok_and(|transaction| transaction.outputs().iter().all(|output| output.satoshis <= MAX_SATOSHIS))
}

impl MerkleProof {
    /// The root this proof leads to for `txid`.
    #[must_use]
    pub fn root(&self, txid: &Txid) -> MerkleRoot {
        self.climb(txid).0
    }

    /// The root this proof leads to for `txid`, and the lowest level whose two hashes are a transaction, if one's are.
    pub(crate) fn climb(&self, txid: &Txid) -> (MerkleRoot, Option<usize>) {
        let mut working = *txid.internal();
        let mut offset = self.offset;
        let mut transaction_at = None;
        for (level, node) in self.levels.iter().enumerate() {
            let both = match node {
                MerkleNode::Duplicate => join(&working, &working),
                MerkleNode::Hash(sibling) if offset & 1 == 1 => join(sibling, &working),
                MerkleNode::Hash(sibling) => join(&working, sibling),
            };
            if transaction_at.is_none() && reads_as_transaction(&both) {
                transaction_at = Some(level);
            }
            working = double_sha256(&both);
            offset >>= 1;
        }
        (MerkleRoot::from_internal(working), transaction_at)
    }

    /// Whether the tree the levels describe has a place for the offset, and no left neighbour is a duplicate: only a
    /// node at the end of its level is paired with itself, and that node is a left one.
    #[must_use]
    pub fn is_well_formed(&self) -> bool {
        let levels = self.levels.len();
        let inside = levels < 64 && self.offset >> levels == 0 || levels == usize::from(MAX_TREE_HEIGHT);
        inside
            && self
                .levels
                .iter()
                .enumerate()
                .all(|(level, node)| *node != MerkleNode::Duplicate || self.offset >> level & 1 == 0)
    }

    /// As a BUMP (BRC-74) that proves `txid` alone, its leaf flagged as a txid.
    #[must_use]
    pub fn to_bump(&self, txid: &Txid) -> Vec<u8> {
        let mut out = Vec::with_capacity(40 + 36 * self.levels.len());
        write_var_int(&mut out, u64::from(self.height));
        // The only transaction of a block has no sibling, but a BUMP has at least one level.
        out.push(self.levels.len().max(1) as u8);
        let txid_leaf = |out: &mut Vec<u8>| {
            write_var_int(out, self.offset);
            out.push(FLAG_TXID);
            out.extend_from_slice(txid.internal());
        };
        if self.levels.is_empty() {
            out.push(1);
            txid_leaf(&mut out);
        }
        for (level, node) in self.levels.iter().enumerate() {
            let sibling = (self.offset >> level) ^ 1;
            out.push(if level == 0 { 2 } else { 1 });
            if level == 0 && self.offset < sibling {
                txid_leaf(&mut out);
            }
            write_var_int(&mut out, sibling);
            match node {
                MerkleNode::Duplicate => out.push(FLAG_DUPLICATE),
                MerkleNode::Hash(hash) => {
                    out.push(FLAG_HASH);
                    out.extend_from_slice(hash);
                }
            }
            if level == 0 && self.offset > sibling {
                txid_leaf(&mut out);
            }
        }
        out
    }

    /// The proof of `txid` out of the bytes of a BUMP, which may prove other transactions too.
    ///
    /// # Errors
    /// The bytes are not exactly one BUMP, or it has no leaf flagged as `txid`.
    pub fn from_bump(bytes: &[u8], txid: &Txid) -> Result<Self, BumpError> {
        let mut reader = Reader::new(bytes);
        let bump = Bump::read(&mut reader)?;
        if reader.remaining() > 0 {
            return Err(BumpError::TrailingBytes { offset: reader.position(), extra: reader.remaining() });
        }
        bump.proof(txid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proof(offset: u64, levels: Vec<MerkleNode>) -> MerkleProof {
        MerkleProof { height: 814_435, offset, levels }
    }

    #[test]
    fn a_proof_survives_the_way_through_a_bump() {
        let txid = Txid::from_internal([9; 32]);
        let hash = |n| MerkleNode::Hash([n; 32]);
        for proof in [
            proof(0, vec![]),
            proof(0, vec![hash(1)]),
            proof(1, vec![hash(1), hash(2)]),
            proof(6, vec![MerkleNode::Duplicate, hash(2), hash(3)]),
            proof(u64::MAX, (0..64).map(|n| hash(n as u8)).collect()),
        ] {
            let bytes = proof.to_bump(&txid);
            assert_eq!(MerkleProof::from_bump(&bytes, &txid).unwrap(), proof);
            let other = Txid::from_internal([8; 32]);
            assert!(matches!(MerkleProof::from_bump(&bytes, &other), Err(BumpError::NotInBump { .. })));
        }
    }

    #[test]
    fn a_proof_outside_its_own_tree_is_not_well_formed() {
        assert!(proof(1, vec![MerkleNode::Hash([1; 32])]).is_well_formed());
        assert!(!proof(2, vec![MerkleNode::Hash([1; 32])]).is_well_formed());
        assert!(!proof(1, vec![MerkleNode::Duplicate]).is_well_formed());
        assert!(!proof(0, vec![MerkleNode::Hash([1; 32]); 65]).is_well_formed());
        assert!(proof(u64::MAX, vec![MerkleNode::Hash([1; 32]); 64]).is_well_formed());
    }
}
