// Four organisations, one crate of apples: every step is one transaction that changes the topics and baskets of both sides.

import { FEE, Person, read, spend, token } from '../shared/person.mjs'
import { chapter, claim, refused, taken } from '../shared/tell.mjs'

const NAMES = ['producer', 'carrier', 'warehouse', 'shop']
const BASKETS = ['producer/stock', 'carrier/in-transit', 'warehouse/shelves', 'shop/for-sale']

// Satoshis a good carries to pay for its way.
const SATOSHIS = 1000

const GOOD = 'apples, crate 7'

export async function story (host) {
  const [producer, carrier, warehouse, shop] = NAMES.map(name => new Person(name))

  // A transaction that takes a good from one to the next, who is free to have something to say about it.
  const handOver = async (good, to, note, id = GOOD) => {
    const { transaction, outputIndex } = good
    const satoshis = transaction.outputs[outputIndex].satoshis - FEE
    return await spend([good], [{ lockingScript: await token(to.identity, ['good', id, note]), satoshis }])
  }
  const isOnly = async basket => {
    for (const other of BASKETS) {
      const goods = (await host.tokens(other)).map(token => token.asset)
      claim(`${other} holds ${other === basket ? 'it' : 'nothing'}`, goods, other === basket ? [GOOD] : [])
    }
  }

  chapter('The producer packs a crate.')
  const packed = await spend(
    [await host.coin(producer)],
    [{ lockingScript: await token(producer.identity, ['good', GOOD, 'picked on Monday']), satoshis: SATOSHIS }],
    producer
  )
  await taken('tm_producer admits it', host.submit(packed, ['tm_producer']))
  await isOnly('producer/stock')

  chapter('The carrier fetches it: one transaction, a farewell in one topic and a welcome in the other.')
  const fetched = await handOver({ transaction: packed, outputIndex: 0, by: producer }, carrier, 'van 12')
  const receipt = await taken('both topics take the transaction', host.submit(fetched, ['tm_producer', 'tm_carrier']))
  claim('tm_producer keeps its coin for the history', receipt.topics.tm_producer.coinsToRetain, [0])
  claim('tm_carrier admits the crate', receipt.topics.tm_carrier.outputsToAdmit, [0])
  await isOnly('carrier/in-transit')

  chapter('On to the warehouse and the shop. The host is left to find the topics: who has the crate, and who is to get it.')
  await host.mine(fetched)
  const stored = await handOver({ transaction: fetched, outputIndex: 0, by: carrier }, warehouse, 'shelf 3, 4 °C')
  const found = await taken('the warehouse has it', host.submit(stored, 'auto'))
  claim('these topics were found', Object.keys(found.topics), ['tm_carrier', 'tm_warehouse'])
  const offered = await handOver({ transaction: stored, outputIndex: 0, by: warehouse }, shop, 'one euro a kilo')
  await taken('the shop has it', host.submit(offered, 'auto'))
  await isOnly('shop/for-sale')

  chapter('What cannot be.')
  const again = await handOver({ transaction: fetched, outputIndex: 0, by: carrier }, shop, 'fell off the van')
  await refused('a crate handed over twice', host.submit(again, ['tm_carrier', 'tm_shop']), 409, stored.id('hex'))
  const nowhere = await spend(
    [await host.coin(shop)],
    [{ lockingScript: await token(shop.identity, ['good', 'apples, crate 8', 'no questions']), satoshis: SATOSHIS }],
    shop
  )
  await refused('a crate from nowhere', host.submit(nowhere, ['tm_shop']), 422, 'comes to tm_shop from nowhere')
  const forged = await spend(
    [{ transaction: nowhere, outputIndex: 0, by: shop }],
    [{ lockingScript: await token(shop.identity, ['good', 'apples, crate 8', 'with a past']), satoshis: SATOSHIS - FEE }]
  )
  await refused('a crate whose past nobody knows', host.submit(forged, ['tm_shop']), 422, 'from nowhere')
  const shelf = { transaction: offered, outputIndex: 0, by: shop }
  const relabelled = await handOver(shelf, shop, 'pears', 'pears, crate 7')
  await refused('another good in its place', host.submit(relabelled, ['tm_shop']), 422, 'from nowhere')
  await isOnly('shop/for-sale')

  chapter('Its whole way, from one answer, verified by whoever asks.')
  await host.mine(offered)
  claim('its way is known from end to end', await history(host, GOOD), [
    ['shop', 'one euro a kilo'],
    ['warehouse', 'shelf 3, 4 °C'],
    ['carrier', 'van 12'],
    ['producer', 'picked on Monday']
  ])
}

// Looks a good up and verifies its way with nothing but the answer: every signature, from the last holder back to the first.
async function history (host, good) {
  const holders = new Map()
  for (const name of NAMES) holders.set(await new Person(name).tokenKey(), name)
  const [{ transaction, outputIndex }] = await host.lookup('ls_goods', { good })
  // An application that follows the chain passes its headers in place of 'scripts only'.
  claim('every script of every transaction of the answer is right', await transaction.verify('scripts only'))
  const way = []
  let step = { transaction, outputIndex }
  while (step !== undefined) {
    const { owner, fields: [, , note] } = read(step.transaction.outputs[step.outputIndex])
    way.push([holders.get(owner), note])
    step = before(step.transaction, good)
  }
  return way
}

// The output a transaction took the good from; undefined where it was made.
function before (transaction, good) {
  const sources = transaction.inputs.map(({ sourceTransaction, sourceOutputIndex }) =>
    ({ transaction: sourceTransaction, outputIndex: sourceOutputIndex }))
  return sources.find(({ transaction, outputIndex }) =>
    transaction !== undefined && read(transaction.outputs[outputIndex])?.fields[1] === good)
}
