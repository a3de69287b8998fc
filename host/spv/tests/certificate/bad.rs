//! Every way a certificate can be wrong, and the error that says so.

use secp256k1::{Message, SECP256K1, SecretKey};
use sha2::{Digest, Sha256};
use trellis_spv::identity::certificate::{Certificate, CertificateError as E, FieldValue, FormError as F};
use trellis_spv::identity::encryption::EncryptionError;
use trellis_spv::identity::key::KeyError;
use trellis_spv::limits::{MAX_CERTIFICATE_FIELDS, MAX_CERTIFICATE_VALUE_BYTES};

use crate::vectors::{Vector, alice, bob, carol, certified, encrypted, field_key};

type Bad = (&'static str, fn(&mut Vector), fn(&E) -> bool);

macro_rules! bad {
    ($($name:literal, |$vector:ident| $change:expr => $error:pat $(if $guard:expr)?,)*) => {
        &[$(($name, |$vector: &mut Vector| { $change; }, |error| matches!(error, $error $(if $guard)?))),*]
    };
}

/// Every way a certificate can be wrong, and the error that says so.
const BAD: &[Bad] = bad! {
    "type that is no base64", |v| v.certificate.certificate_type = "!".repeat(44)
        => E::Form(F::Identifier { member: "type", .. }),
    "type of 31 bytes", |v| v.certificate.certificate_type = FieldValue::from_bytes(vec![1; 31]).base64().into()
        => E::Form(F::Identifier { member: "type", .. }),
    "serial number of 33 bytes", |v| v.certificate.serial_number = FieldValue::from_bytes(vec![1; 33]).base64().into()
        => E::Form(F::Identifier { member: "serial number", .. }),
    "serial number without padding", |v| { v.certificate.serial_number.pop() }
        => E::Form(F::Identifier { member: "serial number", .. }),
    "subject that is no hexadecimal", |v| v.certificate.subject.replace_range(0..1, "x")
        => E::Form(F::NotHexadecimal { member: "subject", .. }),
    "subject cut short", |v| v.certificate.subject.truncate(64)
        => E::Form(F::Key { member: "subject", source: KeyError::NotAPublicKey(32) }),
    "uncompressed subject", |v| v.certificate.subject = hex::encode(alice().public_key().serialize_uncompressed())
        => E::Form(F::Key { member: "subject", source: KeyError::NotAPublicKey(65) }),
    "subject off the curve", |v| v.certificate.subject = format!("02{}", "ff".repeat(32))
        => E::Form(F::Key { member: "subject", source: KeyError::OffCurve(_) }),
    "certifier off the curve", |v| v.certificate.certifier = format!("02{}", "ff".repeat(32))
        => E::Form(F::Key { member: "certifier", source: KeyError::OffCurve(_) }),
    "certifier of no form", |v| v.certificate.certifier.replace_range(0..2, "07")
        => E::Form(F::Key { member: "certifier", source: KeyError::NotAPublicKey(33) }),
    "outpoint without an index", |v| v.certificate.revocation_outpoint = "ab".repeat(32)
        => E::Form(F::Revocation(_)),
    "outpoint with an index beyond 32 bits", |v| v.certificate.revocation_outpoint = format!("{}.4294967296", "ab".repeat(32))
        => E::Form(F::Revocation(_)),
    "one field too many", |v| for i in 0..=MAX_CERTIFICATE_FIELDS { v.certificate.fields.insert(format!("f{i}"), String::new()); }
        => E::Form(F::TooManyFields(count)) if *count == MAX_CERTIFICATE_FIELDS + 1,
    "field without a name", |v| v.certificate.fields.insert(String::new(), String::new())
        => E::Form(F::FieldNameLength(0)),
    "field with a name of 51 bytes", |v| v.certificate.fields.insert("n".repeat(51), String::new())
        => E::Form(F::FieldNameLength(51)),
    "field whose name is not ASCII", |v| v.certificate.fields.insert("naïve".into(), String::new())
        => E::Form(F::FieldNameCharacters(name)) if name == "naïve",
    "field with a line break in its name", |v| v.certificate.fields.insert("a\nb".into(), String::new())
        => E::Form(F::FieldNameCharacters(_)),
    "field that is no base64", |v| v.certificate.fields.insert("email".into(), "Alice!".into())
        => E::Form(F::FieldNotBase64(field)) if field.as_str() == "email",
    "field without padding", |v| v.certificate.fields.insert("email".into(), "QQ".into())
        => E::Form(F::FieldNotBase64(_)),
    "field of a byte too much", |v| v.certificate.fields.insert("email".into(), "A".repeat(MAX_CERTIFICATE_VALUE_BYTES + 1))
        => E::Form(F::FieldTooLong { bytes, .. }) if *bytes == MAX_CERTIFICATE_VALUE_BYTES + 1,
    "signature that is no hexadecimal", |v| v.certificate.signature = Some("3044022".into())
        => E::Form(F::Signature),
    "signature that is no DER", |v| v.certificate.signature = Some("00".repeat(70))
        => E::Form(F::Signature),
    "signature that goes on", |v| v.certificate.signature.as_mut().unwrap().push_str("00")
        => E::Form(F::Signature),
    "no signature", |v| v.certificate.signature = None => E::Unsigned,
    "empty signature", |v| v.certificate.signature = Some(String::new()) => E::Unsigned,
    "signature of the subject", |v| {
        let own = Certificate { certifier: alice().public_key(), ..v.certificate.read().unwrap() };
        v.certificate.signature = Some(hex::encode(own.signed_by(&alice()).unwrap().signature.unwrap()));
    } => E::Forged { .. },
    "signature with the certifier's own key", |v| {
        let digest = Sha256::digest(v.certificate.read().unwrap().unsigned_bytes()).into();
        let key = SecretKey::from_byte_array(bob().secret_bytes()).unwrap();
        let made = SECP256K1.sign_ecdsa(Message::from_digest(digest), &key);
        v.certificate.signature = Some(hex::encode(made.serialize_der()));
    } => E::Forged { .. },
    "other type", |v| v.certificate.certificate_type = FieldValue::from_bytes(vec![1; 32]).base64().into() => E::Forged { .. },
    "other serial number", |v| v.certificate.serial_number = FieldValue::from_bytes(vec![1; 32]).base64().into()
        => E::Forged { .. },
    "other subject", |v| v.certificate.subject = carol().public_key().to_string() => E::Forged { .. },
    "other certifier", |v| v.certificate.certifier = carol().public_key().to_string()
        => E::Forged { certifier } if **certifier == carol().public_key(),
    "other outpoint", |v| v.certificate.revocation_outpoint.push('1') => E::Forged { .. },
    "outpoint taken away", |v| v.certificate.revocation_outpoint = "00".repeat(32) => E::Forged { .. },
    "field taken away", |v| v.certificate.fields.remove("email") => E::Forged { .. },
    "field added", |v| v.certificate.fields.insert("admin".into(), String::new()) => E::Forged { .. },
    "field altered", |v| v.certificate.fields.insert("email".into(), "QUJD".into()) => E::Forged { .. },
    "fields exchanged", |v| {
        let fields = &mut v.certificate.fields;
        let (one, two) = (fields["firstName"].clone(), fields["LastName"].clone());
        fields.extend([("firstName".into(), two), ("LastName".into(), one)]);
    } => E::Forged { .. },
    "key for a field that is not there", |v| v.keyring.insert("admin".into(), "QUJD".into())
        => E::Form(F::KeyWithoutField(field)) if field.as_str() == "admin",
    "key of another field", |v| v.keyring.insert("email".into(), v.keyring["firstName"].clone())
        => E::FieldKey { field, source: EncryptionError::WrongKey } if field.as_str() == "email",
    "key that is cut short", |v| v.keyring.insert("email".into(), "QUJD".into())
        => E::FieldKey { source: EncryptionError::TooShort(3), .. },
    "key that opens nothing", |v| v.keyring.insert("email".into(), field_key(&v.certificate.serial_number, "email", &[1; 32]))
        => E::Field { field, source: EncryptionError::WrongKey } if field.as_str() == "email",
    "key of 33 bytes", |v| v.keyring.insert("email".into(), field_key(&v.certificate.serial_number, "email", &[1; 33]))
        => E::FieldKey { source: EncryptionError::NotAKey(33), .. },
    "field that is not encrypted", |v| {
        v.certificate.fields.insert("email".into(), "QUJD".into());
        v.keyring.insert("email".into(), field_key(&v.certificate.serial_number, "email", &[1; 32]));
        v.sign();
    } => E::Field { source: EncryptionError::TooShort(3), .. },
    "field that is no text", |v| {
        v.certificate.fields.insert("email".into(), encrypted(&[1; 32], &[0xff, 0xfe]));
        v.keyring.insert("email".into(), field_key(&v.certificate.serial_number, "email", &[1; 32]));
        v.sign();
    } => E::FieldNotText(field) if field.as_str() == "email",
    "keyring for another verifier", |v| v.verifier = Some(hex::encode(bob().secret_bytes()))
        => E::FieldKey { source: EncryptionError::WrongKey, .. },
    "keyring for one verifier, read by anyone", |v| v.verifier = None
        => E::FieldKey { source: EncryptionError::WrongKey, .. },
};

#[test]
fn every_bad_certificate_is_refused_for_what_is_wrong_with_it() {
    certified().reveal().unwrap();
    for (name, change, is_expected) in BAD {
        let mut vector = certified();
        change(&mut vector);
        match vector.reveal() {
            Ok(_) => panic!("{name}: accepted"),
            Err(error) => assert!(is_expected(&error), "{name}: {error:?}"),
        }
    }
}
