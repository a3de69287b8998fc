//! sled's trees and the keys of those that are not rows.
//!
//! | tree | key | value |
//! |---|---|---|
//! | `rows` | encoded row key | the current version: header and record ([`stored`](crate::record::stored)) |
//! | `history` | key length (1) ‖ row key ‖ version (8) | a superseded version, the same bytes |
//! | `overflow` | key length ‖ row key ‖ version ‖ chunk (4) | part of a record too long for one value |
//! | `contents` | kind (1) ‖ id (32) ‖ chunk (4) | chunk 0: length (4) and first bytes; others: bytes |
//! | `unreferenced` | kind ‖ id | nothing: the content was put and no commit has referred to it yet |
//! | `log` | sequence (8) ‖ chunk (4) | chunk 0: length (4), checksum (8) and first bytes; others: bytes |
//! | `headers` | height (4) | a block header (80), see [`headers`](super::headers) |
//! | `meta` | see [`meta`] | single values and interned names |

use sled::{IVec, Tree};
use trellis_engine::domain::row::ContentId;
use trellis_engine::domain::time::Sequence;
use trellis_spv::hash::Txid;

/// Keys of the `meta` tree.
pub(super) mod meta {
    /// The disk-format number, 4 bytes big-endian.
    pub(in crate::sled_store) const FORMAT: &[u8] = b"format";
    /// This store's identity, 16 bytes.
    pub(in crate::sled_store) const NODE: &[u8] = b"node";
    /// The oldest readable sequence, 8 bytes big-endian.
    pub(in crate::sled_store) const OLDEST: &[u8] = b"oldest";
    /// Commits up to this one have had their before-images removed, 8 bytes big-endian. At most [`OLDEST`].
    pub(in crate::sled_store) const PRUNED: &[u8] = b"pruned";
    /// How many names are interned, 4 bytes big-endian; the next one's number.
    pub(in crate::sled_store) const NAMES: &[u8] = b"names";
    /// `n ‖ kind ‖ name` → number.
    pub(in crate::sled_store) const NAME: u8 = b'N';
}

/// All trees. Fixed: each takes part in sled's catalogue, which must stay small.
#[derive(Clone, Debug)]
pub(super) struct Trees {
    pub(super) db: sled::Db,
    pub(super) rows: Tree,
    pub(super) history: Tree,
    pub(super) overflow: Tree,
    pub(super) contents: Tree,
    pub(super) unreferenced: Tree,
    pub(super) log: Tree,
    pub(super) headers: Tree,
    pub(super) meta: Tree,
}

impl Trees {
    pub(super) fn open(db: sled::Db) -> sled::Result<Self> {
        Ok(Self {
            rows: db.open_tree("rows")?,
            history: db.open_tree("history")?,
            overflow: db.open_tree("overflow")?,
            contents: db.open_tree("contents")?,
            unreferenced: db.open_tree("unreferenced")?,
            log: db.open_tree("log")?,
            headers: db.open_tree("headers")?,
            meta: db.open_tree("meta")?,
            db,
        })
    }

    /// The last commit: its log record is the last one.
    pub(super) fn last(&self) -> sled::Result<Sequence> {
        let newest = self.log.last()?;
        Ok(newest.map_or(Sequence::ZERO, |(key, _)| Sequence(big_endian(key.get(..8).unwrap_or_default()))))
    }

    /// A number of the `meta` tree; 0 where it was never written.
    pub(super) fn meta_number(&self, key: &[u8]) -> sled::Result<Option<u64>> {
        Ok(self.meta.get(key)?.map(|value| big_endian(&value)))
    }
}

/// A big-endian number of up to 8 bytes.
pub(super) fn big_endian(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte))
}

/// `key length ‖ row key`: what all versions of a row have in common. The length comes first so that no row's versions lie
/// among those of another whose key begins alike.
pub(super) fn versions_prefix(row_key: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(row_key.len() + 13);
    out.push(row_key.len() as u8);
    out.extend_from_slice(row_key);
    out
}

/// Key of a before-image.
pub(super) fn history_key(row_key: &[u8], version: Sequence) -> Vec<u8> {
    let mut out = versions_prefix(row_key);
    out.extend_from_slice(&version.0.to_be_bytes());
    out
}

/// Row key and version of a before-image's key.
pub(super) fn split_history_key(key: &[u8]) -> Option<(&[u8], Sequence)> {
    let (length, rest) = key.split_first()?;
    let (row_key, version) = rest.split_at_checked(usize::from(*length))?;
    Some((row_key, Sequence(u64::from_be_bytes(version.try_into().ok()?))))
}

/// Key of an overflow chunk.
pub(super) fn overflow_key(row_key: &[u8], version: Sequence, chunk: u32) -> Vec<u8> {
    let mut out = history_key(row_key, version);
    out.extend_from_slice(&chunk.to_be_bytes());
    out
}

/// Kind and id of a content.
pub(super) fn content_key(id: &ContentId) -> [u8; 33] {
    let (kind, bytes) = match id {
        ContentId::Transaction(txid) => (1, txid.internal()),
        ContentId::Carried(sha256) => (2, sha256),
    };
    let mut out = [kind; 33];
    for (to, from) in out.iter_mut().skip(1).zip(bytes) {
        *to = *from;
    }
    out
}

/// The content of a key that [`content_key`] made.
pub(super) fn content_of(key: &[u8]) -> Option<ContentId> {
    let (kind, id) = key.split_first()?;
    let id: [u8; 32] = id.try_into().ok()?;
    match kind {
        1 => Some(ContentId::Transaction(Txid::from_internal(id))),
        2 => Some(ContentId::Carried(id)),
        _ => None,
    }
}

/// Key of a content's chunk.
pub(super) fn content_chunk_key(id: &ContentId, chunk: u32) -> Vec<u8> {
    chunk_key(&content_key(id), chunk)
}

/// Key of a log record's chunk.
pub(super) fn log_key(sequence: Sequence, chunk: u32) -> Vec<u8> {
    chunk_key(&sequence.0.to_be_bytes(), chunk)
}

fn chunk_key(prefix: &[u8], chunk: u32) -> Vec<u8> {
    let mut out = Vec::with_capacity(prefix.len() + 4);
    out.extend_from_slice(prefix);
    out.extend_from_slice(&chunk.to_be_bytes());
    out
}

/// A stored number.
pub(super) fn number(value: u64) -> IVec {
    IVec::from(&value.to_be_bytes())
}
