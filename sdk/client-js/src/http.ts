/** Requests, and what errors a host answers with. */

/** What a host said when it said no. */
export class TrellisError extends Error {
  /** HTTP status; 0 where no answer came. */
  readonly status: number
  /** `ERR_…` */
  readonly code: string
  /** The whole reply, where it was JSON. */
  readonly reply: unknown

  constructor (status: number, code: string, message: string, reply?: unknown) {
    super(message)
    this.name = 'TrellisError'
    this.status = status
    this.code = code
    this.reply = reply
  }
}

/** There are not as many tokens as were asked for. */
export class InsufficientInventory extends TrellisError {
  /** Each requirement that cannot be met, with what there is. */
  readonly requirements: Shortage[]

  constructor (error: TrellisError) {
    super(error.status, error.code, error.message, error.reply)
    this.name = 'InsufficientInventory'
    this.requirements = (error.reply as { requirements?: Shortage[] }).requirements ?? []
  }
}

/** How many tokens, and how much is in them. Sums are decimal texts: they can pass 2^53. */
export interface Figures {
  tokens: number
  amount: string
}

/** What a requirement asked for, and what there is. */
export interface Shortage {
  /** Which requirement, from 0. */
  requirement: number
  basket: string
  count?: number
  amount?: number
  available: Figures
  reserved: Figures
  used: Figures
  unproven: Figures
}

export type Query = Record<string, string | number | boolean | undefined>

/** A host by its address. */
export class Http {
  readonly #url: string
  readonly #token: string | undefined
  readonly #fetch: typeof fetch

  constructor (url: string, token: string | undefined, fetcher: typeof fetch) {
    this.#url = url.replace(/\/+$/, '')
    this.#token = token
    this.#fetch = fetcher
  }

  async json<T> (method: string, path: string, options: { query?: Query, headers?: Record<string, string>, body?: BodyInit } = {}): Promise<T> {
    const response = await this.raw(method, path, options)
    return await response.json() as T
  }

  /** The response of a request that succeeded. */
  async raw (method: string, path: string, options: { query?: Query, headers?: Record<string, string>, body?: BodyInit, signal?: AbortSignal } = {}): Promise<Response> {
    const query = new URLSearchParams()
    for (const [name, value] of Object.entries(options.query ?? {})) {
      if (value !== undefined) query.set(name, String(value))
    }
    const suffix = query.size > 0 ? `?${query.toString()}` : ''
    const headers: Record<string, string> = { ...options.headers }
    if (this.#token !== undefined) headers['authorization'] = `Bearer ${this.#token}`
    const init: RequestInit = { method, headers }
    if (options.body !== undefined) init.body = options.body
    if (options.signal !== undefined) init.signal = options.signal
    const fetcher = this.#fetch
    const response = await fetcher(`${this.#url}${path}${suffix}`, init)
    if (response.ok) return response
    throw await refusal(response)
  }
}

async function refusal (response: Response): Promise<TrellisError> {
  const text = await response.text()
  let reply: { code?: string, message?: string } = {}
  try {
    reply = JSON.parse(text)
  } catch {
    // Not a host's own words: a proxy's, perhaps.
  }
  const error = new TrellisError(response.status, reply.code ?? 'ERR_UNKNOWN', reply.message ?? text.slice(0, 200), reply)
  return error.code === 'ERR_INSUFFICIENT_INVENTORY' ? new InsufficientInventory(error) : error
}
