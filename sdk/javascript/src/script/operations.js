// Scripts as a sequence of operations. Reads foreign bytes: a push that runs past the end is an end, never an exception.

/** The operations that the readers know by name. */
export const OP = {
  ZERO: 0x00,
  PUSHDATA1: 0x4c,
  PUSHDATA2: 0x4d,
  PUSHDATA4: 0x4e,
  ONE_NEGATE: 0x4f,
  ONE: 0x51,
  SIXTEEN: 0x60,
  IF: 0x63,
  ENDIF: 0x68,
  RETURN: 0x6a,
  TWO_DROP: 0x6d,
  DROP: 0x75,
  DUP: 0x76,
  EQUALVERIFY: 0x88,
  HASH160: 0xa9,
  CHECKSIG: 0xac
}

/** @typedef {{ code: number, data: Uint8Array | null, at: number, next: number }} Operation An operation, what it pushes (`null` where it carries no bytes), where it begins and where the next one does. */

/** Bytes of the length that follow these operations. */
const LENGTH_BYTES = { [OP.PUSHDATA1]: 1, [OP.PUSHDATA2]: 2, [OP.PUSHDATA4]: 4 }

/** The operation at a place; `null` at the end and where a push runs past it. @param {Uint8Array} script @param {number} at @returns {Operation | null} */
export function operationAt (script, at) {
  if (at >= script.length) return null
  const code = script[at]
  if (code === OP.ZERO || code > OP.PUSHDATA4) return { code, data: null, at, next: at + 1 }
  const bytes = LENGTH_BYTES[code] ?? 0
  let length = code
  if (bytes > 0) {
    if (at + 1 + bytes > script.length) return null
    length = 0
    for (let n = bytes; n > 0; n--) length = length * 256 + script[at + n]
  }
  const from = at + 1 + bytes
  if (from + length > script.length) return null
  return { code, data: script.subarray(from, from + length), at, next: from + length }
}

/** Every operation of a script; `null` where a push runs past its end. @param {Uint8Array} script @returns {Operation[] | null} */
export function operations (script) {
  const all = []
  for (let at = 0; at < script.length;) {
    const operation = operationAt(script, at)
    if (operation === null) return null
    all.push(operation)
    at = operation.next
  }
  return all
}

/**
 * The bytes an operation pushes, small numbers as `@bsv/sdk` reads them back (`OP_0` is the byte 0, `OP_1NEGATE` the byte
 * 0x81, `OP_1` to `OP_16` the bytes 1 to 16); `null` where it pushes nothing.
 * @param {Operation} operation @returns {Uint8Array | null}
 */
export function pushed ({ code, data }) {
  if (data !== null) return data
  if (code === OP.ZERO) return Uint8Array.of(0)
  if (code === OP.ONE_NEGATE) return Uint8Array.of(0x81)
  return code >= OP.ONE && code <= OP.SIXTEEN ? Uint8Array.of(code - OP.ONE + 1) : null
}
