//! The cryptography of the stand-in host: real, in less code than the host has for it.

mod certificate;

use ripemd::Ripemd160;
use secp256k1::{Message, PublicKey, SECP256K1, Scalar, ecdsa::Signature};
use sha2::{Digest, Sha256};

pub(crate) use certificate::verify_certificate;

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
