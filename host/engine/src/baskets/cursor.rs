//! Where a list goes on. A cursor is bound to what was asked: to go on with another question's cursor would leave out or repeat
//! entries without anybody noticing.

use super::error::{BasketError, Field};
use super::question::TokenFilter;
use crate::domain::time::Sequence;

/// Bytes of the digest of what was asked.
const BOUND_BYTES: usize = 16;

/// What a cursor belongs to.
pub(super) struct Binding(blake3::Hasher);

impl Binding {
    /// A list of this kind.
    pub(super) fn new(list: &str, at: Option<Sequence>) -> Self {
        let mut binding = Self(blake3::Hasher::new());
        binding.bytes(list.as_bytes());
        // Without a sequence every page is of its own time.
        binding.bytes(&at.map(|at| at.0.to_be_bytes()).unwrap_or_default());
        binding
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.0.update(&(bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }

    /// Also to this text.
    pub(super) fn text(mut self, text: &str) -> Self {
        self.bytes(text.as_bytes());
        self
    }

    /// Also to this text, or that there is none.
    pub(super) fn optional(mut self, text: Option<&str>) -> Self {
        self.bytes(&[u8::from(text.is_some())]);
        self.text(text.unwrap_or_default())
    }

    /// Also to this filter.
    pub(super) fn filter(mut self, filter: &TokenFilter) -> Self {
        let TokenFilter { asset, owner, tags_all, tags_any, minimum, maximum } = filter;
        self = self.optional(asset.as_deref()).optional(owner.as_deref());
        for tags in [tags_all, tags_any] {
            self.bytes(&(tags.len() as u64).to_be_bytes());
            tags.iter().for_each(|tag| self.bytes(tag.as_bytes()));
        }
        for amount in [minimum, maximum] {
            self.bytes(&amount.map(u64::to_be_bytes).unwrap_or_default());
            self.bytes(&[u8::from(amount.is_some())]);
        }
        self
    }

    fn digest(&self) -> [u8; BOUND_BYTES] {
        let mut digest = [0; BOUND_BYTES];
        self.0.finalize_xof().fill(&mut digest);
        digest
    }

    /// The cursor of a position.
    pub(super) fn seal(&self, position: &[u8]) -> String {
        hex::encode([&self.digest()[..], position].concat())
    }

    /// The position of a cursor, if one was sent.
    pub(super) fn open<const N: usize>(&self, cursor: Option<&str>) -> Result<Option<[u8; N]>, BasketError> {
        let Some(cursor) = cursor else { return Ok(None) };
        let position = hex::decode(cursor).ok().and_then(|bytes| {
            let (bound, position) = bytes.split_first_chunk::<BOUND_BYTES>()?;
            (*bound == self.digest()).then(|| <[u8; N]>::try_from(position).ok())?
        });
        position.map(Some).ok_or_else(|| {
            let text = "the cursor belongs to another list: send it with the same basket, filter and sequence that it came with, or \
                        begin without one";
            BasketError::malformed(Field::Cursor, text)
        })
    }
}
