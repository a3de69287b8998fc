// Submitting, relaying, and reading what topics hold: node client/submit.test.mjs <url> <headers file>

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Transaction, Utils } from '@bsv/sdk'
import { BatchRefused, TrellisClient, jointEvidence, signSubmission } from 'trellis-client'
import { all, chain, client, refused, somebody, world } from './scene.mjs'

const HELLO = ['tm_helloworld']

const { person, coins } = await somebody(24)
const coin = () => coins.pop()
const hello = async text => await person.spend([coin()], [await person.message(text)])

// The transaction as it is sent where the host, or a batch, has its parents.
function withoutParents (transaction) {
  const alone = Transaction.fromHex(transaction.toHex())
  for (const input of alone.inputs) assert.equal(input.sourceTransaction, undefined)
  return alone
}

test('a receipt says what every topic decided, in whatever form the transaction is given', async () => {
  const transaction = await hello('a receipt')
  const txid = transaction.id('hex')
  const topics = [...HELLO, 'tm_anytx', 'tm_nowhere']
  const receipt = await client.submit(transaction, { topics })
  assert.deepEqual([receipt.txid, receipt.repeated, receipt.notHosted], [txid, false, ['tm_nowhere']])
  assert.deepEqual(receipt.topics.tm_helloworld, { outputsToAdmit: [0], coinsToRetain: [], coinsRemoved: [] })
  assert.deepEqual(receipt.topics.tm_anytx.outputsToAdmit, [0, 1])
  for (const form of [transaction.toHexBEEF(), transaction.toBEEF(), Uint8Array.from(transaction.toAtomicBEEF())]) {
    const again = await client.submit(form, { topics })
    assert.deepEqual([again.repeated, again.sequence, again.topics], [true, receipt.sequence, receipt.topics])
  }
  const report = await client.transaction(txid)
  assert.deepEqual([report.txid, report.sequence, report.topics], [txid, receipt.sequence, ['tm_anytx', 'tm_helloworld']])
})

test('topics learn who signed, one transaction for one topic, and everybody can check it later', async () => {
  const transaction = await hello('signed')
  const txid = transaction.id('hex')
  const other = await somebody(1)
  const parties = [person, other.person]
  const evidence = jointEvidence(...await Promise.all(parties.map(async ({ wallet }) => await signSubmission(wallet, txid, ['tm_told']))))
  const told = { topics: ['tm_told', ...HELLO], offChainValues: Utils.toArray('signers', 'utf8') }
  const [first, second] = parties.map(({ key }) => key.toPublicKey().toString())
  const { topics } = await client.submit(transaction, { ...told, evidence })
  assert.equal(topics.tm_told.refusal, `Some(${first}) of [${first}, ${second}]`)

  const kept = await hello('kept')
  const mine = await signSubmission(person.wallet, kept.id('hex'), HELLO)
  await client.submit(kept, { topics: HELLO, evidence: mine })
  assert.deepEqual(await client.evidence(kept.id('hex')), { txid: kept.id('hex'), signatures: mine.signatures, certificates: [] })

  const borrowed = await hello('borrowed')
  await refused(client.submit(borrowed, { topics: HELLO, evidence: mine }), 400, 'ERR_EVIDENCE')
  const [member] = (await client.submitBatch([{ transaction: borrowed, topics: HELLO, evidence: mine }], { atomic: false })).members
  assert.equal(member.code, 'ERR_EVIDENCE')
})

test('the host finds the topics that hold what is spent', async () => {
  const first = await hello('found')
  await client.submit(first, { topics: HELLO })
  const burning = await person.spend([{ transaction: first, vout: 0, unlock: person.unlockMessage() }, { transaction: first, vout: 1 }], [])
  const { topics } = await client.submit(burning, { topics: 'auto' })
  assert.deepEqual(topics.tm_helloworld.coinsRemoved, [0])
})

test('with requireAll one topic that does not want it keeps all others from it', async () => {
  const plain = await person.spend([coin()], [])
  const error = await refused(client.submit(plain, { topics: ['tm_anytx', ...HELLO], requireAll: true }), 422, 'ERR_NOT_TAKEN_BY_ALL')
  assert.match(error.message, /tm_helloworld/)
  await refused(client.transaction(plain.id('hex')), 404, 'ERR_TRANSACTION_NOT_FOUND')
})

test('off-chain values reach the plugin, alone and in a batch', async () => {
  const outputsToAdmit = async (offChainValues, send) => (await send(await hello('told'), offChainValues)).topics.tm_told.outputsToAdmit
  const bytes = text => Utils.toArray(text, 'utf8')
  const alone = async (transaction, offChainValues) => await client.submit(transaction, { topics: ['tm_told'], offChainValues })
  const together = async (transaction, offChainValues) =>
    (await client.submitBatch([{ transaction, topics: ['tm_told'], offChainValues }], { atomic: true })).members[0]
  for (const send of [alone, together]) {
    assert.deepEqual(await outputsToAdmit(bytes('admit-only:1'), send), [1])
    assert.deepEqual(await outputsToAdmit(Uint8Array.from(bytes('admit-only:0')), send), [0])
  }
})

test('an atomic batch in reverse order, without the parents it brings itself, is one commit', async () => {
  const sent = await chain(person, coin(), 4, 'reverse')
  const [first, ...others] = sent
  const members = [first, ...others.map(withoutParents)].map(transaction => ({ transaction, topics: HELLO })).reverse()
  const receipt = await client.submitBatch(members, { atomic: true })
  assert.equal(receipt.atomic, true)
  assert.deepEqual(receipt.members.map(({ txid }) => txid), sent.map(transaction => transaction.id('hex')).reverse())
  for (const member of receipt.members) {
    assert.deepEqual([member.sequence, member.topics.tm_helloworld.outputsToAdmit], [receipt.sequence, [0]])
  }
  const again = await client.submitBatch(members, { atomic: true })
  assert.deepEqual([again.sequence, again.members.every(({ repeated }) => repeated)], [undefined, true])
})

test('an atomic batch with a bad member stores nothing, and the error names the member, its transaction and why', async () => {
  const sent = await chain(person, coin(), 3, 'good')
  const rival = await person.spend([{ transaction: sent[0], vout: 1 }], [await person.message('a rival')])
  const members = [...sent, rival].map(transaction => ({ transaction, topics: HELLO }))
  const error = await refused(client.submitBatch(members, { atomic: true }), 409, 'ERR_DOUBLE_SPEND', BatchRefused)
  assert.deepEqual([error.member, error.txid], [3, rival.id('hex')])
  assert.match(error.message, /already spent/)
  for (const transaction of sent) await refused(client.transaction(transaction.id('hex')), 404, 'ERR_TRANSACTION_NOT_FOUND')
  members[3] = { transaction: '0100beef', topics: HELLO }
  const unreadable = await refused(client.submitBatch(members, { atomic: true }), 400, 'ERR_BEEF_MALFORMED', BatchRefused)
  assert.deepEqual([unreadable.member, unreadable.txid], [3, undefined])
})

test('a batch that is not atomic hears every member by itself', async () => {
  const sent = await chain(person, coin(), 2, 'each')
  const rival = await person.spend([{ transaction: sent[0], vout: 1 }], [await person.message('a rival')])
  const members = [sent[1], sent[0], rival].map(transaction => ({ transaction, topics: HELLO }))
  const receipt = await client.submitBatch(members, { atomic: false })
  assert.deepEqual(receipt.members.map(member => 'code' in member ? member.code : member.txid),
    [sent[1].id('hex'), sent[0].id('hex'), 'ERR_DOUBLE_SPEND'])
})

test('a transaction comes back in Extended Format, and nothing of it is stored', async () => {
  const spent = coin()
  const transaction = await person.spend([spent], [])
  const { txid, extendedFormat, sources } = await client.ef(transaction)
  const read = Transaction.fromHexEF(extendedFormat)
  assert.deepEqual([txid, read.id('hex')], [transaction.id('hex'), transaction.id('hex')])
  assert.deepEqual(sources, [{
    txid: spent.transaction.id('hex'), outputIndex: spent.vout, satoshis: 10_000, lockingScript: person.script().toHex()
  }])
  await refused(client.transaction(txid), 404, 'ERR_TRANSACTION_NOT_FOUND')
})

test('what is broadcast is seen by the network, alone and several at once, each with its answer', async () => {
  const [first, second] = [await person.spend([coin()], []), await person.spend([coin()], [])]
  const rival = await person.spend([{ transaction: first, vout: 0 }], [])
  const answer = await client.broadcast(first)
  assert.deepEqual([answer.txid, Transaction.fromHexEF(answer.extendedFormat).id('hex')], [first.id('hex'), first.id('hex')])
  await seen(first)
  const other = await person.spend([{ transaction: first, vout: 0 }], [await person.message('another')])
  const [good, bad, child] = await client.broadcastBatch([second, '00', rival])
  assert.deepEqual([good.txid, child.txid], [second.id('hex'), rival.id('hex')])
  assert.deepEqual([bad.index, bad.code, bad.httpStatus], [1, 'ERR_BEEF_MALFORMED', 400])
  await seen(second)
  const error = await refused(client.broadcast(other), 409, 'ERR_DOUBLE_SPEND')
  assert.match(error.message, new RegExp(rival.id('hex')))
})

async function seen (transaction) {
  while ((await client.transaction(transaction.id('hex'))).status !== 'seen') await new Promise(resolve => setTimeout(resolve, 20))
}

test("a topic's state is whole over many requests, and as it was at an earlier sequence", async () => {
  const tell = async text => await client.submit(await hello(text), { topics: ['tm_told'], offChainValues: Utils.toArray(text, 'utf8') })
  const key = Utils.toHex(Utils.toArray('key', 'utf8'))
  const first = await tell('write:first')
  await tell('write:second')
  await tell('write-rows:23')
  const value = async at => {
    const { topic, sequence, rows } = await client.state('tm_told', { prefix: key, at })
    assert.deepEqual([topic, at === undefined || sequence === at], ['tm_told', true])
    return rows.map(({ value }) => Utils.toUTF8(Utils.toArray(value, 'hex')))
  }
  assert.deepEqual([await value(first.sequence - 1), await value(first.sequence), await value()], [[], ['first'], ['second']])
  const whole = await client.state('tm_told')
  assert.ok(whole.rows.length >= 24)
  // At its sequence: what the network says of submissions is committed all the while.
  assert.deepEqual(await client.state('tm_told', { limit: 5, at: whole.sequence }), whole)
  const { topics } = await client.topics(whole.sequence)
  const { hash, stateRows } = topics.find(({ topic }) => topic === 'tm_told')
  assert.deepEqual([hash, stateRows], [whole.hash, whole.rows.length])
  await refused(client.state('tm_nowhere'), 404, 'ERR_TOPIC_NOT_HOSTED')
})

test("a topic's outputs come once each over many requests, spent ones where they are asked for", async () => {
  const before = await all(client.outputs('tm_anytx', { spent: true }))
  const sent = await person.spend([coin()], Array.from({ length: 11 }, () => person.script()))
  const { sequence } = await client.submit(sent, { topics: ['tm_anytx'] })
  await client.submit(await person.spend([{ transaction: sent, vout: 11 }], []), { topics: ['tm_anytx'] })
  const ours = list => list.filter(({ outpoint }) => outpoint.startsWith(sent.id('hex')))
  const spent = await all(client.outputs('tm_anytx', { spent: true, limit: 3 }))
  assert.equal(spent.length, before.length + 13)
  assert.equal(new Set(spent.map(({ outpoint }) => outpoint)).size, spent.length)
  const count = async options => ours(await all(client.outputs('tm_anytx', options))).length
  assert.deepEqual([ours(spent).length, await count({ limit: 3 }), await count({ at: sequence })], [12, 11, 12])
})

test('a lookup may answer anything, and leave out what the network has not seen', async () => {
  const counted = await client.lookup('ls_anytx', { count: true })
  assert.ok(counted.type === 'freeform' && counted.result.count > 0, JSON.stringify(counted))
  const transaction = await hello('not mined')
  await client.submit(transaction, { topics: ['tm_anytx'] })
  const find = async minimumStatus => await client.lookup('ls_anytx', { txid: transaction.id('hex') }, { minimumStatus })
  const found = await find('admitted')
  assert.deepEqual(found.outputs.map(({ beef }) => Transaction.fromBEEF(beef).id('hex')), [transaction.id('hex'), transaction.id('hex')])
  assert.deepEqual(await find('mined'), { type: 'output-list', outputs: [] })
})

test('errors say who refused what: a bad request, bytes that are none, a host that is not there', async () => {
  await refused(client.submit([1, 2, 3], { topics: HELLO }), 400, 'ERR_BEEF_MALFORMED')
  const error = await refused(client.submit('not hexadecimal', { topics: HELLO }), 0, 'ERR_PARAMETER')
  assert.match(error.message, /"not hexadecimal"/)
  const nobody = await refused(new TrellisClient('http://127.0.0.1:1').topics(), 0, 'ERR_UNREACHABLE')
  assert.match(nobody.message, /http:\/\/127\.0\.0\.1:1\/v1\/topics.*Is the host running/)
  assert.equal(nobody.passes, true)
  const elsewhere = new TrellisClient(world.url, { fetch: async () => new Response('<html>', { status: 200 }) })
  await refused(elsewhere.topics(), 200, 'ERR_NOT_UNDERSTOOD')
  for (const url of ['localhost:8080', 'localhost', '']) {
    assert.throws(() => new TrellisClient(url), { code: 'ERR_PARAMETER', message: /http:\/\/localhost:8080/ })
  }
})
