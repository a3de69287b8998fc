//! A publisher's signature over a component (BRC-3), for anyone to verify.

use sha2::{Digest, Sha256};
use trellis_spv::identity::derivation::{DerivationError, ProtocolId, SecurityLevel};
use trellis_spv::identity::key::{Counterparty, PrivateKey, PublicKey};
use trellis_spv::identity::signature::{SignatureError, sign, verify_for_anyone};

/// The protocol (BRC-43), at the level of counterparties; the counterparty is `anyone`.
pub const PROTOCOL: &str = "overlay plugin";

/// The key id.
pub const KEY_ID: &str = "component";

/// What is appended to a component's file name to find its signature: hexadecimal DER.
pub const SIGNATURE_SUFFIX: &str = ".sig";

/// Signs a component: the data signed is its SHA-256.
///
/// # Errors
/// The key cannot sign.
pub fn sign_component(publisher: &PrivateKey, wasm: &[u8]) -> Result<Vec<u8>, DerivationError> {
    sign(publisher, &Counterparty::Anyone, &invoice_number()?, &Sha256::digest(wasm))
}

/// Checks that a publisher signed a component.
///
/// # Errors
/// It did not.
pub fn verify_component(publisher: &PublicKey, wasm: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
    verify_for_anyone(publisher, &invoice_number()?, &Sha256::digest(wasm), signature)
}

fn invoice_number() -> Result<String, DerivationError> {
    ProtocolId::new(SecurityLevel::Counterparty, PROTOCOL)?.invoice_number(KEY_ID)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_for_one_component_by_one_publisher() {
        let [acme, other] = [1, 2].map(|seed| PrivateKey::from_bytes([seed; 32]).unwrap());
        let signature = sign_component(&acme, b"component").unwrap();
        assert_eq!(verify_component(&acme.public_key(), b"component", &signature), Ok(()));
        let forged = Err(SignatureError::Forged);
        assert_eq!(verify_component(&other.public_key(), b"component", &signature), forged);
        assert_eq!(verify_component(&acme.public_key(), b"another", &signature), forged);
    }
}
