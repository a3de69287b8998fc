//! Signatures with derived keys (BRC-3): ECDSA over SHA-256 of the data, in DER.

use secp256k1::ecdsa::Signature;
use secp256k1::{Message, SECP256K1};
use sha2::{Digest, Sha256};

use super::derivation::DerivationError;
use super::key::{Counterparty, PrivateKey, PublicKey, child_for_anyone};

/// Why a signature proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// Not DER.
    #[error("the signature is not DER-encoded")]
    Malformed,
    /// Of another key, over other data, or under another protocol or key id.
    #[error("the signature is not of this key over this data under this protocol and key id")]
    Forged,
    /// There is no key to check it with.
    #[error(transparent)]
    Derivation(#[from] DerivationError),
}

/// Signs `data` for the counterparty. S is the lower of its two values.
///
/// # Errors
/// The invoice number leads to no key.
pub fn sign(
    signer: &PrivateKey,
    counterparty: &Counterparty,
    invoice_number: &str,
    data: &[u8],
) -> Result<Vec<u8>, DerivationError> {
    sign_digest(signer, counterparty, invoice_number, Sha256::digest(data).into())
}

/// As [`sign`], over data whose SHA-256 is `digest`.
///
/// # Errors
/// The invoice number leads to no key.
pub fn sign_digest(
    signer: &PrivateKey,
    counterparty: &Counterparty,
    invoice_number: &str,
    digest: [u8; 32],
) -> Result<Vec<u8>, DerivationError> {
    let child = signer.child_private_key(counterparty, invoice_number)?;
    Ok(SECP256K1.sign_ecdsa(Message::from_digest(digest), child.secret()).serialize_der().to_vec())
}

/// Checks the signature `signer` made over `data` for `verifier`.
///
/// # Errors
/// The signature proves nothing.
pub fn verify(
    verifier: &PrivateKey,
    signer: &Counterparty,
    invoice_number: &str,
    data: &[u8],
    signature: &[u8],
) -> Result<(), SignatureError> {
    verify_digest(&verifier.child_public_key(signer, invoice_number)?, Sha256::digest(data).into(), signature)
}

/// Checks the signature `signer` made over `data` for anyone.
///
/// # Errors
/// The signature proves nothing.
pub fn verify_for_anyone(
    signer: &PublicKey,
    invoice_number: &str,
    data: &[u8],
    signature: &[u8],
) -> Result<(), SignatureError> {
    verify_digest(&child_for_anyone(signer, invoice_number)?, Sha256::digest(data).into(), signature)
}

/// Checks a signature by `key` itself over a digest. Both values of S are accepted, as the clients' library does;
/// libsecp256k1 by itself takes only the lower one.
///
/// # Errors
/// The signature proves nothing.
pub fn verify_digest(key: &PublicKey, digest: [u8; 32], signature: &[u8]) -> Result<(), SignatureError> {
    let mut signature = Signature::from_der(signature).map_err(|_| SignatureError::Malformed)?;
    signature.normalize_s();
    SECP256K1.verify_ecdsa(Message::from_digest(digest), &signature, key).map_err(|_| SignatureError::Forged)
}

/// Whether bytes are a signature in DER, whoever it is by.
#[must_use]
pub fn is_signature(bytes: &[u8]) -> bool {
    Signature::from_der(bytes).is_ok()
}
