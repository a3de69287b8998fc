//! What the operator wrote under `config` of this plugin.

/// The value of `key`: a text as it stands, any other TOML value as JSON text (`true`, `12`, `["a"]`).
///
/// ```
/// use trellis_plugin::{config, stand_in};
///
/// /// Fewest satoshis an output must have; 1 unless the operator wrote something else.
/// fn minimum() -> u64 {
///     config::get("minimum").and_then(|text| text.parse().ok()).unwrap_or(1)
/// }
/// stand_in::reset();
/// assert_eq!(minimum(), 1);
/// stand_in::set_config("minimum", "500");
/// assert_eq!(minimum(), 500);
/// ```
pub fn get(key: &str) -> Option<String> {
    crate::host::configured(key)
}
