//! What lies behind a transaction. For lookup services only: a topic manager that asks faults, because a verdict may
//! not depend on what else one host happens to hold.

use crate::Txid;

/// The raw bytes of a transaction the host holds, the current one and its ancestors included. What is read counts against
/// the bytes a call may read, 32 MiB unless the operator says otherwise.
///
/// ```
/// use trellis_plugin::{Txid, ancestry, stand_in};
///
/// stand_in::reset();
/// stand_in::add_ancestor(Txid([7; 32]), b"raw transaction", b"atomic beef");
/// assert_eq!(ancestry::transaction(&Txid([7; 32])), Some(b"raw transaction".to_vec()));
/// assert_eq!(ancestry::transaction(&Txid([8; 32])), None);
/// ```
pub fn transaction(txid: &Txid) -> Option<Vec<u8>> {
    crate::host::transaction(txid.as_bytes())
}

/// The transaction with everything that proves it, as Atomic BEEF (BRC-95): ancestors back to the nearest that are mined,
/// with their Merkle paths (BRC-74). Counts against the bytes a call may read, as [`transaction`] does.
///
/// ```
/// use trellis_plugin::{Txid, ancestry, stand_in};
///
/// stand_in::reset();
/// stand_in::add_ancestor(Txid([7; 32]), b"raw transaction", b"atomic beef");
/// assert_eq!(ancestry::atomic_beef(&Txid([7; 32])), Some(b"atomic beef".to_vec()));
/// ```
pub fn atomic_beef(txid: &Txid) -> Option<Vec<u8>> {
    crate::host::atomic_beef(txid.as_bytes())
}
