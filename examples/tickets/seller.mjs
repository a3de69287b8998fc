// The seller: node tickets/seller.mjs <address of the host>
//
// Holds the key that available tickets are locked by, and sells them: POST /buy {"identity": "<public key>"} answers a ticket
// locked by the buyer's key, or 409. It keeps no list of what is left: the host does, and hands every caller another ticket.

import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { Transaction } from '@bsv/sdk'
import { InsufficientInventory, TrellisClient, spend } from 'trellis-client'
import { FEE, Person, read, token } from '../shared/person.mjs'

const AVAILABLE = 'tickets/available'

// Sales under way at once; who comes later waits. A host keeps no more than 20 reservations for one client.
const COUNTERS = 16

// A reservation lasts so long, in seconds: a sale takes a fraction of one, and a seller that died holds nothing up.
const RESERVE_SECONDS = 30

// How long to wait, in milliseconds, for a sale of somebody else's that may yet fail.
const WAIT = 50

const host = new TrellisClient(process.argv[2])
const seller = new Person('seller')

// Answers the signed and admitted transaction, or nothing if all seats are sold.
async function sell (identity) {
  for (;;) {
    try {
      const taken = await host.take(AVAILABLE, { count: 1, reserveSeconds: RESERVE_SECONDS })
      const [{ txid, outputIndex, satoshis }] = taken.tokens
      const { fields } = read(Transaction.fromHexBEEF(taken.beef, txid).outputs[outputIndex])
      const ticket = { lockingScript: await token(identity, fields), satoshis: satoshis - FEE }
      const sale = await spend(taken, { unlock: () => seller.unlockToken(), outputs: [ticket] })
      await host.submit(sale, { topics: ['tm_tickets'], requireAll: true })
      return sale
    } catch (error) {
      if (error instanceof InsufficientInventory) {
        // Nothing is to be had, but what is reserved may come back.
        if (error.requirements[0].reserved.tokens === 0) return undefined
        await sleep(WAIT)
      } else if (error.status !== 409) {
        throw error
      }
      // Spent meanwhile, by whoever else has the key: the next one, please.
    }
  }
}

// Lets so many pass at a time.
let free = COUNTERS
const waiting = []
async function atCounter (work) {
  if (free === 0) await new Promise(resolve => waiting.push(resolve))
  else free -= 1
  try {
    return await work()
  } finally {
    const next = waiting.shift()
    if (next === undefined) free += 1
    else next()
  }
}

async function answer (request) {
  if (request.method !== 'POST' || request.url !== '/buy') return [404, { message: 'POST /buy' }]
  let text = ''
  for await (const chunk of request) text += chunk
  const { identity } = JSON.parse(text)
  const sale = await atCounter(async () => await sell(identity))
  return sale === undefined ? [409, { message: 'sold out' }] : [200, { beef: sale.toHexBEEF() }]
}

const server = createServer(async (request, response) => {
  const [status, body] = await answer(request).catch(error => [500, { message: error.message }])
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
})
server.listen(0, () => console.log(`http://localhost:${server.address().port}`))
