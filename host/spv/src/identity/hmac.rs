//! Message authentication codes for a counterparty (BRC-56, `createHmac` of wallets): HMAC-SHA256 with the symmetric key
//! two parties share.

use super::derivation::DerivationError;
use super::encryption::SymmetricKey;
use super::key::{Counterparty, PrivateKey};
use crate::hash::{hmac_sha256, is_hmac_sha256};

/// The HMAC of `data`, which the holder and the counterparty can make, and nobody else.
///
/// # Errors
/// The invoice number leads to no key.
pub fn create(
    holder: &PrivateKey,
    counterparty: &Counterparty,
    invoice_number: &str,
    data: &[u8],
) -> Result<[u8; 32], DerivationError> {
    Ok(hmac_sha256(SymmetricKey::shared(holder, counterparty, invoice_number)?.number(), data))
}

/// Whether `hmac` is of `data`, in a time that does not depend on where it is wrong.
///
/// # Errors
/// The invoice number leads to no key.
pub fn verify(
    holder: &PrivateKey,
    counterparty: &Counterparty,
    invoice_number: &str,
    data: &[u8],
    hmac: &[u8],
) -> Result<bool, DerivationError> {
    Ok(is_hmac_sha256(SymmetricKey::shared(holder, counterparty, invoice_number)?.number(), data, hmac))
}
