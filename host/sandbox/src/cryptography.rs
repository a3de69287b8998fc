//! Hashes and the secp256k1 functions plugins use, at native speed. Pure; malformed input is `false` or `None`.

use hmac::{Hmac, KeyInit, Mac};
use ripemd::Ripemd160;
use secp256k1::ecdsa::Signature;
use secp256k1::{Message, PublicKey, SECP256K1, Scalar};
use sha2::{Digest, Sha256};

/// SHA-256.
pub(crate) fn sha256(data: &[u8]) -> [u8; 32] {
    Sha256::digest(data).into()
}

/// RIPEMD-160.
pub(crate) fn ripemd160(data: &[u8]) -> [u8; 20] {
    Ripemd160::digest(data).into()
}

/// HMAC-SHA256 (RFC 2104).
pub(crate) fn hmac_sha256(key: &[u8], data: &[u8]) -> [u8; 32] {
    // An HMAC key of any length is a key; the error cannot occur.
    Hmac::<Sha256>::new_from_slice(key).map_or([0; 32], |mac| mac.chain_update(data).finalize().into_bytes().into())
}

/// Whether `signature` (DER) by `public_key` is over the 32-byte `digest`. Both values of `s` are accepted, as the clients'
/// library does; libsecp256k1 by itself takes only the lower one.
pub(crate) fn verify_ecdsa(digest: &[u8], signature: &[u8], public_key: &[u8]) -> bool {
    parse_key(public_key).is_some_and(|key| verify(digest, signature, &key))
}

/// BRC-42: the child of `public_key` for an invoice number, derived by the counterparty `anyone`.
///
/// `anyone` has private key 1, so the shared secret is `public_key` itself, and
/// child = key + HMAC-SHA256(compressed key, invoice number)·G.
pub(crate) fn derive_public_key(public_key: &[u8], invoice_number: &str) -> Option<PublicKey> {
    let key = parse_key(public_key)?;
    child_of(&key, &key, invoice_number)
}

/// BRC-42: the child of `key` for a shared secret (a point) and an invoice number.
fn child_of(key: &PublicKey, shared_secret: &PublicKey, invoice_number: &str) -> Option<PublicKey> {
    let tweak = hmac_sha256(&shared_secret.serialize(), invoice_number.as_bytes());
    key.add_exp_tweak(SECP256K1, &Scalar::from_be_bytes(tweak).ok()?).ok()
}

/// BRC-3: whether `signature` (DER) is over SHA-256 of `data`, made by `signer` for counterparty `anyone` under the invoice
/// number. The signing key is the child that anyone can derive.
pub(crate) fn verify_signature(data: &[u8], signature: &[u8], signer: &[u8], invoice_number: &str) -> bool {
    derive_public_key(signer, invoice_number).is_some_and(|child| verify(&sha256(data), signature, &child))
}

fn verify(digest: &[u8], signature: &[u8], key: &PublicKey) -> bool {
    let (Ok(digest), Ok(mut signature)) = (<[u8; 32]>::try_from(digest), Signature::from_der(signature)) else {
        return false;
    };
    signature.normalize_s();
    SECP256K1.verify_ecdsa(Message::from_digest(digest), &signature, key).is_ok()
}

/// A key of 33 bytes, or of 65 in uncompressed form. The hybrid form libsecp256k1 also reads is none of the interface's.
fn parse_key(bytes: &[u8]) -> Option<PublicKey> {
    match bytes {
        [2 | 3, ..] if bytes.len() == 33 => PublicKey::from_slice(bytes).ok(),
        [4, ..] if bytes.len() == 65 => PublicKey::from_slice(bytes).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
