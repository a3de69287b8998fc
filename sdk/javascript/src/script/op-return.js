// Data that nobody can spend: OP_FALSE OP_RETURN <field> ... <field>, or the older form without OP_FALSE.

import { OP, operations, pushed } from './operations.js'

/**
 * The fields behind OP_RETURN, none where nothing follows; `null` where the script does not begin so, or is no sequence of
 * pushes from there on. @param {Uint8Array} script @returns {Uint8Array[] | null}
 */
export function readOpReturn (script) {
  const start = script[0] === OP.ZERO ? 1 : 0
  if (script[start] !== OP.RETURN) return null
  const fields = operations(script.subarray(start + 1))?.map(pushed)
  return fields?.every(field => field !== null) ? fields : null
}
