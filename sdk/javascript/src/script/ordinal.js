// 1Sat ordinals: a file in an envelope that no execution reaches, before or behind the script that locks the output.
//
//   OP_FALSE OP_IF "ord" (<key> <value>)... OP_0 <content>... OP_ENDIF
//
// The key 1 stands before the content type.

import { concat, fromUtf8 } from '../bytes.js'
import { OP, operations, pushed } from './operations.js'

const MARK = [0x6f, 0x72, 0x64]
const CONTENT_TYPE = 1

/** @typedef {{ contentType: string | null, content: Uint8Array, lockingScript: Uint8Array }} Ordinal What is inscribed, and the script without its envelope. */

/** The first ordinal in a locking script; `null` where there is none. @param {Uint8Array} script @returns {Ordinal | null} */
export function readOrdinal (script) {
  const all = operations(script)
  if (all === null) return null
  const at = all.findIndex((operation, at) => operation.code === OP.ZERO && all[at + 1]?.code === OP.IF && isMark(all[at + 2]?.data))
  const read = at < 0 ? null : envelope(all, at + 3)
  if (read === null) return null
  const lockingScript = concat(script.subarray(0, all[at].at), script.subarray(read.next))
  return { contentType: read.contentType, content: read.content, lockingScript }
}

function isMark (data) {
  return data?.length === MARK.length && MARK.every((byte, at) => data[at] === byte)
}

/** Keys with their values up to `OP_0`, then content up to `OP_ENDIF`. */
function envelope (all, at) {
  let contentType = null
  while (at < all.length && all[at].code !== OP.ZERO) {
    const key = pushed(all[at])
    const value = all[at + 1] && pushed(all[at + 1])
    if (!key || !value) return null
    if (key.length === 1 && key[0] === CONTENT_TYPE) contentType = fromUtf8(value)
    at += 2
  }
  const parts = []
  for (at += 1; at < all.length; at++) {
    if (all[at].code === OP.ENDIF) return { contentType, content: concat(...parts), next: all[at].next }
    // Not `pushed`: here an empty push is part of nothing.
    if (all[at].data === null && all[at].code !== OP.ZERO) return null
    parts.push(all[at].data ?? [])
  }
  return null
}
