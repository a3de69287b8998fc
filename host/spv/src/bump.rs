//! A BUMP (BRC-74): merkle proofs of one or more transactions of one block, as they travel.
//!
//! Reading one climbs from all its leaves to the single root they must share, in time linear in its bytes, and keeps
//! the nodes computed on the way, so that taking out one transaction's proof costs one lookup by txid and one for each
//! level, however many transactions the block has.

use std::collections::BTreeMap;

use crate::hash::{MerkleRoot, Txid};
use crate::limits::MAX_TREE_HEIGHT;
use crate::merkle::{FLAG_DUPLICATE, FLAG_HASH, FLAG_TXID, MerkleNode, MerkleProof, parent};
use crate::reader::{ReadError, Reader};
use crate::writer::write_var_int;

/// Bytes of the smallest leaf: an offset and the flag of a duplicate.
const LEAST_LEAF_BYTES: u64 = 2;

/// Why bytes are no BUMP, or a BUMP no proof. Offsets of bytes count from the BUMP's first byte.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BumpError {
    /// The bytes do not have the form of a BUMP.
    #[error("the bytes are no BUMP: {0}")]
    Read(#[from] ReadError),
    /// Something follows the BUMP.
    #[error("the BUMP ends at offset {offset}, but {extra} bytes follow: send exactly one BUMP")]
    TrailingBytes {
        /// Where the BUMP ends.
        offset: usize,
        /// Bytes that follow.
        extra: usize,
    },
    /// A height no block can have.
    #[error("the BUMP claims block height {0}, which is no height of a block")]
    HeightTooLarge(u64),
    /// No level, or more than 64 (BRC-74).
    #[error("the BUMP has {0} levels; a merkle tree has 1 to 64")]
    TreeHeight(u8),
    /// A flag BRC-74 does not know.
    #[error("leaf {offset} of level {level} has flag {flag:#04x}; BRC-74 knows 00, 01 and 02")]
    UnknownFlag {
        /// The level, leaves first.
        level: u8,
        /// The leaf's offset in its level.
        offset: u64,
        /// The flag.
        flag: u8,
    },
    /// The level is not that wide.
    #[error("leaf {offset} of level {level} lies outside the tree: the level has room for 2^{width_log2} nodes")]
    OffsetOutsideTree {
        /// The level, leaves first.
        level: u8,
        /// The leaf's offset in its level.
        offset: u64,
        /// Binary logarithm of the level's width.
        width_log2: u8,
    },
    /// The same leaf twice.
    #[error("leaf {offset} of level {level} appears twice: each node may be given once")]
    RepeatedLeaf {
        /// The level, leaves first.
        level: u8,
        /// The leaf's offset in its level.
        offset: u64,
    },
    /// A duplicate where a tree cannot have one: on the left, or a second one in its level.
    #[error(
        "leaf {offset} of level {level} is marked as a duplicate; only the missing right end of a level can be one"
    )]
    MisplacedDuplicate {
        /// The level, leaves first.
        level: u8,
        /// The leaf's offset in its level.
        offset: u64,
    },
    /// No leaf carries a hash.
    #[error("the BUMP carries no transaction: level 0 has no hash")]
    NoLeaf,
    /// A sibling is neither given nor computable.
    #[error("the BUMP lacks node {offset} of level {level}, which is needed to compute the root")]
    MissingNode {
        /// The level, leaves first.
        level: u8,
        /// The node's offset in its level.
        offset: u64,
    },
    /// A given node is not what the leaves below it hash to.
    #[error("node {offset} of level {level} contradicts the leaves below it: they lead to another hash")]
    Contradiction {
        /// The level, leaves first.
        level: u8,
        /// The node's offset in its level.
        offset: u64,
    },
    /// The BUMP proves other transactions.
    #[error("the BUMP at height {height} does not contain transaction {txid}: attach the proof of this transaction")]
    NotInBump {
        /// The transaction asked for.
        txid: Txid,
        /// The block height of the BUMP.
        height: u32,
    },
    /// The txid is there, but only as somebody's sibling.
    #[error(
        "the BUMP at height {height} has {txid} at offset {offset} only as a sibling: flag the leaf as a txid (02) to \
         prove this transaction"
    )]
    Unflagged {
        /// The transaction asked for.
        txid: Txid,
        /// The block height of the BUMP.
        height: u32,
        /// The leaf's offset in the block.
        offset: u64,
    },
}

/// One node a BUMP gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leaf {
    /// Its offset in its level.
    pub offset: u64,
    /// Its hash, or that there is none.
    pub node: MerkleNode,
    /// Whether it is marked as the txid of a transaction the BUMP proves.
    pub txid: bool,
}

impl Leaf {
    fn hash(&self) -> Option<&[u8; 32]> {
        match &self.node {
            MerkleNode::Hash(hash) => Some(hash),
            MerkleNode::Duplicate => None,
        }
    }
}

type Level = BTreeMap<u64, [u8; 32]>;

/// A parsed BUMP whose leaves lead to one root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bump {
    height: u32,
    root: MerkleRoot,
    /// What the bytes give, by level and in order of the offsets.
    levels: Vec<Vec<Leaf>>,
    /// The nodes on the way from the leaves to the root, by level and offset.
    climbed: Vec<Level>,
    /// Places of level 0 in order of their hashes, of equal ones those flagged as txids first.
    by_hash: Vec<u32>,
}

impl Bump {
    /// Reads the BUMP that starts where `reader` stands.
    ///
    /// # Errors
    /// The bytes are no BUMP, or its leaves do not lead to one root.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, BumpError> {
        let height = reader.var_int("block height")?;
        let height = u32::try_from(height).map_err(|_| BumpError::HeightTooLarge(height))?;
        let tree_height = reader.u8("tree height")?;
        if !(1..=MAX_TREE_HEIGHT).contains(&tree_height) {
            return Err(BumpError::TreeHeight(tree_height));
        }
        let mut levels = Vec::new();
        for level in 0..tree_height {
            levels.push(read_level(reader, level, tree_height - level)?);
        }
        Self::from_levels(height, levels)
    }

    /// A BUMP of these levels, each sorted by offset.
    fn from_levels(height: u32, levels: Vec<Vec<Leaf>>) -> Result<Self, BumpError> {
        let (climbed, root) = climb(&levels)?;
        let leaves = levels.first().map(Vec::as_slice).unwrap_or_default();
        let mut by_hash: Vec<u32> = (0..).take(leaves.len()).collect();
        by_hash.sort_unstable_by_key(|at| {
            let leaf = leaves.get(*at as usize);
            (leaf.and_then(Leaf::hash), leaf.is_some_and(|leaf| !leaf.txid), *at)
        });
        Ok(Self { height, root: MerkleRoot::from_internal(root), levels, climbed, by_hash })
    }

    /// One BUMP that proves all of `proofs`, which must be of the same block; `None` when there are none or they are
    /// not of one tree. Nodes that follow from others are left out.
    #[must_use]
    pub fn merge(proofs: &[(Txid, &MerkleProof)]) -> Option<Self> {
        let (_, first) = proofs.first()?;
        let depth = first.levels.len();
        let mut levels: Vec<BTreeMap<u64, Leaf>> = vec![BTreeMap::new(); depth.max(1)];
        let mut on_path: Vec<Vec<u64>> = vec![Vec::new(); depth];
        for (_, proof) in proofs {
            if proof.height != first.height || proof.levels.len() != depth {
                return None;
            }
            for (level, path) in on_path.iter_mut().enumerate() {
                path.push(proof.offset >> level);
            }
        }
        on_path.iter_mut().for_each(|path| path.sort_unstable());
        for (_, proof) in proofs {
            for (level, (node, leaves)) in proof.levels.iter().zip(&mut levels).enumerate() {
                let offset = (proof.offset >> level) ^ 1;
                if on_path.get(level)?.binary_search(&offset).is_err() {
                    leaves.insert(offset, Leaf { offset, node: *node, txid: false });
                }
            }
        }
        for (txid, proof) in proofs {
            let leaf = Leaf { offset: proof.offset, node: MerkleNode::Hash(*txid.internal()), txid: true };
            levels.first_mut()?.insert(proof.offset, leaf);
        }
        let levels = levels.into_iter().map(|leaves| leaves.into_values().collect()).collect();
        Self::from_levels(first.height, levels).ok()
    }

    /// The block height the BUMP claims.
    #[must_use]
    pub const fn height(&self) -> u32 {
        self.height
    }

    /// The root all its leaves lead to.
    #[must_use]
    pub const fn root(&self) -> MerkleRoot {
        self.root
    }

    /// The txids flagged as proven, in order of their offsets.
    pub fn txids(&self) -> impl Iterator<Item = Txid> + '_ {
        let flagged = self.levels.first().into_iter().flatten().filter(|leaf| leaf.txid);
        flagged.filter_map(Leaf::hash).map(|hash| Txid::from_internal(*hash))
    }

    /// The proof of one transaction.
    ///
    /// # Errors
    /// The BUMP has no leaf with this txid, or has it without the flag that says it is proven.
    pub fn proof(&self, txid: &Txid) -> Result<MerkleProof, BumpError> {
        let leaves = self.levels.first().map(Vec::as_slice).unwrap_or_default();
        let leaf_at = |at: u32| leaves.get(at as usize);
        let place = self.by_hash.partition_point(|at| leaf_at(*at).and_then(Leaf::hash) < Some(txid.internal()));
        let leaf = self.by_hash.get(place).and_then(|at| leaf_at(*at));
        let Some(leaf) = leaf.filter(|leaf| leaf.hash() == Some(txid.internal())) else {
            return Err(BumpError::NotInBump { txid: *txid, height: self.height });
        };
        if !leaf.txid {
            return Err(BumpError::Unflagged { txid: *txid, height: self.height, offset: leaf.offset });
        }
        let mut levels = Vec::with_capacity(self.levels.len());
        if !is_lone(&self.levels) {
            for level in 0..self.levels.len() {
                levels.push(self.node(level, (leaf.offset >> level) ^ 1)?);
            }
        }
        Ok(MerkleProof { height: self.height, offset: leaf.offset, levels })
    }

    fn node(&self, level: usize, offset: u64) -> Result<MerkleNode, BumpError> {
        if let Some(leaf) = self.levels.get(level).and_then(|leaves| given(leaves, offset)) {
            return Ok(leaf.node);
        }
        let computed = self.climbed.get(level).and_then(|level| level.get(&offset));
        computed.map(|hash| MerkleNode::Hash(*hash)).ok_or(BumpError::MissingNode { level: level as u8, offset })
    }

    /// The bytes of the BUMP.
    pub fn write(&self, out: &mut Vec<u8>) {
        write_var_int(out, u64::from(self.height));
        out.push(self.levels.len() as u8);
        for level in &self.levels {
            write_var_int(out, level.len() as u64);
            for leaf in level {
                write_var_int(out, leaf.offset);
                match leaf.node {
                    MerkleNode::Duplicate => out.push(FLAG_DUPLICATE),
                    MerkleNode::Hash(hash) => {
                        out.push(if leaf.txid { FLAG_TXID } else { FLAG_HASH });
                        out.extend_from_slice(&hash);
                    }
                }
            }
        }
    }
}

fn read_level(reader: &mut Reader<'_>, level: u8, width_log2: u8) -> Result<Vec<Leaf>, BumpError> {
    let count = reader.count(LEAST_LEAF_BYTES, "leaf count")?;
    let mut leaves = Vec::new();
    let mut duplicates = 0;
    for _ in 0..count {
        let offset = reader.var_int("leaf offset")?;
        if width_log2 < 64 && offset >> width_log2 != 0 {
            return Err(BumpError::OffsetOutsideTree { level, offset, width_log2 });
        }
        let flag = reader.u8("leaf flag")?;
        let node = match flag {
            FLAG_HASH | FLAG_TXID => MerkleNode::Hash(reader.array("leaf hash")?),
            FLAG_DUPLICATE => {
                duplicates += 1;
                // A level ends once. More would also let two bytes claim a leaf's worth of memory.
                if offset & 1 == 0 || duplicates > 1 {
                    return Err(BumpError::MisplacedDuplicate { level, offset });
                }
                MerkleNode::Duplicate
            }
            flag => return Err(BumpError::UnknownFlag { level, offset, flag }),
        };
        leaves.push(Leaf { offset, node, txid: flag == FLAG_TXID });
    }
    leaves.sort_unstable_by_key(|leaf| leaf.offset);
    let repeated = leaves.iter().zip(leaves.iter().skip(1)).find(|(one, next)| one.offset == next.offset);
    match repeated {
        Some((leaf, _)) => Err(BumpError::RepeatedLeaf { level, offset: leaf.offset }),
        None => Ok(leaves),
    }
}

fn given(leaves: &[Leaf], offset: u64) -> Option<&Leaf> {
    leaves.binary_search_by_key(&offset, |leaf| leaf.offset).ok().and_then(|at| leaves.get(at))
}

/// The only transaction of a block: its txid is the root, and there is nothing to pair it with.
fn is_lone(levels: &[Vec<Leaf>]) -> bool {
    matches!(levels, [only] if matches!(only.as_slice(), [Leaf { offset: 0, node: MerkleNode::Hash(_), .. }]))
}

/// Climbs from every hash of level 0 to the root they share.
fn climb(levels: &[Vec<Leaf>]) -> Result<(Vec<Level>, [u8; 32]), BumpError> {
    let hash_of = |leaf: &Leaf| leaf.hash().map(|hash| (leaf.offset, *hash));
    let mut path: Level = levels.first().into_iter().flatten().filter_map(hash_of).collect();
    let mut climbed = Vec::with_capacity(levels.len());
    if path.is_empty() {
        return Err(BumpError::NoLeaf);
    }
    if !is_lone(levels) {
        for (level, leaves) in levels.iter().enumerate() {
            let above = climb_one(level as u8, leaves, &path)?;
            climbed.push(std::mem::replace(&mut path, above));
        }
    }
    match path.get(&0) {
        Some(root) => Ok((climbed, *root)),
        None => Err(BumpError::MissingNode { level: levels.len() as u8, offset: 0 }),
    }
}

fn climb_one(level: u8, leaves: &[Leaf], path: &Level) -> Result<Level, BumpError> {
    let mut above = Level::new();
    for (&offset, hash) in path {
        if given(leaves, offset).is_some_and(|leaf| leaf.node != MerkleNode::Hash(*hash)) {
            return Err(BumpError::Contradiction { level, offset });
        }
        let sibling = offset ^ 1;
        let computed = || path.get(&sibling).map(|hash| MerkleNode::Hash(*hash));
        let node = given(leaves, sibling).map(|leaf| leaf.node).or_else(computed);
        let node = node.ok_or(BumpError::MissingNode { level, offset: sibling })?;
        let hash = match node {
            MerkleNode::Duplicate => parent(hash, hash),
            MerkleNode::Hash(other) if offset & 1 == 1 => parent(&other, hash),
            MerkleNode::Hash(other) => parent(hash, &other),
        };
        if above.insert(offset >> 1, hash).is_some_and(|before| before != hash) {
            return Err(BumpError::Contradiction { level: level + 1, offset: offset >> 1 });
        }
    }
    Ok(above)
}

#[cfg(test)]
mod tests;
