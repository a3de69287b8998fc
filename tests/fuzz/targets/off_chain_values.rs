//! The body of a submission with off-chain values: `VarInt(BEEF length) || BEEF || values`.
//!
//! Promised: what is split joins to the same bytes, and everything else is refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trellis_spv::beef::{join_off_chain_values, split_off_chain_values};

fuzz_target!(|body: &[u8]| {
    if let Ok((beef, values)) = split_off_chain_values(body) {
        assert_eq!(join_off_chain_values(beef, values), body);
    }
});
