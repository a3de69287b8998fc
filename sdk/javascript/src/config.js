// What the operator wrote under `config` of this plugin.

import config from 'bsv:overlay/config@0.1.0'

/** A text as it stands, any other TOML value as JSON text (`true`, `12`, `["a"]`); `null` where there is none. @param {string} key @returns {string | null} */
export function configured (key) {
  return config.get(key) ?? null
}
