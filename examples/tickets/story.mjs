// A hundred seats, five hundred buyers at once, and not one seat sold twice.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Transaction } from '@bsv/sdk'
import { Person, read, spend, token } from '../shared/person.mjs'
import { chapter, claim, refused, taken } from '../shared/tell.mjs'

const EVENT = 'The Night of the Trees'
const SEATS_IN_A_ROW = 10

// Satoshis a ticket carries to pay for its way.
const SATOSHIS = 200

export async function story (host, { seats = 100, buyers = 500 }) {
  const [organiser, seller] = [new Person('organiser'), new Person('seller')]
  const names = Array.from({ length: seats }, (_, n) =>
    `${String.fromCharCode(65 + Math.floor(n / SEATS_IN_A_ROW))}-${n % SEATS_IN_A_ROW + 1}`)
  const ticket = async (person, seat, satoshis = SATOSHIS) =>
    ({ lockingScript: await token(person.identity, ['ticket', EVENT, seat]), satoshis })
  const submit = async transaction => await host.submit(transaction, ['tm_tickets'])

  chapter(`The organiser makes ${seats} tickets, all in one transaction, and gives them to the seller.`)
  const made = await spend(
    [await host.coin(organiser, seats * SATOSHIS + 1000)],
    await Promise.all(names.map(async seat => await ticket(seller, seat))),
    organiser
  )
  await taken('the topic admits them', submit(made))
  claim('all are available', (await host.tokens('tickets/available')).length, seats)

  chapter(`${buyers} buyers at once.`)
  const shop = await openShop(host)
  const queue = Array.from({ length: buyers }, () => new Person())
  const replies = await Promise.all(queue.map(async buyer => await buy(shop.url, buyer)))
  shop.close()
  const sold = replies.filter(({ status }) => status === 200).map(({ body }) => Transaction.fromHexBEEF(body.beef))
  const soldOut = replies.filter(({ status, body }) => status === 409 && body.message === 'sold out')
  claim(`exactly ${Math.min(seats, buyers)} tickets are sold`, sold.length, Math.min(seats, buyers))
  claim(`${soldOut.length} buyers are told that it is sold out`, soldOut.length, buyers - sold.length)
  const seatsSold = sold.map(sale => read(sale.outputs[0]).fields[2])
  claim('every seat is sold once', new Set(seatsSold).size, sold.length)
  const spent = sold.flatMap(({ inputs }) =>
    inputs.map(({ sourceTXID, sourceOutputIndex }) => `${sourceTXID}.${sourceOutputIndex}`))
  claim('no coin is spent twice', new Set(spent).size, spent.length)
  const owners = new Set(await Promise.all(queue.map(async buyer => await buyer.tokenKey())))
  claim('every ticket is locked by the key of a buyer', sold.every(sale => owners.has(read(sale.outputs[0]).owner)))
  claim('and proves itself', await sold[0].verify('scripts only'))

  chapter('What the host has counted.')
  const [available, gone] = [await host.tokens('tickets/available'), await host.tokens('tickets/sold')]
  claim('nothing is available any more', available.length, Math.max(0, seats - buyers))
  claim('what is sold is what the buyers have', gone.map(({ txid }) => txid).sort(), sold.map(sale => sale.id('hex')).sort())
  const inRowA = seatsSold.filter(seat => seat.startsWith('A-'))
  claim('a seat is found by its row', gone.filter(({ tags }) => tags.includes('row:A')).length, inRowA.length)
  const { topics } = await host.client.topics()
  const { liveOutputs } = topics.find(({ topic }) => topic === 'tm_tickets')
  claim('there are as many tickets as in the beginning', liveOutputs, seats)

  chapter('What cannot be.')
  const [friend, stranger] = [new Person(), new Person()]
  const at = queue.findIndex((_, n) => replies[n].status === 200)
  const own = { transaction: Transaction.fromHexBEEF(replies[at].body.beef), outputIndex: 0, by: queue[at] }
  const seat = read(own.transaction.outputs[0]).fields[2]
  const given = await spend([own], [await ticket(friend, seat, 100)])
  const givenAgain = await spend([own], [await ticket(stranger, seat, 100)])
  await taken('a buyer may give the ticket to a friend', submit(given))
  await refused('but not to somebody else as well', submit(givenAgain), 409, given.id('hex'))
  const friends = { transaction: given, outputIndex: 0, by: friend }
  const two = await spend([friends], [await ticket(friend, seat, 40), await ticket(stranger, seat, 40)])
  await refused('one ticket made two', submit(two), 422, 'only the organiser makes tickets')
  const better = await spend([friends], [await ticket(friend, 'A-0', 80)])
  await refused('another seat', submit(better), 422, 'only the organiser makes tickets')
  const forged = await spend([await host.coin(stranger)], [await ticket(stranger, 'A-0')], stranger)
  await refused('a home-made ticket', submit(forged), 422, 'only the organiser makes tickets')
  const double = await spend([await host.coin(organiser)], [await ticket(seller, names[0])], organiser)
  await refused('a seat made twice, even by the organiser', submit(double), 422, `seat ${names[0]} of ${EVENT} exists already`)
}

// Starts the seller as the program of its own that it is.
async function openShop (host) {
  const script = fileURLToPath(new URL('seller.mjs', import.meta.url))
  const seller = spawn(process.execPath, [script, host.url], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [url] = await once(createInterface(seller.stdout), 'line')
  return { url, close: () => seller.kill() }
}

async function buy (url, buyer) {
  const reply = await fetch(`${url}/buy`, { method: 'POST', body: JSON.stringify({ identity: buyer.identity }) })
  return { status: reply.status, body: await reply.json() }
}
