//! Evidence as it is kept with a transaction.
//!
//! Promised: what is read is written and read again as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trellis_engine::evidence::KeptEvidence;

fuzz_target!(|input: &[u8]| {
    let Ok(evidence) = KeptEvidence::from_bytes(input) else { return };
    assert_eq!(KeptEvidence::from_bytes(&evidence.to_bytes()).expect("what was written is read"), evidence);
});
