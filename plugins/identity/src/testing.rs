//! Identity tokens for the tests: certificates of the unmodified `@bsv/sdk`, locked and signed here.

use secp256k1::{Message, PublicKey, SECP256K1, Scalar, SecretKey};
use serde_json::Value;
use trellis_plugin::crypto;

/// The private keys of the vectors' people.
pub(crate) fn alice() -> SecretKey {
    SecretKey::from_byte_array([0x11; 32]).unwrap()
}

pub(crate) fn bob() -> SecretKey {
    SecretKey::from_byte_array([0xc3; 32]).unwrap()
}

/// A token before it is a script.
pub(crate) struct Token {
    /// The certificate with its keyring.
    pub(crate) json: Value,
    /// Whose key locks it.
    pub(crate) holder: SecretKey,
    /// Whose key signs it.
    pub(crate) signer: SecretKey,
    /// Fields between the certificate and the signature.
    pub(crate) more: Vec<Vec<u8>>,
}

impl Token {
    /// Alice's certificate by Bob.
    pub(crate) fn vector() -> Self {
        Self::labelled("shown to anyone")
    }

    /// Alice's certificate by herself.
    pub(crate) fn self_signed() -> Self {
        Self::labelled("of oneself, shown to anyone")
    }

    fn labelled(label: &str) -> Self {
        let vectors = include_str!("../../../host/spv/tests/vectors/identity.json");
        let vectors: Value = serde_json::from_str(vectors).unwrap();
        let mut all = vectors["certificates"].as_array().unwrap().iter();
        let vector = all.find(|vector| vector["label"] == label).unwrap();
        let mut json = vector["certificate"].clone();
        json["keyring"] = vector["keyring"].clone();
        Self { json, holder: alice(), signer: alice(), more: Vec::new() }
    }

    pub(crate) fn script(&self) -> Vec<u8> {
        let mut fields = vec![self.json.to_string().into_bytes()];
        fields.extend(self.more.iter().cloned());
        let digest = Message::from_digest(crypto::sha256(&fields.concat()));
        fields.push(SECP256K1.sign_ecdsa(digest, &child(&self.signer)).serialize_der().to_vec());
        let key = PublicKey::from_secret_key(SECP256K1, &child(&self.holder)).serialize();
        let mut script = [&[33][..], &key, &[0xac]].concat();
        for field in &fields {
            script.push(0x4d);
            script.extend_from_slice(&(field.len() as u16).to_le_bytes());
            script.extend_from_slice(field);
        }
        script.extend(vec![0x75; fields.len()]);
        script
    }
}

/// The key that somebody's identity tokens are locked and signed with.
fn child(key: &SecretKey) -> SecretKey {
    let public = PublicKey::from_secret_key(SECP256K1, key).serialize();
    let tweak = crypto::hmac_sha256(&public, b"1-identity-1");
    key.add_tweak(&Scalar::from_be_bytes(tweak).unwrap()).unwrap()
}
