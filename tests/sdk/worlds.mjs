// Where coins and proofs come from: a headers file the host reads, or the faucet of `trellis dev`.

import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  HTTPSOverlayBroadcastFacilitator,
  HTTPSOverlayLookupFacilitator,
  Hash,
  LookupResolver,
  MerklePath,
  TopicBroadcaster,
  Transaction,
  UnlockingScript,
  Utils
} from '@bsv/sdk'

// A host looks at its headers file at most once a second.
const LOOK_AGAIN = 1100

// What both worlds have in common: the clients of the SDK.
class World {
  constructor (url) {
    this.url = url
    this.steaks = []
    this.lookups = new HTTPSOverlayLookupFacilitator(undefined, true)
  }

  // The very clients an app makes with the preset `local`; elsewhere than port 8080 they need to be told where.
  broadcaster (topics, config = {}) {
    return new TopicBroadcaster(topics, { networkPreset: 'local', ...this.facilitator(), ...config })
  }

  resolver (service) {
    if (this.url === 'http://localhost:8080') return new LookupResolver({ networkPreset: 'local' })
    return new LookupResolver({ networkPreset: 'local', hostOverrides: { [service]: [this.url] } })
  }

  // Forwards what the preset sends to port 8080 to the host under test, and keeps the STEAKs.
  facilitator () {
    if (this.url === 'http://localhost:8080') return {}
    const real = new HTTPSOverlayBroadcastFacilitator(undefined, true)
    const send = async (_, taggedBEEF) => {
      const steak = await real.send(this.url, taggedBEEF)
      this.steaks.push(steak)
      return steak
    }
    return { facilitator: { send } }
  }

  // A lookup whose answer is JSON: the SDK never asks for one, other clients do.
  async lookupJson (service, query) {
    const response = await fetch(`${this.url}/lookup`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ service, query })
    })
    if (!response.ok) throw new Error(`lookup: HTTP ${response.status} ${await response.text()}`)
    return await response.json()
  }

  // A submission whose reply is seen in full, where the SDK only says that it failed.
  async submit (beef, topics) {
    const response = await fetch(`${this.url}/submit`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/octet-stream', 'X-Topics': JSON.stringify(topics) },
      body: new Uint8Array(beef)
    })
    return { status: response.status, body: await response.json() }
  }
}

// A chain of this program's own, published in the headers file. Also the SDK's ChainTracker over it.
export class HeadersWorld extends World {
  constructor (url, file) {
    super(url)
    this.file = file
    this.headers = JSON.parse(readFileSync(file, 'utf8'))
    this.made = 0
  }

  async currentHeight () {
    return Math.max(...Object.keys(this.headers).map(Number))
  }

  async isValidRootForHeight (root, height) {
    return this.headers[height]?.root === root
  }

  // Mines transactions into one block, never at offset 0, gives each its proof, and waits until the host can know.
  async mine (...transactions) {
    const height = await this.currentHeight() + 1
    const filler = Utils.toHex(Hash.hash256([height & 255, height >> 8]))
    const txids = [filler, ...transactions.map(transaction => transaction.id('hex'))]
    // A row of leaves of even length.
    if (txids.length % 2 === 1) txids.push(Utils.toHex(Hash.hash256([height & 255, 1])))
    for (const transaction of transactions) {
      transaction.merklePath = proof(height, txids, transaction.id('hex'))
    }
    const root = transactions[0].merklePath.computeRoot(transactions[0].id('hex'))
    const time = Math.max(...Object.values(this.headers).map(header => header.time)) + 600
    this.headers[height] = { root, time }
    writeFileSync(`${this.file}.new`, JSON.stringify(this.headers))
    renameSync(`${this.file}.new`, this.file)
    await sleep(LOOK_AGAIN)
  }

  // A mined coin: { transaction, vout }.
  async coin (script, satoshis) {
    return (await this.coins(script, satoshis, 1))[0]
  }

  // As many mined coins, all outputs of one transaction.
  async coins (script, satoshis, count) {
    this.made += 1
    const nowhere = Utils.toHex(Hash.hash256([process.pid & 255, this.made & 255, this.made >> 8]))
    const input = {
      sourceTXID: nowhere, sourceOutputIndex: 0, unlockingScript: new UnlockingScript([]), sequence: 0xffffffff
    }
    const outputs = Array.from({ length: count }, () => ({ lockingScript: script, satoshis }))
    const transaction = new Transaction(1, [input], outputs, 0)
    await this.mine(transaction)
    return outputs.map((_, vout) => ({ transaction, vout }))
  }
}

// The built-in chain of `trellis dev`: coins come from its faucet, proofs from its miner.
export class FaucetWorld extends World {
  constructor (url, faucet) {
    super(url)
    this.faucet = faucet
  }

  async coin (script, satoshis, publicKey) {
    const response = await fetch(this.faucet, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ publicKey: publicKey.toString(), satoshis })
    })
    if (!response.ok) throw new Error(`faucet: HTTP ${response.status} ${await response.text()}`)
    const coin = await response.json()
    return { transaction: Transaction.fromHexBEEF(coin.beef, coin.txid), vout: coin.outputIndex }
  }
}

// The merkle path of one of the txids of a block.
function proof (height, txids, txid) {
  const offset = txids.indexOf(txid)
  const leaves = txids.map((hash, at) => at === offset ? { offset: at, hash, txid: true } : { offset: at, hash })
  // The transaction and its sibling, then one sibling on every level above.
  let row = txids.map(hash => Utils.toArray(hash, 'hex').reverse())
  const path = [[leaves[offset], leaves[offset ^ 1]].sort((a, b) => a.offset - b.offset)]
  let at = offset >> 1
  while (row.length > 2) {
    const next = []
    for (let i = 0; i < row.length; i += 2) next.push(Hash.hash256([...row[i], ...(row[i + 1] ?? row[i])]))
    row = next
    const sibling = at ^ 1
    path.push([sibling < row.length
      ? { offset: sibling, hash: Utils.toHex([...row[sibling]].reverse()) }
      : { offset: sibling, duplicate: true }])
    at >>= 1
  }
  return new MerklePath(height, path)
}
