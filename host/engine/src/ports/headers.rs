//! The header archive port: where block headers fetched from services outlive the process.
//!
//! Headers can be fetched again, so an archive promises less than the store: what it gives back is a run without gaps, and
//! whoever reads it checks it as if a stranger had sent it.

use super::store::StoreError;

/// Bytes of a block header.
pub const HEADER_BYTES: usize = 80;

/// A block header as the network carries it.
pub type RawHeader = [u8; HEADER_BYTES];

/// Keeps the headers of the best chain by height. All calls block.
pub trait HeaderArchive: Send + Sync {
    /// Headers of the heights from `from` on, ascending, at most `limit`. The archive's first height may be above `from`.
    ///
    /// # Errors
    /// [`StoreError`].
    fn headers(&self, from: u32, limit: usize) -> Result<Vec<(u32, RawHeader)>, StoreError>;

    /// Forgets every header at `first` and above, then keeps these at `first` and the heights after it. Cut short by a
    /// crash, it leaves a beginning of what it was to leave: the headers below `first`, and of these the first ones.
    ///
    /// # Errors
    /// [`StoreError`].
    fn replace_headers(&self, first: u32, headers: &[RawHeader]) -> Result<(), StoreError>;
}
