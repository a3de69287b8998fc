// Who may ask for what, with the unmodified AuthFetch: node access.test.mjs <url> <headers file> <door>

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AuthFetch, MasterCertificate, PrivateKey, ProtoWallet, Transaction, Utils } from '@bsv/sdk'
import { Person } from './tokens.mjs'
import { HeadersWorld } from './worlds.mjs'

const [url, headers] = process.argv.slice(2)

// The type of all certificates here, and an output that nobody spends.
const TYPE = Utils.toBase64(Array.from({ length: 32 }, () => 7))
const NEVER = `${'00'.repeat(32)}.0`

// A wallet with certificates, as AuthFetch asks one for them.
class Wallet extends ProtoWallet {
  certificates = []

  async take (certifier, fields) {
    const subject = this.keyDeriver.identityKey
    this.certificates.push(await MasterCertificate.issueCertificateForSubject(certifier, subject, fields, TYPE, async () => NEVER))
    return this
  }

  async listCertificates ({ certifiers, types }) {
    const certificates = this.certificates.filter(({ certifier, type }) => certifiers.includes(certifier) && types.includes(type))
    return { totalCertificates: certificates.length, certificates }
  }

  async proveCertificate ({ certificate, fieldsToReveal, verifier }) {
    const { certifier, fields, masterKeyring, serialNumber } = certificate
    return { keyringForVerifier: await MasterCertificate.createKeyringForVerifier(this, certifier, verifier, fields, fieldsToReveal, masterKeyring, serialNumber) }
  }
}

const world = new HeadersWorld(url, headers)
const somebody = new AuthFetch(new Wallet(PrivateKey.fromRandom()))
const JSON_TYPE = { 'content-type': 'application/json' }

// What a refusal of whoever does not say who it is must tell.
async function refused (response, named) {
  const body = await response.json()
  assert.deepEqual([response.status, body.code], [401, 'ERR_AUTH_REQUIRED'], body.message)
  for (const part of [named, '/.well-known/auth', 'AuthFetch']) assert.ok(body.message.includes(part), body.message)
}

const plain = async (path, options) => await fetch(`${url}${path}`, options)
const signed = async (path, options = { method: 'GET' }, client = somebody) => await client.fetch(`${url}${path}`, options)

async function json (response, status = 200) {
  const body = await response.json()
  assert.equal(response.status, status, JSON.stringify(body))
  return body
}

// A submission by AuthFetch, which takes an array of numbers as it is and signs headers that begin with x-bsv-.
function submission (transaction, topics, more = {}) {
  const names = { 'x-bsv-topics': JSON.stringify(topics), ...more }
  return { method: 'POST', headers: { ...JSON_TYPE, ...names }, body: transaction.toBEEF() }
}

// The same by fetch, which knows no arrays of numbers.
const unsigned = (transaction, topics) => ({ ...submission(transaction, topics), body: JSON.stringify(transaction.toBEEF()) })

const question = (service, message, more = {}) => ({
  method: 'POST', headers: { ...JSON_TYPE, ...more }, body: JSON.stringify({ service, query: { message } })
})

// Events that a stream tells until one of this sequence has come.
async function events (query, through, options) {
  const ended = new AbortController()
  const response = await plain(`/v1/events${query}`, { ...options, signal: ended.signal })
  assert.equal(response.status, 200, response.status === 200 ? '' : await response.text())
  const told = []
  let text = ''
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk
    const frames = text.split('\n\n')
    text = frames.pop()
    for (const frame of frames) {
      const data = frame.split('\n').find(line => line.startsWith('data: '))
      if (data !== undefined) told.push(JSON.parse(data.slice(6)))
    }
    if (told.some(event => event.sequence >= through)) break
  }
  ended.abort()
  return told
}

test('AuthFetch submits and looks up: every header it needs has a name it can sign', async () => {
  const alice = new Person()
  for (const path of ['/submit', '/v1/submit']) {
    const text = `signed ${path} ${Date.now()}`
    const transaction = await alice.hello(world, text)
    const answer = await json(await signed(path, submission(transaction, ['tm_helloworld'], { 'x-bsv-require': 'all' })))
    const steak = path === '/submit' ? answer : answer.topics
    assert.deepEqual(steak.tm_helloworld.outputsToAdmit, [0])
    const found = await json(await signed('/lookup', question('ls_helloworld', text)))
    assert.equal(Transaction.fromBEEF(found.outputs[0].beef).id('hex'), transaction.id('hex'))
    const merged = await signed('/lookup', question('ls_helloworld', text, { 'x-bsv-aggregation': 'yes' }))
    assert.equal(new Uint8Array(await merged.arrayBuffer())[0], 1, 'one output, in bytes')
  }
  const values = await alice.hello(world, `with values ${Date.now()}`)
  const beef = values.toBEEF()
  const writer = new Utils.Writer().writeVarIntNum(beef.length).write(beef).write([1, 2, 3])
  const options = submission(values, ['tm_helloworld'], { 'x-bsv-includes-off-chain-values': 'true' })
  await json(await signed('/submit', { ...options, body: writer.toArray() }))
  const other = await alice.hello(world, `in hexadecimal ${Date.now()}`)
  const hexadecimal = { ...submission(other, ['tm_helloworld']), body: JSON.stringify(other.toHexBEEF()) }
  await json(await signed('/submit', hexadecimal))
})

test('a header under both its names says one thing, and what is not understood is refused by name', async () => {
  const transaction = await new Person().hello(world, `both ${Date.now()}`)
  const both = submission(transaction, ['tm_helloworld'])
  both.body = JSON.stringify(both.body)
  both.headers['x-topics'] = '["tm_anytx"]'
  const differ = await json(await plain('/submit', both), 400)
  assert.match(differ.message, /x-topics and x-bsv-topics are one header/)
  both.headers['x-topics'] = both.headers['x-bsv-topics']
  await json(await plain('/submit', both))
  // What AuthFetch makes of an array of bytes that is said to be bytes.
  const bytes = { ...submission(transaction, ['tm_helloworld']) }
  bytes.headers['content-type'] = 'application/octet-stream'
  assert.match((await json(await signed('/submit', bytes), 400)).message, /application\/json/)
})

test('a path that is not open answers only clients that say who they are', async () => {
  await refused(await plain('/listTopicManagers'), 'path `/listTopicManagers`')
  await refused(await plain(`/v1/transactions/${'00'.repeat(32)}`), 'path `/v1/transactions`')
  assert.ok('tm_helloworld' in await json(await signed('/listTopicManagers')))
  assert.equal((await signed(`/v1/transactions/${'00'.repeat(32)}`)).status, 404)
  await json(await plain('/v1/topics'))
})

test('a topic that is not open takes and tells nothing without a session', async () => {
  const alice = new Person()
  const text = `closed ${Date.now()}`
  const transaction = await alice.hello(world, text)
  const options = submission(transaction, ['tm_helloworld', 'tm_closed'])
  const body = JSON.stringify(options.body)
  for (const path of ['/submit', '/v1/submit']) await refused(await plain(path, { ...options, body }), '`tm_closed`')
  const member = topics => ({ beef: transaction.toHexBEEF(), topics })
  const batch = topics => ({ method: 'POST', headers: JSON_TYPE, body: JSON.stringify({ submissions: [member(topics)] }) })
  for (const atomic of [true, false]) await refused(await plain(`/v1/submit/batch?atomic=${atomic}`, batch(['tm_closed'])), '`tm_closed`')
  const receipt = await json(await signed('/v1/submit', options))
  assert.deepEqual(receipt.topics.tm_closed.outputsToAdmit, [0])
  // A transaction that the host finds to be of that topic, because it holds the coin.
  const token = { transaction, vout: 0, unlock: alice.unlockMessage() }
  const burning = await alice.spend([token, { transaction, vout: 1 }], [])
  const auto = { ...submission(burning, 'auto'), body: JSON.stringify(burning.toBEEF()) }
  await refused(await plain('/submit', auto), '`tm_closed`')
  assert.equal((await signed(`/v1/transactions/${burning.id('hex')}`)).status, 404, 'nothing of it is stored')

  for (const path of ['/v1/topics/tm_closed/state', '/v1/topics/tm_closed/outputs']) {
    await refused(await plain(path), '`tm_closed`')
    await json(await signed(path))
  }
  await refused(await plain('/lookup', question('ls_closed', text)), '`tm_closed`')
  assert.equal((await json(await signed('/lookup', question('ls_closed', text)))).outputs.length, 1)
  const named = list => list.topics.map(entry => entry.topic)
  const [open, all] = [await json(await plain('/v1/topics')), await json(await signed('/v1/topics'))]
  assert.deepEqual([named(open).includes('tm_closed'), open.withheld], [false, 1])
  assert.deepEqual([named(all).includes('tm_closed'), all.withheld], [true, undefined])
})

test('events tell of such a topic to who shows a token for streams, and count it to others', async () => {
  const transaction = await new Person().hello(world, `told ${Date.now()}`)
  const { sequence } = await json(await signed('/v1/submit', submission(transaction, ['tm_helloworld', 'tm_closed'])))
  const of = list => {
    const [{ transactions: [applied], leftOut }] = list.filter(event => event.sequence === sequence)
    return [applied.topics.map(change => change.topic).sort(), leftOut ?? 0]
  }
  const after = sequence - 1
  assert.deepEqual(of(await events(`?after=${after}`, sequence)), [['tm_helloworld'], 1])
  await refused(await plain('/v1/events?topics=tm_closed'), '`tm_closed`')

  await refused(await plain('/v1/events/token', { method: 'POST' }), 'token')
  const { token, seconds } = await json(await signed('/v1/events/token', { method: 'POST' }))
  assert.equal(seconds, 3600)
  const both = [['tm_closed', 'tm_helloworld'], 0]
  assert.deepEqual(of(await events(`?after=${after}&token=${token}`, sequence)), both)
  assert.deepEqual(of(await events(`?after=${after}&topics=tm_closed`, sequence, { headers: { authorization: `Bearer ${token}` } })), both)
  const changed = token.slice(0, -2) + (token.endsWith('AA') ? 'BB' : 'AA')
  const wrong = await json(await plain(`/v1/events?token=${changed}`), 401)
  assert.equal(wrong.code, 'ERR_STREAM_TOKEN')
  assert.match(wrong.message, /\/v1\/events\/token/)
})

test('a stream on a path that is not open wants the token as well', async () => {
  const socket = { headers: { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' } }
  const open = async query => await new Promise((resolve, reject) => {
    import('node:http').then(({ request }) => {
      const asked = request(`${url}/v1/events/ws${query}`, socket)
      asked.on('upgrade', (response, connection) => { connection.destroy(); resolve(response.statusCode) })
      asked.on('response', response => { response.resume(); resolve(response.statusCode) })
      asked.on('error', reject).end()
    }, reject)
  })
  assert.equal(await open(''), 401)
  const { token } = await json(await signed('/v1/events/token', { method: 'POST' }))
  assert.equal(await open(`?token=${token}`), 101)
})

// Two owners, each with tokens that its identity key locks, in one basket.
const [alice, bob] = [new Person(), new Person()]
const keyOf = person => person.wallet.keyDeriver.derivePrivateKey([0, 'hello world tests'], '1', 'self')
const [asAlice, asBob] = [alice, bob].map(person => new AuthFetch(new Wallet(keyOf(person))))
const post = body => ({ method: 'POST', headers: JSON_TYPE, body: JSON.stringify(body) })
const get = { method: 'GET' }

test('a basket that shows each owner its own tokens counts, sums, finds and hands out no others', async () => {
  assert.equal(await alice.owner(), keyOf(alice).toPublicKey().toString())
  const scripts = [
    await alice.token('mine/wallet', 'gold', 5, ['old']), await alice.token('mine/wallet', 'silver', 2),
    await bob.token('mine/wallet', 'gold', 7), await bob.token('mine/other', 'gold', 1)
  ]
  const transaction = await alice.spend([await alice.coin(world)], scripts)
  const { sequence } = await json(await signed('/v1/submit', submission(transaction, ['tm_mine'])))
  const wallet = '/v1/baskets/mine%2Fwallet'
  const asked = [[wallet, get], [`${wallet}/tokens`, get], [`${wallet}/balances`, get], ['/v1/baskets/mine/wallet/tokens', get],
    [`${wallet}/take`, post({ count: 1 })], ['/v1/baskets/organise', post({ requirements: [{ basket: 'mine/wallet', count: 1 }] })]]
  for (const [path, options] of asked) await refused(await plain(path, options), 'basket `mine/wallet`')

  const [hers, his] = [await json(await signed(wallet, get, asAlice)), await json(await signed(wallet, get, asBob))]
  const [her, him] = [await alice.owner(), await bob.owner()]
  assert.deepEqual([hers.tokens, hers.amount, his.tokens, his.amount], [2, '7', 1, '7'])
  assert.deepEqual(hers.owners.groups, [{ name: her, tokens: 2, amount: '7' }])
  assert.deepEqual(his.assets.groups, [{ name: 'gold', tokens: 1, amount: '7' }])
  assert.deepEqual(hers.tags.groups, [])
  const byAsset = await json(await signed(`${wallet}?by=asset`, get, asAlice))
  assert.deepEqual(byAsset.groups.map(group => [group.name, group.amount]).sort(), [['gold', '5'], ['silver', '2']])
  assert.match((await json(await signed(`${wallet}?by=tag`, get, asAlice), 400)).message, /`asset`/)

  const tokens = async (query, client) => (await json(await signed(`${wallet}/tokens${query}`, get, client))).tokens
  assert.deepEqual((await tokens('', asAlice)).map(token => [token.outputIndex, token.owner]), [[0, her], [1, her]])
  assert.deepEqual((await tokens('?asset=gold&tagsAny=old', asBob)), [])
  const balances = await json(await signed(`${wallet}/balances?asset=gold`, get, asBob))
  assert.deepEqual(balances.balances, [{ asset: 'gold', owner: him, tokens: 1, amount: '7' }])
  for (const path of [`${wallet}/tokens?owner=${him}`, `${wallet}/balances?owner=${him}`]) {
    const refusal = await json(await signed(path, get, asAlice), 403)
    assert.equal(refusal.code, 'ERR_NOT_THE_OWNER')
    assert.ok(refusal.message.includes('`mine/wallet`') && refusal.message.includes(her), refusal.message)
  }
  // Somebody without tokens sees none, and not that there are others.
  assert.equal((await json(await signed(wallet))).tokens, 0)
  const list = async client => await json(await signed('/v1/baskets', get, client))
  const named = ({ baskets }) => baskets.filter(({ name }) => name.startsWith('mine/')).map(({ name, tokens }) => [name, tokens])
  assert.deepEqual(named(await list(asAlice)), [['mine/wallet', 2]])
  assert.deepEqual(named(await list(asBob)).sort(), [['mine/other', 1], ['mine/wallet', 1]])
  assert.deepEqual(named(await list(somebody)), [])

  // Nobody is handed what is somebody else's, however much is asked for.
  const organise = { requirements: [{ basket: 'mine/wallet', filter: { asset: 'gold' }, amount: 6 }] }
  const short = await json(await signed('/v1/baskets/organise', post(organise), asAlice), 409)
  assert.deepEqual(short.requirements[0].available, { tokens: 1, amount: '5' })
  const found = await json(await signed('/v1/baskets/organise', post(organise), asBob))
  assert.deepEqual(found.requirements[0].outpoints, [`${transaction.id('hex')}.2`])
  const theirs = { requirements: [{ basket: 'mine/wallet', filter: { owner: her }, count: 1 }] }
  await json(await signed('/v1/baskets/organise', post(theirs), asBob), 403)
  await json(await signed(`${wallet}/take`, post({ count: 3 }), asAlice), 409)
  const taken = await json(await signed(`${wallet}/take`, post({ count: 2, reserveSeconds: 60 }), asAlice))
  assert.deepEqual(taken.tokens.map(token => token.owner), [her, her])
  await json(await signed(`${wallet}/take`, post({ filter: { owner: him }, count: 1 }), asAlice), 403)

  const { token } = await json(await signed('/v1/events/token', { method: 'POST' }, asAlice))
  const [{ transactions: [applied], leftOut }] = await events(`?after=${sequence - 1}&token=${token}`, sequence)
  assert.deepEqual([applied.operations, leftOut], [[], 4], 'events are told to all alike')
  // Anybody can submit again what is public, and learns no more of it.
  const again = [await plain('/v1/submit', unsigned(transaction, ['tm_mine'])), await signed('/v1/submit', submission(transaction, ['tm_mine']))]
  for (const response of again) {
    const receipt = await json(response)
    assert.deepEqual([receipt.repeated, receipt.operations ?? []], [true, []])
  }
  const filter = await json(await plain(`/v1/events?baskets=mine%2Fwallet&token=${token}`), 403)
  assert.match(filter.message, /`mine\/wallet`/)
})

test('a basket for those who say who they are is whole for each of them, and for nobody else', async () => {
  const transaction = await alice.spend([await alice.coin(world)], [await alice.token('members/shelf', 'chair', 1)])
  const { sequence } = await json(await signed('/v1/submit', submission(transaction, ['tm_members'])))
  await refused(await plain('/v1/baskets/members%2Fshelf'), 'basket `members/shelf`')
  for (const client of [asBob, somebody]) {
    assert.equal((await json(await signed('/v1/baskets/members%2Fshelf', get, client))).tokens, 1)
  }
  const open = await json(await plain('/v1/baskets'))
  assert.deepEqual([open.baskets.filter(({ name }) => name.startsWith('members/')), open.withheld > 0], [[], true])
  const [{ transactions: [nobodys], leftOut }] = await events(`?after=${sequence - 1}`, sequence)
  assert.deepEqual([nobodys.operations, leftOut], [[], 1])
  await refused(await plain('/v1/events?baskets=members%2Fshelf'), 'basket `members/shelf`')
  const { token } = await json(await signed('/v1/events/token', { method: 'POST' }))
  const [{ transactions: [applied] }] = await events(`?after=${sequence - 1}&baskets=members%2Fshelf&token=${token}`, sequence)
  assert.equal(applied.operations[0].placed.basket, 'members/shelf')
  const strangers = await json(await plain('/v1/submit', unsigned(transaction, ['tm_members'])))
  assert.deepEqual(strangers.operations ?? [], [])
  const theirs = await json(await signed('/v1/submit', submission(transaction, ['tm_members'])))
  assert.equal(theirs.operations[0].placed.basket, 'members/shelf')
})

// A certifier that the federations file knows, and one that it does not.
const registry = new ProtoWallet(new PrivateKey(7))
const stranger = new ProtoWallet(PrivateKey.fromRandom())

const wallet = () => new Wallet(PrivateKey.fromRandom())
const somebodysKey = PrivateKey.fromRandom().toPublicKey().toString()
const trader = { name: 'Alice', role: 'trader', until: '2099-12-31' }

async function lacks (response, ...parts) {
  const body = await response.json()
  assert.deepEqual([response.status, body.code], [403, 'ERR_CERTIFICATE_REQUIRED'], body.message)
  for (const part of [TYPE, '`trade`', '`role`', ...parts]) assert.ok(body.message.includes(part), body.message)
}

test('a path and a basket that want a certificate open to who shows one that the federation vouches for', async () => {
  const [path, basket] = ['/getDocumentationForTopicManager?manager=tm_closed', '/v1/baskets/trade%2Ffloor']
  await refused(await plain(path), 'path `/getDocumentationForTopicManager`')
  await refused(await plain(basket), 'basket `trade/floor`')
  const member = new AuthFetch(await wallet().take(registry, trader))
  // The very first request: AuthFetch sends certificates beside it.
  assert.equal((await signed(path, get, member)).status, 200)
  const floor = await signed(basket, get, member)
  assert.ok([200, 404].includes(floor.status), await floor.text())
  await lacks(await signed(path, get, somebody), 'path `/getDocumentationForTopicManager`', 'none was shown')
  await lacks(await signed(basket, get, somebody), 'basket `trade/floor`', 'none was shown')
  const expired = new AuthFetch(await wallet().take(registry, { ...trader, until: '2001-01-01' }))
  await lacks(await signed(path, get, expired), 'nobody in that federation vouches for it')
})

// A session of this wallet, and a message in it that shows certificates.
async function shows (subject, certificates, change = message => message) {
  const handshake = {
    version: '0.1', messageType: 'initialRequest', identityKey: subject.keyDeriver.identityKey,
    initialNonce: Utils.toBase64(Array.from(crypto.getRandomValues(new Uint8Array(32))))
  }
  const answer = await json(await plain('/.well-known/auth', post(handshake)))
  assert.deepEqual(answer.requestedCertificates.types, { [TYPE]: ['role', 'until'] })
  assert.deepEqual(answer.requestedCertificates.certifiers, [registry.keyDeriver.identityKey])
  const nonce = Utils.toBase64(Array.from(crypto.getRandomValues(new Uint8Array(32))))
  const sent = []
  for (const certificate of certificates) {
    const { masterKeyring, ...shown } = certificate
    const { keyringForVerifier: keyring } = await subject.proveCertificate({ certificate, fieldsToReveal: ['role', 'until'], verifier: answer.identityKey })
    sent.push({ ...shown, keyring: shown.keyring ?? keyring })
  }
  const changed = change({ certificates: sent, identityKey: handshake.identityKey, signed: true })
  const { signature } = await subject.createSignature({
    data: Utils.toArray(JSON.stringify(changed.signed ? changed.certificates : []), 'utf8'),
    protocolID: [2, 'auth message signature'], keyID: `${nonce} ${answer.initialNonce}`, counterparty: answer.identityKey
  })
  return await plain('/.well-known/auth', post({
    version: '0.1', messageType: 'certificateResponse', identityKey: changed.identityKey, nonce,
    initialNonce: handshake.initialNonce, yourNonce: answer.initialNonce, certificates: changed.certificates, signature
  }))
}

test('a certificate that is forged, about somebody else, unreadable or not asked for is refused by its number', async () => {
  const subject = await wallet().take(registry, trader)
  const [certificate] = subject.certificates
  assert.deepEqual(await json(await shows(subject, [certificate])), { status: 'success', certificates: 1 })
  const first = change => message => ({ ...message, certificates: message.certificates.map(one => ({ ...one, ...change(one) })) })
  const other = await wallet().take(stranger, trader)
  for (const [who, change, text] of [
    [subject, first(({ signature }) => ({ signature: signature.slice(0, -2) + (signature.endsWith('00') ? '01' : '00') })), /certifier|signature/],
    [subject, first(() => ({ subject: somebodysKey })), /about/],
    [subject, first(({ keyring }) => ({ keyring: { ...keyring, role: keyring.until } })), /`role`/],
    [subject, first(() => ({ keyring: {} })), /reveals none/],
    [subject, first(() => ({ type: Utils.toBase64(Array.from({ length: 32 }, () => 8)) })), /does not ask for certificates of type/],
    [other, message => message, /does not ask for certificates by/]
  ]) {
    const [shown] = who.certificates
    const refusal = await json(await shows(who, [shown], change), 400)
    assert.equal(refusal.code, 'ERR_AUTH_CERTIFICATE')
    assert.ok(refusal.message.includes(shown.serialNumber), refusal.message)
    assert.match(refusal.message, text)
  }
  // The message itself is not by whom it says, or over something else.
  for (const change of [message => ({ ...message, signed: false }), message => ({ ...message, identityKey: somebodysKey })]) {
    const refusal = await json(await shows(subject, [certificate], change), 401)
    assert.match(refusal.code, /^ERR_AUTH_S/)
  }
})
