//! Block headers checked by ourselves: proof of work, difficulty, linkage; the chain with the most work counts.
//!
//! Where headers come from is nobody's business here: whoever has some hands them over, a stranger or the archive. Reading
//! never waits for whoever fetches.
//!
//! | module | one job |
//! |---|---|
//! | [`header`] | one header and its hash |
//! | [`rules`] | what a header must keep, per network, and the checkpoint |
//! | [`tree`] | the best chain and the branches beside it, in bounded memory |
//! | [`branch`] | one branch seen by height |

mod branch;
mod header;
mod rules;
#[cfg(test)]
pub(crate) mod testing;
mod tree;

use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use trellis_engine::ports::headers::HeaderArchive;
use trellis_engine::ports::store::StoreError;
use trellis_spv::verify::{HeaderInfo, Headers};

pub use header::Header;
pub use rules::{Checkpoint, CheckpointError, RuleError, Rules};
pub(crate) use tree::Inserted;
pub use tree::MAX_REORGANISATION;
use tree::Tree;
pub use trellis_spv::hash::BlockHash;

/// Headers read from the archive at once.
const ARCHIVE_PAGE: usize = 2_000;

/// The best chain of headers, kept in an archive.
pub struct HeaderChain {
    tree: RwLock<Tree>,
    archive: Arc<dyn HeaderArchive>,
    saving: Mutex<Saving>,
}

/// How the archive is doing.
#[derive(Debug, Default)]
struct Saving {
    /// Lowest height at which the archive is not the best chain.
    unsaved_from: Option<u32>,
    error: Option<String>,
}

/// A chain as the archive had it.
#[derive(Debug)]
pub struct Opened {
    /// The chain.
    pub chain: HeaderChain,
    /// Why part of the archive was thrown away, if it was. The services have it all.
    pub dropped: Option<String>,
}

impl HeaderChain {
    /// Reads the archive's headers and checks them as if they came from a stranger. What does not pass is dropped from the
    /// archive.
    ///
    /// # Errors
    /// The archive cannot be read or written.
    pub fn open(rules: Rules, archive: Arc<dyn HeaderArchive>) -> Result<Opened, StoreError> {
        let checkpoint = rules.checkpoint();
        let mut tree = Tree::new(rules);
        let mut next = checkpoint.height;
        let dropped = loop {
            let page = archive.headers(next, ARCHIVE_PAGE)?;
            let Some((first, _)) = page.first() else { break None };
            if *first != next {
                break Some(format!("block header {next} is missing"));
            }
            let count = page.len() as u32;
            let headers: Vec<Header> = page.iter().filter_map(|(_, raw)| Header::parse(raw)).collect();
            if next == checkpoint.height && headers.first().map(Header::hash) != Some(checkpoint.hash) {
                break Some(format!("it does not begin with the checkpoint {checkpoint}"));
            }
            let inserted = tree.insert(headers);
            next = tree.tip().map_or(checkpoint.height, |tip| tip.height.saturating_add(1));
            if let Some(error) = inserted.broken {
                break Some(error.to_string());
            }
            if next != first.saturating_add(count) {
                break Some(format!("what is there at height {next} does not continue the chain from {checkpoint}"));
            }
        };
        let is_empty = tree.tip().is_none();
        if is_empty {
            // Another checkpoint than before: nothing may stay below it, or there would be a gap.
            archive.replace_headers(0, &[])?;
        } else if dropped.is_some() {
            archive.replace_headers(next, &[])?;
        }
        let chain = Self { tree: RwLock::new(tree), archive, saving: Mutex::default() };
        Ok(Opened { chain, dropped })
    }

    /// The first block known.
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint {
        self.tree().rules().checkpoint()
    }

    /// Height and hash of the best header.
    #[must_use]
    pub fn best(&self) -> Option<(u32, BlockHash)> {
        self.tree().tip().map(|tip| (tip.height, tip.header.hash()))
    }

    /// Why the archive does not keep what is known, while it does not.
    #[must_use]
    pub fn archive_error(&self) -> Option<String> {
        self.saving.lock().unwrap_or_else(PoisonError::into_inner).error.clone()
    }

    /// Height of a header that is known and not settled, on the best chain or beside it.
    pub(crate) fn height_of(&self, hash: &BlockHash) -> Option<u32> {
        self.tree().node(hash).map(|node| node.height)
    }

    /// Height of a header that is on the best chain and not settled.
    pub(crate) fn best_height_of(&self, hash: &BlockHash) -> Option<u32> {
        let tree = self.tree();
        tree.node(hash).filter(|node| tree.is_best(node)).map(|node| node.height)
    }

    /// Takes headers, in any order, and keeps the best chain in the archive.
    pub(crate) fn insert(&self, headers: Vec<Header>) -> Inserted {
        let inserted = self.tree_mut().insert(headers);
        self.save(inserted.changed_from);
        inserted
    }

    /// Brings the archive up to date. Where that fails the chain goes on without: the headers can be fetched again.
    fn save(&self, changed_from: Option<u32>) {
        let mut saving = self.saving.lock().unwrap_or_else(PoisonError::into_inner);
        let unsaved = saving.unsaved_from.into_iter().chain(changed_from).min();
        saving.unsaved_from = unsaved;
        let Some(from) = unsaved else { return };
        let headers = self.tree().best_from(from);
        let saved = match headers {
            Some(headers) => self.archive.replace_headers(from, &headers).map_err(|error| error.to_string()),
            None => Err("it failed for so long that it cannot catch up before the next start".to_owned()),
        };
        saving.error = saved.err();
        if saving.error.is_none() {
            saving.unsaved_from = None;
        }
    }

    // What a panic could leave half done in the tree is a header too many, never a wrong best chain.

    fn tree(&self) -> RwLockReadGuard<'_, Tree> {
        self.tree.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn tree_mut(&self) -> RwLockWriteGuard<'_, Tree> {
        self.tree.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Headers for HeaderChain {
    fn tip(&self) -> Option<u32> {
        self.best().map(|(height, _)| height)
    }

    fn header(&self, height: u32) -> Option<HeaderInfo> {
        self.tree().info(height)
    }
}

impl std::fmt::Debug for HeaderChain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HeaderChain").field("best", &self.best()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
