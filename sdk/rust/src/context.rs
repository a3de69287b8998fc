//! The transaction a call is about.

/// The raw transaction, as it is broadcast: the one being judged, or the one that admitted or spent the output of an
/// index call. At most 32 MiB, and it counts against the bytes a call may read, 32 MiB as well unless the operator says
/// otherwise.
///
/// A fault in calls that are about no transaction: `describe`, `documentation`, `lookup`, `output_evicted`.
///
/// ```
/// use trellis_plugin::{context, stand_in};
///
/// stand_in::reset();
/// stand_in::set_raw_transaction(&[1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
/// let raw = context::raw_transaction();
/// // The version comes first, little-endian.
/// assert_eq!(raw.first_chunk().copied().map(u32::from_le_bytes), Some(1));
/// ```
pub fn raw_transaction() -> Vec<u8> {
    crate::host::raw_transaction()
}
