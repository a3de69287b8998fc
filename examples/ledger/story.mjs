// A day at the till: every posting is one transaction over two or more accounts, and at no moment do the books not balance.

import { Utils } from '@bsv/sdk'
import { ifThere } from '../shared/host.mjs'
import { Person, spend, token } from '../shared/person.mjs'
import { chapter, claim, refused, taken } from '../shared/tell.mjs'

const TOPICS = ['tm_cash', 'tm_bank', 'tm_sales', 'tm_tax']
const BALANCE = Utils.toHex(Utils.toArray('balance', 'utf8'))

export async function story (host, { postings = 40 }) {
  const bookkeeper = new Person('bookkeeper')
  const entry = async (topic, cents, text) =>
    ({ lockingScript: await token(bookkeeper.identity, ['entry', topic, cents, text]), satoshis: 1 })
  // Signs a posting: { tm_cash: 119, tm_sales: -100, … }
  const sign = async (amounts, text, by = bookkeeper) => {
    const entries = Object.entries(amounts).map(([topic, cents]) => entry(topic, cents, text))
    return await spend([await host.coin(by)], await Promise.all(entries), by)
  }
  const post = async (amounts, text) => await host.submit(await sign(amounts, text), Object.keys(amounts))

  chapter('One sale, three accounts, one transaction.')
  await taken('cash, sales and tax are posted to together', post({ tm_cash: 119, tm_sales: -100, tm_tax: -19 }, 'a book'))
  claim('the balances', await balances(host), { tm_cash: 119, tm_bank: 0, tm_sales: -100, tm_tax: -19 })

  chapter('What cannot be posted.')
  const wrong = post({ tm_cash: 119, tm_sales: -100 }, 'a book')
  await refused('entries that do not come to zero', wrong, 422, 'come to 19 cents instead of 0')
  const stranger = await sign({ tm_cash: 500, tm_sales: -500 }, 'a gift', new Person())
  await refused("somebody else's posting", host.submit(stranger, ['tm_cash', 'tm_sales']), 422, 'only the bookkeeper')
  const half = host.submit(await sign({ tm_cash: 500, tm_sales: -500 }, 'half'), ['tm_cash'])
  await refused('a posting to one of its accounts only', half, 422, 'does not reach tm_sales')
  claim('nothing of it left a trace', await balances(host), { tm_cash: 119, tm_bank: 0, tm_sales: -100, tm_tax: -19 })

  chapter(`${postings} postings at once.`)
  const day = Array.from({ length: postings }, (_, n) => n % 4 === 3
    ? { tm_bank: 50 + n, tm_cash: -50 - n }
    : { tm_cash: 119 + n, tm_sales: -100 - n, tm_tax: -19 })
  const receipts = await Promise.all(day.map(async (amounts, n) => await post(amounts, `posting ${n}`)))
  claim('all are taken', receipts.filter(({ sequence }) => sequence !== undefined).length, postings)
  const expected = { tm_cash: 119, tm_bank: 0, tm_sales: -100, tm_tax: -19 }
  for (const amounts of day) for (const [topic, cents] of Object.entries(amounts)) expected[topic] += cents
  claim('every cent is where it belongs', await balances(host), expected)

  chapter('The books at every moment of the day.')
  const { sequence: last } = await host.client.topics()
  for (let sequence = 1; sequence <= last; sequence++) {
    const all = await balances(host, sequence)
    const sum = TOPICS.reduce((sum, topic) => sum + all[topic], 0)
    if (sum !== 0) throw new Error(`at sequence ${sequence} the accounts come to ${sum}: ${JSON.stringify(all)}`)
  }
  claim(`at each of the ${last} sequences all accounts come to zero`, true)

  chapter("The host's own sums agree.")
  for (const topic of TOPICS) {
    const account = topic.slice('tm_'.length)
    const [debit, credit] = await Promise.all(['debit', 'credit'].map(side => amountIn(host, `ledger/${account}/${side}`)))
    claim(`${account}: ${debit} debit, ${credit} credit`, debit - credit, expected[topic])
  }
}

// The balance of every account, now or at a sequence.
async function balances (host, at) {
  const read = async topic => {
    const { rows } = await host.client.state(topic, { prefix: BALANCE, at })
    return [topic, rows.length === 0 ? 0 : Number(Utils.toUTF8(Utils.toArray(rows[0].value, 'hex')))]
  }
  return Object.fromEntries(await Promise.all(TOPICS.map(read)))
}

// What is in a basket, as the host sums it.
async function amountIn (host, basket) {
  const { amount } = await ifThere(host.client.basket(basket), { amount: '0' })
  return Number(amount)
}
