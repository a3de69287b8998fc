import assert from 'node:assert/strict'
import test, { beforeEach } from 'node:test'
import { PrivateKey, ProtoWallet } from '@bsv/sdk'
import {
  bigEndian, compare, definePlugin, fromBigEndian, fromHex, fromUtf8, hex, outpointFromBytes, outpointFromText, outpointText,
  outpointToBytes, utf8
} from '../src/index.js'
import { configured } from '../src/config.js'
import { sha256, verifySignature } from '../src/crypto.js'
import { get, prefixRange, remove, scan, set } from '../src/state.js'
import { topicOutput, topicStateScan } from '../src/topics.js'
import * as standIn from '../src/stand-in/index.js'

beforeEach(standIn.reset)

test('texts and numbers survive being bytes', () => {
  for (const text of ['', 'hi', 'grüße', '€', '😀 ok', '\u0000']) {
    assert.deepEqual(utf8(text), Uint8Array.from(Buffer.from(text)), text)
    assert.equal(fromUtf8(utf8(text)), text)
  }
  for (const bytes of ['c0af', 'e080', 'eda080', 'f4908080', 'ff', '80']) {
    assert.equal(fromUtf8(fromHex(bytes)), null, bytes)
  }
  for (const number of [0, 1, 255, 256, 2 ** 32, Number.MAX_SAFE_INTEGER]) assert.equal(fromBigEndian(bigEndian(number, 8)), number)
  assert.equal(hex(bigEndian(2 ** 40 + 1, 8)), '0000010000000001')
  assert.throws(() => fromHex('abc'), { name: 'Refusal' })
  assert.throws(() => fromHex('zz'), { name: 'Refusal' })
})

test('an outpoint survives text and bytes, and what is none is refused', () => {
  const text = `${'ab'.repeat(32)}.7`
  assert.equal(outpointText(outpointFromText(text)), text)
  assert.equal(outpointText(outpointFromBytes(outpointToBytes(outpointFromText(text)))), text)
  assert.equal(outpointFromBytes(new Uint8Array(35)), null)
  for (const bad of ['', 'ab.1', `${'ab'.repeat(32)}.4294967296`, `${'ab'.repeat(32)}.-1`, `${'ab'.repeat(32)}.`]) {
    assert.throws(() => outpointFromText(bad), { name: 'Refusal' }, bad)
  }
})

test('a scan sees every row of its range once whatever the page size', () => {
  const keys = Array.from({ length: 41 }, (_, n) => Uint8Array.of(97 + n % 3, n))
  for (const key of keys) set(key, utf8('value'))
  const wanted = keys.filter(key => key[0] === 98).sort(compare).map(hex)
  for (const pageSize of [0, 1, 2, 13, 14, 15, 100, 5000]) {
    const range = { ...prefixRange(utf8('b')), pageSize }
    assert.deepEqual([...scan(range)].map(row => hex(row.key)), wanted)
    assert.deepEqual([...scan({ ...range, reverse: true })].map(row => hex(row.key)).reverse(), wanted)
  }
  assert.equal([...scan()].length, 41)
  assert.equal(prefixRange(fromHex('ffff')).end, null)
  assert.equal(hex(prefixRange(fromHex('01ffff')).end), '02')
  remove(keys[0])
  assert.equal(get(keys[0]), null)
})

test('a plugin reads what the stand-in was told', () => {
  standIn.setConfig('key', 'value')
  standIn.setTopicState('tm_other', utf8('a'), utf8('b'))
  const outpoint = { txid: new Uint8Array(32), outputIndex: 1 }
  standIn.addTopicOutput('tm_other', outpointText(outpoint), { satoshis: 5 })
  assert.deepEqual([configured('key'), configured('other')], ['value', null])
  assert.equal(topicOutput('tm_other', outpoint).satoshis, 5)
  assert.equal(topicOutput('tm_third', outpoint), null)
  assert.equal([...topicStateScan('tm_other')].length, 1)
})

test('signatures for anyone are verified as the host does', async () => {
  const key = new PrivateKey(9)
  const { signature } = await new ProtoWallet(key).createSignature({ data: [1, 2], protocolID: [2, 'plugin tests'], keyID: '1', counterparty: 'anyone' })
  const signer = Uint8Array.from(key.toPublicKey().toDER())
  const verify = data => verifySignature(Uint8Array.from(data), Uint8Array.from(signature), signer, '2-plugin tests-1')
  assert.deepEqual([verify([1, 2]), verify([1, 3])], [true, false])
  assert.equal(hex(sha256(utf8('abc'))), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
})

test('a description is complete', () => {
  const plugin = definePlugin({ describe: () => ({ name: 'A', shortDescription: 'B.' }), documentation: () => '' })
  assert.deepEqual(plugin.describe(), { name: 'A', shortDescription: 'B.', version: null, iconUrl: null, informationUrl: null })
})
