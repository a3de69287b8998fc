// What the tests of the client have in common: a host somebody else started, people with coins, and lists read to their end.

import assert from 'node:assert/strict'
import { TrellisClient, TrellisError } from 'trellis-client'
import { HeadersWorld } from '../worlds.mjs'
import { Person } from '../tokens.mjs'

// The host's address, and the headers file it reads.
const [url, headers] = process.argv.slice(2)

export const world = headers === undefined ? undefined : new HeadersWorld(url, headers)
export const client = new TrellisClient(url)

// Somebody with as many mined coins.
export async function somebody (count, satoshis = 10_000) {
  const person = new Person()
  return { person, coins: await world.coins(person.script(), satoshis, count) }
}

// Messages, each paid with the change of the one before.
export async function chain (person, coin, count, text) {
  const all = [await person.spend([coin], [await person.message(`${text} 0`)])]
  while (all.length < count) {
    const change = { transaction: all.at(-1), vout: 1 }
    all.push(await person.spend([change], [await person.message(`${text} ${all.length}`)]))
  }
  return all
}

// Everything of a list.
export async function all (list) {
  const entries = []
  for await (const entry of list) entries.push(entry)
  return entries
}

// What somebody asked for is refused with this status and code. Answers the error.
export async function refused (promise, status, code, Kind = TrellisError) {
  const error = await promise.then(value => assert.fail(`it is taken: ${JSON.stringify(value)}`), error => error)
  assert.ok(error instanceof Kind, `${error.stack}`)
  assert.deepEqual([error.status, error.code], [status, code], error.message)
  return error
}
