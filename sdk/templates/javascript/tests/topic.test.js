import assert from 'node:assert/strict'
import test from 'node:test'
import { concat, utf8 } from 'trellis-plugin'
import { topicManager } from '../src/topic.js'
import { ANYTHING, LOCK_LENGTH, TOKEN, transaction } from './tokens.js'

function judge (scripts, previousCoins = []) {
  const submission = { topic: 'tm_my_plugin', transaction: transaction(scripts), previousCoins, offChainValues: null }
  return topicManager.identifyAdmissibleOutputs(submission)
}

function refusal (scripts) {
  let text = ''
  assert.throws(() => judge(scripts), thrown => {
    text = thrown.message
    return thrown.name === 'Refusal'
  })
  return text
}

test('messages are admitted and everything else is skipped', () => {
  assert.deepEqual(judge([ANYTHING, TOKEN, new Uint8Array(0), TOKEN]), { outputsToAdmit: [1, 3], coinsToRetain: [] })
})

test('spending messages without a new one takes them out', () => {
  assert.deepEqual(judge([ANYTHING], [0]), { outputsToAdmit: [], coinsToRetain: [] })
})

test('a refusal says what is wrong with each output', () => {
  const lock = TOKEN.subarray(0, LOCK_LENGTH)
  const oneByte = concat(lock, utf8('\x01h\x01s\x6d'))
  const threeFields = concat(lock, utf8('\x02hi\x02hi\x01s\x6d\x75'))
  const otherText = Uint8Array.from(TOKEN)
  otherText[37] ^= 1
  const lockAfter = concat(utf8('\x02hi\x01s\x6d'), lock)
  assert.equal(refusal([ANYTHING, oneByte, threeFields, otherText, lockAfter]), 'no output is a message; ' +
    'output 0: not a PushDrop token with the lock before the data; ' +
    'output 1: the text is shorter than 2 bytes; ' +
    'output 2: a message has two fields, the text and a signature over it; ' +
    'output 3: the signature over the text is not by the key that locks the token; ' +
    'output 4: not a PushDrop token with the lock before the data')
})

test('a refusal stays short however many outputs there are', () => {
  assert.match(refusal(Array(1000).fill(ANYTHING)), /; and 992 more$/)
  assert.doesNotMatch(refusal(Array(8).fill(ANYTHING)), /more/)
})
