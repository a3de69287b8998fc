// A development host: started for an example with a data folder of its own, asked through the client, and stopped again.

import { spawn } from 'node:child_process'
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { LookupResolver, Transaction } from '@bsv/sdk'
import { TrellisClient } from 'trellis-client'

// How often a start is looked at, in milliseconds, and how often at most.
const LOOK_AGAIN = 50
const LOOKS_MOST = 2400

// Lines of the host's log that are shown when an example fails.
const LOG_LINES = 30

export class Host {
  static async start (trellis, name) {
    const host = new Host()
    host.folder = mkdtempSync(join(tmpdir(), `trellis-${name}-`))
    const [port, adminPort] = [await freePort(), await freePort()]
    host.url = `http://localhost:${port}`
    host.client = new TrellisClient(host.url)
    host.adminUrl = `http://localhost:${adminPort}`
    const config = fileURLToPath(new URL(`../${name}/trellis.toml`, import.meta.url))
    const args = ['dev', '--config', config, '--data-dir', join(host.folder, 'data')]
    args.push('--port', `${port}`, '--admin-port', `${adminPort}`)
    const log = openSync(join(host.folder, 'log'), 'a')
    host.process = spawn(trellis, args, { stdio: ['ignore', log, log] })
    host.ended = new Promise(resolve => host.process.once('exit', resolve))
    await host.isReady()
    return host
  }

  async isReady () {
    for (let looks = 0; looks < LOOKS_MOST; looks++) {
      if (this.process.exitCode !== null) break
      const reply = await fetch(`${this.url}/health/ready`).catch(() => undefined)
      if (reply?.ok) return
      await sleep(LOOK_AGAIN)
    }
    const log = this.log()
    await this.stop()
    throw new Error(`the host does not start:\n${log}`)
  }

  log () {
    const lines = readFileSync(join(this.folder, 'log'), 'utf8').split('\n')
    return lines.filter(line => !line.includes('/health/ready')).slice(-LOG_LINES).join('\n')
  }

  async stop () {
    this.process.kill()
    await this.ended
    rmSync(this.folder, { recursive: true, force: true })
  }

  // Submits to topics, or to those the host finds with 'auto'. All of them take it or nothing happens.
  async submit (transaction, topics) {
    return await this.client.submit(transaction, { topics, requireAll: true })
  }

  // The transactions whose outputs a lookup service finds, each with what proves it.
  async lookup (service, query) {
    const resolver = new LookupResolver({ networkPreset: 'local', hostOverrides: { [service]: [this.url] } })
    const { outputs } = await resolver.query({ service, query })
    return outputs.map(({ beef, outputIndex }) => ({ transaction: Transaction.fromBEEF(beef), outputIndex }))
  }

  // What lies in a basket, all of it.
  async tokens (basket) {
    const list = async () => {
      const tokens = []
      for await (const token of this.client.tokens(basket)) tokens.push(token)
      return tokens
    }
    return await ifThere(list(), [])
  }

  // A mined coin from the faucet: what a person spends when nothing else is at hand.
  async coin (person, satoshis = 10_000) {
    const { beef, txid, outputIndex } = await this.dev('faucet', { publicKey: person.identity, satoshis })
    return { transaction: Transaction.fromHexBEEF(beef, txid), outputIndex, by: person }
  }

  // Has blocks mined until the host knows that a transaction is in one.
  async mine (transaction) {
    for (let looks = 0; looks < LOOKS_MOST; looks++) {
      await this.dev('mine', {})
      const { status } = await this.client.transaction(transaction.id('hex'))
      if (status === 'mined') return
      await sleep(LOOK_AGAIN)
    }
    throw new Error(`${transaction.id('hex')} is never mined`)
  }

  // What only a development host does, on its second listener.
  async dev (what, body) {
    const reply = await fetch(`${this.adminUrl}/dev/${what}`, { method: 'POST', body: JSON.stringify(body) })
    if (!reply.ok) throw new Error(`${what}: ${reply.status} ${await reply.text()}`)
    return await reply.json()
  }
}

// What is answered of a basket, or this where there is none: a basket is there once something was put into it.
export async function ifThere (answer, otherwise) {
  try {
    return await answer
  } catch (error) {
    if (error.code === 'ERR_BASKET_NOT_FOUND') return otherwise
    throw error
  }
}

async function freePort () {
  const server = createServer()
  await new Promise(resolve => server.listen(0, resolve))
  const { port } = server.address()
  await new Promise(resolve => server.close(resolve))
  return port
}
