// What lies behind a transaction. For lookup services only: a topic manager that asks is a fault.

import ancestry from 'bsv:overlay/ancestry@0.1.0'

/** The raw bytes of a transaction this host holds; `null` where it does not. @param {Uint8Array} txid @returns {Uint8Array | null} */
export function transaction (txid) {
  return ancestry.transaction(txid) ?? null
}

/** The transaction with everything that proves it, as Atomic BEEF (BRC-95). @param {Uint8Array} txid @returns {Uint8Array | null} */
export function atomicBeef (txid) {
  return ancestry.atomicBeef(txid) ?? null
}
