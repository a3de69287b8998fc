// Subscriptions over connections that break and hosts that die: node client/subscribe.test.mjs <url> <headers file> <door>
//
// Who says something at the door (a port) has the host killed with `kill -9` and started again on the same data and port.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { TrellisClient } from 'trellis-client'
import { badConnection } from './proxy.mjs'
import { client, refused, somebody, world } from './scene.mjs'

const TOPIC = 'tm_helloworld'

// How often something awaited is looked at, in milliseconds, and how often at most: a subscriber connects again within seconds.
const LOOK_AGAIN = 10
const LOOKS_MOST = 6000

const { person, coins } = await somebody(120)

// Submits so many messages; answers their sequences.
async function submit (count) {
  const sequences = []
  for (let n = 0; n < count; n++) {
    const message = await person.spend([coins.pop()], [await person.message('told')])
    sequences.push((await client.submit(message, { topics: [TOPIC] })).sequence)
  }
  return sequences
}

async function killAndStartAgain () {
  const door = connect(Number(process.argv[4]), '127.0.0.1')
  door.write('kill')
  const [answer] = await once(door, 'data')
  assert.equal(answer.toString(), 'up')
  door.destroy()
}

// Whatever became of a test, nothing of it stays open.
const open = []
afterEach(() => open.splice(0).forEach(one => one.close()))

async function proxied (...how) {
  const proxy = await badConnection(world.url, ...how)
  open.push(proxy)
  return proxy
}

// A subscriber that keeps what it is told.
function listener (host, options = { topics: [TOPIC] }) {
  const told = []
  const subscription = host.subscribe(options, event => { told.push(event) })
  open.push(subscription)
  const until = async count => {
    await waitFor(() => told.length >= count, subscription)
    return told.map(({ sequence }) => sequence)
  }
  return { subscription, told, until }
}

// From now on means: from when the subscriber knows a cursor.
async function knowsItsCursor ({ subscription }) {
  await waitFor(() => subscription.cursor !== undefined, subscription)
}

async function waitFor (isSo, { done }) {
  for (let looks = 0; !isSo(); looks++) {
    assert.ok(looks < LOOKS_MOST, 'it is waited for in vain')
    await Promise.race([sleep(LOOK_AGAIN), done])
  }
}

// That it is told no more than this, until a later commit is told.
async function nothingElse ({ subscription, until, told }, sequences) {
  const [last] = await submit(1)
  assert.deepEqual(await until(sequences.length + 1), [...sequences, last])
  assert.equal(subscription.cursor, last)
  subscription.close()
  await subscription.done
}

test('every commit from now on is told once, whole and in order', async () => {
  await submit(2)
  const all = listener(client)
  await knowsItsCursor(all)
  const sequences = await submit(5)
  assert.deepEqual(await all.until(5), sequences)
  const [{ event, leftOut, transactions: [{ txid, topics: [change, ...more], operations }] }] = all.told
  assert.deepEqual([event, leftOut, change, more, operations],
    ['applied', 0, { topic: TOPIC, admitted: [`${txid}.0`], spent: [] }, [], []])
  await nothingElse(all, sequences)
})

test('a host that is killed in the middle is gone on with where it stopped', async () => {
  const all = listener(client)
  await knowsItsCursor(all)
  const before = await submit(4)
  await all.until(2)
  await killAndStartAgain()
  const sequences = [...before, ...await submit(4)]
  await all.until(8)
  await nothingElse(all, sequences)
})

test('a connection that is cut within an event again and again loses nothing and repeats nothing', async () => {
  // From a few bytes, which is not even a header, to several events.
  const proxy = await proxied(n => 50 + 397 * (n % 12))
  const { sequence } = await client.topics()
  const all = listener(new TrellisClient(proxy.url), { topics: [TOPIC], after: sequence })
  const sequences = [...await submit(10)]
  await all.until(5)
  sequences.push(...await submit(10))
  await all.until(20)
  assert.ok(proxy.connections > 4, `${proxy.connections} connections`)
  await nothingElse(all, sequences)
})

test('a connection that falls silent without a word is given up for a new one', async () => {
  const proxy = await proxied(n => n === 0 ? 700 : Infinity, () => {})
  const { sequence } = await client.topics()
  const all = listener(new TrellisClient(proxy.url), { topics: [TOPIC], after: sequence, silence: 500 })
  const sequences = await submit(6)
  assert.deepEqual(await all.until(6), sequences)
  await nothingElse(all, sequences)
})

test('a program that starts again goes on behind the cursor it kept', async () => {
  const { sequence } = await client.topics()
  const sequences = await submit(3)
  const first = listener(client, { topics: [TOPIC], after: sequence })
  await first.until(3)
  first.subscription.close()
  await first.subscription.done
  const later = await submit(2)
  const second = listener(client, { topics: [TOPIC], after: first.subscription.cursor })
  assert.deepEqual([await first.until(3), await second.until(2)], [sequences, later])
  await nothingElse(second, later)
})

test('only what touches the baskets asked for is told', async () => {
  const all = listener(client, { baskets: ['shop/told'] })
  await knowsItsCursor(all)
  await submit(1)
  const place = async basket => {
    const made = await person.spend([coins.pop()], [await person.token(basket, 'seat', 1)])
    return (await client.submit(made, { topics: ['tm_shop'] })).sequence
  }
  await place('shop/other')
  const sequence = await place('shop/told')
  assert.deepEqual(await all.until(1), [sequence])
  const [{ transactions: [{ operations: [{ manager, taken, placed }] }] }] = all.told
  assert.deepEqual([manager, taken, placed.basket, placed.asset, placed.amount], ['shop', undefined, 'shop/told', 'seat', 1])
})

test('a callback that fails ends its subscription with its own error, and is told the same again the next time', async () => {
  const { sequence } = await client.topics()
  const sequences = await submit(3)
  const told = []
  const subscription = client.subscribe({ topics: [TOPIC], after: sequence }, async event => {
    told.push(event.sequence)
    if (told.length === 2) throw new Error('the disk of the application is full')
  })
  await assert.rejects(subscription.done, { message: 'the disk of the application is full' })
  assert.deepEqual([told, subscription.cursor], [sequences.slice(0, 2), sequences[0]])
  const again = listener(client, { topics: [TOPIC], after: subscription.cursor })
  await again.until(2)
  await nothingElse(again, sequences.slice(1))
})

test('closing ends it at once: between events, within a callback, and while there is no host', async () => {
  const idle = listener(client)
  await knowsItsCursor(idle)
  idle.subscription.close()
  await idle.subscription.done
  assert.deepEqual(idle.told, [])

  const { sequence } = await client.topics()
  const [first] = await submit(2)
  const told = []
  const busy = client.subscribe({ topics: [TOPIC], after: sequence }, async event => {
    busy.close()
    await sleep(50)
    told.push(event.sequence)
  })
  await busy.done
  assert.deepEqual([told, busy.cursor], [[first], first])

  const nowhere = new TrellisClient('http://127.0.0.1:1').subscribe(TOPIC, () => {})
  await sleep(50)
  nowhere.close()
  await nowhere.done
})

test('what the host will never tell ends a subscription with its error', async () => {
  const done = async what => await client.subscribe(what, () => {}).done
  assert.match((await refused(done('tm_nowhere'), 404, 'ERR_NOT_HOSTED')).message, /tm_nowhere/)
  await refused(done({ topics: [TOPIC], after: 1_000_000 }), 400, 'ERR_CURSOR_AHEAD')
})
