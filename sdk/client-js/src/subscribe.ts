/** Subscriptions: every transition once, in order, whatever happens to the connection. */
import { Http, TrellisError, unreachable } from './http.js'
import type { TrellisEvent } from './types.js'

/** What to be told of. */
export interface SubscriptionOptions {
  /** Only what changes one of these topics. */
  topics?: readonly string[]
  /** Only what changes one of these baskets. */
  baskets?: readonly string[]
  /** Everything behind this sequence number; else from now on. */
  after?: number
  /** Milliseconds of silence after which a connection is given up for a new one; 45,000 unless said otherwise. */
  silence?: number
}

/** Milliseconds before connecting again: after the first failure, and at most. */
const FIRST_WAIT = 250
const LONGEST_WAIT = 5_000

/** Milliseconds: three times as long as a host is ever silent. A connection can break without either end hearing of it. */
const SILENCE = 45_000

/** A subscription that is under way. */
export class Subscription {
  /**
   * Settles when the subscription is over: after `close`, or with the error that ended it: the host's refusal of what it asks
   * for (nothing that passes), or the callback's own. Nobody else is told of that error.
   */
  readonly done: Promise<void>
  readonly #end = new AbortController()
  readonly #http: Http
  readonly #options: SubscriptionOptions
  #cursor: number | undefined

  constructor (http: Http, options: SubscriptionOptions, callback: (event: TrellisEvent) => unknown) {
    this.#http = http
    this.#options = options
    this.#cursor = options.after
    this.done = this.#run(callback)
  }

  /** Everything up to here the callback has dealt with, or it does not concern it. Keep it, and pass it as `after` the next time. */
  get cursor (): number | undefined {
    return this.#cursor
  }

  /** Ends the subscription. A callback that is at work is let finish: then `done` settles. */
  close (): void {
    this.#end.abort()
  }

  async #run (callback: (event: TrellisEvent) => unknown): Promise<void> {
    const { signal } = this.#end
    let wait = FIRST_WAIT
    while (!signal.aborted) {
      try {
        // From now on: what happens before the stream is open counts too.
        this.#cursor ??= (await this.#http.json<{ sequence: number }>('GET', '/v1/topics', { signal })).sequence
        for await (const { id, event } of this.#messages(this.#cursor)) {
          if (event !== undefined) await Promise.resolve(event).then(callback).catch(error => { throw new CallbackFailed(error) })
          this.#cursor = id
          wait = FIRST_WAIT
          if (signal.aborted) return
        }
      } catch (error) {
        if (error instanceof CallbackFailed) throw error.cause
        if (signal.aborted) return
        // What the host refuses it will refuse again; a full house or a restart passes.
        if (!(error instanceof TrellisError && error.passes)) throw error
        wait = Math.max(wait, 1000 * (error.retryAfter ?? 0))
      }
      // Not all at the same moment, where a host that comes back had many subscribers.
      await pause(wait * (0.5 + Math.random() / 2), signal)
      wait = Math.min(wait * 2, LONGEST_WAIT)
    }
  }

  /** What one connection brings: events, and signs of life with how far there is nothing to tell. */
  async * #messages (after: number): AsyncGenerator<{ id: number, event?: TrellisEvent }> {
    const { topics, baskets, silence = SILENCE } = this.#options
    const connection = new AbortController()
    const end = (): void => connection.abort()
    this.#end.signal.addEventListener('abort', end)
    let timer = setTimeout(end, silence)
    try {
      const query = { topics: topics?.join(','), baskets: baskets?.join(','), after }
      const headers = { accept: 'text/event-stream' }
      const response = await this.#http.raw('GET', '/v1/events', { query, headers, signal: connection.signal })
      const reader = response.body?.getReader()
      const decoder = new TextDecoder()
      for (let rest = ''; reader !== undefined;) {
        clearTimeout(timer)
        timer = setTimeout(end, silence)
        const { done, value } = await reader.read().catch(error => { throw unreachable(response.url, error) })
        // How long the callback takes is no silence of the host's.
        clearTimeout(timer)
        if (done) return
        const messages = (rest + decoder.decode(value, { stream: true })).split('\n\n')
        // What is not whole yet, or never will be.
        rest = messages.pop() ?? ''
        yield * messages.map(message)
      }
    } finally {
      clearTimeout(timer)
      this.#end.signal.removeEventListener('abort', end)
      connection.abort()
    }
  }
}

class CallbackFailed extends Error {
  constructor (cause: unknown) {
    super('the callback of a subscription failed', { cause })
  }
}

/** A message of `text/event-stream`. */
function message (text: string): { id: number, event?: TrellisEvent } {
  const field = (name: string): string[] =>
    text.split('\n').filter(line => line.startsWith(`${name}:`)).map(line => line.slice(name.length + 1).trimStart())
  const [id, data] = [Number(field('id')[0]), field('data').join('\n')]
  return data === '' ? { id } : { id, event: JSON.parse(data) }
}

async function pause (milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>(resolve => {
    const end = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, milliseconds)
    signal.addEventListener('abort', end)
  })
}
