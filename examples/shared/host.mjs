// A development host: started for an example with a data folder of its own, asked over HTTP, and stopped again.

import { spawn } from 'node:child_process'
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { LookupResolver, Transaction } from '@bsv/sdk'

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

  // A host that somebody else started.
  static at (url) {
    const host = new Host()
    host.url = url
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

  // Any request with a JSON answer: { status, body }.
  async ask (path, { method = 'GET', headers = {}, body, url = this.url } = {}) {
    const reply = await fetch(`${url}${path}`, { method, headers, body })
    return { status: reply.status, body: await reply.json() }
  }

  // Reads what must be there.
  async get (path) {
    const { status, body } = await this.ask(path)
    if (status !== 200) throw new Error(`GET ${path}: ${status} ${body.message}`)
    return body
  }

  async post (path, body, url) {
    return await this.ask(path, { method: 'POST', url, body: JSON.stringify(body) })
  }

  // Submits to topics, or to those the host finds with 'auto'. Unless told otherwise, all of them take it or nothing happens.
  async submit (transaction, topics, { all = true } = {}) {
    const headers = { 'Content-Type': 'application/octet-stream', 'X-Topics': JSON.stringify(topics) }
    if (all) headers['x-trellis-require'] = 'all'
    return await this.ask('/v1/submit', { method: 'POST', headers, body: new Uint8Array(transaction.toBEEF(true)) })
  }

  // The transactions whose outputs a lookup service finds, each with what proves it.
  async lookup (service, query) {
    const resolver = new LookupResolver({ networkPreset: 'local', hostOverrides: { [service]: [this.url] } })
    const { outputs } = await resolver.query({ service, query })
    return outputs.map(({ beef, outputIndex }) => ({ transaction: Transaction.fromBEEF(beef), outputIndex }))
  }

  // What lies in a basket, all of it. A basket is there once something was put into it.
  async tokens (basket) {
    const { status, body } = await this.ask(`/v1/baskets/${encodeURIComponent(basket)}/tokens?limit=1000`)
    if (status === 404) return []
    if (status !== 200) throw new Error(`${basket}: ${status} ${body.message}`)
    if (body.cursor !== undefined) throw new Error(`${basket} has more tokens than an example looks at`)
    return body.tokens
  }

  // A mined coin from the faucet: what a person spends when nothing else is at hand.
  async coin (person, satoshis = 10_000) {
    const wanted = { publicKey: person.identity, satoshis }
    const { status, body } = await this.post('/dev/faucet', wanted, this.adminUrl)
    if (status !== 200) throw new Error(`faucet: ${status} ${body.message}`)
    return { transaction: Transaction.fromHexBEEF(body.beef, body.txid), outputIndex: body.outputIndex, by: person }
  }

  // Has blocks mined until the host knows that a transaction is in one.
  async mine (transaction) {
    for (let looks = 0; looks < LOOKS_MOST; looks++) {
      await this.post('/dev/mine', {}, this.adminUrl)
      const { status } = await this.get(`/v1/transactions/${transaction.id('hex')}`)
      if (status === 'mined') return
      await sleep(LOOK_AGAIN)
    }
    throw new Error(`${transaction.id('hex')} is never mined`)
  }
}

async function freePort () {
  const server = createServer()
  await new Promise(resolve => server.listen(0, resolve))
  const { port } = server.address()
  await new Promise(resolve => server.close(resolve))
  return port
}
