//! Payments to the hash of a public key (P2PKH).

use crate::crypto;

/// `OP_DUP OP_HASH160` and a push of 20 bytes.
const BEFORE: [u8; 3] = [0x76, 0xa9, 20];
/// `OP_EQUALVERIFY OP_CHECKSIG`.
const BEHIND: [u8; 2] = [0x88, 0xac];

/// The hash of the public key that a P2PKH script pays: RIPEMD-160 of SHA-256 of the key, 20 bytes, as addresses encode it.
///
/// ```
/// use trellis_plugin::script::paid_key_hash;
///
/// let script = [&[0x76, 0xa9, 20][..], &[7; 20], &[0x88, 0xac]].concat();
/// assert_eq!(paid_key_hash(&script), Some([7; 20]));
/// assert_eq!(paid_key_hash(&script[1..]), None);
/// ```
pub fn paid_key_hash(script: &[u8]) -> Option<[u8; 20]> {
    script.strip_prefix(&BEFORE)?.strip_suffix(&BEHIND)?.try_into().ok()
}

/// Whether a script is P2PKH to this public key, in the form in which it is hashed: usually its 33 bytes. One host call.
///
/// ```
/// use trellis_plugin::{crypto, script::is_paid_to};
///
/// let seller = [2; 33];
/// let script = [&[0x76, 0xa9, 20][..], &crypto::hash160(&seller), &[0x88, 0xac]].concat();
/// assert!(is_paid_to(&script, &seller));
/// assert!(!is_paid_to(&script, &[3; 33]));
/// ```
pub fn is_paid_to(script: &[u8], public_key: &[u8]) -> bool {
    paid_key_hash(script).is_some_and(|hash| hash == crypto::hash160(public_key))
}
