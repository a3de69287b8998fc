//! One block: an 80-byte header with proof of work, and the merkle tree over its transactions.

use trellis_spv::hash::{BlockHash, MerkleRoot, Txid, double_sha256};
use trellis_spv::merkle::{MerkleNode, MerkleProof, parent};

/// Compact form of the easiest target there is, that of the node's regression-test mode: every second hash meets it.
const EASIEST_TARGET: u32 = 0x207f_ffff;

/// The version field of blocks today (version bits, none set).
const BLOCK_VERSION: u32 = 0x2000_0000;

/// What the first block names as its predecessor.
pub(super) const NO_BLOCK: BlockHash = BlockHash::from_internal([0; 32]);

/// A mined block.
#[derive(Debug, Clone)]
pub(super) struct Block {
    pub(super) height: u32,
    /// Unix seconds.
    pub(super) time: u32,
    pub(super) hash: BlockHash,
    /// The tree's levels, leaves first; the last has one node, the root. Kept because a block of many transactions is
    /// asked for as many proofs.
    levels: Vec<Vec<[u8; 32]>>,
}

impl Block {
    /// Mines a block of these transactions, the coinbase first.
    pub(super) fn mine(height: u32, time: u32, previous: BlockHash, txids: &[Txid]) -> Self {
        let levels = tree(txids);
        let root = levels.last().and_then(|level| level.first()).copied().unwrap_or_default();
        let mut header = [0; 80];
        let fields = [
            &BLOCK_VERSION.to_le_bytes()[..],
            previous.internal(),
            &root,
            &time.to_le_bytes(),
            &EASIEST_TARGET.to_le_bytes(),
            &[0; 4],
        ];
        header.copy_from_slice(&fields.concat());
        let mut nonce = 0u32;
        let hash = loop {
            let hash = double_sha256(&header);
            // Half of all hashes meet the target: 2^32 of them missing it is not to be expected by anybody.
            if meets_easiest_target(&hash) || nonce == u32::MAX {
                break BlockHash::from_internal(hash);
            }
            nonce += 1;
            if let Some(field) = header.get_mut(76..) {
                field.copy_from_slice(&nonce.to_le_bytes());
            }
        };
        Self { height, time, hash, levels }
    }

    /// The transactions' ids, in order; the first is the coinbase.
    pub(super) fn txids(&self) -> impl Iterator<Item = Txid> + '_ {
        self.levels.first().into_iter().flatten().map(|hash| Txid::from_internal(*hash))
    }

    pub(super) fn root(&self) -> MerkleRoot {
        let root = self.levels.last().and_then(|level| level.first());
        MerkleRoot::from_internal(root.copied().unwrap_or_default())
    }

    /// The proof of the transaction at `offset`, which must be below the number of transactions.
    pub(super) fn proof(&self, offset: usize) -> MerkleProof {
        let below_root = self.levels.len().saturating_sub(1);
        let siblings = self.levels.iter().take(below_root).enumerate().map(|(level, nodes)| {
            let sibling = nodes.get((offset >> level) ^ 1);
            sibling.map_or(MerkleNode::Duplicate, |hash| MerkleNode::Hash(*hash))
        });
        MerkleProof { height: self.height, offset: offset as u64, levels: siblings.collect() }
    }
}

/// Whether a hash, read as a little-endian number, is at most 0x7fffff × 256^29.
fn meets_easiest_target(hash: &[u8; 32]) -> bool {
    let mut target = [0; 32];
    target[29..].copy_from_slice(&[0xff, 0xff, 0x7f]);
    hash.iter().rev().le(target.iter().rev())
}

/// All levels of the merkle tree, leaves first. An odd last node is paired with itself.
fn tree(txids: &[Txid]) -> Vec<Vec<[u8; 32]>> {
    let mut levels = vec![txids.iter().map(|txid| *txid.internal()).collect::<Vec<_>>()];
    while let Some(below) = levels.last().filter(|level| level.len() > 1) {
        let above = below.chunks(2).filter_map(|pair| match pair {
            [left, right] => Some(parent(left, right)),
            [alone] => Some(parent(alone, alone)),
            _ => None,
        });
        let above = above.collect();
        levels.push(above);
    }
    levels
}

#[cfg(test)]
mod tests {
    use super::*;

    fn txid(n: usize) -> Txid {
        Txid::from_internal(double_sha256(&n.to_le_bytes()))
    }

    #[test]
    fn every_transaction_of_a_block_of_any_size_has_a_proof_that_leads_to_its_root() {
        for size in 1..=20 {
            let txids: Vec<Txid> = (0..size).map(txid).collect();
            let block = Block::mine(7, 1_700_000_000, NO_BLOCK, &txids);
            assert!(block.txids().eq(txids.iter().copied()));
            for (offset, txid) in txids.iter().enumerate() {
                let proof = block.proof(offset);
                assert_eq!((proof.height, proof.offset), (7, offset as u64));
                assert!(proof.is_well_formed());
                assert_eq!(proof.root(txid), block.root(), "{offset} of {size}");
            }
        }
    }

    #[test]
    fn a_header_commits_to_its_predecessor_root_and_time_and_meets_its_target() {
        let one = Block::mine(0, 5, NO_BLOCK, &[txid(0)]);
        let others = [
            Block::mine(0, 6, NO_BLOCK, &[txid(0)]),
            Block::mine(0, 5, one.hash, &[txid(0)]),
            Block::mine(0, 5, NO_BLOCK, &[txid(1)]),
        ];
        assert!(others.iter().all(|other| other.hash != one.hash));
        assert!(others.iter().chain([&one]).all(|block| meets_easiest_target(block.hash.internal())));
        assert_eq!(Block::mine(0, 5, NO_BLOCK, &[txid(0)]).hash, one.hash);
    }

    #[test]
    fn the_easiest_target_is_met_exactly_up_to_its_value() {
        let mut hash = [0xff; 32];
        hash[29..].copy_from_slice(&[0xff, 0xff, 0x7e]);
        assert!(meets_easiest_target(&hash));
        hash[31] = 0x80;
        assert!(!meets_easiest_target(&hash));
        let mut target = [0; 32];
        target[29..].copy_from_slice(&[0xff, 0xff, 0x7f]);
        assert!(meets_easiest_target(&target));
        target[0] = 1;
        assert!(!meets_easiest_target(&target));
    }
}
