// The rows the lookup service keeps, designed backwards from the questions.
//
//   o <outpoint 36>                    -> <admitted at 8> <digest 32> (<length 1> <topic>)...   who holds the output
//   t <admitted at 8> <outpoint 36>                                                            every message by time
//   m <digest of the message 32> <admitted at 8> <outpoint 36>                                 equal messages by time
//
// Rows sort by the bytes of their keys. "Newest first" is therefore a scan of `t` from its end, "this message" a scan of `m`
// behind its digest, and a stretch of time is a stretch of either. A spend names nothing but the outpoint, so `o` remembers
// what the other two keys were made of.
//
// An output that two topics hold is listed once, from the first admission until the last topic gave it up.

import { bigEndian, concat, outpointFromBytes, outpointToBytes, utf8 } from 'trellis-plugin'
import { sha256 } from 'trellis-plugin/crypto'
import * as state from 'trellis-plugin/state'

const [HOLDER, TIME, MESSAGE] = ['o', 't', 'm'].map(utf8)
const TIME_LENGTH = 8
const DIGEST_LENGTH = 32
const EMPTY = new Uint8Array(0)

/** Notes that a topic holds the message. `admittedAt` is in microseconds. */
export function insert (topic, outpoint, message, admittedAt) {
  const listing = listed(outpoint) ?? { admittedAt: bigEndian(admittedAt, TIME_LENGTH), digest: sha256(message), topics: [] }
  if (!listing.topics.includes(topic)) listing.topics.push(topic)
  for (const key of findableBy(outpoint, listing)) state.set(key, EMPTY)
  state.set(holders(outpoint), toValue(listing))
}

/** Notes that a topic no longer holds the output; nothing happens if it never did. */
export function remove (topic, outpoint) {
  const listing = listed(outpoint)
  if (listing === null) return
  listing.topics = listing.topics.filter(holder => holder !== topic)
  if (listing.topics.length > 0) {
    state.set(holders(outpoint), toValue(listing))
    return
  }
  state.remove(holders(outpoint))
  for (const key of findableBy(outpoint, listing)) state.remove(key)
}

/** The messages a search finds, in its order. */
export function find ({ message, from, until, newestFirst, skip, limit }) {
  const head = message === null ? TIME : concat(MESSAGE, sha256(utf8(message)))
  const start = concat(head, bigEndian(from, TIME_LENGTH))
  const end = until === null ? state.prefixRange(head).end : concat(head, bigEndian(until, TIME_LENGTH))
  const found = []
  let passed = 0
  for (const { key } of state.scan({ start, end, reverse: newestFirst, pageSize: skip + limit })) {
    if (passed++ < skip) continue
    found.push(outpointFromBytes(key.subarray(head.length + TIME_LENGTH)))
    if (found.length === limit) break
  }
  return found
}

function holders (outpoint) {
  return concat(HOLDER, outpointToBytes(outpoint))
}

/** The two rows that make a message findable. */
function findableBy (outpoint, { admittedAt, digest }) {
  const place = concat(admittedAt, outpointToBytes(outpoint))
  return [concat(TIME, place), concat(MESSAGE, digest, place)]
}

function listed (outpoint) {
  const value = state.get(holders(outpoint))
  if (value === null) return null
  const topics = []
  for (let at = TIME_LENGTH + DIGEST_LENGTH; at < value.length; at += 1 + value[at]) {
    // Names of topics are ASCII.
    topics.push(String.fromCharCode(...value.subarray(at + 1, at + 1 + value[at])))
  }
  return { admittedAt: value.slice(0, TIME_LENGTH), digest: value.slice(TIME_LENGTH, TIME_LENGTH + DIGEST_LENGTH), topics }
}

function toValue ({ admittedAt, digest, topics }) {
  return concat(admittedAt, digest, ...topics.flatMap(topic => [[topic.length], utf8(topic)]))
}
