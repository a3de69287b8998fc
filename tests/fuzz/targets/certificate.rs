//! A certificate (BRC-52).
//!
//! Promised: what is read is written and read again as the same, in as many bytes, and judged without a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trellis_spv::identity::certificate::{Certificate, Fields, VerifiableCertificate};

fuzz_target!(|input: &[u8]| {
    let Ok(certificate) = Certificate::from_bytes(input) else { return };
    let bytes = certificate.to_bytes();
    // Fields may come in any order and are written in theirs.
    assert_eq!(bytes.len(), input.len());
    assert_eq!(Certificate::from_bytes(&bytes).expect("what was written is read"), certificate);

    // The values as keys of themselves: whoever signed it, they open nothing.
    let named = certificate.fields.iter().map(|(name, value)| (name.as_str(), value.base64()));
    let keyring = Fields::new(named).expect("fields are a keyring");
    let verified = certificate.verify();
    let revealed = VerifiableCertificate::new(certificate, keyring).expect("every field is there").reveal_to_anyone();
    assert!(verified.is_ok() || revealed.is_err());
});
