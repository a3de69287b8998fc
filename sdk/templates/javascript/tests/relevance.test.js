import assert from 'node:assert/strict'
import test from 'node:test'
import { topicRelevance } from '../src/relevance.js'
import { ANYTHING, TOKEN, transaction } from './tokens.js'

test('a transaction with a message concerns the topic', () => {
  assert.equal(topicRelevance.isRelevant('tm_my_plugin', transaction([ANYTHING, TOKEN])), true)
  assert.equal(topicRelevance.isRelevant('tm_my_plugin', transaction([ANYTHING])), false)
})
