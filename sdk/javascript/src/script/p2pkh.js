// P2PKH: OP_DUP OP_HASH160 <hash of a public key> OP_EQUALVERIFY OP_CHECKSIG.

import { OP } from './operations.js'

const HASH_LENGTH = 20
const HEAD = [OP.DUP, OP.HASH160, HASH_LENGTH]
const TAIL = [OP.EQUALVERIFY, OP.CHECKSIG]
const LENGTH = HEAD.length + HASH_LENGTH + TAIL.length

/** HASH160 of the key that a P2PKH script pays to, 20 bytes; `null` where it is none. @param {Uint8Array} script @returns {Uint8Array | null} */
export function readP2pkh (script) {
  const fits = script.length === LENGTH && HEAD.every((byte, at) => script[at] === byte) &&
    TAIL.every((byte, at) => script[HEAD.length + HASH_LENGTH + at] === byte)
  return fits ? script.slice(HEAD.length, HEAD.length + HASH_LENGTH) : null
}
