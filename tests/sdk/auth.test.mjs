// Mutual authentication with the unmodified AuthFetch (BRC-103, BRC-104): node auth.test.mjs <url> <headers file> <door>

import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { AuthFetch, PrivateKey, ProtoWallet, Utils } from '@bsv/sdk'

const [url, , door] = process.argv.slice(2)
const key = PrivateKey.fromRandom()
const client = new AuthFetch(new ProtoWallet(key))

// What `fetch` was last asked for, as it went over the wire.
let sent
const plainFetch = globalThis.fetch
const recorded = async (address, options) => {
  sent = { address, options }
  return await plainFetch(address, options)
}
// AuthFetch takes `fetch` when its module is loaded; its transports can be given another one.
const { SimplifiedFetchTransport } = await import('@bsv/sdk')
const transport = new SimplifiedFetchTransport(url, recorded)

const json = { method: 'POST', headers: { 'content-type': 'application/json' } }
const question = { ...json, body: JSON.stringify({ service: 'ls_helloworld', query: { message: 'nobody said this' } }) }

// Kills the host and starts it again.
async function restart () {
  await new Promise((resolve, reject) => {
    const socket = connect(Number(door), '127.0.0.1', () => socket.write('again'))
    socket.on('data', () => { socket.end(); resolve() }).on('error', reject)
  })
}

async function refusal (response, status, code) {
  const body = await response.json()
  assert.deepEqual([response.status, body.code], [status, code], body.message)
  assert.equal(response.headers.get('x-bsv-auth-signature'), null, 'a refusal is not signed')
  return body.message
}

test('a client that shows who it is gets what everybody gets, signed by the host', async () => {
  const mine = await client.fetch(`${url}/v1/topics?at=1`, { method: 'GET' })
  assert.equal(mine.status, 200)
  const host = mine.headers.get('x-bsv-auth-identity-key')
  assert.match(host, /^0[23][0-9a-f]{64}$/)
  assert.deepEqual(await mine.json(), await (await plainFetch(`${url}/v1/topics?at=1`)).json())
})

test('bodies, queries and errors are signed as well', async () => {
  const answer = await client.fetch(`${url}/lookup`, question)
  assert.equal(answer.status, 200)
  assert.deepEqual((await answer.json()).outputs, [])
  const nothing = await client.fetch(`${url}/v1/transactions/${'00'.repeat(32)}`, { method: 'GET' })
  assert.equal(nothing.status, 404)
  assert.equal((await nothing.json()).code, 'ERR_TRANSACTION_NOT_FOUND')
  const empty = await client.fetch(`${url}/lookup`, { method: 'POST' })
  assert.equal(empty.status, 400)
})

test('who shows nothing is served as before', async () => {
  const response = await plainFetch(`${url}/v1/topics`)
  assert.equal(response.status, 200)
  assert.equal(response.headers.get('x-bsv-auth-identity-key'), null)
})

// A request as AuthFetch makes it, to be sent again and changed: through a peer of its own whose transport is recorded.
async function request () {
  const { Peer } = await import('@bsv/sdk')
  const peer = new Peer(new ProtoWallet(key), transport)
  const writer = new Utils.Writer()
  writer.write(Array.from(crypto.getRandomValues(new Uint8Array(32))))
  const body = Utils.toArray(question.body, 'utf8')
  for (const text of ['POST', '/lookup']) {
    writer.writeVarIntNum(text.length)
    writer.write(Utils.toArray(text, 'utf8'))
  }
  writer.writeVarIntNum(-1)
  writer.writeVarIntNum(1)
  for (const text of ['content-type', 'application/json']) {
    writer.writeVarIntNum(text.length)
    writer.write(Utils.toArray(text, 'utf8'))
  }
  writer.writeVarIntNum(body.length)
  writer.write(body)
  const answered = new Promise(resolve => peer.listenForGeneralMessages((_, payload) => resolve(payload)))
  await peer.toPeer(writer.toArray())
  await answered
  return sent
}

test('a request is answered once', async () => {
  const { address, options } = await request()
  const message = await refusal(await plainFetch(address, options), 401, 'ERR_AUTH_SESSION')
  assert.match(message, /answered before/)
})

test('whatever is changed in a request breaks its signature', async () => {
  const { address, options } = await request()
  const nonce = { ...options.headers, 'x-bsv-auth-nonce': Utils.toBase64(Array.from({ length: 32 }, () => 7)) }
  const changes = [
    [address, { ...options, headers: nonce }],
    [`${address}?a=b`, options],
    [`${url}/submit`, options],
    [address, { ...options, method: 'PUT' }],
    [address, { ...options, body: options.body.replace('nobody', 'somebody') }],
    [address, { ...options, headers: { ...options.headers, 'content-type': 'text/plain' } }],
    [address, { ...options, headers: { ...options.headers, 'x-bsv-more': '1' } }],
    [address, { ...options, headers: { ...options.headers, 'x-bsv-auth-signature': options.headers['x-bsv-auth-signature'].replace(/..$/, '00') } }],
    [address, { ...options, headers: { ...options.headers, 'x-bsv-auth-request-id': Utils.toBase64(Array.from({ length: 32 }, () => 7)) } }]
  ]
  for (const [where, how] of changes) await refusal(await plainFetch(where, how), 401, 'ERR_AUTH_SIGNATURE')
  const somebody = PrivateKey.fromRandom().toPublicKey().toString()
  const stolen = { ...options, headers: { ...options.headers, 'x-bsv-auth-identity-key': somebody } }
  await refusal(await plainFetch(address, stolen), 401, 'ERR_AUTH_SESSION')
  for (const name of ['x-bsv-auth-nonce', 'x-bsv-auth-signature', 'x-bsv-auth-identity-key']) {
    const { [name]: _, ...headers } = options.headers
    assert.match(await refusal(await plainFetch(address, { ...options, headers }), 401, 'ERR_AUTH_HEADER'), new RegExp(name))
  }
})

test('a handshake that is none is refused with what is wrong', async () => {
  const good = {
    version: '0.1',
    messageType: 'initialRequest',
    identityKey: key.toPublicKey().toString(),
    initialNonce: Utils.toBase64(Array.from({ length: 48 }, () => 1))
  }
  const shake = async body => await plainFetch(`${url}/.well-known/auth`, { ...json, body: typeof body === 'string' ? body : JSON.stringify(body) })
  assert.equal((await shake(good)).status, 200)
  for (const bad of [
    '', '{', JSON.stringify(good).slice(0, -1), '[]', {},
    { ...good, version: '0.2' },
    { ...good, messageType: 'general' },
    { ...good, identityKey: '04' + '11'.repeat(64) },
    { ...good, identityKey: 'nobody' },
    { ...good, initialNonce: '' },
    { ...good, initialNonce: 'not base64!' },
    { ...good, initialNonce: 'A'.repeat(1000) }
  ]) await refusal(await shake(bad), 400, 'ERR_AUTH_MESSAGE')
  await refusal(await shake({ ...good, identityKey: '02' + 'ff'.repeat(32) }), 401, 'ERR_AUTH_IDENTITY')
  await refusal(await shake({ ...good, initialNonce: 'A'.repeat(10 << 20) }), 413, 'ERR_BODY_TOO_LARGE')
})

test('what has no end is not signed', async () => {
  await assert.rejects(client.fetch(`${url}/v1/events`, { method: 'GET' }), /ERR_AUTH_STREAM/)
})

test('a session of before a restart is over, and the client makes another by itself', async () => {
  const before = await request()
  const was = await client.fetch(`${url}/v1/topics`, { method: 'GET' })
  await restart()
  assert.match(await refusal(await plainFetch(before.address, before.options), 401, 'ERR_AUTH_SESSION'), /shake hands/)
  const is = await client.fetch(`${url}/v1/topics`, { method: 'GET' })
  assert.equal(is.status, 200)
  const host = 'x-bsv-auth-identity-key'
  assert.equal(is.headers.get(host), was.headers.get(host), 'the host is the same one')
})
