//! What the operator wrote under `config` of this plugin.

/// The value of `key`: a text as it stands, any other TOML value as JSON text (`true`, `12`, `["a"]`).
pub fn get(key: &str) -> Option<String> {
    crate::host::configured(key)
}
