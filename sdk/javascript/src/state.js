// The plugin's own key-value rows, one namespace for each configured topic or service.
//
// Rows are part of the submission: committed, reverted and read at one moment with everything else. In `lookup` they are
// read-only. Keys have 1 to 128 bytes, values at most 6,144; more is a fault. Rows sort by the bytes of their keys, so put
// what you want to search by first, and numbers as `bigEndian`.

import state from 'bsv:overlay/state@0.1.0'
import { pages, prefixRange } from './rows.js'

/** @typedef {import('./rows.js').Entry} Entry */
/** @typedef {import('./rows.js').Range} Range */

export { prefixRange }

/** The value under a key; `null` where there is none. @param {Uint8Array} key @returns {Uint8Array | null} */
export function get (key) {
  return state.get(key) ?? null
}

/** Writes a row, over the one that was there. @param {Uint8Array} key @param {Uint8Array} value */
export function set (key, value) {
  state.set(key, value)
}

/** Removes a row; nothing happens where there is none. @param {Uint8Array} key */
export function remove (key) {
  state.remove(key)
}

/** The rows of a range, fetched page by page as they are asked for. @param {Range} range @returns {Generator<Entry>} */
export function scan (range = {}) {
  return pages(range, (start, end, limit, reverse) => state.scan(start, end, limit, reverse))
}
