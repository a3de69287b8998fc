// Outpoints as text and as keys of rows. The host gives and takes them as `{ txid, outputIndex }`, the txid as 32 bytes in
// display order: in hexadecimal it is the id that people read.

import { bigEndian, concat, fromBigEndian, fromHex, hex } from './bytes.js'
import { refuse } from './refusal.js'

/** @typedef {{ txid: Uint8Array, outputIndex: number }} Outpoint */

const TXID_LENGTH = 32
const INDEX_MOST = 0xffffffff

/** `<txid>.<output index>`. @param {Outpoint} outpoint @returns {string} */
export function outpointText ({ txid, outputIndex }) {
  return `${hex(txid)}.${outputIndex}`
}

/** The reverse of `outpointText`; what is none is refused. @param {string} text @returns {Outpoint} */
export function outpointFromText (text) {
  const [, txid, index] = /^([0-9a-fA-F]{64})\.([0-9]{1,10})$/.exec(text) ?? []
  if (txid === undefined || Number(index) > INDEX_MOST) refuse('an outpoint is "<transaction id>.<output index>"')
  return { txid: fromHex(txid), outputIndex: Number(index) }
}

/** 36 bytes for a key: the txid and the index, big-endian so that outputs of one transaction sort. @param {Outpoint} outpoint */
export function outpointToBytes ({ txid, outputIndex }) {
  return concat(txid, bigEndian(outputIndex, 4))
}

/** The reverse of `outpointToBytes`; `null` where there are not 36 bytes. @param {Uint8Array} bytes @returns {Outpoint | null} */
export function outpointFromBytes (bytes) {
  if (bytes.length !== TXID_LENGTH + 4) return null
  return { txid: bytes.slice(0, TXID_LENGTH), outputIndex: fromBigEndian(bytes.subarray(TXID_LENGTH)) }
}
