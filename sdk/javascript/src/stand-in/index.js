// A stand-in for the host, for a plugin's own tests under Node: `node --import trellis-plugin/stand-in --test`.
//
// The host's functions answer from memory: rows in `state`, what was configured, real cryptography. It knows no limits, no
// grants and no read-only lookups; those are the host's, and only the host judges a component.

import { register } from 'node:module'
import { host, reset } from './host.js'

globalThis[Symbol.for('trellis-plugin stand-in')] = true
// `bsv:overlay/...` is what a component imports; Node is told to look here instead.
register('./resolve.js', import.meta.url)

/** Forgets everything. Call it before every test. */
export { reset }

/** What `configured` answers. @param {string} key @param {string} value */
export function setConfig (key, value) {
  host.config.set(key, value)
}

/** What `rawTransaction` answers. @param {Uint8Array} bytes */
export function setRawTransaction (bytes) {
  host.rawTransaction = bytes
}

/** What `ancestry` answers for a txid in hexadecimal. @param {string} txid @param {Uint8Array} raw @param {Uint8Array} atomicBeef */
export function addAncestor (txid, raw, atomicBeef) {
  host.ancestors.set(txid, { raw, atomicBeef })
}

/** What `topicOutput` answers for an output (`<txid>.<index>`) of a topic. */
export function addTopicOutput (topic, outpoint, { satoshis = 1, lockingScript = new Uint8Array(0), spent = false } = {}) {
  host.topic(topic).outputs.set(outpoint, { satoshis, lockingScript, spent })
}

/** A row of another topic. @param {string} topic @param {Uint8Array} key @param {Uint8Array} value */
export function setTopicState (topic, key, value) {
  host.topic(topic).rows.set(key, value)
}

/** Who signed the submission. @param {Uint8Array[]} keys */
export function setSigners (keys) {
  host.signers = keys
}

/** A certificate that came with the submission, believed as it stands. */
export function addCertificate (certificate) {
  host.certificates.push(certificate)
}

/** What was logged so far, oldest first: `{ level, message }`. */
export function logged () {
  return [...host.log]
}

/** How many rows `state` holds. */
export function stateRows () {
  return host.rows.size
}
