// What an app does with the SDK and may rely on, one exported function each.

import assert from 'node:assert/strict'
import { Beef, Transaction, Utils } from '@bsv/sdk'
import { Historian } from '@bsv/sdk/overlay-tools/Historian'
import { Person } from './tokens.mjs'

const TOPIC = 'tm_helloworld'
const SERVICE = 'ls_helloworld'

const burned = { outputsToAdmit: [], coinsToRetain: [], coinsRemoved: [0] }

async function send (world, transaction, topics = [TOPIC]) {
  const result = await transaction.broadcast(world.broadcaster(topics))
  assert.equal(result.status, 'success', JSON.stringify(result))
  assert.equal(result.txid, transaction.id('hex'))
}

// The outputs an app sees, as [txid, output index].
async function find (world, service, query) {
  const { outputs } = await world.resolver(service).query({ service, query })
  return outputs.map(({ beef, outputIndex }) => [Transaction.fromBEEF(beef).id('hex'), outputIndex])
}

async function findJson (world, service, query) {
  const answer = await world.lookupJson(service, query)
  assert.equal(answer.type, 'output-list')
  return answer.outputs.map(({ beef, outputIndex }) => [Transaction.fromBEEF(beef).id('hex'), outputIndex])
}

// Verifies as a wallet does: scripts, and proofs against the headers where the world has them.
async function verify (world, transaction) {
  const tracker = typeof world.isValidRootForHeight === 'function' ? world : 'scripts only'
  assert.equal(await transaction.verify(tracker), true)
}

// A message is admitted and found again, in the binary and in the JSON form.
export async function admission (world) {
  const alice = new Person()
  const text = `hello ${Date.now()}`
  const transaction = await alice.hello(world, text)
  await send(world, transaction)
  const expected = [[transaction.id('hex'), 0]]
  assert.deepEqual(await find(world, SERVICE, { message: text }), expected)
  assert.deepEqual(await findJson(world, SERVICE, { message: text }), expected)
  assert.deepEqual(await find(world, SERVICE, { message: `${text}, never sent` }), [])
  const { outputs: [output] } = await world.resolver(SERVICE).query({ service: SERVICE, query: { message: text } })
  const found = Transaction.fromBEEF(output.beef)
  assert.equal(found.toHex(), transaction.toHex())
  await verify(world, found)
  if (world.steaks.length > 0) {
    assert.deepEqual(world.steaks[0][TOPIC], { outputsToAdmit: [0], coinsToRetain: [], coinsRemoved: [] })
  }
}

// A message that is spent is gone; the SDK takes the burn for acknowledged because it says which coins it removed.
export async function burn (world) {
  const alice = new Person()
  const text = `to be burned ${Date.now()}`
  const transaction = await alice.hello(world, text)
  await send(world, transaction)
  const token = { transaction, vout: 0, unlock: alice.unlockMessage() }
  const burning = await alice.spend([token, { transaction, vout: 1 }], [])
  await send(world, burning)
  assert.deepEqual(await find(world, SERVICE, { message: text }), [])
  assert.deepEqual(await findJson(world, SERVICE, { message: text }), [])
  if (world.steaks.length > 0) assert.deepEqual(world.steaks.at(-1)[TOPIC], burned)
}

// Whoever asks again is told the same again, admission and burn alike.
export async function resubmission (world) {
  const alice = new Person()
  const transaction = await alice.hello(world, `twice ${Date.now()}`)
  await send(world, transaction)
  await send(world, transaction)
  const token = { transaction, vout: 0, unlock: alice.unlockMessage() }
  const burning = await alice.spend([token, { transaction, vout: 1 }], [])
  await send(world, burning)
  await send(world, burning)
  await send(world, transaction)
  if (world.steaks.length > 0) {
    const admitted = { outputsToAdmit: [0], coinsToRetain: [], coinsRemoved: [] }
    assert.deepEqual(world.steaks.map(steak => steak[TOPIC]), [admitted, admitted, burned, burned, admitted])
  }
}

// The second spender of a coin is refused, the first one stands, and the refusal names it.
export async function doubleSpend (world) {
  const alice = new Person()
  const text = `mine ${Date.now()}`
  const coin = await alice.coin(world)
  const first = await alice.spend([coin], [await alice.message(text)])
  const second = await alice.spend([coin], [await alice.message(`${text}, no, mine`)])
  await send(world, first)
  const quiet = console.error
  console.error = () => {}
  const result = await second.broadcast(world.broadcaster([TOPIC]))
  console.error = quiet
  assert.equal(result.status, 'error')
  const { status, body } = await world.submit(second.toBEEF(), [TOPIC])
  assert.equal(status, 409, JSON.stringify(body))
  assert.equal(body.status, 'error')
  assert.ok(body.message.includes(first.id('hex')), body.message)
  assert.deepEqual(await find(world, SERVICE, { message: text }), [[first.id('hex'), 0]])
  assert.deepEqual(await find(world, SERVICE, { message: `${text}, no, mine` }), [])
}

// A proof that leads to no block's root proves nothing, and nothing is kept of what leans on it.
export async function invalidProof (world) {
  const alice = new Person()
  const text = `unproven ${Date.now()}`
  const coin = await alice.coin(world)
  const transaction = await alice.spend([coin], [await alice.message(text)])
  const sibling = coin.transaction.merklePath.path[0].find(leaf => leaf.txid !== true)
  sibling.hash = 'ab'.repeat(32)
  const { status, body } = await world.submit(transaction.toBEEF(), [TOPIC])
  assert.equal(status, 400, JSON.stringify(body))
  assert.ok(body.message.includes(coin.transaction.id('hex')), body.message)
  assert.deepEqual(await find(world, SERVICE, { message: text }), [])
}

// An app that asks for history gets it, although every ancestor is mined and the SDK cuts what lies behind a proof.
export async function history (world) {
  const alice = new Person()
  const service = 'ls_history'
  const generations = [await alice.spend([await alice.coin(world)], [])]
  for (let n = 1; n <= 4; n++) {
    await send(world, generations.at(-1), ['tm_history'])
    if (n === 4) break
    await world.mine(generations.at(-1))
    generations.push(await alice.spend([{ transaction: generations.at(-1), vout: 0 }], []))
  }
  const ids = generations.map(transaction => transaction.id('hex'))
  const retained = world.steaks.at(-1).tm_history
  assert.deepEqual(retained, { outputsToAdmit: [0], coinsToRetain: [0], coinsRemoved: [] })

  const tip = async historyDepth => {
    const query = { outpoint: `${ids.at(-1)}.0`, historyDepth }
    const { outputs } = await world.resolver(service).query({ service, query })
    assert.equal(outputs.length, 1)
    const found = Transaction.fromBEEF(outputs[0].beef)
    await verify(world, found)
    return found
  }
  const walk = transaction => {
    const source = transaction.inputs[0].sourceTransaction
    return [transaction.id('hex'), ...(source === undefined ? [] : walk(source))]
  }
  const newestFirst = [...ids].reverse()
  // The tip is unproven, so its parent is there in any case; each further depth brings one more generation.
  for (const [depth, generationsSeen] of [[0, 2], [1, 2], [2, 3], [3, 4]]) {
    assert.deepEqual(walk(await tip(depth)), newestFirst.slice(0, generationsSeen), `depth ${depth}`)
  }
  const historian = new Historian((transaction, index) => index === 0 ? transaction.id('hex') : undefined)
  assert.deepEqual((await historian.buildHistory(await tip(3))).slice(-4), ids)

  // Once the tip is mined too, and the host knows: no history unless it is asked for.
  await world.mine(generations.at(-1))
  await send(world, generations.at(-1), ['tm_history'])
  for (const [depth, generationsSeen] of [[0, 1], [1, 2], [2, 3], [3, 4]]) {
    assert.deepEqual(walk(await tip(depth)), newestFirst.slice(0, generationsSeen), `mined, depth ${depth}`)
  }
}

// A proof of one of fifty ancestors: what lies behind it is in no answer any more, to the byte.
export async function shrinking (world) {
  const alice = new Person()
  const [topic, service] = ['tm_anytx', 'ls_anytx']
  const coin = await alice.coin(world)
  const chain = [await alice.spend([coin], [])]
  while (chain.length <= 50) chain.push(await alice.spend([{ transaction: chain.at(-1), vout: 0 }], []))
  const tip = chain.at(-1)
  await send(world, tip, [topic])

  const served = async () => {
    const { outputs: [output] } = await world.lookupJson(service, { outpoint: `${tip.id('hex')}.0` })
    const found = Transaction.fromBEEF(output.beef)
    assert.equal(found.id('hex'), tip.id('hex'))
    await verify(world, found)
    return output.beef
  }
  // BEEF V2: version, BUMPs, and each transaction behind a byte that says whether it has one, and which.
  const size = (transactions, proven) => {
    const raw = transactions.reduce((sum, transaction) => sum + 1 + transaction.toBinary().length, 0)
    return 4 + 1 + proven.merklePath.toBinary().length + 1 + raw + 1
  }
  const all = await served()
  assert.equal(Beef.fromBinary(all).txs.length, 52)
  assert.equal(all.length, size([coin.transaction, ...chain], coin.transaction))

  // The twentieth of them is mined; its proof comes along with the same submission again.
  const mined = 19
  await world.mine(chain[mined])
  await send(world, tip, [topic])
  const less = await served()
  assert.equal(Beef.fromBinary(less).txs.length, 51 - mined)
  assert.equal(less.length, size(chain.slice(mined), chain[mined]))
}

// What an app sends along reaches the plugin byte by byte; of two submissions the first one's values stay.
export async function offChainValues (world) {
  const alice = new Person()
  const topics = ['tm_told']
  const transaction = await alice.hello(world, 'told off chain')
  transaction.metadata.set('OffChainValues', Utils.toArray('admit-only:1', 'utf8'))
  await send(world, transaction, topics)
  const told = { outputsToAdmit: [1], coinsToRetain: [], coinsRemoved: [] }
  assert.deepEqual(world.steaks.at(-1).tm_told, told)
  transaction.metadata.set('OffChainValues', Utils.toArray('admit-only:0', 'utf8'))
  await send(world, transaction, topics)
  assert.deepEqual(world.steaks.at(-1).tm_told, told)
  // A topic that judges it later is told the first values as well.
  await send(world, transaction, ['tm_told_later'])
  assert.deepEqual(world.steaks.at(-1).tm_told_later, told)
}

// Context comes back beside each output; an empty answer is an answer, not an error.
export async function contextAndNothing (world) {
  const alice = new Person()
  const service = 'ls_anytx'
  const transaction = await alice.spend([await alice.coin(world)], [alice.script(), alice.script()])
  await send(world, transaction, ['tm_anytx'])
  const txid = transaction.id('hex')
  const query = { txid, context: 'with love' }
  const { outputs } = await world.resolver(service).query({ service, query })
  assert.deepEqual(outputs.map(output => output.outputIndex), [0, 1, 2])
  for (const output of outputs) assert.equal(Utils.toUTF8(output.context), 'with love')
  const nothing = await world.lookups.lookup(world.url, { service, query: { txid: '00'.repeat(32) } })
  assert.deepEqual(nothing, { type: 'output-list', outputs: [] })
  const count = await world.lookups.lookup(world.url, { service, query: { count: true } })
  assert.equal(count.type, 'freeform')
  assert.ok(count.result.count >= 3)
}
