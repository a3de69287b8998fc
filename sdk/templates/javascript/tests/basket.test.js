import assert from 'node:assert/strict'
import test from 'node:test'
import { create, hex } from 'trellis-plugin'
import { basketManager } from '../src/basket.js'
import { ANYTHING, LOCK_LENGTH, TOKEN, transaction } from './tokens.js'

test('every message is one token of the key that locks it', () => {
  const admitted = [0, 1].map(outputIndex => ({ topic: 'tm_my_plugin', outputIndex }))
  const organising = { transaction: transaction([ANYTHING, TOKEN]), admitted, held: [], offChainValues: null }
  const [operation, ...others] = basketManager.operations(organising)
  assert.deepEqual(others, [])
  const owner = hex(TOKEN.subarray(1, LOCK_LENGTH - 1))
  assert.deepEqual(operation, create(1, { basket: 'my_plugin/messages', asset: 'message', amount: 1, owner }))
})
