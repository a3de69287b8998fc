//! The host's functions outside a component: answered by the stand-in of this thread.

mod certificate;

use std::collections::BTreeMap;

use ripemd::Ripemd160;
use secp256k1::{Message, PublicKey, SECP256K1, Scalar, ecdsa::Signature};
use sha2::{Digest, Sha256};

use crate::Outpoint;
use crate::identity::{Certificate, IdentityKey};
use crate::log::Level;
use crate::stand_in::with_host;
use crate::state::Entry;
use crate::topics::HeldOutput;

pub(crate) use certificate::verify_certificate;

pub(crate) fn raw_transaction() -> Vec<u8> {
    with_host(|host| host.raw_transaction.clone())
}

pub(crate) fn transaction(txid: &[u8]) -> Option<Vec<u8>> {
    with_host(|host| host.transactions.get(txid).cloned())
}

pub(crate) fn atomic_beef(txid: &[u8]) -> Option<Vec<u8>> {
    with_host(|host| host.atomic_beefs.get(txid).cloned())
}

pub(crate) fn configured(key: &str) -> Option<String> {
    with_host(|host| host.config.get(key).cloned())
}

pub(crate) fn write_log(level: Level, message: &str) {
    with_host(|host| host.log.push((level, message.to_owned())));
}

pub(crate) fn signers() -> Vec<IdentityKey> {
    with_host(|host| host.signers.clone())
}

pub(crate) fn certificates() -> Vec<Certificate> {
    with_host(|host| host.certificates.clone())
}

pub(crate) fn state_get(key: &[u8]) -> Option<Vec<u8>> {
    with_host(|host| host.state.get(key).cloned())
}

pub(crate) fn state_set(key: &[u8], value: &[u8]) {
    with_host(|host| host.state.insert(key.to_vec(), value.to_vec()));
}

pub(crate) fn state_remove(key: &[u8]) {
    with_host(|host| host.state.remove(key));
}

pub(crate) fn state_scan(start: &[u8], end: Option<&[u8]>, limit: u32, reverse: bool) -> (Vec<Entry>, bool) {
    with_host(|host| page(&host.state, start, end, limit, reverse))
}

pub(crate) fn topic_output(topic: &str, outpoint: &Outpoint) -> Option<HeldOutput> {
    with_host(|host| host.topics.get(topic)?.outputs.get(outpoint).cloned())
}

pub(crate) fn topic_state_get(topic: &str, key: &[u8]) -> Option<Vec<u8>> {
    with_host(|host| host.topics.get(topic)?.state.get(key).cloned())
}

pub(crate) fn topic_state_scan(
    topic: &str,
    start: &[u8],
    end: Option<&[u8]>,
    limit: u32,
    reverse: bool,
) -> (Vec<Entry>, bool) {
    with_host(|host| match host.topics.get(topic) {
        Some(topic) => page(&topic.state, start, end, limit, reverse),
        None => (Vec::new(), false),
    })
}

fn page(
    rows: &BTreeMap<Vec<u8>, Vec<u8>>,
    start: &[u8],
    end: Option<&[u8]>,
    limit: u32,
    reverse: bool,
) -> (Vec<Entry>, bool) {
    let inside = |key: &Vec<u8>| key.as_slice() >= start && end.is_none_or(|end| key.as_slice() < end);
    let rows = rows.iter().filter(|(key, _)| inside(key));
    let mut rows: Vec<Entry> = rows.map(|(key, value)| Entry { key: key.clone(), value: value.clone() }).collect();
    if reverse {
        rows.reverse();
    }
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    (rows, more)
}

pub(crate) fn sha256(data: &[u8]) -> Vec<u8> {
    Sha256::digest(data).to_vec()
}

pub(crate) fn hash256(data: &[u8]) -> Vec<u8> {
    Sha256::digest(Sha256::digest(data)).to_vec()
}

pub(crate) fn ripemd160(data: &[u8]) -> Vec<u8> {
    Ripemd160::digest(data).to_vec()
}

pub(crate) fn hash160(data: &[u8]) -> Vec<u8> {
    Ripemd160::digest(Sha256::digest(data)).to_vec()
}

pub(crate) fn hmac_sha256(key: &[u8], data: &[u8]) -> Vec<u8> {
    const BLOCK: usize = 64;
    let mut block = if key.len() > BLOCK { sha256(key) } else { key.to_vec() };
    block.resize(BLOCK, 0);
    let padded = |with: u8| block.iter().map(|byte| byte ^ with).collect::<Vec<u8>>();
    let inner = Sha256::new().chain_update(padded(0x36)).chain_update(data).finalize();
    Sha256::new().chain_update(padded(0x5c)).chain_update(inner).finalize().to_vec()
}

pub(crate) fn verify_ecdsa(digest: &[u8], signature: &[u8], public_key: &[u8]) -> bool {
    let verify = || {
        let digest = Message::from_digest(digest.try_into().ok()?);
        let mut signature = Signature::from_der(signature).ok()?;
        // libsecp256k1 verifies the lower of the two equivalent forms only; the network's signatures may be either.
        signature.normalize_s();
        let public_key = PublicKey::from_slice(public_key).ok()?;
        SECP256K1.verify_ecdsa(digest, &signature, &public_key).ok()
    };
    verify().is_some()
}

pub(crate) fn derive_public_key(public_key: &[u8], invoice_number: &str) -> Option<Vec<u8>> {
    let public_key = PublicKey::from_slice(public_key).ok()?;
    // The secret shared with "anyone", whose private key is 1, is the public key itself.
    let tweak = hmac_sha256(&public_key.serialize(), invoice_number.as_bytes());
    let tweak = Scalar::from_be_bytes(tweak.try_into().ok()?).ok()?;
    let child = public_key.add_exp_tweak(SECP256K1, &tweak).ok()?;
    Some(child.serialize().to_vec())
}

pub(crate) fn verify_signature(data: &[u8], signature: &[u8], signer: &[u8], invoice_number: &str) -> bool {
    derive_public_key(signer, invoice_number).is_some_and(|key| verify_ecdsa(&sha256(data), signature, &key))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn hmac_agrees_with_rfc_4231() {
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(hex(&hmac_sha256(b"Jefe", b"what do ya want for nothing?")), expected);
        let expected = "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54";
        let data = b"Test Using Larger Than Block-Size Key - Hash Key First";
        assert_eq!(hex(&hmac_sha256(&[0xaa; 131], data)), expected);
    }

    #[test]
    fn a_derived_key_verifies_what_the_derived_private_key_signs() {
        let secret = secp256k1::SecretKey::from_byte_array([7; 32]).unwrap();
        let public = PublicKey::from_secret_key(SECP256K1, &secret).serialize();
        let tweak = hmac_sha256(&public, b"2-greetings-1");
        let child = secret.add_tweak(&Scalar::from_be_bytes(tweak.try_into().unwrap()).unwrap()).unwrap();
        let digest = Message::from_digest(sha256(b"hello").try_into().unwrap());
        let signature = SECP256K1.sign_ecdsa(digest, &child).serialize_der();
        assert!(verify_signature(b"hello", &signature, &public, "2-greetings-1"));
        assert!(!verify_signature(b"hello", &signature, &public, "2-greetings-2"));
        assert!(!verify_signature(b"hello", &signature, &[2; 5], "2-greetings-1"));
    }
}
