// Rows in memory, in the order of their keys' bytes.

import { fromHex, hex } from '../bytes.js'

export class Rows {
  // Hexadecimal sorts as its bytes do.
  #rows = new Map()

  get size () {
    return this.#rows.size
  }

  get (key) {
    return this.#rows.get(hex(key)) ?? null
  }

  set (key, value) {
    this.#rows.set(hex(key), Uint8Array.from(value))
  }

  remove (key) {
    this.#rows.delete(hex(key))
  }

  scan (start, end, limit, reverse) {
    const [first, behind] = [hex(start), end && hex(end)]
    const keys = [...this.#rows.keys()].filter(key => key >= first && (behind === null || key < behind)).sort()
    if (reverse) keys.reverse()
    const entries = keys.slice(0, limit).map(key => ({ key: fromHex(key), value: this.#rows.get(key) }))
    return { entries, more: keys.length > limit }
  }
}
