//! The elements of a topic's hash: what two hosts with the same topic agree on.
//!
//! Outputs, spends and state rows; no times and no sequences, which differ from host to host. Each kind has its own domain
//! separator, every variable-length part its length.

use trellis_spv::hash::Outpoint;

use crate::domain::row::OutputState;

fn hasher(kind: &str) -> blake3::Hasher {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"trellis topic hash 1 ");
    hasher.update(kind.as_bytes());
    hasher.update(&[0]);
    hasher
}

/// An output in the state it is in. The outpoint commits to satoshis and script.
pub(crate) fn output(outpoint: &Outpoint, state: &OutputState) -> [u8; 32] {
    let mut hasher = match state {
        OutputState::Live => hasher("live"),
        OutputState::Spent { by, retained } => {
            let mut hasher = hasher("spent");
            hasher.update(by.internal());
            hasher.update(&[u8::from(*retained)]);
            hasher
        }
    };
    hasher.update(outpoint.txid.internal());
    hasher.update(&outpoint.vout.to_be_bytes());
    *hasher.finalize().as_bytes()
}

/// A row of the topic's state.
pub(crate) fn state_row(key: &[u8], value: &[u8]) -> [u8; 32] {
    let mut hasher = hasher("state");
    hasher.update(&(key.len() as u64).to_be_bytes());
    hasher.update(key);
    hasher.update(value);
    *hasher.finalize().as_bytes()
}
