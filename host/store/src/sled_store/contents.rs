//! Contents: immutable bytes under their own hash, put ahead of the commit that refers to them.
//!
//! The chunks go in one by one, the last first and chunk 0 (with the length) at the end: sled recovers its log in order, so
//! where chunk 0 is, all are. No transaction is needed, and none of sled's exclusive lock: content may be put by many
//! threads while the writer commits. The marker in `unreferenced` goes in before any chunk and out after the first commit
//! that names the content. It only makes a content a candidate of the sweep, which looks for referring rows itself; so it
//! need not be part of the commit's transaction, and a marker that outlives it does no harm.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use sha2::{Digest, Sha256};
use trellis_engine::domain::row::ContentId;
use trellis_engine::ports::store::StoreError;
use trellis_spv::hash::double_sha256;

use super::chunks;
use super::fault::Fault;
use super::trees::{Trees, content_chunk_key, content_key};
use crate::limits::{MAX_CONTENT_BYTES, MAX_RECENT_CONTENTS};

/// What this process has put lately.
#[derive(Debug, Default)]
pub(super) struct Recent {
    /// Contents put by this process and not yet named by a commit: never swept, their commit may be on its way.
    ids: Mutex<HashSet<ContentId>>,
    /// Bytes put since the last flush.
    unflushed: AtomicU64,
}

impl Recent {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashSet<ContentId>> {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, id: ContentId) {
        let mut recent = self.lock();
        if recent.len() >= MAX_RECENT_CONTENTS {
            recent.clear();
        }
        recent.insert(id);
    }

    fn committed(&self, ids: &[ContentId]) {
        let mut recent = self.lock();
        for id in ids {
            recent.remove(id);
        }
    }

    pub(super) fn contains(&self, id: &ContentId) -> bool {
        self.lock().contains(id)
    }

    /// Counts bytes put; answers how many wait for a flush.
    fn add_unflushed(&self, bytes: usize) -> u64 {
        self.unflushed.fetch_add(bytes as u64, Ordering::Relaxed).saturating_add(bytes as u64)
    }

    /// A flush begins.
    pub(super) fn flushing(&self) {
        self.unflushed.store(0, Ordering::Relaxed);
    }
}

/// Whether `bytes` hash to `id`.
pub(crate) fn matches(id: &ContentId, bytes: &[u8]) -> bool {
    match id {
        ContentId::Transaction(txid) => double_sha256(bytes) == *txid.internal(),
        ContentId::Carried(sha256) => <[u8; 32]>::from(Sha256::digest(bytes)) == *sha256,
    }
}

/// Refuses bytes that are not the content, or too long.
pub(crate) fn check(id: &ContentId, bytes: &[u8]) -> Result<(), StoreError> {
    if bytes.len() > MAX_CONTENT_BYTES {
        let text = format!("{id:?} has {} bytes, a content has at most {MAX_CONTENT_BYTES}", bytes.len());
        return Err(StoreError::Malformed(text));
    }
    if matches(id, bytes) {
        Ok(())
    } else {
        Err(StoreError::Malformed(format!("the {} bytes put as {id:?} hash to something else", bytes.len())))
    }
}

/// Puts a checked content; answers how many bytes now wait for a flush.
pub(super) fn put(trees: &Trees, recent: &Recent, id: &ContentId, bytes: &[u8]) -> Result<u64, Fault> {
    // Before looking whether it is there: from here on no sweep removes it.
    recent.note(*id);
    if trees.contents.contains_key(content_chunk_key(id, 0))? {
        return Ok(0);
    }
    trees.unreferenced.insert(content_key(id), &[])?;
    for (chunk, part) in chunks::split(bytes).rev() {
        let key = content_chunk_key(id, chunk);
        if chunk == 0 {
            trees.contents.insert(key, [&(bytes.len() as u32).to_be_bytes()[..], part].concat())?;
        } else {
            trees.contents.insert(key, part)?;
        }
    }
    Ok(recent.add_unflushed(bytes.len()))
}

/// A commit refers to these now: no candidates for the sweep any more. Only the writer calls this.
pub(super) fn referenced(trees: &Trees, recent: &Recent, ids: &[ContentId]) -> Result<(), Fault> {
    for id in ids {
        trees.unreferenced.remove(content_key(id))?;
    }
    recent.committed(ids);
    Ok(())
}

/// The bytes of a content, compared with its id.
pub(super) fn get(trees: &Trees, id: &ContentId) -> Result<Option<Vec<u8>>, Fault> {
    let Some(first) = trees.contents.get(content_chunk_key(id, 0))? else { return Ok(None) };
    let damaged = |what: &str| Fault::Damaged(format!("content {id:?}: {what}"));
    let (length, part) = first.split_first_chunk::<4>().ok_or_else(|| damaged("its first chunk has no length"))?;
    let length = u32::from_be_bytes(*length) as usize;
    let bytes = chunks::join(length, Some(part), |chunk| trees.contents.get(content_chunk_key(id, chunk)))?
        .ok_or_else(|| damaged("a chunk is missing or has a wrong length"))?;
    if matches(id, &bytes) { Ok(Some(bytes)) } else { Err(damaged("its bytes hash to something else")) }
}

/// The length a content says it has, without reading it.
pub(super) fn length(trees: &Trees, id: &ContentId) -> Result<Option<usize>, Fault> {
    let first = trees.contents.get(content_chunk_key(id, 0))?;
    Ok(first.and_then(|first| Some(u32::from_be_bytes(*first.first_chunk::<4>()?) as usize)))
}
