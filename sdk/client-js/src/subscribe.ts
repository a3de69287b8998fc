/** Subscriptions: every transition once, in order, whatever happens to the connection. */
import { Http, TrellisError } from './http.js'
import type { TrellisEvent } from './types.js'

/** What to be told of. */
export interface SubscriptionOptions {
  /** Only what changes one of these topics. */
  topics?: string[]
  /** Only what changes one of these baskets. */
  baskets?: string[]
  /** Everything behind this sequence number; else from now on. */
  after?: number
}

/** Milliseconds between two attempts to connect: the first, and the longest. */
const FIRST_WAIT = 250
const LONGEST_WAIT = 5_000

/** A subscription that is under way. */
export class Subscription {
  /** Settles when the subscription is over: after `close`, or with the error that ended it. */
  readonly done: Promise<void>
  readonly #abort = new AbortController()
  readonly #http: Http
  readonly #options: SubscriptionOptions
  #cursor: number | undefined

  constructor (http: Http, options: SubscriptionOptions, callback: (event: TrellisEvent) => unknown) {
    this.#http = http
    this.#options = options
    this.#cursor = options.after
    this.done = this.#run(callback)
    // Whoever does not look at `done` must not be ended by it.
    this.done.catch(() => {})
  }

  /** The last event the callback has dealt with. Keep it, and pass it as `after` the next time. */
  get cursor (): number | undefined {
    return this.#cursor
  }

  /** Ends the subscription. */
  close (): void {
    this.#abort.abort()
  }

  async #run (callback: (event: TrellisEvent) => unknown): Promise<void> {
    let wait = FIRST_WAIT
    while (!this.#abort.signal.aborted) {
      try {
        // From now on: what happens before the stream is open counts too.
        this.#cursor ??= (await this.#http.json<{ sequence: number }>('GET', '/v1/topics')).sequence
        const response = await this.#http.raw('GET', '/v1/events', {
          query: { topics: this.#options.topics?.join(','), baskets: this.#options.baskets?.join(','), after: this.#cursor },
          headers: { accept: 'text/event-stream' },
          signal: this.#abort.signal
        })
        wait = FIRST_WAIT
        for await (const event of events(response)) {
          try {
            await callback(event)
          } catch (error) {
            throw new CallbackFailed(error)
          }
          this.#cursor = event.sequence
          if (this.#abort.signal.aborted) break
        }
      } catch (error) {
        if (this.#abort.signal.aborted) return
        if (error instanceof CallbackFailed) throw error.cause
        // What the host refuses it will refuse again; a full house or a restart passes.
        if (error instanceof TrellisError && error.status !== 503 && error.status !== 429) throw error
      }
      await new Promise(resolve => setTimeout(resolve, wait))
      wait = Math.min(wait * 2, LONGEST_WAIT)
    }
  }
}

class CallbackFailed extends Error {
  constructor (cause: unknown) {
    super('the callback of a subscription failed', { cause })
  }
}

/** The events of a stream (the data of `text/event-stream`). */
async function * events (response: Response): AsyncGenerator<TrellisEvent> {
  if (response.body === null) return
  const reader = response.body.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      rest += decoder.decode(value, { stream: true })
      for (;;) {
        const end = rest.indexOf('\n\n')
        if (end < 0) break
        const data = rest.slice(0, end).split('\n').filter(line => line.startsWith('data:')).map(line => line.slice(5).trimStart())
        rest = rest.slice(end + 2)
        if (data.length > 0) yield JSON.parse(data.join('\n'))
      }
    }
  } finally {
    await reader.cancel().catch(() => {})
  }
}
