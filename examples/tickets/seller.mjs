// The seller: node tickets/seller.mjs <address of the host>
//
// Holds the key that available tickets are locked by, and sells them: POST /buy {"identity": "<public key>"} answers a ticket
// locked by the buyer's key, or 409. It keeps no list of what is left: the host does, and hands every caller another ticket.

import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { Transaction } from '@bsv/sdk'
import { Host } from '../shared/host.mjs'
import { FEE, Person, read, spend, token } from '../shared/person.mjs'

const TAKE = `/v1/baskets/${encodeURIComponent('tickets/available')}/take`

// Sales under way at once; who comes later waits. A host keeps no more than 20 reservations for one client.
const COUNTERS = 16

// A reservation lasts so long, in seconds: a sale takes a fraction of one, and a seller that died holds nothing up.
const RESERVE_SECONDS = 30

// How long to wait, in milliseconds, for a sale of somebody else's that may yet fail.
const WAIT = 50

const host = Host.at(process.argv[2])
const seller = new Person('seller')

// Answers the signed and admitted transaction, or nothing if all seats are sold.
async function sell (identity) {
  for (;;) {
    const { status, body } = await host.post(TAKE, { count: 1, reserveSeconds: RESERVE_SECONDS })
    if (status === 409) {
      // Nothing is to be had, but what is reserved may come back.
      if (body.requirements[0].reserved.tokens === 0) return undefined
      await sleep(WAIT)
      continue
    }
    if (status !== 200) throw new Error(`${status} ${body.message}`)
    const [{ txid, outputIndex, satoshis }] = body.tokens
    const ticket = { transaction: Transaction.fromHexBEEF(body.beef, txid), outputIndex, by: seller }
    const { fields } = read(ticket.transaction.outputs[outputIndex])
    const sale = await spend([ticket], [{ lockingScript: await token(identity, fields), satoshis: satoshis - FEE }])
    const reply = await host.submit(sale, ['tm_tickets'])
    if (reply.status === 200) return sale
    // Spent meanwhile, by whoever else has the key: the next one, please.
    if (reply.status !== 409) throw new Error(`${reply.status} ${reply.body.message}`)
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
