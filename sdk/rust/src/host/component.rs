//! The host's functions inside a component: its imports.

use crate::bindings::plugin_role::bsv::overlay;
use crate::log::Level;
use crate::state::Entry;

pub(crate) use overlay::ancestry::atomic_beef;
pub(crate) use overlay::ancestry::transaction;
pub(crate) use overlay::config::get as configured;
pub(crate) use overlay::context::raw_transaction;
pub(crate) use overlay::crypto::{
    derive_public_key, hash160, hash256, hmac_sha256, ripemd160, sha256, verify_ecdsa, verify_signature,
};
pub(crate) use overlay::state::{get as state_get, remove as state_remove, set as state_set};

pub(crate) fn state_scan(start: &[u8], end: Option<&[u8]>, limit: u32, reverse: bool) -> (Vec<Entry>, bool) {
    let page = overlay::state::scan(start, end, limit, reverse);
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
