//! What the operator wrote under `config` of the plugin: two public keys.

use trellis_plugin::{Refusal, config};

/// The key in `config` under this name. Without it nothing can be judged, and the refusal says whose turn it is.
pub(crate) fn key(name: &str) -> Result<Vec<u8>, Refusal> {
    let key = config::get(name).and_then(|text| hex::decode(text).ok());
    key.ok_or_else(|| format!("this host's tickets plugin has no key `{name}` in its config; tell the operator").into())
}
