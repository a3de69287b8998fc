//! The transaction a call is about.

/// The raw transaction: the one being judged, or the one that admitted or spent the output of an index call.
///
/// A fault in calls that are about no transaction: `describe`, `documentation`, `lookup`, `output_evicted`.
pub fn raw_transaction() -> Vec<u8> {
    crate::host::raw_transaction()
}
