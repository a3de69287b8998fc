//! The host's functions inside a component: its imports.

use crate::Outpoint;
use crate::bindings::plugin_role::bsv::overlay;
use crate::log::Level;
use crate::state::Entry;
use crate::topics::HeldOutput;

pub(crate) use overlay::ancestry::atomic_beef;
pub(crate) use overlay::ancestry::transaction;
pub(crate) use overlay::config::get as configured;
pub(crate) use overlay::context::raw_transaction;
pub(crate) use overlay::crypto::{
    derive_public_key, hash160, hash256, hmac_sha256, ripemd160, sha256, verify_ecdsa, verify_signature,
};
pub(crate) use overlay::state::{get as state_get, remove as state_remove, set as state_set};

pub(crate) use overlay::topics::state_get as topic_state_get;

pub(crate) fn topic_output(topic: &str, outpoint: &Outpoint) -> Option<HeldOutput> {
    let txid = outpoint.txid.as_bytes().to_vec();
    let outpoint = overlay::types::Outpoint { txid, output_index: outpoint.output_index };
    let overlay::topics::HeldOutput { satoshis, locking_script, spent } = overlay::topics::output(topic, &outpoint)?;
    Some(HeldOutput { satoshis, locking_script, spent })
}

pub(crate) fn topic_state_scan(
    topic: &str,
    start: &[u8],
    end: Option<&[u8]>,
    limit: u32,
    reverse: bool,
) -> (Vec<Entry>, bool) {
    page(overlay::topics::state_scan(topic, start, end, limit, reverse))
}

pub(crate) fn state_scan(start: &[u8], end: Option<&[u8]>, limit: u32, reverse: bool) -> (Vec<Entry>, bool) {
    page(overlay::state::scan(start, end, limit, reverse))
}

fn page(page: overlay::state::Page) -> (Vec<Entry>, bool) {
    let entries = page.entries.into_iter().map(|entry| Entry { key: entry.key, value: entry.value }).collect();
    (entries, page.more)
}

pub(crate) fn write_log(level: Level, message: &str) {
    let level = match level {
        Level::Debug => overlay::log::Level::Debug,
        Level::Info => overlay::log::Level::Info,
        Level::Warn => overlay::log::Level::Warn,
        Level::Error => overlay::log::Level::Error,
    };
    overlay::log::write(level, message);
}
