import assert from 'node:assert/strict'
import test from 'node:test'
import { PrivateKey, P2PKH, PushDrop, ProtoWallet } from '@bsv/sdk'
import { concat, equal, fromHex, hex, readOpReturn, readOrdinal, readP2pkh, readPushDrop, utf8 } from '../src/index.js'
import { hash160, isSigned } from '../src/crypto.js'

const KEY = new PrivateKey(7)
const P2PKH_SCRIPT = Uint8Array.from(new P2PKH().lock(KEY.toAddress()).toBinary())
const KEY_BYTES = Uint8Array.from(KEY.toPublicKey().toDER())

async function pushDrop (fields, lockPosition, isSigned) {
  const script = await new PushDrop(new ProtoWallet(KEY)).lock(fields, [2, 'plugin tests'], '1', 'self', false, isSigned, lockPosition)
  return Uint8Array.from(script.toBinary())
}

test('what @bsv/sdk writes as a PushDrop token is read with its fields, wherever the lock stands', async () => {
  const long = Array(300).fill(7)
  for (const lockPosition of ['before', 'after']) {
    for (const fields of [[[1, 2, 3]], [[5], [0x81], [0]], [long, [1, 2], long, [16], [17]], [Array(70_000).fill(1)]]) {
      const token = readPushDrop(await pushDrop(fields, lockPosition, false))
      assert.equal(token?.lockPosition, lockPosition)
      assert.deepEqual(token.fields.map(field => [...field]), fields)
    }
  }
})

test('only what the locking key signed is signed', async () => {
  const token = readPushDrop(await pushDrop([[1, 2], [3, 4]], 'before', true))
  assert.equal(token.fields.length, 3)
  assert.equal(isSigned(token), true)
  assert.equal(isSigned({ ...token, fields: [Uint8Array.of(9), ...token.fields.slice(1)] }), false)
  assert.equal(isSigned({ ...token, lockingPublicKey: KEY_BYTES }), false)
  assert.equal(isSigned({ ...token, fields: token.fields.slice(0, 1) }), false)
})

test('a script of another form is no token', () => {
  const lock = concat([33], KEY_BYTES, [0xac])
  const body = concat([3], utf8('one'), [3], utf8('two'))
  assert.notEqual(readPushDrop(concat(lock, body, [0x6d])), null)
  for (const script of [
    [], lock, body, concat(body, [0x6d]), concat(lock, [0x75]), concat(lock, body, [0x75]), concat(lock, body, [0x6d, 0x75]),
    concat(lock, body, [0x6d, 0x51]), concat(lock, body, [0x6d], lock), concat(lock, [3], utf8('one'), [0x76], [0x6d]),
    concat([32], KEY_BYTES.subarray(1), [0xac], body, [0x6d]), concat([33, 5], KEY_BYTES.subarray(1), [0xac], body, [0x6d])
  ]) {
    assert.equal(readPushDrop(Uint8Array.from(script)), null, hex(Uint8Array.from(script)))
  }
})

test('scripts cut anywhere are read without an exception', async () => {
  const whole = await pushDrop([Array(300).fill(7), [1]], 'before', true)
  for (let length = 0; length < whole.length; length++) assert.equal(readPushDrop(whole.slice(0, length)), null)
  for (const text of ['4c', '4d01', '4e010203', '4effffffff', '4b']) assert.equal(readPushDrop(fromHex(text)), null)
})

test('P2PKH is read as the hash of its key', () => {
  assert.ok(equal(readP2pkh(P2PKH_SCRIPT), hash160(KEY_BYTES)))
  assert.equal(readP2pkh(P2PKH_SCRIPT.slice(1)), null)
  assert.equal(readP2pkh(concat(P2PKH_SCRIPT, [0x51])), null)
})

test('fields behind OP_RETURN are read, with OP_FALSE in front and without', () => {
  const fields = concat([2], utf8('hi'), [0x51])
  for (const head of [[0x6a], [0, 0x6a]]) {
    assert.deepEqual(readOpReturn(concat(head, fields)).map(hex), ['6869', '01'])
    assert.deepEqual(readOpReturn(Uint8Array.from(head)), [])
  }
  assert.equal(readOpReturn(concat([0x6a], [5], utf8('hi'))), null)
  assert.equal(readOpReturn(concat([0x6a], [0x76])), null)
  assert.equal(readOpReturn(P2PKH_SCRIPT), null)
})

test('an ordinal is read with its content type and the script that locks it', () => {
  const type = utf8('text/plain')
  const envelope = concat([0, 0x63, 3], utf8('ord'), [0x51, type.length], type, [0, 5], utf8('hello'), [2], utf8('!!'), [0x68])
  for (const script of [concat(envelope, P2PKH_SCRIPT), concat(P2PKH_SCRIPT, envelope)]) {
    const { contentType, content, lockingScript } = readOrdinal(script)
    assert.deepEqual([contentType, hex(content), hex(lockingScript)], ['text/plain', hex(utf8('hello!!')), hex(P2PKH_SCRIPT)])
  }
  assert.equal(readOrdinal(P2PKH_SCRIPT), null)
  assert.equal(readOrdinal(envelope.slice(0, -1)), null)
})
