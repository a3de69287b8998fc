/** What a host answers: the bodies of its routes, as its `/openapi.json` describes them. */
import type { Figures } from './http.js'

/** What a topic decided. Indices of outputs and inputs. */
export interface TopicReceipt {
  outputsToAdmit: number[]
  coinsToRetain: number[]
  coinsRemoved: number[]
  /** Why it refused, in its plugin's words. */
  refusal?: string
}

/** All that came of a submission. */
export interface Receipt {
  txid: string
  /** The commit that applied it; absent where no topic wanted it. */
  sequence?: number
  /** The answer is that of an earlier submission. */
  repeated: boolean
  topics: Record<string, TopicReceipt>
  /** What it did to baskets. */
  operations?: Operation[]
  /** The topics named that the host does not have. */
  notHosted: string[]
  /** Topics whose plugin broke on a proven transaction, with the fault. They judge it when it works again. */
  unjudged: Record<string, string>
  /** Where the host finds the topics: those left out, because their plugin broke or would not say; with its words. */
  leftOut?: Record<string, string>
}

/** Why a member of a batch came to nothing. */
export interface MemberError {
  status: 'error'
  code: string
  message: string
}

/** What came of a batch. `'code' in member` tells one that came to nothing. */
export interface BatchReceipt {
  atomic: boolean
  /** The one commit of an atomic batch; absent where nothing of it was new. */
  sequence?: number
  /** In the order they were given. */
  members: Array<Receipt | MemberError>
}

/** How far a transaction has come with the network. */
export type TransactionStatus = 'admitted' | 'broadcast' | 'seen' | 'mined' | 'rejected' | 'contested'

/** How far the transactions of a lookup's outputs must have come at least. */
export type MinimumStatus = 'admitted' | 'broadcast' | 'seen' | 'mined'

/** What is known of a transaction. */
export interface TransactionReport {
  txid: string
  status: TransactionStatus
  blockHeight?: number
  /** Length of the raw transaction. */
  bytes: number
  /** The topics that judged it; none for mere ancestors. */
  topics: string[]
  /** It was taken back, with all its effects, because the network refused it. */
  takenBack?: boolean
  /** The commit that applied it. */
  sequence?: number
  /** Its place in the outbox, while it has one. */
  outbox?: { state: 'pending' | 'refused', attempts: number, nextAttempt: string }
  /** The network's last words about it. */
  network?: { broadcaster: string, code: number, message: string, at: string }
}

/** A transaction in Extended Format, and the outputs it spends, by input. */
export interface Converted {
  txid: string
  /** Hexadecimal. */
  extendedFormat: string
  sources: Array<{ txid: string, outputIndex: number, satoshis: number, lockingScript: string }>
}

/** A transaction that the network is told of, or that is in a block. */
export interface Relayed {
  txid: string
  status: TransactionStatus
  blockHeight?: number
  /** Hexadecimal. */
  extendedFormat?: string
}

/** Why one transaction of several came to nothing. `'code' in answer` tells it. */
export interface RelayRefused {
  index: number
  status: 'error'
  /** The status it would have had by itself. */
  httpStatus: number
  code: string
  message: string
}

/** What a lookup service found. */
export type LookupAnswer =
  | { type: 'output-list', outputs: Array<{ beef: number[], outputIndex: number, context?: number[] }> }
  | { type: 'freeform', result: unknown }

export interface TopicSummary {
  topic: string
  plugin: string
  liveOutputs: number
  outputs: number
  liveSatoshis: number
  stateRows: number
  /** Two hosts that agree on the topic have the same. */
  hash: string
}

/** A topic's state, whole, at one sequence. */
export interface TopicState {
  topic: string
  sequence: number
  hash: string
  /** Keys and values, hexadecimal, by key. */
  rows: Array<{ key: string, value: string }>
}

export interface TopicOutput {
  /** `txid.index` */
  outpoint: string
  satoshis: number
  sequence: number
  admittedAt: string
  spentBy?: string
  retained?: boolean
}

/** A token in a basket. */
export interface Token {
  txid: string
  outputIndex: number
  satoshis: number
  asset: string
  amount: number
  owner?: string
  /** The owner is only what the manager says, not who the locking script asks for. */
  claimed?: boolean
  tags: string[]
  /** The manager's own bytes, hexadecimal. */
  data?: string
  topic?: string
  sequence: number
}

/** Which tokens of a basket. */
export interface TokenFilter {
  asset?: string
  owner?: string
  /** All of these tags. */
  tagsAll?: string[]
  /** At least one of these. */
  tagsAny?: string[]
  minAmount?: number
  maxAmount?: number
}

export interface BasketEntry {
  name: string
  manager: string
  tokens: number
}

/** Tokens of an asset, an owner or a tag. */
export interface Group extends Figures {
  name: string
}

/** The first groups of a basket. Where there is a cursor there are more: `groups` has all. */
export interface Groups {
  sequence: number
  groups: Group[]
  cursor?: string
}

export interface Basket extends Figures {
  name: string
  manager: string
  sequence: number
  assets: Groups
  owners: Groups
  tags: Groups
}

/** How much of an asset an owner has. */
export interface Balance extends Figures {
  asset: string
  owner: string
}

/** So many tokens, or tokens worth so much, of a basket. */
export interface Requirement {
  basket: string
  filter?: TokenFilter
  count?: number
  amount?: number
}

/** Tokens that meet all requirements, and one BEEF to spend them from. */
export interface Organised {
  sequence: number
  baskets: Record<string, Token[]>
  requirements: Array<Figures & { basket: string, satoshis: number, outpoints: string[] }>
  satoshis: number
  /** Hexadecimal. */
  beef: string
}

/** Tokens out of one basket, and one BEEF to spend them from. */
export interface Taken {
  sequence: number
  basket: string
  tokens: Token[]
  amount: string
  satoshis: number
  /** Hexadecimal. */
  beef: string
  /** How they are kept for whoever asked. */
  reservation?: { id: string, until: string }
}

/** A token's place in a basket. */
export interface Place {
  basket: string
  outpoint: string
  asset: string
  amount: number
}

/** `taken` alone: consumed; `placed` alone: created; both: moved. */
export interface Operation {
  manager: string
  taken?: Place
  placed?: Place
}

/** One whole transition of a host. */
export type TrellisEvent = { sequence: number, time: string, leftOut: number } & (
  | { event: 'applied', transactions: AppliedTransaction[] }
  | { event: 'status', txid: string, status: TransactionStatus, blockHeight?: number }
  | { event: 'proven' | 'orphaned', transactions: Array<{ txid: string, blockHeight: number }> }
  | { event: 'evicted', transactions: string[], topics: TopicDifference[], baskets: BasketDifference[] }
  | {
    event: 'reverted'
    transactions: string[]
    judgedAgain: string[]
    topics: TopicDifference[]
    baskets: BasketDifference[]
    undone: number[]
    batches: number[]
  }
)

export interface AppliedTransaction {
  txid: string
  topics: Array<{ topic: string, admitted: string[], spent: Spent[] }>
  operations: Operation[]
}

export interface Spent {
  outpoint: string
  retained: boolean
}

export interface TopicDifference {
  topic: string
  removed: string[]
  unspent: string[]
  admitted: string[]
  spent: Spent[]
}

export interface BasketDifference {
  manager: string
  basket: string
  removed: string[]
  placed: string[]
}
