// Bytes as hexadecimal, as UTF-8, as numbers. The language runtime inside a component has no TextEncoder and no Buffer.

import { refuse } from './refusal.js'

const REPLACEMENT = 0xfffd

/** Lower-case hexadecimal. @param {Uint8Array} bytes @returns {string} */
export function hex (bytes) {
  let text = ''
  for (const byte of bytes) text += (byte < 16 ? '0' : '') + byte.toString(16)
  return text
}

/** Bytes of hexadecimal text; what is none is refused. @param {string} text @returns {Uint8Array} */
export function fromHex (text) {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) refuse('hexadecimal has two digits (0 to 9, a to f) for each byte')
  return Uint8Array.from({ length: text.length / 2 }, (_, at) => parseInt(text.slice(2 * at, 2 * at + 2), 16))
}

/** UTF-8 of a text; half of a surrogate pair becomes U+FFFD. @param {string} text @returns {Uint8Array} */
export function utf8 (text) {
  const bytes = []
  for (const character of text) {
    const point = character.codePointAt(0)
    const code = point >= 0xd800 && point < 0xe000 ? REPLACEMENT : point
    if (code < 0x80) bytes.push(code)
    else if (code < 0x800) bytes.push(0xc0 | code >> 6, 0x80 | code & 63)
    else if (code < 0x10000) bytes.push(0xe0 | code >> 12, 0x80 | code >> 6 & 63, 0x80 | code & 63)
    else bytes.push(0xf0 | code >> 18, 0x80 | code >> 12 & 63, 0x80 | code >> 6 & 63, 0x80 | code & 63)
  }
  return Uint8Array.from(bytes)
}

/** Shortest forms of two, three and four bytes: the bits of the first byte, and the least code that needs so many. */
const LENGTHS = [[0xc0, 0xe0, 0x80, 1], [0xe0, 0xf0, 0x800, 2], [0xf0, 0xf8, 0x10000, 3]]

/** Text of UTF-8 bytes; `null` where they are none. @param {Uint8Array} bytes @returns {string | null} */
export function fromUtf8 (bytes) {
  let text = ''
  for (let at = 0; at < bytes.length;) {
    const first = bytes[at++]
    if (first < 0x80) {
      text += String.fromCharCode(first)
      continue
    }
    const form = LENGTHS.find(([head, above]) => first >= head && first < above)
    if (form === undefined) return null
    const [head, , least, following] = form
    let code = first - head
    for (let n = 0; n < following; n++) {
      if (at >= bytes.length || (bytes[at] & 0xc0) !== 0x80) return null
      code = code << 6 | bytes[at++] & 63
    }
    if (code < least || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return null
    text += String.fromCodePoint(code)
  }
  return text
}

/** One after the other. @param {...(Uint8Array | number[])} parts @returns {Uint8Array} */
export function concat (...parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** Whether two are the same. @param {Uint8Array} one @param {Uint8Array} other @returns {boolean} */
export function equal (one, other) {
  return one.length === other.length && one.every((byte, at) => byte === other[at])
}

/** The order of rows in `state`: negative where `one` comes first. @param {Uint8Array} one @param {Uint8Array} other @returns {number} */
export function compare (one, other) {
  const length = Math.min(one.length, other.length)
  for (let at = 0; at < length; at++) {
    if (one[at] !== other[at]) return one[at] - other[at]
  }
  return one.length - other.length
}

/**
 * A whole number up to 2^53 - 1 as bytes, the most significant first, so that bytes sort as numbers do.
 * @param {number} number @param {number} length @returns {Uint8Array}
 */
export function bigEndian (number, length) {
  const bytes = new Uint8Array(length)
  // Not with shifts: those are of 32 bits.
  for (let at = length - 1; at >= 0; at--) {
    bytes[at] = number % 256
    number = Math.floor(number / 256)
  }
  return bytes
}

/** The reverse of `bigEndian`. @param {Uint8Array} bytes @returns {number} */
export function fromBigEndian (bytes) {
  return bytes.reduce((number, byte) => number * 256 + byte, 0)
}
