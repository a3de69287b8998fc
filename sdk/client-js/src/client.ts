/** A Trellis host, for what `@bsv/sdk` has no words for. */
import { beefOf, behindItsLength, hexOf } from './bytes.js'
import type { Submittable } from './bytes.js'
import type { Evidence, KeptEvidence } from './evidence.js'
import { Http } from './http.js'
import type { Query } from './http.js'
import { checkNumbers } from './numbers.js'
import { Subscription } from './subscribe.js'
import type { SubscriptionOptions } from './subscribe.js'
import type {
  Balance, Basket, BasketEntry, BatchReceipt, Converted, Group, LookupAnswer, MinimumStatus, Organised, Receipt, Relayed, RelayRefused,
  Requirement, Taken, Token, TokenFilter, TopicOutput, TopicState, TopicSummary, TransactionReport, TrellisEvent
} from './types.js'

export interface SubmitOptions {
  /** The topics, or `'auto'`: those that hold a coin it spends and those that say it concerns them. */
  topics: readonly string[] | 'auto'
  /** Every topic must take it, or nothing is stored. */
  requireAll?: boolean
  /** Bytes to go along. */
  offChainValues?: Uint8Array | readonly number[]
  /** Who stands behind it: see `signSubmission`. */
  evidence?: Evidence
}

/** A member of a batch. Its BEEF may leave out parents that are members too. */
export interface BatchMember extends SubmitOptions {
  transaction: Submittable
}

export interface TakeOptions {
  filter?: TokenFilter
  /** So many tokens; or */
  count?: number
  /** tokens whose amounts come to at least this. */
  amount?: number
  /** Keep the tokens for this long, at most 900 seconds: nobody else is handed them meanwhile. */
  reserveSeconds?: number
}

/** How a list is read. All of it is of one sequence, however many requests it takes. */
export interface ListOptions {
  /** The sequence to read at; the last one where it is left out. */
  at?: number
  /** Most entries of one request, 1 to 1,000. The list goes on over as many requests as it takes. */
  limit?: number
}

/** A host. Methods throw `TrellisError`. */
export class TrellisClient {
  readonly #http: Http

  /**
   * @param url Of the host's public listener, such as `http://localhost:8080`.
   * @param options `token` opens baskets, or relaying, whose operator asks for one.
   */
  constructor (url: string = 'http://localhost:8080', options: { token?: string, fetch?: typeof fetch } = {}) {
    this.#http = new Http(url, options.token, options.fetch ?? fetch)
  }

  /**
   * Submits a transaction; answers all that came of it. A host that waits for the network (policy `gate`) answers without its
   * word where it takes too long: `transaction` tells whether it is `seen`.
   */
  async submit (what: Submittable, options: SubmitOptions): Promise<Receipt> {
    const headers: Record<string, string> = { 'x-topics': JSON.stringify(options.topics) }
    let body = beefOf(what)
    if (options.requireAll === true) headers['x-trellis-require'] = 'all'
    if (options.offChainValues !== undefined) {
      headers['x-includes-off-chain-values'] = 'true'
      body = behindItsLength(body, Uint8Array.from(options.offChainValues))
    }
    if (options.evidence !== undefined) {
      headers['x-bsv-includes-evidence'] = 'true'
      body = behindItsLength(new TextEncoder().encode(JSON.stringify(options.evidence)), body)
    }
    return await this.#postBytes('/v1/submit', body, headers)
  }

  /**
   * Submits several transactions, in any order: they may spend each other. With `atomic` all take effect in one commit or
   * none does.
   * @throws BatchRefused that names the member to blame, where an atomic batch came to nothing.
   */
  async submitBatch (members: readonly BatchMember[], options: { atomic: boolean }): Promise<BatchReceipt> {
    const submissions = members.map(({ transaction, topics, requireAll = false, offChainValues, evidence }) => ({
      beef: hexOf(beefOf(transaction)),
      topics,
      requireAll,
      ...(offChainValues === undefined ? {} : { offChainValues: hexOf(Uint8Array.from(offChainValues)) }),
      ...(evidence === undefined ? {} : { evidence })
    }))
    return await this.#post('/v1/submit/batch', { submissions }, { atomic: options.atomic })
  }

  /** Where a transaction stands with the network. */
  async transaction (txid: string): Promise<TransactionReport> {
    return await this.#http.json('GET', `/v1/transactions/${encodeURIComponent(txid)}`)
  }

  /** Who stood behind a transaction: what was kept of its evidence. */
  async evidence (txid: string): Promise<KeptEvidence> {
    return await this.#http.json('GET', `/v1/transactions/${encodeURIComponent(txid)}/evidence`)
  }

  /** Has a transaction verified and converted to Extended Format (BRC-30). Nothing is stored or sent. */
  async ef (what: Submittable): Promise<Converted> {
    return await this.#postBytes('/v1/ef', beefOf(what))
  }

  /** Has the network told of a transaction, which no topic need want. It is durable before it is answered. */
  async broadcast (what: Submittable): Promise<Relayed> {
    return await this.#postBytes('/v1/broadcast', beefOf(what))
  }

  /** Has the network told of several transactions, which may rest on one another in any order. Answers each, in order. */
  async broadcastBatch (all: readonly Submittable[]): Promise<Array<Relayed | RelayRefused>> {
    const transactions = all.map(what => hexOf(beefOf(what)))
    return (await this.#post<{ transactions: Array<Relayed | RelayRefused> }>('/v1/broadcast/batch', { transactions })).transactions
  }

  /**
   * Asks a lookup service, for what `LookupResolver` of `@bsv/sdk` does not know: answers that are no outputs, and outputs of
   * transactions that must have come so far with the network.
   */
  async lookup (service: string, query: unknown, options: { minimumStatus?: MinimumStatus } = {}): Promise<LookupAnswer> {
    const headers: Record<string, string> = options.minimumStatus === undefined ? {} : { 'x-trellis-minimum-status': options.minimumStatus }
    return await this.#post('/lookup', { service, query }, {}, headers)
  }

  /** Calls back for every transition that concerns the topics or baskets, whole, once, in order; across disconnects. */
  subscribe (what: string | SubscriptionOptions, callback: (event: TrellisEvent) => unknown): Subscription {
    return new Subscription(this.#http, typeof what === 'string' ? { topics: [what] } : what, callback)
  }

  /** All topics at a glance, now or at an earlier sequence. */
  async topics (at?: number): Promise<{ sequence: number, topics: TopicSummary[], withheld?: number }> {
    return await this.#http.json('GET', '/v1/topics', { query: { at } })
  }

  /** A topic's state, all of it at one sequence. `prefix` is hexadecimal, as keys are. */
  async state (topic: string, options: { prefix?: string } & ListOptions = {}): Promise<TopicState> {
    const { prefix, limit = 1000 } = options
    let whole: TopicState | undefined
    for (let after: string | undefined; ;) {
      const query = { prefix, limit, after, at: whole?.sequence ?? options.at }
      const { next, ...page }: TopicState & { next: string | null } = await this.#http.json('GET', topicPath(topic, 'state'), { query })
      if (whole === undefined) whole = page
      else whole.rows.push(...page.rows)
      if (next === null) return whole
      after = next
    }
  }

  /** A topic's outputs, unspent ones unless `spent` is set. */
  async * outputs (topic: string, options: { spent?: boolean } & ListOptions = {}): AsyncGenerator<TopicOutput> {
    const query: Query = { ...options }
    for (;;) {
      const page: { sequence: number, outputs: TopicOutput[], next: string | null } =
        await this.#http.json('GET', topicPath(topic, 'outputs'), { query })
      yield * page.outputs
      if (page.next === null) return
      query['at'] = page.sequence
      query['after'] = page.next
    }
  }

  /** The baskets that have or had tokens. */
  async * baskets (list: ListOptions = {}): AsyncGenerator<BasketEntry> {
    yield * this.#list('/v1/baskets', 'baskets', { ...list })
  }

  /** A basket's numbers: all of it, and the first groups by asset, by owner, by tag. */
  async basket (name: string, at?: number): Promise<Basket> {
    return await this.#http.json('GET', basketPath(name), { query: { at } })
  }

  /** A basket's numbers by asset, owner or tag. */
  async * groups (basket: string, by: 'asset' | 'owner' | 'tag', list: ListOptions = {}): AsyncGenerator<Group> {
    yield * this.#list(basketPath(basket), 'groups', { by, ...list })
  }

  /** A basket's tokens. */
  async * tokens (basket: string, filter: TokenFilter = {}, list: ListOptions = {}): AsyncGenerator<Token> {
    checkNumbers('', { filter })
    yield * this.#list(`${basketPath(basket)}/tokens`, 'tokens', { ...filter, ...list })
  }

  /** How much of each asset each owner has, without listing tokens. */
  async * balances (basket: string, filter: { asset?: string, owner?: string } = {}, list: ListOptions = {}): AsyncGenerator<Balance> {
    yield * this.#list(`${basketPath(basket)}/balances`, 'balances', { ...filter, ...list })
  }

  /**
   * Tokens that meet all requirements, chosen at one sequence, with one BEEF to spend them from.
   * @throws InsufficientInventory with figures, where there are not as many.
   */
  async organise (requirements: readonly Requirement[]): Promise<Organised> {
    requirements.forEach((requirement, n) => checkNumbers(`requirements[${n}].`, requirement))
    return await this.#post('/v1/baskets/organise', { requirements })
  }

  /**
   * Tokens out of one basket, kept for the caller if asked for.
   * @throws InsufficientInventory with figures, where there are not as many.
   */
  async take (basket: string, options: TakeOptions): Promise<Taken> {
    checkNumbers('', options)
    return await this.#post(`${basketPath(basket)}/take`, options)
  }

  /** Ends a reservation. */
  async release (reservation: string): Promise<void> {
    await this.#http.json('DELETE', `/v1/reservations/${encodeURIComponent(reservation)}`)
  }

  /** All entries of a list. A cursor goes with the question it came from, unchanged: it stands for the sequence of the first page. */
  async * #list<T> (path: string, name: string, first: Query): AsyncGenerator<T> {
    const query = first
    for (;;) {
      const page = await this.#http.json<Record<string, unknown>>('GET', path, { query })
      yield * page[name] as T[]
      if (typeof page['cursor'] !== 'string') return
      query['cursor'] = page['cursor']
    }
  }

  async #post<T> (path: string, body: unknown, query: Query = {}, headers: Record<string, string> = {}): Promise<T> {
    const type = { 'content-type': 'application/json', ...headers }
    return await this.#http.json('POST', path, { query, headers: type, body: JSON.stringify(body) })
  }

  async #postBytes<T> (path: string, body: Uint8Array, headers: Record<string, string> = {}): Promise<T> {
    const type = { 'content-type': 'application/octet-stream', ...headers }
    return await this.#http.json('POST', path, { headers: type, body: body as BodyInit })
  }
}

function basketPath (name: string): string {
  return `/v1/baskets/${encodeURIComponent(name)}`
}

function topicPath (topic: string, what: 'state' | 'outputs'): string {
  return `/v1/topics/${encodeURIComponent(topic)}/${what}`
}
