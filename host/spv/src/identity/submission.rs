//! What somebody signs who stands behind a transaction in a topic (BRC-3): its txid and the topic's name, for anyone to verify.

use super::derivation::{DerivationError, ProtocolId, SecurityLevel};
use super::key::{Counterparty, PrivateKey, PublicKey};
use super::signature::{self, SignatureError};
use crate::hash::Txid;

/// The protocol (BRC-43), at the level of counterparties; the counterparty is `anyone`.
pub const SUBMISSION_PROTOCOL: &str = "overlay submission";

/// The key id.
pub const SUBMISSION_KEY_ID: &str = "1";

/// What is signed: the txid's 32 bytes in display order, then the topic's name.
#[must_use]
pub fn signed_data(txid: &Txid, topic: &str) -> Vec<u8> {
    [&txid.display_bytes()[..], topic.as_bytes()].concat()
}

/// Signs a transaction for a topic.
///
/// # Errors
/// As [`signature::sign`].
pub fn sign(signer: &PrivateKey, txid: &Txid, topic: &str) -> Result<Vec<u8>, DerivationError> {
    signature::sign(signer, &Counterparty::Anyone, &invoice_number()?, &signed_data(txid, topic))
}

/// Checks that `signer` signed the transaction for the topic.
///
/// # Errors
/// It did not.
pub fn verify(signer: &PublicKey, txid: &Txid, topic: &str, signature: &[u8]) -> Result<(), SignatureError> {
    signature::verify_for_anyone(signer, &invoice_number()?, &signed_data(txid, topic), signature)
}

fn invoice_number() -> Result<String, DerivationError> {
    ProtocolId::new(SecurityLevel::Counterparty, SUBMISSION_PROTOCOL)?.invoice_number(SUBMISSION_KEY_ID)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_for_one_transaction_in_one_topic_by_one_key() {
        let keys = [1, 2].map(|seed| PrivateKey::from_bytes([seed; 32]).unwrap());
        let txids = [1, 2].map(|byte| Txid::from_internal([byte; 32]));
        let signature = sign(&keys[0], &txids[0], "tm_one").unwrap();
        let check = |key: &PrivateKey, txid, topic| verify(&key.public_key(), txid, topic, &signature);
        assert_eq!(check(&keys[0], &txids[0], "tm_one"), Ok(()));
        for (key, txid, topic) in
            [(&keys[1], &txids[0], "tm_one"), (&keys[0], &txids[1], "tm_one"), (&keys[0], &txids[0], "tm_two")]
        {
            assert_eq!(check(key, txid, topic), Err(SignatureError::Forged));
        }
        assert_eq!(verify(&keys[0].public_key(), &txids[0], "tm_one", b""), Err(SignatureError::Malformed));
    }
}
