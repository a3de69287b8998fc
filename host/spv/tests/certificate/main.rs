//! Certificates of `@bsv/sdk` are read, written, verified and revealed as it does; anything altered is refused for what
//! is wrong with it.
//!
//! The vectors are printed by `tests/sdk/identity-vectors.mjs`, whose header says how.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod bad;
mod vectors;

use std::collections::BTreeMap;

use proptest::prelude::*;
use trellis_spv::identity::certificate::{
    Certificate, CertificateError, CertificateText, FieldName, Fields, FormError, Revocation, Standing,
};
use trellis_spv::identity::derivation::{ProtocolId, SecurityLevel};
use trellis_spv::identity::key::Counterparty;
use trellis_spv::identity::signature;
use trellis_spv::limits::{MAX_CERTIFICATE_FIELDS, MAX_CERTIFICATE_VALUE_BYTES};
use trellis_spv::reader::ReadError;
use trellis_spv::writer::{write_var_bytes, write_var_int};

use vectors::{alice, bob, carol, certified, vectors};

#[test]
fn certificates_of_the_sdk_have_the_same_bytes_here() {
    for vector in vectors().certificates {
        let certificate = vector.certificate.read().unwrap();
        assert_eq!(hex::encode(certificate.to_bytes()), vector.signed, "{}", vector.label);
        assert_eq!(hex::encode(certificate.unsigned_bytes()), vector.unsigned, "{}", vector.label);
        assert_eq!(Certificate::from_bytes(&hex::decode(&vector.signed).unwrap()).unwrap(), certificate);
        let unsigned = Certificate::from_bytes(&hex::decode(&vector.unsigned).unwrap()).unwrap();
        assert_eq!(unsigned, Certificate { signature: None, ..certificate.clone() });
        assert_eq!(certificate.certificate_type.to_string(), vector.certificate.certificate_type);
        assert_eq!(certificate.serial_number.to_string(), vector.certificate.serial_number);
        assert_eq!(certificate.revocation.to_string(), vector.certificate.revocation_outpoint);
    }
}

#[test]
fn certificates_of_the_sdk_verify_and_reveal_what_they_reveal_there() {
    for vector in vectors().certificates {
        let revealed = vector.reveal().unwrap();
        let standing = if vector.self_signed { Standing::SelfSigned } else { Standing::Certified };
        assert_eq!(revealed.standing, standing, "{}", vector.label);
        let fields: BTreeMap<_, _> = revealed.fields.into_iter().map(|(name, text)| (name.to_string(), text)).collect();
        assert_eq!(fields, vector.revealed, "{}", vector.label);
    }
}

#[test]
fn a_certificate_signed_here_has_the_signature_of_the_sdk() {
    for vector in vectors().certificates {
        let certificate = vector.certificate.read().unwrap();
        let certifier = if vector.self_signed { alice() } else { bob() };
        let unsigned = Certificate { signature: None, ..certificate.clone() };
        assert_eq!(unsigned.signed_by(&certifier).unwrap(), certificate);
    }
    let not_hers = certified().certificate.read().unwrap().signed_by(&alice()).unwrap_err();
    assert!(matches!(not_hers, CertificateError::WrongCertifier { .. }));
}

#[test]
fn fields_are_signed_in_the_order_of_the_sdk() {
    let order = vectors().order;
    let mut names: Vec<_> = order.iter().rev().map(|name| FieldName::new(name).unwrap()).collect();
    names.sort();
    assert_eq!(names.iter().map(FieldName::as_str).collect::<Vec<_>>(), order);
}

#[test]
fn a_signature_over_the_fields_in_the_order_of_their_bytes_is_accepted_too() {
    let certificate = certified().certificate.read().unwrap();
    let unsigned = certificate.unsigned_bytes();
    // Type, serial number, two keys, transaction id and an index of one byte.
    let mut bytes = unsigned[..32 + 32 + 33 + 33 + 32 + 1].to_vec();
    let mut fields: Vec<_> = certificate.fields.iter().collect();
    fields.sort_by_key(|(name, _)| name.as_str());
    write_var_int(&mut bytes, fields.len() as u64);
    for (name, value) in fields {
        write_var_bytes(&mut bytes, name.as_str().as_bytes());
        write_var_bytes(&mut bytes, value.base64().as_bytes());
    }
    assert_ne!(bytes, unsigned);
    let protocol = ProtocolId::new(SecurityLevel::Counterparty, "certificate signature").unwrap();
    let key_id = format!("{} {}", certificate.certificate_type, certificate.serial_number);
    let number = protocol.invoice_number(&key_id).unwrap();
    let signature = signature::sign(&bob(), &Counterparty::Anyone, &number, &bytes).unwrap();
    let signed = Certificate { signature: Some(signature.clone()), ..certificate };
    assert_eq!(signed.verify(), Ok(Standing::Certified));
    assert_eq!(Certificate::from_bytes(&[bytes, signature].concat()), Ok(signed));
}

#[test]
fn a_revocation_outpoint_is_an_output_to_watch_or_none() {
    let zeros = "00".repeat(32);
    for none in [zeros.clone(), format!("{zeros}.0")] {
        let revocation: Revocation = none.parse().unwrap();
        assert_eq!((revocation.outpoint(), revocation.to_string()), (None, none));
    }
    for some in [format!("{zeros}.1"), format!("{}.0", "ab".repeat(32)), format!("{}.4294967295", "ab".repeat(32))] {
        assert_eq!(some.parse::<Revocation>().unwrap().outpoint().unwrap().to_string(), some);
    }
}

#[test]
fn a_certificate_about_somebody_else_is_told_apart() {
    let certificate = certified().certificate.read().unwrap();
    assert_eq!(certificate.check_subject(&alice().public_key()), Ok(()));
    let (expected, found) = (Box::new(carol().public_key()), Box::new(alice().public_key()));
    let wrong = CertificateError::WrongSubject { expected, found };
    assert_eq!(certificate.check_subject(&carol().public_key()), Err(wrong));
}

#[test]
fn a_field_that_appears_twice_is_refused() {
    let repeated = Fields::new([("name", "QUJD"), ("Name", "QUJD"), ("name", "QUJE")]).unwrap_err();
    assert_eq!(repeated, FormError::FieldRepeated(FieldName::new("name").unwrap()));
}

#[test]
fn limits_that_are_exactly_met_work() {
    let mut vector = certified();
    vector.certificate.fields.clear();
    vector.keyring.clear();
    for i in 0..MAX_CERTIFICATE_FIELDS {
        vector.certificate.fields.insert(format!("{i:050}"), "A".repeat(MAX_CERTIFICATE_VALUE_BYTES));
    }
    vector.sign();
    let certificate = vector.certificate.read().unwrap();
    assert_eq!(certificate.verify(), Ok(Standing::Certified));
    assert_eq!(Certificate::from_bytes(&certificate.to_bytes()).unwrap(), certificate);
}

#[test]
fn every_truncation_and_every_extra_byte_is_refused() {
    for vector in vectors().certificates {
        let (bytes, unsigned) = (hex::decode(&vector.signed).unwrap(), vector.unsigned.len() / 2);
        for end in 0..bytes.len() {
            let outcome = Certificate::from_bytes(&bytes[..end]).map(|certificate| certificate.verify());
            if end == unsigned {
                assert_eq!(outcome, Ok(Err(CertificateError::Unsigned)));
            } else {
                outcome.unwrap_err();
            }
        }
        assert_eq!(Certificate::from_bytes(&[&bytes[..], &[0]].concat()), Err(FormError::Signature));
    }
}

#[test]
fn any_flipped_bit_is_refused() {
    for label in ["without an outpoint", "without fields", "short key of a field"] {
        let vector = vectors().certificates.into_iter().find(|vector| vector.label == label).unwrap();
        let mut bytes = hex::decode(&vector.signed).unwrap();
        for bit in 0..bytes.len() * 8 {
            bytes[bit / 8] ^= 1 << (bit % 8);
            let outcome = Certificate::from_bytes(&bytes)
                .map_err(CertificateError::Form)
                .and_then(|certificate| certificate.verify());
            assert!(outcome.is_err(), "{label}: bit {bit}");
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
    }
}

#[test]
fn counts_no_certificate_could_hold_are_refused_before_they_cost_anything() {
    let unsigned = certified().certificate.read().unwrap().unsigned_bytes();
    let (keys, outpoint) = (&unsigned[..130], &unsigned[130..162]);
    let read =
        |middle: &[u8], rest: &[u8]| Certificate::from_bytes(&[keys, outpoint, middle, rest].concat()).unwrap_err();
    let number = |value: u64| {
        let mut bytes = Vec::new();
        write_var_int(&mut bytes, value);
        bytes
    };
    let counted = read(&[0], &number(1 << 60));
    assert!(
        matches!(counted, FormError::Read(ReadError::CountTooLarge { field: "number of fields", .. })),
        "{counted}"
    );
    assert_eq!(read(&[0], &[&[65][..], &[0; 195]].concat()), FormError::TooManyFields(65));
    let name = read(&[0], &[&[1][..], &number(1 << 60), &[0; 3]].concat());
    assert!(matches!(name, FormError::Read(ReadError::Truncated { field: "field's name", .. })), "{name}");
    assert!(matches!(read(&number(1 << 32), &[0]), FormError::Revocation(_)));
    let long = read(&[0xfd, 1, 0], &[0]);
    assert!(matches!(long, FormError::Read(ReadError::NonCanonicalVarInt { .. })), "{long}");
    let unnamed = read(&[0xff, 0, 0, 0, 0, 0, 0, 0, 0], &[0]);
    assert!(
        matches!(unnamed, FormError::Read(ReadError::NonCanonicalVarInt { .. })),
        "only zeros have no index: {unnamed}"
    );
}

proptest! {
    #[test]
    fn arbitrary_bytes_and_texts_never_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..600), text in ".{0,100}", name in ".{0,60}",
    ) {
        let _ = Certificate::from_bytes(&bytes);
        let mut wire = certified().certificate;
        wire.fields.insert(name, text.clone());
        let _ = wire.read();
        let _ = Certificate::try_from(CertificateText {
            certificate_type: &text, serial_number: &text, subject: &text, certifier: &text,
            revocation_outpoint: &text, fields: vec![(&text, &text)], signature: Some(&text),
        });
        let _ = text.parse::<Revocation>();
    }

    #[test]
    fn altered_certificates_never_panic_and_never_verify(
        vector in 0..8usize, at in any::<prop::sample::Index>(), with in proptest::collection::vec(any::<u8>(), 0..12),
        over in 0..12usize,
    ) {
        let good = hex::decode(&vectors().certificates[vector].signed).unwrap();
        let start = at.index(good.len());
        let mut bytes = good.clone();
        bytes.splice(start..(start + over).min(good.len()), with);
        prop_assume!(bytes != good);
        if let Ok(certificate) = Certificate::from_bytes(&bytes) {
            prop_assert!(certificate.verify().is_err());
            prop_assert_eq!(Certificate::from_bytes(&certificate.to_bytes()), Ok(certificate));
        }
    }
}
