// A painting for money: both change hands in one transaction, or neither does. And everything a cheat may try.

import { Person, spend, token } from '../shared/person.mjs'
import { chapter, claim, refused, taken } from '../shared/tell.mjs'

const BOTH = ['tm_assets', 'tm_money']

// Satoshis that lie in a token.
const SATOSHIS = 10

export async function story (host) {
  const [issuer, ann, bob, eve] = [new Person('issuer'), new Person('ann'), new Person('bob'), new Person('eve')]
  const money = async (person, amount) =>
    ({ lockingScript: await token(person.identity, ['money', amount]), satoshis: SATOSHIS })
  const asset = async (person, id, price = 0) =>
    ({ lockingScript: await token(person.identity, ['asset', id, price]), satoshis: SATOSHIS })
  // Spends tokens into tokens. A plain coin of `payer` pays for the transaction.
  const make = async (payer, inputs, outputs) =>
    await spend([...inputs, await host.coin(payer)], await Promise.all(outputs), payer)
  const has = async person => {
    const key = await person.tokenKey()
    const assets = (await host.tokens(`assets/${key}`)).map(({ asset }) => asset.replace('asset/', ''))
    const coins = (await host.tokens(`money/${key}`)).map(({ amount }) => amount)
    return { assets: assets.sort(), money: coins.reduce((sum, amount) => sum + amount, 0) }
  }

  chapter('The issuer gives Bob and Eve 300 each. Ann has a painting and a poster, and puts prices on them.')
  const issued = await make(issuer, [], [money(bob, 300), money(eve, 300)])
  await taken('the money is made', host.submit(issued, ['tm_money']))
  const brought = await make(ann, [], [asset(ann, 'painting'), asset(ann, 'poster')])
  await taken('the assets are registered', host.submit(brought, ['tm_assets']))
  const listed = await make(ann, of(ann, brought, 0, 1), [asset(ann, 'painting', 250), asset(ann, 'poster', 5)])
  await taken('they have prices', host.submit(listed, ['tm_assets']))
  const offers = await host.tokens(`assets/${await ann.tokenKey()}`)
  claim('both are found as for sale', offers.filter(({ tags }) => tags.includes('for-sale')).length, 2)
  const [painting, poster] = of(ann, listed, 0, 1)
  const [bobs] = of(bob, issued, 0)
  const [eves] = of(eve, issued, 1)

  chapter('Eve tries to cheat. Ann signs whatever is put before her, but the topics look closer.')
  const cheat = async (text, inputs, outputs, words, topics = BOTH) =>
    await refused(text, host.submit(await make(eve, inputs, outputs), topics), 422, words)
  await cheat('paying too little', [painting, eves],
    [asset(eve, 'painting'), money(ann, 249), money(eve, 51)], 'the price is 250, and the seller gets 249')
  await cheat('paying for the poster and taking the painting', [poster, eves],
    [asset(eve, 'painting'), money(ann, 5), money(eve, 295)], '"painting" exists, and this transaction does not spend it')
  await cheat('keeping the money as well', [painting, eves],
    [asset(eve, 'painting'), money(ann, 250), money(eve, 300)], '250 would come out of nothing')
  await cheat('paying with money that never was', [painting],
    [asset(eve, 'painting'), money(ann, 250)], 'paid with money out of nothing', ['tm_assets'])
  const forged = await make(eve, [], [money(eve, 250)])
  await cheat('paying with money of her own making', [painting, ...of(eve, forged, 0)],
    [asset(eve, 'painting'), money(ann, 250)], 'paid with money out of nothing', ['tm_assets'])
  await cheat('a painting for nothing', [painting], [asset(eve, 'painting')], 'the seller gets 0', ['tm_assets'])
  await cheat('having the trade judged by one topic only', [painting, eves],
    [asset(eve, 'painting'), money(ann, 250), money(eve, 50)], 'submit a trade to both topics', ['tm_assets'])
  claim('Ann still has both, and Eve her money', [await has(ann), await has(eve)],
    [{ assets: ['painting', 'poster'], money: 0 }, { assets: [], money: 300 }])

  chapter('Bob pays. Eve is a moment later.')
  const trade = await make(bob, [painting, bobs], [asset(bob, 'painting'), money(ann, 250), money(bob, 50)])
  const late = await make(eve, [painting, eves], [asset(eve, 'painting'), money(ann, 250), money(eve, 50)])
  const receipt = await taken('the painting goes one way and the money the other', host.submit(trade, BOTH))
  claim('in both topics at once', Object.values(receipt.topics).map(topic => topic.outputsToAdmit), [[0], [1, 2]])
  claim('Bob has the painting and his change', await has(bob), { assets: ['painting'], money: 50 })
  claim('Ann has the money', await has(ann), { assets: ['poster'], money: 250 })
  await refused('the same painting sold to Eve', host.submit(late, BOTH), 409, trade.id('hex'))
  claim('Eve has paid nothing', await has(eve), { assets: [], money: 300 })

  chapter('Bob keeps the painting.')
  const taking = await make(eve, [...of(bob, trade, 0), eves], [asset(eve, 'painting'), money(bob, 300)])
  await refused('buying what is not for sale', host.submit(taking, BOTH), 422, 'not for sale')
  const all = await Promise.all([ann, bob, eve].map(has))
  claim('there is as much money as was made', all.reduce((sum, { money }) => sum + money, 0), 600)
}

// Outputs of a transaction that a person can spend.
function of (by, transaction, ...indices) {
  return indices.map(outputIndex => ({ transaction, outputIndex, by }))
}
