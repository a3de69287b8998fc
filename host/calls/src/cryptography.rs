//! Hashes and the secp256k1 functions plugins use, at native speed. Pure; malformed input is `false` or `None`.

use ripemd::Ripemd160;
use sha2::{Digest, Sha256};
use trellis_spv::identity::key::{PublicKey, child_for_anyone, public_key as parse_key};
use trellis_spv::identity::signature;

pub(crate) use trellis_spv::hash::hmac_sha256;

/// SHA-256.
pub(crate) fn sha256(data: &[u8]) -> [u8; 32] {
    Sha256::digest(data).into()
}

/// RIPEMD-160.
pub(crate) fn ripemd160(data: &[u8]) -> [u8; 20] {
    Ripemd160::digest(data).into()
}

/// Whether `signature` (DER) by `public_key` is over the 32-byte `digest`. Both values of `s` are accepted.
pub(crate) fn verify_ecdsa(digest: &[u8], signature: &[u8], public_key: &[u8]) -> bool {
    let (Ok(key), Ok(digest)) = (parse_key(public_key), digest.try_into()) else { return false };
    signature::verify_digest(&key, digest, signature).is_ok()
}

/// BRC-42: the child of `public_key` for an invoice number, derived by the counterparty `anyone`.
pub(crate) fn derive_public_key(public_key: &[u8], invoice_number: &str) -> Option<PublicKey> {
    child_for_anyone(&parse_key(public_key).ok()?, invoice_number).ok()
}

/// BRC-3: whether `signature` (DER) is over SHA-256 of `data`, made by `signer` for counterparty `anyone` under the invoice
/// number. The signing key is the child that anyone can derive.
pub(crate) fn verify_signature(data: &[u8], signature: &[u8], signer: &[u8], invoice_number: &str) -> bool {
    parse_key(signer).is_ok_and(|signer| signature::verify_for_anyone(&signer, invoice_number, data, signature).is_ok())
}

#[cfg(test)]
mod tests;
