/** A Trellis host, for what `@bsv/sdk` has no words for. */
import { Transaction } from '@bsv/sdk'
import { Http } from './http.js'
import { Subscription } from './subscribe.js'
import type { SubscriptionOptions } from './subscribe.js'
import type {
  Balance, Basket, BasketEntry, BatchReceipt, Organised, Receipt, Requirement, Taken, Token, TokenFilter, TopicOutput,
  TopicState, TopicSummary, TrellisEvent
} from './types.js'

/** A transaction with its sources, or its BEEF as bytes or hexadecimal text. */
export type Submittable = Transaction | number[] | Uint8Array | string

export interface SubmitOptions {
  /** The topics, or `'auto'`: those that hold a coin it spends and those that say it concerns them. */
  topics: string[] | 'auto'
  /** Every topic must take it, or nothing is stored. */
  requireAll?: boolean
  /** Bytes to go along. */
  offChainValues?: Uint8Array | number[]
}

export interface TakeOptions {
  filter?: TokenFilter
  count?: number
  amount?: number
  /** Keep the tokens for this long, at most 900 seconds: nobody else is handed them meanwhile. */
  reserveSeconds?: number
}

/** A host. */
export class TrellisClient {
  readonly #http: Http

  /**
   * @param url Of the host's public listener, such as `http://localhost:8080`.
   * @param options `token` opens baskets whose operator asks for one.
   */
  constructor (url: string = 'http://localhost:8080', options: { token?: string, fetch?: typeof fetch } = {}) {
    this.#http = new Http(url, options.token, options.fetch ?? fetch)
  }

  /** Submits a transaction; answers all that came of it. */
  async submit (what: Submittable, options: SubmitOptions): Promise<Receipt> {
    const headers: Record<string, string> = {
      'content-type': 'application/octet-stream',
      'x-topics': JSON.stringify(options.topics)
    }
    let body = beefOf(what)
    if (options.requireAll === true) headers['x-trellis-require'] = 'all'
    if (options.offChainValues !== undefined) {
      headers['x-includes-off-chain-values'] = 'true'
      body = behindItsLength(body, Uint8Array.from(options.offChainValues))
    }
    return await this.#http.json('POST', '/v1/submit', { headers, body: body as BodyInit })
  }

  /**
   * Submits several transactions, in any order: they may spend each other. With `atomic` all take effect in one commit or
   * none does; the error then names the member to blame.
   */
  async submitBatch (members: Array<SubmitOptions & { transaction: Submittable }>, options: { atomic: boolean }): Promise<BatchReceipt> {
    const submissions = members.map(member => ({
      beef: hex(beefOf(member.transaction)),
      topics: member.topics,
      requireAll: member.requireAll ?? false,
      ...(member.offChainValues === undefined ? {} : { offChainValues: hex(Uint8Array.from(member.offChainValues)) })
    }))
    return await this.#http.json('POST', '/v1/submit/batch', {
      query: { atomic: options.atomic },
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ submissions })
    })
  }

  /** Calls back for every transition that concerns the topics or baskets, whole, once, in order; across disconnects. */
  subscribe (what: string | SubscriptionOptions, callback: (event: TrellisEvent) => unknown): Subscription {
    return new Subscription(this.#http, typeof what === 'string' ? { topics: [what] } : what, callback)
  }

  /** All topics at a glance, now or at an earlier sequence. */
  async topics (at?: number): Promise<{ sequence: number, topics: TopicSummary[] }> {
    return await this.#http.json('GET', '/v1/topics', { query: { at } })
  }

  /** A topic's state, all of it at one sequence. */
  async state (topic: string, options: { prefix?: string, at?: number } = {}): Promise<TopicState> {
    type Page = TopicState & { next: string | null }
    const path = `/v1/topics/${encodeURIComponent(topic)}/state`
    const first = await this.#http.json<Page>('GET', path, { query: { prefix: options.prefix, at: options.at, limit: 1000 } })
    const rows = first.rows
    for (let next = first.next; next !== null;) {
      const query = { prefix: options.prefix, at: first.sequence, limit: 1000, after: next }
      const page: Page = await this.#http.json('GET', path, { query })
      rows.push(...page.rows)
      next = page.next
    }
    return { topic: first.topic, sequence: first.sequence, hash: first.hash, rows }
  }

  /** A topic's outputs, page by page, all at one sequence. */
  async * outputs (topic: string, options: { spent?: boolean, at?: number } = {}): AsyncGenerator<TopicOutput> {
    let at = options.at
    let after: string | undefined
    for (;;) {
      const page: { sequence: number, outputs: TopicOutput[], next: string | null } =
        await this.#http.json('GET', `/v1/topics/${encodeURIComponent(topic)}/outputs`, { query: { spent: options.spent, at, after } })
      yield * page.outputs
      if (page.next === null) return
      at = page.sequence
      after = page.next
    }
  }

  /** The baskets, page by page. */
  async * baskets (): AsyncGenerator<BasketEntry> {
    for (let cursor: string | undefined; ;) {
      const page: { baskets: BasketEntry[], cursor?: string } = await this.#http.json('GET', '/v1/baskets', { query: { cursor } })
      yield * page.baskets
      if (page.cursor === undefined) return
      cursor = page.cursor
    }
  }

  /** A basket's numbers: all of it, by asset, by owner, by tag. */
  async basket (name: string): Promise<Basket> {
    return await this.#http.json('GET', basketPath(name))
  }

  /** A basket's tokens, page by page. */
  async * tokens (basket: string, filter: TokenFilter = {}): AsyncGenerator<Token> {
    for (let cursor: string | undefined; ;) {
      const page: { tokens: Token[], cursor?: string } =
        await this.#http.json('GET', `${basketPath(basket)}/tokens`, { query: { ...queryOf(filter), cursor } })
      yield * page.tokens
      if (page.cursor === undefined) return
      cursor = page.cursor
    }
  }

  /** How much of each asset each owner has, without listing tokens. */
  async * balances (basket: string, filter: { asset?: string, owner?: string } = {}): AsyncGenerator<Balance> {
    for (let cursor: string | undefined; ;) {
      const page: { balances: Balance[], cursor?: string } =
        await this.#http.json('GET', `${basketPath(basket)}/balances`, { query: { ...filter, cursor } })
      yield * page.balances
      if (page.cursor === undefined) return
      cursor = page.cursor
    }
  }

  /**
   * Tokens that meet all requirements, chosen at one sequence, with one BEEF to spend them from.
   * @throws InsufficientInventory with figures, where there are not as many.
   */
  async organise (requirements: Requirement[]): Promise<Organised> {
    return await this.#post('/v1/baskets/organise', { requirements })
  }

  /**
   * Tokens out of one basket, kept for the caller if asked for.
   * @throws InsufficientInventory with figures, where there are not as many.
   */
  async take (basket: string, options: TakeOptions): Promise<Taken> {
    return await this.#post(`${basketPath(basket)}/take`, options)
  }

  /** Ends a reservation. */
  async release (reservation: string): Promise<void> {
    await this.#http.raw('DELETE', `/v1/reservations/${encodeURIComponent(reservation)}`)
  }

  async #post<T> (path: string, body: unknown): Promise<T> {
    return await this.#http.json('POST', path, { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  }
}

function basketPath (name: string): string {
  return `/v1/baskets/${encodeURIComponent(name)}`
}

function queryOf (filter: TokenFilter): Record<string, string | number | undefined> {
  const { tagsAll, tagsAny, ...rest } = filter
  return { ...rest, tagsAll: tagsAll?.join(','), tagsAny: tagsAny?.join(',') }
}

function beefOf (what: Submittable): Uint8Array {
  if (what instanceof Transaction) return Uint8Array.from(what.toBEEF())
  if (typeof what === 'string') return Uint8Array.from(what.match(/../g) ?? [], digits => parseInt(digits, 16))
  return Uint8Array.from(what)
}

function hex (bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
}

/** A BEEF behind its length (a VarInt of Bitcoin), then what goes along. */
function behindItsLength (beef: Uint8Array, values: Uint8Array): Uint8Array {
  const { length } = beef
  const prefix = length < 0xfd
    ? [length]
    : length <= 0xffff
      ? [0xfd, length & 0xff, length >> 8]
      : [0xfe, length & 0xff, (length >> 8) & 0xff, (length >> 16) & 0xff, length >>> 24]
  return Uint8Array.from([...prefix, ...beef, ...values])
}
