import assert from 'node:assert/strict'
import test, { beforeEach } from 'node:test'
import { outpointText, utf8 } from 'trellis-plugin'
import { reset, stateRows } from 'trellis-plugin/stand-in'
import { insert } from '../src/index.js'
import { lookupService } from '../src/lookup.js'
import { ANYTHING, TOKEN, outpoint } from './tokens.js'

const SECOND = 1_000_000
const TOPIC = 'tm_my_plugin'

beforeEach(reset)

/** Message "a" at seconds 1, 3, 5 and "b" at seconds 2, 4. */
function fiveMessages () {
  for (let n = 1; n <= 5; n++) insert(TOPIC, outpoint(n), utf8(n % 2 === 1 ? 'a' : 'b'), n * SECOND)
}

function ask (query) {
  const answer = lookupService.lookup({ service: 'ls_my_plugin', query: JSON.stringify(query) })
  assert.equal(answer.tag, 'output-list')
  return answer.val.map(found => outpointText(found.outpoint))
}

function spend (topic, spent) {
  lookupService.outputSpent({ topic, outpoint: spent, spendingTxid: new Uint8Array(32), inputIndex: 0, retained: false, spentAt: 100 })
}

const texts = numbers => numbers.map(number => outpointText(outpoint(number)))

test('everything is found newest first', () => {
  fiveMessages()
  for (const query of [{ findAll: true }, 'findAll', {}]) assert.deepEqual(ask(query), texts([5, 4, 3, 2, 1]))
  assert.deepEqual(ask({ sortOrder: 'asc' }), texts([1, 2, 3, 4, 5]))
})

test('pages follow on one another', () => {
  fiveMessages()
  assert.deepEqual(ask({ limit: 2 }), texts([5, 4]))
  assert.deepEqual(ask({ limit: 2, skip: 2 }), texts([3, 2]))
  assert.deepEqual(ask({ limit: 2, skip: 4 }), texts([1]))
  assert.deepEqual(ask({ skip: 5 }), [])
})

test('a message is found by its exact text', () => {
  fiveMessages()
  assert.deepEqual(ask({ message: 'a' }), texts([5, 3, 1]))
  assert.deepEqual(ask({ message: 'A' }), [])
  assert.deepEqual(ask({ message: 'a', limit: 1, skip: 1, sortOrder: 'asc' }), texts([3]))
})

test('both ends of a stretch of time belong to it', () => {
  fiveMessages()
  assert.deepEqual(ask({ startDate: 2000, endDate: 4000 }), texts([4, 3, 2]))
  assert.deepEqual(ask({ startDate: '1970-01-01T00:00:02Z', endDate: '1970-01-01T00:00:04Z' }), texts([4, 3, 2]))
  assert.deepEqual(ask({ message: 'a', startDate: 2000, endDate: 4000 }), texts([3]))
  assert.deepEqual(ask({ startDate: 4001 }), texts([5]))
  assert.deepEqual(ask({ startDate: 4000, endDate: 2000 }), [])
})

test('a spent or evicted message leaves no row behind', () => {
  fiveMessages()
  for (const n of [1, 2, 3]) spend(TOPIC, outpoint(n))
  assert.deepEqual(ask({}), texts([5, 4]))
  for (const n of [4, 5]) lookupService.outputEvicted(TOPIC, outpoint(n))
  spend(TOPIC, outpoint(7))
  assert.equal(stateRows(), 0)
})

test('a message two topics hold is listed once until the last gives it up', () => {
  insert('tm_one', outpoint(1), utf8('hi'), SECOND)
  insert('tm_two', outpoint(1), utf8('hi'), 2 * SECOND)
  assert.deepEqual(ask({}), texts([1]))
  spend('tm_one', outpoint(1))
  assert.deepEqual(ask({ message: 'hi' }), texts([1]))
  spend('tm_two', outpoint(1))
  assert.equal(stateRows(), 0)
})

test('an output that is no message is left out of the index', () => {
  const admitted = { topic: TOPIC, outpoint: outpoint(1), satoshis: 1, admittedAt: SECOND, offChainValues: null }
  lookupService.outputAdmitted({ ...admitted, lockingScript: ANYTHING })
  assert.equal(stateRows(), 0)
  lookupService.outputAdmitted({ ...admitted, lockingScript: TOKEN })
  assert.deepEqual(ask({ message: 'hello world' }), texts([1]))
})
