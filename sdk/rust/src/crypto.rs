//! Hashes, signatures and keys, computed by the host at native speed.
//!
//! Public keys are 33 bytes compressed (65 uncompressed are accepted), signatures DER. A malformed key or signature
//! verifies as `false`; nothing here panics over foreign bytes.

use crate::host;

/// SHA-256.
pub fn sha256(data: &[u8]) -> [u8; 32] {
    digest(&host::sha256(data))
}

/// SHA-256 twice.
pub fn hash256(data: &[u8]) -> [u8; 32] {
    digest(&host::hash256(data))
}

/// RIPEMD-160.
pub fn ripemd160(data: &[u8]) -> [u8; 20] {
    digest(&host::ripemd160(data))
}

/// RIPEMD-160 of SHA-256.
pub fn hash160(data: &[u8]) -> [u8; 20] {
    digest(&host::hash160(data))
}

/// HMAC with SHA-256.
pub fn hmac_sha256(key: &[u8], data: &[u8]) -> [u8; 32] {
    digest(&host::hmac_sha256(key, data))
}

/// ECDSA over secp256k1: whether `public_key` signed this digest. Hash the data first, see [`sha256`].
pub fn verify_ecdsa(digest: &[u8; 32], signature: &[u8], public_key: &[u8]) -> bool {
    host::verify_ecdsa(digest, signature, public_key)
}

/// BRC-42: the child of `public_key` for an invoice number (BRC-43: `<security level>-<protocol>-<key id>`), derived by
/// the counterparty `anyone` (private key 1). `None` where the key is malformed.
pub fn derive_public_key(public_key: &[u8], invoice_number: &str) -> Option<Vec<u8>> {
    host::derive_public_key(public_key, invoice_number)
}

/// BRC-3: whether `signer` signed SHA-256 of `data` for counterparty `anyone` under that invoice number.
pub fn verify_signature(data: &[u8], signature: &[u8], signer: &[u8], invoice_number: &str) -> bool {
    host::verify_signature(data, signature, signer, invoice_number)
}

/// The host's digest as an array. The interface promises the length; the array stays zero behind a shorter answer.
fn digest<const LENGTH: usize>(bytes: &[u8]) -> [u8; LENGTH] {
    bytes.first_chunk().copied().unwrap_or([0; LENGTH])
}
