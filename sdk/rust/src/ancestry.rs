//! What lies behind a transaction. For lookup services only: a topic manager that asks faults, because a verdict may
//! not depend on what else one host happens to hold.

use crate::Txid;

/// The raw bytes of a transaction the host holds, the current one and its ancestors included.
pub fn transaction(txid: &Txid) -> Option<Vec<u8>> {
    crate::host::transaction(txid.as_bytes())
}

/// The transaction with everything that proves it, as Atomic BEEF (BRC-95).
pub fn atomic_beef(txid: &Txid) -> Option<Vec<u8>> {
    crate::host::atomic_beef(txid.as_bytes())
}
