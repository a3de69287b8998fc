//! Block headers by height. No part of any commit: they can be fetched again, so nothing waits for them to be durable; the
//! next commit's sync takes them along.
//!
//! Old headers go from the top down and new ones come from the bottom up, one by one. sled recovers its log in order, so
//! what a crash leaves is always a run without gaps.

use trellis_engine::ports::headers::{HeaderArchive, RawHeader};
use trellis_engine::ports::store::StoreError;

use super::SledStore;
use super::fault::Fault;

/// The height of a key of the `headers` tree, and the header under it.
pub(super) fn read(key: &[u8], value: &[u8]) -> Result<(u32, RawHeader), Fault> {
    let height = key.try_into().map(u32::from_be_bytes);
    let height = height.map_err(|_| Fault::Damaged(format!("`headers` has a key {}", hex::encode(key))))?;
    let header = value.try_into();
    let header = header.map_err(|_| Fault::Damaged(format!("block header {height} has {} bytes", value.len())))?;
    Ok((height, header))
}

impl HeaderArchive for SledStore {
    fn headers(&self, from: u32, limit: usize) -> Result<Vec<(u32, RawHeader)>, StoreError> {
        self.read(|| {
            let found = self.shared.trees.headers.range(from.to_be_bytes()..).take(limit);
            found.map(|entry| entry.map_err(Fault::from).and_then(|(key, value)| read(&key, &value))).collect()
        })
    }

    fn replace_headers(&self, first: u32, headers: &[RawHeader]) -> Result<(), StoreError> {
        self.shared.space.check()?;
        self.read(|| {
            let tree = &self.shared.trees.headers;
            for key in tree.range(first.to_be_bytes()..).keys().rev() {
                tree.remove(key?)?;
            }
            for (height, header) in (first..=u32::MAX).zip(headers) {
                tree.insert(height.to_be_bytes(), &header[..])?;
            }
            Ok(())
        })
    }
}
