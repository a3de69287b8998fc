// Hashes, signatures and keys, computed by the host at native speed.
//
// Public keys have 33 bytes compressed (65 uncompressed are accepted), digests 32, signatures are DER. A malformed key or
// signature verifies as `false`; nothing here throws over foreign bytes.

import crypto from 'bsv:overlay/crypto@0.1.0'
import { concat } from './bytes.js'

/** @param {Uint8Array} data @returns {Uint8Array} */
export function sha256 (data) {
  return crypto.sha256(data)
}

/** SHA-256 twice. @param {Uint8Array} data @returns {Uint8Array} */
export function hash256 (data) {
  return crypto.hash256(data)
}

/** @param {Uint8Array} data @returns {Uint8Array} */
export function ripemd160 (data) {
  return crypto.ripemd160(data)
}

/** RIPEMD-160 of SHA-256. @param {Uint8Array} data @returns {Uint8Array} */
export function hash160 (data) {
  return crypto.hash160(data)
}

/** @param {Uint8Array} key @param {Uint8Array} data @returns {Uint8Array} */
export function hmacSha256 (key, data) {
  return crypto.hmacSha256(key, data)
}

/** ECDSA over secp256k1: whether the key signed this digest. Hash the data first. @param {Uint8Array} digest @param {Uint8Array} signature @param {Uint8Array} publicKey @returns {boolean} */
export function verifyEcdsa (digest, signature, publicKey) {
  return crypto.verifyEcdsa(digest, signature, publicKey)
}

/** BRC-42: the child of a key for an invoice number (BRC-43), derived by the counterparty `anyone`; `null` where the key is malformed. @param {Uint8Array} publicKey @param {string} invoiceNumber @returns {Uint8Array | null} */
export function derivePublicKey (publicKey, invoiceNumber) {
  return crypto.derivePublicKey(publicKey, invoiceNumber) ?? null
}

/** BRC-3: whether `signer` signed SHA-256 of the data for counterparty `anyone` under that invoice number. @param {Uint8Array} data @param {Uint8Array} signature @param {Uint8Array} signer @param {string} invoiceNumber @returns {boolean} */
export function verifySignature (data, signature, signer, invoiceNumber) {
  return crypto.verifySignature(data, signature, signer, invoiceNumber)
}

/** Whether the last field of a PushDrop token is a signature of its locking key over all fields before it, run together. @param {import('./script/push-drop.js').PushDrop} token @returns {boolean} */
export function isSigned ({ lockingPublicKey, fields }) {
  if (fields.length < 2) return false
  const signed = fields.slice(0, -1)
  return verifyEcdsa(sha256(signed.length === 1 ? signed[0] : concat(...signed)), fields.at(-1), lockingPublicKey)
}
