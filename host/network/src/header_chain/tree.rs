//! The headers in memory: the best chain from the checkpoint on, and side branches off its last blocks.
//!
//! The best chain's last [`WINDOW`] headers and all side branches are nodes of a tree; what is deeper is settled: of it
//! only root and time are kept, 36 bytes a block, and nothing can take its place any more.

use std::collections::{HashMap, HashSet, VecDeque};

use bsv_rs::block::ChainWork;
use trellis_engine::ports::headers::RawHeader;
use trellis_spv::hash::MerkleRoot;
use trellis_spv::verify::HeaderInfo;

use super::branch::Branch;
use super::header::Header;
use super::rules::{RuleError, Rules};
use trellis_spv::hash::BlockHash;

/// Deepest reorganisation that is followed, in blocks of the best chain that go. The deepest ever seen had fewer than 100.
pub const MAX_REORGANISATION: u32 = 1_000;

/// Headers of the best chain that stay in the tree: as many as a reorganisation may take away, and below them the 2,016
/// that the difficulty rule looks back at furthest. About 600 kB.
const WINDOW: usize = MAX_REORGANISATION as usize + 2_016 + 1;

/// Headers beyond [`WINDOW`] that pile up before they are settled together: settling walks the whole tree.
const SETTLE_AT_ONCE: usize = 500;

/// Headers on side branches, 1.5 MB of them: room for eight branches as deep as any may be. When there are more, the
/// branch with the least work goes.
const MAX_SIDE_HEADERS: usize = 8 * MAX_REORGANISATION as usize;

/// A header with its place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    pub(super) header: Header,
    pub(super) height: u32,
    /// Work from the first header on.
    pub(super) work: ChainWork,
}

/// What became of headers.
#[derive(Debug, Default)]
pub(crate) struct Inserted {
    /// Headers that were not known before.
    pub(crate) added: usize,
    /// The lowest height at which the best chain is another now.
    pub(crate) changed_from: Option<u32>,
    /// Those whose predecessor is not known.
    pub(crate) unlinked: Vec<Header>,
    /// The first that broke a rule, if one did; those behind it were not looked at.
    pub(crate) broken: Option<RuleError>,
}

/// See the module's text.
#[derive(Debug)]
pub(super) struct Tree {
    rules: Rules,
    settled: Vec<(MerkleRoot, u32)>,
    /// Hashes of the best chain above the settled part.
    best: VecDeque<BlockHash>,
    nodes: HashMap<BlockHash, Node>,
}

impl Tree {
    pub(super) fn new(rules: Rules) -> Self {
        Self { rules, settled: Vec::new(), best: VecDeque::new(), nodes: HashMap::new() }
    }

    pub(super) const fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Height of the lowest header in the tree.
    fn base(&self) -> u32 {
        self.rules.checkpoint().height.saturating_add(self.settled.len() as u32)
    }

    /// The best header.
    pub(super) fn tip(&self) -> Option<&Node> {
        self.nodes.get(self.best.back()?)
    }

    /// A header of the tree, on the best chain or beside it.
    pub(super) fn node(&self, hash: &BlockHash) -> Option<&Node> {
        self.nodes.get(hash)
    }

    /// The best chain's header at a height, as far as it is in the tree.
    pub(super) fn best_at(&self, height: u32) -> Option<&Node> {
        let index = height.checked_sub(self.base())?;
        self.nodes.get(self.best.get(index as usize)?)
    }

    /// Whether a header is on the best chain.
    pub(super) fn is_best(&self, node: &Node) -> bool {
        self.best_at(node.height).is_some_and(|best| best.header.hash() == node.header.hash())
    }

    /// What proofs are compared with.
    pub(super) fn info(&self, height: u32) -> Option<HeaderInfo> {
        let index = height.checked_sub(self.rules.checkpoint().height)?;
        let info = |root, time| HeaderInfo { root, time: Some(time) };
        match self.settled.get(index as usize) {
            Some((root, time)) => Some(info(*root, *time)),
            None => self.best_at(height).map(|node| info(node.header.root(), node.header.time())),
        }
    }

    /// The best chain's headers from a height on; `None` where that is settled.
    pub(super) fn best_from(&self, height: u32) -> Option<Vec<RawHeader>> {
        let skipped = height.checked_sub(self.base())? as usize;
        let nodes = self.best.iter().skip(skipped).filter_map(|hash| self.nodes.get(hash));
        Some(nodes.map(|node| node.header.raw()).collect())
    }

    /// Takes headers in any order, as far as they link to known ones and keep the rules. The first header of all must be
    /// the checkpoint.
    pub(super) fn insert(&mut self, headers: Vec<Header>) -> Inserted {
        let mut inserted = Inserted::default();
        let mut waiting: HashMap<BlockHash, Vec<Header>> = HashMap::new();
        let mut parents = Vec::new();
        let checkpoint = self.rules.checkpoint();
        let begins = self.best.is_empty() && begins_with(&headers, &checkpoint.hash);
        for header in headers {
            if begins && self.best.is_empty() && header.hash() == checkpoint.hash {
                inserted.broken = self.add(header, checkpoint.height, ChainWork::ZERO, &mut inserted).err();
            } else {
                waiting.entry(header.previous()).or_default().push(header);
            }
        }
        parents.extend(waiting.keys().filter(|parent| self.nodes.contains_key(parent)).copied());
        while let Some(parent) = parents.pop().filter(|_| inserted.broken.is_none()) {
            for child in waiting.remove(&parent).unwrap_or_default() {
                match self.link(child, &mut inserted) {
                    Ok(()) => parents.push(child.hash()),
                    Err(error) => inserted.broken = Some(error),
                }
            }
        }
        inserted.unlinked = waiting.into_values().flatten().collect();
        self.settle();
        self.bound_side_branches();
        inserted
    }

    /// Takes a header whose predecessor may be known.
    fn link(&mut self, header: Header, inserted: &mut Inserted) -> Result<(), RuleError> {
        let Some(parent) = self.nodes.get(&header.previous()).copied() else { return Ok(()) };
        if self.nodes.contains_key(&header.hash()) {
            return Ok(());
        }
        let height = parent.height.saturating_add(1);
        self.rules.check_difficulty(&header, height, &Branch::ending_in(self, &parent))?;
        self.add(header, height, parent.work, inserted)
    }

    fn add(
        &mut self,
        header: Header,
        height: u32,
        work_before: ChainWork,
        inserted: &mut Inserted,
    ) -> Result<(), RuleError> {
        self.rules.check_work(&header)?;
        let node = Node { header, height, work: work_before.wrapping_add(header.work()) };
        let is_better = self.tip().is_none_or(|tip| node.work > tip.work);
        self.nodes.insert(header.hash(), node);
        inserted.added += 1;
        if is_better {
            let changed = self.adopt(&node);
            inserted.changed_from = Some(inserted.changed_from.map_or(changed, |before| before.min(changed)));
        }
        Ok(())
    }

    /// Makes a header the best one; answers the lowest height at which the best chain changed.
    fn adopt(&mut self, tip: &Node) -> u32 {
        let mut path = vec![tip.header.hash()];
        let mut lowest = *tip;
        while let Some(parent) = self.nodes.get(&lowest.header.previous()) {
            if self.is_best(parent) {
                break;
            }
            path.push(parent.header.hash());
            lowest = *parent;
        }
        self.best.truncate(lowest.height.saturating_sub(self.base()) as usize);
        self.best.extend(path.into_iter().rev());
        lowest.height
    }

    /// Settles what is deeper than [`WINDOW`].
    fn settle(&mut self) {
        if self.best.len() <= WINDOW + SETTLE_AT_ONCE {
            return;
        }
        while self.best.len() > WINDOW {
            let Some(node) = self.best.pop_front().and_then(|hash| self.nodes.remove(&hash)) else { return };
            self.settled.push((node.header.root(), node.header.time()));
        }
        // A side branch that left the best chain further down cannot win any more: it goes from its lowest header up.
        let base = self.base();
        let mut side: Vec<Node> = self.nodes.values().filter(|node| !self.is_best(node)).copied().collect();
        side.sort_unstable_by_key(|node| node.height);
        for node in side {
            if node.height <= base || !self.nodes.contains_key(&node.header.previous()) {
                self.nodes.remove(&node.header.hash());
            }
        }
    }

    /// Lets go of the side branches with the least work while there are too many headers on them.
    fn bound_side_branches(&mut self) {
        while self.nodes.len().saturating_sub(self.best.len()) > MAX_SIDE_HEADERS {
            let side: Vec<Node> = self.nodes.values().filter(|node| !self.is_best(node)).copied().collect();
            let parents: HashSet<BlockHash> = side.iter().map(|node| node.header.previous()).collect();
            let ends = side.iter().filter(|node| !parents.contains(&node.header.hash()));
            let Some(mut last) = ends.min_by_key(|node| node.work).copied() else { return };
            loop {
                self.nodes.remove(&last.header.hash());
                let is_needed = |node: &Node| {
                    let hash = node.header.hash();
                    self.nodes.values().any(|other| other.header.previous() == hash)
                };
                match self.nodes.get(&last.header.previous()) {
                    Some(before) if !self.is_best(before) && !is_needed(before) => last = *before,
                    _ => break,
                }
            }
        }
    }

    #[cfg(test)]
    pub(super) fn sizes(&self) -> (usize, usize, usize) {
        (self.settled.len(), self.best.len(), self.nodes.len() - self.best.len())
    }
}

/// Whether headers begin with this one. Where the one before it is among them too, it stands at another height than was
/// asked for: whoever wrote the checkpoint mistook its height, and every height counted from it would be wrong.
fn begins_with(headers: &[Header], first: &BlockHash) -> bool {
    let found = headers.iter().find(|header| header.hash() == *first);
    found.is_some_and(|found| headers.iter().all(|header| header.hash() != found.previous()))
}

#[cfg(test)]
mod tests;
