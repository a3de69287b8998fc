// Ranges of rows and how they are walked, for the plugin's own rows and for those of other topics.

import { concat } from './bytes.js'

/** @typedef {{ key: Uint8Array, value: Uint8Array }} Entry A row. */
/**
 * @typedef {object} Range From `start` on, up to `end` without it; every row where neither is given.
 * @property {Uint8Array} [start]
 * @property {Uint8Array | null} [end]
 * @property {boolean} [reverse] From the end downwards.
 * @property {number} [pageSize] Rows fetched at a time, 1 to 1,000. Fetched rows count against the call's budget whether or
 *   not they are looked at, so who knows how many he wants says so.
 */

/** Rows fetched at a time unless told otherwise: with the largest values a page stays under 1 MiB. */
const PAGE_SIZE = 128
/** The most the host hands out at a time. */
const PAGE_SIZE_MOST = 1000

/** The range of all keys that begin with these bytes. @param {Uint8Array} prefix @returns {Range} */
export function prefixRange (prefix) {
  for (let last = prefix.length - 1; last >= 0; last--) {
    if (prefix[last] === 0xff) continue
    // The next key that does not begin so: one more in the last byte that has room for it.
    const end = prefix.slice(0, last + 1)
    end[last] += 1
    return { start: prefix, end }
  }
  return { start: prefix, end: null }
}

/** Every row of a range once, in its order. @param {Range} range @param {(start: Uint8Array, end: Uint8Array | null, limit: number, reverse: boolean) => { entries: Entry[], more: boolean }} fetch */
export function * pages ({ start = new Uint8Array(0), end = null, reverse = false, pageSize = PAGE_SIZE }, fetch) {
  const limit = Math.min(Math.max(Math.trunc(pageSize), 1), PAGE_SIZE_MOST)
  for (let more = true; more;) {
    const page = fetch(start, end, limit, reverse)
    yield * page.entries
    const last = page.entries.at(-1)
    more = page.more && last !== undefined
    // The rest of the range begins behind the last key of the page.
    if (more && reverse) end = last.key
    else if (more) start = concat(last.key, [0])
  }
}
