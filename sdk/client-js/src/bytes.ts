/** What is submitted, as bytes; bytes as the host's JSON has them. */
import type { Transaction } from '@bsv/sdk'
import { TrellisError } from './http.js'

/** A transaction with its sources, or its BEEF as bytes or hexadecimal text. */
export type Submittable = Transaction | readonly number[] | Uint8Array | string

/** The BEEF. What a transaction has no source for is left out: the host may hold it, or another member of a batch brings it. */
export function beefOf (what: Submittable): Uint8Array {
  if (typeof what === 'string') return bytesOf(what)
  // Not `instanceof`: an application can have the SDK twice, and a transaction of either is one.
  return Uint8Array.from('toBEEF' in what ? what.toBEEF(true) : what)
}

/** The bytes of a hexadecimal text. */
export function bytesOf (text: string): Uint8Array {
  if (!/^([0-9a-f]{2})*$/i.test(text)) {
    const shown = JSON.stringify(text.slice(0, 40))
    throw new TrellisError(0, 'ERR_PARAMETER', `bytes are given as hexadecimal text, two digits each, not as ${shown}`)
  }
  return Uint8Array.from(text.match(/../g) ?? [], digits => parseInt(digits, 16))
}

/** Hexadecimal text. */
export function hexOf (bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
}

/** Bytes behind their length (a VarInt of Bitcoin), then what follows them. */
export function behindItsLength (bytes: Uint8Array, rest: Uint8Array): Uint8Array {
  const { length } = bytes
  const prefix = length < 0xfd
    ? [length]
    : length <= 0xffff
      ? [0xfd, length & 0xff, length >> 8]
      : [0xfe, length & 0xff, (length >> 8) & 0xff, (length >> 16) & 0xff, length >>> 24]
  const all = new Uint8Array(prefix.length + length + rest.length)
  all.set(prefix)
  all.set(bytes, prefix.length)
  all.set(rest, prefix.length + length)
  return all
}
