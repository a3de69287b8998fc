/** Requests, and what errors a host answers with. */

/** What there is to an error besides its words. */
interface More {
  reply?: unknown
  retryAfter?: number | undefined
  cause?: unknown
}

/** What a host said when it said no; or why it said nothing. */
export class TrellisError extends Error {
  override readonly name: string = 'TrellisError'
  /** HTTP status; 0 where no answer came, or nothing was asked. */
  readonly status: number
  /** The host's `ERR_…`; `ERR_UNREACHABLE` where no answer came, `ERR_NOT_UNDERSTOOD` where it is no host's. */
  readonly code: string
  /** The whole reply, where it was JSON. */
  readonly reply: unknown
  /** Seconds after which the host asks to be asked again. */
  readonly retryAfter: number | undefined

  constructor (status: number, code: string, message: string, more: More = {}) {
    super(message, { cause: more.cause })
    this.status = status
    this.code = code
    this.reply = more.reply
    this.retryAfter = more.retryAfter
  }

  /** Whether it may pass by itself: no answer, a host that starts or is busy, a client that asks too often. */
  get passes (): boolean {
    return this.code === 'ERR_UNREACHABLE' || this.status === 408 || this.status === 429 || this.status >= 500
  }
}

/** There are not as many tokens as were asked for. */
export class InsufficientInventory extends TrellisError {
  override readonly name = 'InsufficientInventory'

  /** Each requirement that cannot be met, with what there is. */
  get requirements (): Shortage[] {
    return (this.reply as { requirements: Shortage[] }).requirements
  }
}

/** Nothing of an atomic batch is stored. */
export class BatchRefused extends TrellisError {
  override readonly name = 'BatchRefused'

  /** The member to blame, counted from 0. */
  get member (): number {
    return (this.reply as { member: number }).member
  }

  /** Its transaction; undefined where its BEEF cannot be read. */
  get txid (): string | undefined {
    return (this.reply as { txid?: string }).txid
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
  /** What could be had. */
  available: Figures
  /** What fits as well, but is kept for somebody else. */
  reserved: Figures
  /** What fits as well, but other requirements of the same call have. */
  used: Figures
  /** What fits as well, but waits for a block. */
  unproven: Figures
}

/** Parameters of an address; a list is repeated. */
export type Query = Record<string, string | number | boolean | readonly string[] | undefined>

/** What goes with a request. */
export interface Asked {
  query?: Query
  headers?: Record<string, string>
  body?: BodyInit
  signal?: AbortSignal
}

/** A host by its address. */
export class Http {
  readonly #url: string
  readonly #token: string | undefined
  readonly #fetch: typeof fetch

  constructor (url: string, token: string | undefined, fetcher: typeof fetch) {
    // Here and not at the first request. Without `http:` an address can still be one: of the scheme `localhost:`.
    if (!/^https?:\/\/./.test(url)) {
      throw new TrellisError(0, 'ERR_PARAMETER', `${JSON.stringify(url)} is no address of a host: name one such as http://localhost:8080`)
    }
    this.#url = url.replace(/\/+$/, '')
    this.#token = token
    this.#fetch = fetcher
  }

  async json<T> (method: string, path: string, asked: Asked = {}): Promise<T> {
    const response = await this.raw(method, path, asked)
    const text = await response.text().catch(error => { throw unreachable(response.url, error) })
    try {
      return JSON.parse(text) as T
    } catch (cause) {
      const message = `${response.url} answered something that is no answer of a Trellis host: ${text.slice(0, 200)}`
      throw new TrellisError(response.status, 'ERR_NOT_UNDERSTOOD', message, { cause })
    }
  }

  /** The response of a request that succeeded. */
  async raw (method: string, path: string, { query = {}, headers = {}, body, signal }: Asked): Promise<Response> {
    const parameters = new URLSearchParams()
    for (const [name, value] of Object.entries(query)) {
      for (const one of Array.isArray(value) ? value : [value]) {
        if (one !== undefined) parameters.append(name, String(one))
      }
    }
    const suffix = parameters.toString()
    const url = `${this.#url}${path}${suffix === '' ? '' : `?${suffix}`}`
    const init: RequestInit = { method, headers }
    if (this.#token !== undefined) init.headers = { ...headers, authorization: `Bearer ${this.#token}` }
    if (body !== undefined) init.body = body
    if (signal !== undefined) init.signal = signal
    // Called by itself: a browser's `fetch` does not work as a method of something else.
    const fetcher = this.#fetch
    const response = await fetcher(url, init).catch(error => { throw unreachable(url, error) })
    if (response.ok) return response
    throw await refusal(response)
  }
}

/** That no answer came, or only a part of one. */
export function unreachable (url: string, cause: unknown): TrellisError {
  const { message, cause: why } = cause as { message?: string, cause?: { message?: string } }
  const words = [message, why?.message].filter(text => text !== undefined && text !== '').join(': ')
  return new TrellisError(0, 'ERR_UNREACHABLE', `no answer from ${url}: ${words}. Is the host running there?`, { cause })
}

async function refusal (response: Response): Promise<TrellisError> {
  const text = await response.text().catch(() => '')
  let reply: { code?: string, message?: string, requirements?: unknown, member?: number } = {}
  try {
    reply = JSON.parse(text) ?? {}
  } catch {
    // Not a host's own words: a proxy's, perhaps.
  }
  const seconds = Number(response.headers.get('retry-after') ?? NaN)
  const more = { reply, retryAfter: Number.isFinite(seconds) ? seconds : undefined }
  const { code = 'ERR_NOT_UNDERSTOOD', message = `${response.url} answered ${response.status}: ${text.slice(0, 200)}` } = reply
  const Kind = Array.isArray(reply.requirements)
    ? InsufficientInventory
    : typeof reply.member === 'number' ? BatchRefused : TrellisError
  return new Kind(response.status, code, message, more)
}
