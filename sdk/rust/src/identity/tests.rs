//! Held against what the unmodified `@bsv/sdk` derives and certifies: the vectors that the host is held against too.

use secp256k1::{Message, PublicKey, SECP256K1, Scalar, SecretKey};
use serde_json::Value;

use super::*;
use crate::push_drop::LockPosition;
use crate::stand_in;

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../../../host/spv/tests/vectors/identity.json")).unwrap()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn texts(value: &Value) -> Vec<Field> {
    value.as_object().unwrap().iter().map(|(name, value)| Field { name: name.clone(), value: text(value) }).collect()
}

/// The certificates whose keyring is for anyone, and what their fields are.
fn shown_to_anyone() -> Vec<(VerifiableCertificate, Vec<Field>)> {
    let vectors = vectors();
    let shown = vectors["certificates"].as_array().unwrap().iter().filter(|vector| vector["verifier"].is_null());
    shown
        .map(|vector| {
            let certificate = &vector["certificate"];
            let offered = VerifiableCertificate {
                certificate_type: text(&certificate["type"]),
                serial_number: text(&certificate["serialNumber"]),
                subject: text(&certificate["subject"]),
                certifier: text(&certificate["certifier"]),
                revocation_outpoint: text(&certificate["revocationOutpoint"]),
                fields: texts(&certificate["fields"]),
                keyring: texts(&vector["keyring"]),
                signature: text(&certificate["signature"]),
            };
            let mut revealed = texts(&vector["revealed"]);
            revealed.sort_by(|a, b| a.name.cmp(&b.name));
            (offered, revealed)
        })
        .collect()
}

#[test]
fn the_stand_in_really_verifies_and_decrypts_certificates() {
    let certificates = shown_to_anyone();
    assert!(certificates.len() >= 2, "the vectors have certificates for anyone");
    for (offered, revealed) in certificates {
        let certificate = verify_certificate(&offered).unwrap();
        assert_eq!(certificate.revealed, revealed);
        assert_eq!(certificate.subject.to_string(), offered.subject);
        assert_eq!(certificate.certifier.to_string(), offered.certifier);
        assert_eq!(certificate.certificate_type.to_string(), offered.certificate_type);
        assert_eq!(certificate.serial_number.to_string(), offered.serial_number);
    }
}

#[test]
fn whatever_is_changed_in_a_certificate_is_found_out() {
    let (good, _) = shown_to_anyone().remove(0);
    let other_key = PublicKey::from_secret_key(SECP256K1, &SecretKey::from_byte_array([9; 32]).unwrap()).to_string();
    type Change = fn(&mut VerifiableCertificate, String);
    let changes: [(&str, Change); 9] = [
        ("signature", |certificate, _| certificate.serial_number = "AAAA".repeat(10) + "AAA="),
        ("signature", |certificate, key| certificate.subject = key),
        ("signature", |certificate, key| certificate.certifier = key),
        ("signature", |certificate, _| certificate.revocation_outpoint = format!("{}.1", "11".repeat(32))),
        ("signature", |certificate, _| certificate.fields[0].value = certificate.fields[1].value.clone()),
        ("signature", |certificate, _| certificate.fields.truncate(1)),
        ("does not decrypt", |certificate, _| certificate.keyring[0].value = certificate.keyring[1].value.clone()),
        ("is not there", |certificate, _| certificate.keyring[0].name = "nothing".into()),
        ("not hexadecimal", |certificate, _| certificate.signature = "xx".into()),
    ];
    for (says, change) in changes {
        let mut certificate = good.clone();
        change(&mut certificate, other_key.clone());
        let refusal = verify_certificate(&certificate).unwrap_err();
        assert!(refusal.text().contains(says), "{refusal}");
    }
}

#[test]
fn protocols_make_the_invoice_numbers_of_the_clients_library() {
    for vector in vectors()["protocols"].as_array().unwrap() {
        let level = match vector["level"].as_u64().unwrap() {
            0 => SecurityLevel::Silent,
            1 => SecurityLevel::App,
            2 => SecurityLevel::Counterparty,
            _ => continue,
        };
        let protocol = Protocol::new(level, vector["name"].as_str().unwrap());
        let invoice_number = protocol.and_then(|protocol| protocol.invoice_number(vector["keyId"].as_str().unwrap()));
        assert_eq!(invoice_number.ok().as_deref(), vector["invoiceNumber"].as_str(), "{vector}");
    }
}

#[test]
fn a_token_is_of_the_identity_whose_child_key_locks_it() {
    let identity = SecretKey::from_byte_array([7; 32]).unwrap();
    let key = IdentityKey(PublicKey::from_secret_key(SECP256K1, &identity).serialize());
    let protocol = Protocol::new(SecurityLevel::App, "Identity").unwrap();
    let tweak = crate::crypto::hmac_sha256(key.as_bytes(), b"1-identity-1");
    let child = identity.add_tweak(&Scalar::from_be_bytes(tweak).unwrap()).unwrap();
    let locking = PublicKey::from_secret_key(SECP256K1, &child).serialize();
    assert_eq!(locking_key(&key, &protocol, "1"), Ok(Some(locking)));

    let digest = Message::from_digest(crate::crypto::sha256(b"terms"));
    let signature = SECP256K1.sign_ecdsa(digest, &child).serialize_der();
    let token = PushDrop {
        locking_public_key: &locking,
        fields: vec![b"terms", &signature],
        lock_position: LockPosition::Before,
    };
    assert_eq!(is_locked_by(&token, &key, &protocol, "1"), Ok(true));
    assert!(token.is_signed());
    assert_eq!(verify_signature(&key, &protocol, "1", b"terms", &signature), Ok(true));
    assert_eq!(verify_signature(&key, &protocol, "2", b"terms", &signature), Ok(false));
    assert_eq!(is_locked_by(&token, &key, &protocol, "2"), Ok(false));
    assert_eq!(is_locked_by(&token, &IdentityKey([2; 33]), &protocol, "1"), Ok(false));
    assert_eq!(is_locked_by(&token, &key, &protocol, ""), Err(InvalidProtocol::KeyId));
}

#[test]
fn the_first_who_signed_is_the_submitter() {
    stand_in::reset();
    assert_eq!(submitter(), None);
    let (one, two) = (IdentityKey([2; 33]), IdentityKey([3; 33]));
    stand_in::set_signers([two, one]);
    assert_eq!((submitter(), signers()), (Some(two), vec![two, one]));
    let certificate = verify_certificate(&shown_to_anyone()[0].0).unwrap();
    stand_in::add_certificate(certificate.clone());
    assert_eq!(certificates(), [certificate]);
}

#[test]
fn keys_and_identifiers_survive_their_texts() {
    let key = format!("02{}", "ab".repeat(32));
    assert_eq!(key.parse::<IdentityKey>().unwrap().to_string(), key);
    for text in ["", "02", &format!("04{}", "ab".repeat(32)), &format!("{key}0"), &"zz".repeat(33), &"é".repeat(33)] {
        assert_eq!(text.parse::<IdentityKey>(), Err(MalformedKey), "{text}");
    }
    let serial = "AGfk/WrT1eBDXpz3mcw386Zww2HmqcIn3uY6x4Af1eo=";
    assert_eq!(serial.parse::<SerialNumber>().unwrap().to_string(), serial);
    for text in ["", "AGfk", "AGfk/WrT1eBDXpz3mcw386Zww2HmqcIn3uY6x4Af1eo", "A".repeat(44).as_str()] {
        assert_eq!(text.parse::<CertificateType>(), Err(MalformedBase64), "{text}");
    }
}

#[cfg(feature = "json")]
#[test]
fn the_json_of_a_certificate_is_read_and_a_lack_of_it_named() {
    let vectors = vectors();
    let vector = &vectors["certificates"][0];
    let mut json = vector["certificate"].clone();
    json["keyring"] = vector["keyring"].clone();
    json["more"] = Value::Bool(true);
    let read = |json: &Value| VerifiableCertificate::from_json(json.to_string().as_bytes());
    let certificate = read(&json).unwrap();
    assert_eq!(certificate.serial_number, text(&vector["certificate"]["serialNumber"]));
    assert_eq!(certificate.keyring, texts(&vector["keyring"]));
    for name in ["type", "serialNumber", "subject", "certifier", "revocationOutpoint", "fields", "keyring", "signature"]
    {
        let mut json = json.clone();
        json[name] = Value::Null;
        assert!(read(&json).unwrap_err().text().contains(name));
    }
    json["fields"]["email"] = Value::from(1);
    assert!(read(&json).unwrap_err().text().contains("email"));
    for json in [&b""[..], b"[]", b"{", b"\xff"] {
        assert_eq!(VerifiableCertificate::from_json(json).unwrap_err().text(), "not the JSON of a certificate");
    }
}
