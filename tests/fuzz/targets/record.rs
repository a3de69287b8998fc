//! The disk records of the store: one byte for the kind, then the record.
//!
//! Promised: there is one byte string for each value and reading refuses any other, for keys, rows, log records and stored
//! rows alike.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| trellis_fuzz::records::check(input));
