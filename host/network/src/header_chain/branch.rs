//! One branch of the tree seen by height, as the difficulty rule reads it.

use bsv_rs::block::{ChainWork, DifficultyError, HeaderAncestry, HeaderLink};

use super::tree::{Node, Tree};

/// The headers from `end` down.
pub(super) struct Branch<'t> {
    tree: &'t Tree,
    end: Node,
}

impl<'t> Branch<'t> {
    /// The branch whose last header is `end`.
    pub(super) const fn ending_in(tree: &'t Tree, end: &Node) -> Self {
        Self { tree, end: *end }
    }

    fn at(&self, height: u32) -> Option<Node> {
        let mut node = self.end;
        while node.height > height {
            // From where the branch leaves the best chain downwards, heights say it all.
            if self.tree.is_best(&node) {
                return self.tree.best_at(height).copied();
            }
            node = *self.tree.node(&node.header.previous())?;
        }
        (node.height == height).then_some(node)
    }
}

impl HeaderAncestry for Branch<'_> {
    fn link_at(&self, height: u32) -> Option<HeaderLink> {
        self.at(height).map(|node| node.header.link(height))
    }

    fn work_between(&self, first: u32, last: u32) -> Result<ChainWork, DifficultyError> {
        let work = |height| self.at(height).map(|node| node.work).ok_or(DifficultyError::MissingAncestor { height });
        // Work only grows with height, so the difference is never below zero.
        Ok(work(last)?.checked_sub(work(first)?).unwrap_or(ChainWork::ZERO))
    }
}
