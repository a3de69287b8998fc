// Tokens in baskets, from the question to the accepted spend: node client/baskets.test.mjs <url> <headers file>

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { P2PKH } from '@bsv/sdk'
import { InsufficientInventory, TrellisClient, spend } from 'trellis-client'
import { Person } from '../tokens.mjs'
import { all, client, refused, somebody, world } from './scene.mjs'

const SHOP = { topics: ['tm_shop'], requireAll: true }

const { person, coins } = await somebody(12)
const coin = () => coins.pop()

// Puts tokens into baskets: [basket, asset, amount, tags] each.
async function stock (...tokens) {
  const made = await person.spend([coin()], await Promise.all(tokens.map(async token => await person.token(...token))))
  return { made, receipt: await client.submit(made, SHOP) }
}

// What spends a token of this person's.
const unlock = () => person.unlockMessage()

// A coin that pays, as `spend` takes inputs.
function payment () {
  const { transaction, vout } = coin()
  return { sourceTransaction: transaction, sourceOutputIndex: vout, unlockingScriptTemplate: new P2PKH().unlock(person.key) }
}

const change = () => ({ lockingScript: person.script(), change: true })

test('tokens that fit a filter come once each over many requests, as they were at one sequence', async () => {
  const basket = 'shop/pages-and-cursors'
  const tags = n => [`row-${n % 2}`, n % 3 === 0 ? 'balcony' : 'stalls']
  const tokens = Array.from({ length: 23 }, (_, n) => [basket, n < 20 ? 'seat' : 'gold', n, tags(n)])
  const { made, receipt } = await stock(...tokens)
  const amounts = async (filter, list) => (await all(client.tokens(basket, filter, list))).map(({ amount }) => amount).sort((a, b) => a - b)
  const numbers = fits => Array.from({ length: 23 }, (_, n) => n).filter(fits)
  const list = { limit: 4 }
  assert.deepEqual(await amounts({}, list), numbers(() => true))
  assert.deepEqual(await amounts({ asset: 'gold' }, list), [20, 21, 22])
  assert.deepEqual(await amounts({ tagsAll: ['row-1', 'balcony'] }, list), numbers(n => n % 2 === 1 && n % 3 === 0))
  assert.deepEqual(await amounts({ tagsAny: ['row-1', 'balcony'] }, list), numbers(n => n % 2 === 1 || n % 3 === 0))
  assert.deepEqual(await amounts({ asset: 'seat', minAmount: 5, maxAmount: 9 }, list), [5, 6, 7, 8, 9])
  const owner = await person.owner()
  assert.deepEqual(await amounts({ owner, minAmount: 21 }), [21, 22])
  assert.deepEqual(await amounts({ owner: `02${'00'.repeat(32)}` }), [])

  const [token] = await all(client.tokens(basket, { minAmount: 22 }))
  assert.deepEqual(token, {
    txid: made.id('hex'),
    outputIndex: 22,
    satoshis: 1,
    asset: 'gold',
    amount: 22,
    owner,
    tags: tags(22),
    topic: 'tm_shop',
    sequence: receipt.sequence
  })
  const gone = await person.spend([{ transaction: made, vout: 3, unlock: unlock() }, coin()], [])
  await client.submit(gone, SHOP)
  assert.deepEqual(await amounts({ maxAmount: 3 }), [0, 1, 2])
  assert.deepEqual(await amounts({}, { at: receipt.sequence, limit: 4 }), numbers(() => true))
})

test('sums are told by asset, owner and tag, without listing tokens', async () => {
  const basket = 'shop/sums'
  const most = Number.MAX_SAFE_INTEGER
  await stock([basket, 'gold', most, ['a']], [basket, 'gold', most, ['b']], [basket, 'seat', 1, ['a']])
  const owner = await person.owner()
  // More than a number of JavaScript keeps: a text.
  const gold = { asset: 'gold', owner, tokens: 2, amount: '18014398509481982' }
  assert.deepEqual(await all(client.balances(basket, { asset: 'gold', owner })), [gold])
  assert.deepEqual(await all(client.balances(basket, {}, { limit: 1 })), [gold, { asset: 'seat', owner, tokens: 1, amount: '1' }])
  const tags = await all(client.groups(basket, 'tag', { limit: 1 }))
  assert.deepEqual(tags.map(({ name, tokens }) => [name, tokens]).sort(), [['a', 2], ['b', 1]])
  const { name, manager, tokens, amount, assets } = await client.basket(basket)
  assert.deepEqual([name, manager, tokens, amount], [basket, 'shop', 3, '18014398509481983'])
  assert.deepEqual(assets.groups.map(({ name }) => name).sort(), ['gold', 'seat'])
  const entry = (await all(client.baskets({ limit: 1 }))).find(({ name }) => name === basket)
  assert.deepEqual(entry, { name: basket, manager: 'shop', tokens: 3 })
})

test('tokens that a host organised become a signed transaction that it accepts', async () => {
  await stock(...[1, 1, 1].map(amount => ['shop/tickets', 'seat', amount]), ...[10, 20, 30].map(amount => ['till', 'gold', amount]))
  const organised = await client.organise([
    { basket: 'shop/tickets', filter: { asset: 'seat' }, count: 2 },
    { basket: 'till', filter: { asset: 'gold', minAmount: 20 }, amount: 45 }
  ])
  assert.deepEqual(organised.requirements.map(({ tokens, amount }) => [tokens, amount]), [[2, '2'], [2, '50']])
  const buyer = new Person()
  const transaction = await spend(organised, {
    unlock,
    inputs: [payment()],
    outputs: [
      { lockingScript: await buyer.token('bag/buyer', 'seat', 2), satoshis: 1 },
      { lockingScript: await person.token('till', 'gold', 50), satoshis: 1 },
      change()
    ]
  })
  // Change is what is left after 100 satoshis per kilobyte; nobody was asked for another rate.
  const [satoshis, fee] = [transaction.outputs[2].satoshis, transaction.getFee()]
  assert.ok(satoshis > 9_000 && fee >= transaction.toBinary().length / 10, `${satoshis} back, ${fee} paid`)
  const { operations } = await client.submit(transaction, SHOP)
  assert.deepEqual(operations.filter(({ taken, placed }) => taken !== undefined && placed !== undefined).length, 2)
  const [bag] = await all(client.tokens('bag/buyer'))
  assert.deepEqual([bag.txid, bag.amount, bag.owner], [transaction.id('hex'), 2, await buyer.owner()])
  assert.equal((await client.basket('shop/tickets')).tokens, 1)
})

test('what is taken is kept for its taker until it is released or spent', async () => {
  const basket = 'shop/reserved'
  await stock([basket, 'seat', 1], [basket, 'seat', 1])
  const take = async () => await client.take(basket, { count: 1, reserveSeconds: 600 })
  const [first, second] = [await take(), await take()]
  const outpoint = ({ tokens: [{ txid, outputIndex }] }) => `${txid}.${outputIndex}`
  assert.notEqual(outpoint(first), outpoint(second))
  assert.ok(Date.parse(first.reservation.until) > 0)
  const none = await refused(take(), 409, 'ERR_INSUFFICIENT_INVENTORY', InsufficientInventory)
  const nothing = { tokens: 0, amount: '0' }
  assert.deepEqual(none.requirements, [{
    requirement: 0, basket, count: 1, available: nothing, reserved: { tokens: 2, amount: '2' }, used: nothing, unproven: nothing
  }])
  await client.release(second.reservation.id)
  await refused(client.release(second.reservation.id), 404, 'ERR_RESERVATION_NOT_FOUND')
  const third = await take()
  assert.equal(outpoint(third), outpoint(second))
  const sale = await spend(first, {
    unlock, inputs: [payment()], fee: 30, outputs: [{ lockingScript: await person.token('bag/sold', 'seat', 1), satoshis: 1 }, change()]
  })
  assert.equal(sale.getFee(), 30)
  await client.submit(sale, SHOP)
  assert.deepEqual((await all(client.tokens(basket))).map(({ txid, outputIndex }) => `${txid}.${outputIndex}`), [outpoint(third)])
})

test('where there is not enough the error has the figures of every requirement', async () => {
  const basket = 'shop/short'
  await stock([basket, 'seat', 7], [basket, 'seat', 7], [basket, 'seat', 7])
  const asked = client.organise([{ basket, count: 2 }, { basket, filter: { asset: 'seat' }, amount: 15 }])
  const { requirements: [short, ...more] } = await refused(asked, 409, 'ERR_INSUFFICIENT_INVENTORY', InsufficientInventory)
  assert.deepEqual([short.requirement, short.amount, short.available, short.used, more],
    [1, 15, { tokens: 1, amount: '7' }, { tokens: 2, amount: '14' }, []])
})

test('a basket that is not open is opened by its token', async () => {
  const basket = 'vault/gold'
  const made = await person.spend([coin()], [await person.token(basket, 'bar', 1)])
  await client.submit(made, { topics: ['tm_vault'] })
  const count = async host => (await all(host.tokens(basket))).length
  assert.match((await refused(count(client), 401, 'ERR_UNAUTHORIZED')).message, /vault\/gold/)
  await refused(count(new TrellisClient(world.url, { token: 'a guess' })), 403, 'ERR_UNAUTHORIZED')
  assert.equal(await count(new TrellisClient(world.url, { token: process.env.BASKET_TOKEN })), 1)
})

test('an unknown basket, and a question that is none, are errors with a code and words', async () => {
  assert.match((await refused(client.basket('nobodys'), 404, 'ERR_BASKET_NOT_FOUND')).message, /nobodys/)
  await refused(all(client.tokens('nobodys')), 404, 'ERR_BASKET_NOT_FOUND')
  await refused(client.take('nobodys', { count: 1 }), 404, 'ERR_BASKET_NOT_FOUND')
  await refused(client.organise([]), 400, 'ERR_PARAMETER')
  await refused(client.take('till', { count: 1, amount: 1 }), 400, 'ERR_PARAMETER')
})

test('an amount that JavaScript cannot keep exactly is refused before it is sent, and named', async () => {
  let sent = 0
  const host = new TrellisClient(world.url, { fetch: async () => { sent += 1; return Response.error() } })
  for (const [asked, name] of [
    [host.organise([{ basket: 'a', count: 1 }, { basket: 'a', amount: 2 ** 53 }]), 'requirements[1].amount'],
    [host.organise([{ basket: 'a', count: 1, filter: { minAmount: 2 ** 60 } }]), 'requirements[0].filter.minAmount'],
    [host.take('a', { amount: 1e300 }), 'amount'],
    [host.take('a', { count: 1.5 }), 'count'],
    [host.take('a', { count: NaN }), 'count'],
    [host.take('a', { amount: 10n }), 'amount'],
    [all(host.tokens('a', { maxAmount: -1 })), 'filter.maxAmount']
  ]) {
    const { message } = await refused(asked, 0, 'ERR_PARAMETER')
    assert.ok(message.includes(`\`${name}\``) && message.includes('2^53'), message)
  }
  assert.equal(sent, 0)
})
