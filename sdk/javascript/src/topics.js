// What other topics of the host hold. Read-only, and only what the operator granted with `reads` of the topic or service; a
// lookup service reads the topics it indexes without a grant. Anything else is a fault whose text says what to configure.
// For `identifyAdmissibleOutputs`, `isRelevant` and `lookup` only: an index is built anew from what its calls carry.

import topics from 'bsv:overlay/topics@0.1.0'
import { pages } from './rows.js'

/** @typedef {{ satoshis: number, lockingScript: Uint8Array, spent: boolean }} HeldOutput `spent`: kept for the topic's history. */

/** An output a topic holds; `null` where it never entered, or was spent and not retained. @param {string} topic @param {import('./outpoint.js').Outpoint} outpoint @returns {HeldOutput | null} */
export function topicOutput (topic, outpoint) {
  return topics.output(topic, outpoint) ?? null
}

/** The value under a key in a topic's rows. @param {string} topic @param {Uint8Array} key @returns {Uint8Array | null} */
export function topicStateGet (topic, key) {
  return topics.stateGet(topic, key) ?? null
}

/** The rows of a topic in a range. @param {string} topic @param {import('./rows.js').Range} range */
export function topicStateScan (topic, range = {}) {
  return pages(range, (start, end, limit, reverse) => topics.stateScan(topic, start, end, limit, reverse))
}
