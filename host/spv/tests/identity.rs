//! What `@bsv/sdk` derives, signs and encrypts, this crate derives, signs and decrypts too, byte for byte.
//!
//! The vectors are printed by `tests/sdk/identity-vectors.mjs`, whose header says how.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use proptest::prelude::*;
use secp256k1::SecretKey;
use secp256k1::ecdsa::Signature;
use serde::Deserialize;
use trellis_spv::identity::derivation::{DerivationError, ProtocolId, SecurityLevel};
use trellis_spv::identity::encryption::{EncryptionError, SymmetricKey};
use trellis_spv::identity::key::{Counterparty, KeyError, PrivateKey, compressed_public_key, public_key};
use trellis_spv::identity::signature::{self, SignatureError};
use trellis_spv::identity::{hmac, key};

#[derive(Deserialize)]
struct Vectors {
    protocols: Vec<ProtocolVector>,
    children: Vec<ChildVector>,
    messages: Vec<MessageVector>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProtocolVector {
    level: u64,
    name: String,
    key_id: String,
    invoice_number: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ChildVector {
    holder: String,
    counterparty: String,
    counterparty_key: String,
    invoice_number: String,
    shared_secret: String,
    child_public_key: String,
    own_child_public_key: String,
    child_private_key: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MessageVector {
    holder: String,
    counterparty: String,
    counterparty_private_key: String,
    invoice_number: String,
    text: String,
    symmetric_key: String,
    signature: String,
    hmac: String,
    encrypted: String,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("vectors/identity.json")).unwrap()
}

fn bytes(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap()
}

fn private(text: &str) -> PrivateKey {
    PrivateKey::from_bytes(bytes(text).try_into().unwrap()).unwrap()
}

fn party(kind: &str, key: key::PublicKey) -> Counterparty {
    match kind {
        "anyone" => Counterparty::Anyone,
        "self" => Counterparty::Holder,
        _ => Counterparty::Key(key),
    }
}

impl MessageVector {
    fn holder(&self) -> PrivateKey {
        private(&self.holder)
    }

    /// Whom the holder speaks with.
    fn counterparty(&self) -> Counterparty {
        party(&self.counterparty, private(&self.counterparty_private_key).public_key())
    }

    /// The other side, and what the holder is to it.
    fn other(&self) -> (PrivateKey, Counterparty) {
        let holder = Counterparty::Key(self.holder().public_key());
        match self.counterparty.as_str() {
            "anyone" => (PrivateKey::anyone().unwrap(), holder),
            "self" => (self.holder(), Counterparty::Holder),
            _ => (private(&self.counterparty_private_key), holder),
        }
    }
}

#[test]
fn invoice_numbers_are_those_of_the_sdk_and_what_it_refuses_is_refused() {
    for ProtocolVector { level, name, key_id, invoice_number } in vectors().protocols {
        let made = SecurityLevel::try_from(level)
            .and_then(|level| ProtocolId::new(level, &name))
            .and_then(|protocol| protocol.invoice_number(&key_id));
        assert_eq!(made.as_ref().ok(), invoice_number.as_ref(), "{level} `{name}` `{key_id}`: {made:?}");
    }
}

#[test]
fn a_refused_protocol_or_key_id_says_what_is_wrong_with_it() {
    let name = |name: &str| ProtocolId::new(SecurityLevel::App, name).unwrap_err();
    assert_eq!(SecurityLevel::try_from(3), Err(DerivationError::SecurityLevel(3)));
    assert_eq!(name(" four "), DerivationError::NameTooShort("four".into()));
    assert_eq!(name(&"a".repeat(401)), DerivationError::NameTooLong { length: 401, limit: 400 });
    let linkage = format!("specific linkage revelation {}", "a".repeat(403));
    assert_eq!(name(&linkage), DerivationError::NameTooLong { length: 431, limit: 430 });
    assert_eq!(name("two  spaces"), DerivationError::NameSpaces("two  spaces".into()));
    assert_eq!(name("under_score"), DerivationError::NameCharacters("under_score".into()));
    assert_eq!(name("Some Protocol"), DerivationError::NameSuffix("some protocol".into()));
    let protocol = ProtocolId::new(SecurityLevel::App, "a name").unwrap();
    assert_eq!(protocol.invoice_number(""), Err(DerivationError::KeyIdEmpty));
    assert_eq!(protocol.invoice_number(&"k".repeat(801)), Err(DerivationError::KeyIdTooLong(801)));
}

#[test]
fn children_are_those_of_the_sdk() {
    for vector in vectors().children {
        let holder = private(&vector.holder);
        let key = public_key(&bytes(&vector.counterparty_key)).unwrap();
        let counterparty = party(&vector.counterparty, key);
        let point = match counterparty {
            Counterparty::Anyone => PrivateKey::anyone().unwrap().public_key(),
            Counterparty::Holder => holder.public_key(),
            Counterparty::Key(key) => key,
        };
        assert_eq!(holder.shared_secret(&point).compressed().to_vec(), bytes(&vector.shared_secret));
        let child = holder.child_public_key(&counterparty, &vector.invoice_number).unwrap();
        assert_eq!(child.to_string(), vector.child_public_key);
        let own = holder.child_private_key(&counterparty, &vector.invoice_number).unwrap();
        assert_eq!(own.secret_bytes().to_vec(), bytes(&vector.child_private_key));
        assert_eq!(own.public_key().to_string(), vector.own_child_public_key);
    }
}

#[test]
fn signatures_are_those_of_the_sdk_and_verify_for_their_counterparty_alone() {
    for vector in vectors().messages {
        let (data, signature) = (vector.text.as_bytes(), bytes(&vector.signature));
        let made = signature::sign(&vector.holder(), &vector.counterparty(), &vector.invoice_number, data).unwrap();
        assert_eq!(hex::encode(&made), vector.signature, "RFC 6979 leaves no choice, nor does the low S");
        let (verifier, signer) = vector.other();
        signature::verify(&verifier, &signer, &vector.invoice_number, data, &signature).unwrap();
        let holder = vector.holder().public_key();
        let for_anyone = signature::verify_for_anyone(&holder, &vector.invoice_number, data, &signature);
        assert_eq!(for_anyone.is_ok(), vector.counterparty == "anyone");
        let other = format!("{} ", vector.invoice_number);
        let forged = signature::verify(&verifier, &signer, &other, data, &signature);
        assert_eq!(forged, Err(SignatureError::Forged));
    }
}

#[test]
fn both_values_of_s_are_accepted() {
    let vector = &vectors().messages[0];
    let (verifier, signer) = vector.other();
    let mut compact = Signature::from_der(&bytes(&vector.signature)).unwrap().serialize_compact();
    let s = SecretKey::from_byte_array(compact[32..].try_into().unwrap()).unwrap().negate();
    compact[32..].copy_from_slice(&s.secret_bytes());
    let high = Signature::from_compact(&compact).unwrap().serialize_der();
    assert_ne!(hex::encode(high), vector.signature);
    signature::verify(&verifier, &signer, &vector.invoice_number, vector.text.as_bytes(), &high).unwrap();
}

#[test]
fn any_flipped_bit_of_a_signature_an_hmac_or_a_message_is_refused() {
    let vector = &vectors().messages[0];
    let ((verifier, signer), data, number) = (vector.other(), vector.text.as_bytes(), &vector.invoice_number);
    let flipped = |text: &str, bit: usize| {
        let mut bytes = bytes(text);
        bytes[bit / 8] ^= 1 << (bit % 8);
        bytes
    };
    for bit in 0..bytes(&vector.signature).len() * 8 {
        signature::verify(&verifier, &signer, number, data, &flipped(&vector.signature, bit)).unwrap_err();
    }
    for bit in 0..256 {
        assert!(!hmac::verify(&verifier, &signer, number, data, &flipped(&vector.hmac, bit)).unwrap());
    }
    let key = SymmetricKey::shared(&verifier, &signer, number).unwrap();
    for bit in 0..bytes(&vector.encrypted).len() * 8 {
        assert_eq!(key.decrypt(&flipped(&vector.encrypted, bit)), Err(EncryptionError::WrongKey));
    }
}

#[test]
fn hmacs_are_those_of_the_sdk_also_where_the_key_begins_with_a_zero() {
    let mut short = 0;
    for vector in vectors().messages {
        let data = vector.text.as_bytes();
        let made = hmac::create(&vector.holder(), &vector.counterparty(), &vector.invoice_number, data);
        assert_eq!(hex::encode(made.unwrap()), vector.hmac);
        let (verifier, signer) = vector.other();
        let verify = |data, code: &[u8]| hmac::verify(&verifier, &signer, &vector.invoice_number, data, code).unwrap();
        assert!(verify(data, &bytes(&vector.hmac)));
        assert!(!verify(b"something else", &bytes(&vector.hmac)));
        assert!(!verify(data, &bytes(&vector.hmac)[..31]) && !verify(data, &[]), "a shorter one is none");
        short += usize::from(vector.symmetric_key.len() < 64);
    }
    assert!(short > 0, "the vectors have keys that begin with a zero byte");
}

#[test]
fn messages_of_the_sdk_decrypt_and_encrypt_to_the_same_bytes() {
    for vector in vectors().messages {
        let (reader, writer) = vector.other();
        let key = SymmetricKey::shared(&reader, &writer, &vector.invoice_number).unwrap();
        assert_eq!(hex::encode(key.number()), vector.symmetric_key);
        let message = bytes(&vector.encrypted);
        assert_eq!(key.decrypt(&message).unwrap(), vector.text.as_bytes());
        let vector_bytes = message[..32].try_into().unwrap();
        assert_eq!(key.encrypt(vector_bytes, vector.text.as_bytes()).unwrap(), message);
        assert_eq!(SymmetricKey::from_bytes(&[7]).unwrap().decrypt(&message), Err(EncryptionError::WrongKey));
        assert_eq!(key.decrypt(&message[..48]), Err(EncryptionError::TooShort(48)));
    }
}

/// The vectors of BRC-2's own text.
#[test]
fn the_message_and_the_hmac_of_brc_2_are_read() {
    let holder = private("6a2991c9de20e38b31d7ea147bf55f5039e4bbc073160f5e0d541d1f17e321b8");
    let other = bytes("0294c479f762f6baa97fbcd4393564c1d7bd8336ebd15928135bbcf575cd1a71a1");
    let counterparty = Counterparty::Key(compressed_public_key(&other).unwrap());
    let number = ProtocolId::new(SecurityLevel::Counterparty, "BRC2 Test").unwrap().invoice_number("42").unwrap();
    let message = bytes(concat!(
        "fccbd8b81da1dfd410c15e631f8c632b3decb8433669c72f0b13b87f02a57d09bcc3c4277882d55fba5940",
        "1c015014d59f8562fd806971f7c598ec40a6cf718641263a187f918cce2f469254ba485f239a70b237487c"
    ));
    let key = SymmetricKey::shared(&holder, &counterparty, &number).unwrap();
    assert_eq!(key.decrypt(&message).unwrap(), b"BRC-2 Encryption Compliance Validated!");
    let code = bytes("51f01299a32dae5509f68e7dd185524cfe672eb6563bdb3d7e1eb0e8e964ea0e");
    let data = b"BRC-2 HMAC Compliance Validated!";
    assert!(hmac::verify(&holder, &counterparty, &number, data, &code).unwrap());
}

#[test]
fn what_is_no_key_is_refused_for_what_it_is() {
    assert_eq!(compressed_public_key(&[2; 32]), Err(KeyError::NotAPublicKey(32)));
    assert_eq!(compressed_public_key(&[5; 33]), Err(KeyError::NotAPublicKey(33)));
    let mut beyond_the_field = [0xff; 33];
    beyond_the_field[0] = 2;
    assert_eq!(compressed_public_key(&beyond_the_field), Err(KeyError::OffCurve(beyond_the_field.to_vec())));
    let uncompressed = PrivateKey::anyone().unwrap().public_key().serialize_uncompressed();
    assert!(public_key(&uncompressed).is_ok());
    assert_eq!(compressed_public_key(&uncompressed), Err(KeyError::NotAPublicKey(65)));
    for none in [[0; 32], [0xff; 32]] {
        assert_eq!(PrivateKey::from_bytes(none).unwrap_err(), KeyError::NotAPrivateKey);
    }
    for length in [0, 33] {
        assert_eq!(SymmetricKey::from_bytes(&vec![1; length]).unwrap_err(), EncryptionError::NotAKey(length));
    }
}

#[test]
fn secrets_are_not_shown() {
    let key = private(&"11".repeat(32));
    let shared = key.shared_secret(&key.public_key());
    let symmetric = SymmetricKey::from_bytes(&[0x11; 32]).unwrap();
    assert_eq!(format!("{key:?} {shared:?} {symmetric:?}"), "PrivateKey(..) SharedSecret(..) SymmetricKey(..)");
}

fn any_key() -> impl Strategy<Value = PrivateKey> {
    any::<[u8; 32]>().prop_filter_map("no key", |bytes| PrivateKey::from_bytes(bytes).ok())
}

proptest! {
    #[test]
    fn both_sides_derive_the_same_children(one in any_key(), two in any_key(), number in ".*") {
        let (to_one, to_two) = (Counterparty::Key(one.public_key()), Counterparty::Key(two.public_key()));
        prop_assert_eq!(
            two.child_public_key(&to_one, &number).unwrap(),
            one.child_private_key(&to_two, &number).unwrap().public_key()
        );
        prop_assert_eq!(
            SymmetricKey::shared(&one, &to_two, &number).unwrap(),
            SymmetricKey::shared(&two, &to_one, &number).unwrap()
        );
    }

    #[test]
    fn what_is_signed_and_encrypted_for_somebody_arrives(
        one in any_key(), two in any_key(), data in proptest::collection::vec(any::<u8>(), 1..300), vector: [u8; 32],
    ) {
        let (to_one, to_two) = (Counterparty::Key(one.public_key()), Counterparty::Key(two.public_key()));
        let signature = signature::sign(&one, &to_two, "2-tests-1", &data).unwrap();
        signature::verify(&two, &to_one, "2-tests-1", &data, &signature).unwrap();
        let sent = SymmetricKey::shared(&one, &to_two, "2-tests-1").unwrap().encrypt(vector, &data).unwrap();
        prop_assert_eq!(SymmetricKey::shared(&two, &to_one, "2-tests-1").unwrap().decrypt(&sent).unwrap(), data);
    }
}
