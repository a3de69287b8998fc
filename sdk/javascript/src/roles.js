// The roles a component can have. Each `define...` takes an object of functions and gives what the module has to export.
//
// What the functions throw is told apart here: a `Refusal` is the plugin's considered "no", anything else is a mistake in
// it. Without that a misspelt name would reach the submitter as a refusal.

import './absent.js'
import * as log from './log.js'
import { Refusal } from './refusal.js'

/** @typedef {import('./outpoint.js').Outpoint} Outpoint */
/** @typedef {{ satoshis: number, lockingScript: Uint8Array }} Output */
/** @typedef {{ source: Outpoint, sourceOutput: Output | null, unlockingScript: Uint8Array, sequence: number }} Input */
/** @typedef {{ txid: Uint8Array, version: number, inputs: Input[], outputs: Output[], lockTime: number }} Transaction */
/** @typedef {{ topic: string, transaction: Transaction, previousCoins: number[], offChainValues: Uint8Array | null }} Submission */
/** @typedef {{ outputsToAdmit: number[], coinsToRetain?: number[] }} AdmittanceInstructions */
/** @typedef {{ topic: string, outpoint: Outpoint, satoshis: number, lockingScript: Uint8Array, admittedAt: number, offChainValues: Uint8Array | null }} AdmittedOutput `admittedAt`: microseconds since 1970, strictly increasing. */
/** @typedef {{ topic: string, outpoint: Outpoint, satoshis: number, lockingScript: Uint8Array, spendingTxid: Uint8Array, inputIndex: number, unlockingScript: Uint8Array, sequence: number, offChainValues: Uint8Array | null, retained: boolean, spentAt: number }} SpentOutput `offChainValues`: what the submitter of the spending transaction sent along. */
/** @typedef {{ service: string, query: string }} Question `query`: JSON text. */
/** @typedef {{ outpoint: Outpoint, historyDepth?: number, context?: Uint8Array | null }} FoundOutput */
/** @typedef {{ basket: string, asset: string, amount: number, owner?: string | null, tags?: string[], data?: Uint8Array }} Token */
/** @typedef {{ inputIndex: number, token: Token }} HeldToken */
/** @typedef {{ transaction: Transaction, admitted: { topic: string, outputIndex: number }[], held: HeldToken[], offChainValues: Uint8Array | null }} Organising */
/** @typedef {{ tag: 'create' | 'move' | 'consume', val: object }} Operation Made by `create`, `move`, `consume`. */

/**
 * What the component says about itself. The name has at most 64 characters, the short description is one sentence of at most
 * 256, the documentation Markdown of at most 64 KiB.
 * @param {{ describe: () => { name: string, shortDescription: string, version?: string, iconUrl?: string, informationUrl?: string }, documentation: () => string }} functions
 */
export function definePlugin ({ describe, documentation }) {
  return guarded({
    describe: () => ({ version: null, iconUrl: null, informationUrl: null, ...describe() }),
    documentation
  })
}

/** Decides which outputs enter a topic (BRC-22). @param {{ identifyAdmissibleOutputs: (submission: Submission) => AdmittanceInstructions }} functions */
export function defineTopicManager ({ identifyAdmissibleOutputs }) {
  return guarded({
    identifyAdmissibleOutputs: submission => ({ coinsToRetain: [], ...identifyAdmissibleOutputs(submission) })
  })
}

/** Says which transactions concern a topic, for submitters that name none. @param {{ isRelevant: (topic: string, transaction: Transaction) => boolean }} functions */
export function defineTopicRelevance ({ isRelevant }) {
  return guarded({ isRelevant })
}

/**
 * Answers questions about the outputs of its topics (BRC-24). `outputEvicted` has no default: doing nothing would go on
 * serving what must not be served.
 * @param {{
 *   outputAdmitted: (output: AdmittedOutput) => void, outputSpent?: (output: SpentOutput) => void,
 *   outputNoLongerRetained?: (topic: string, outpoint: Outpoint) => void, outputEvicted: (topic: string, outpoint: Outpoint) => void,
 *   lookup: (question: Question) => ReturnType<typeof outputList> | ReturnType<typeof freeform>
 * }} functions
 */
export function defineLookupService ({ outputAdmitted, outputSpent = nothing, outputNoLongerRetained = nothing, outputEvicted, lookup }) {
  return guarded({ outputAdmitted, outputSpent, outputNoLongerRetained, outputEvicted, lookup })
}

/** Says which basket each admitted output belongs to, and what it is there. @param {{ operations: (organising: Organising) => Operation[] }} functions */
export function defineBasketManager ({ operations }) {
  return guarded({ operations })
}

/** Admits these outputs. @param {number[]} outputsToAdmit @param {number[]} coinsToRetain Previous coins that stay in the topic's history. @returns {AdmittanceInstructions} */
export function admit (outputsToAdmit, coinsToRetain = []) {
  return { outputsToAdmit, coinsToRetain }
}

/** An answer of outputs of the service's topics, in order; the host adds the BEEF. @param {(Outpoint | FoundOutput)[]} outputs */
export function outputList (outputs) {
  const found = output => ({ historyDepth: 0, context: null, ...('outpoint' in output ? output : { outpoint: output }) })
  return { tag: 'output-list', val: outputs.map(found) }
}

/** An answer of any value that JSON can hold. @param {unknown} value */
export function freeform (value) {
  return { tag: 'freeform', val: JSON.stringify(value) }
}

/** An output enters a basket. @param {number} outputIndex @param {Token} token @returns {Operation} */
export function create (outputIndex, token) {
  return { tag: 'create', val: { outputIndex, token: whole(token) } }
}

/** A token leaves its basket and an output takes its place, in the same basket or another one. @param {number} inputIndex @param {string} fromBasket @param {number} outputIndex @param {Token} token @returns {Operation} */
export function move (inputIndex, fromBasket, outputIndex, token) {
  return { tag: 'move', val: { inputIndex, fromBasket, outputIndex, token: whole(token) } }
}

/** A token leaves its basket; what is held and named by no operation does so too. @param {number} inputIndex @param {string} fromBasket @returns {Operation} */
export function consume (inputIndex, fromBasket) {
  return { tag: 'consume', val: { inputIndex, fromBasket } }
}

function whole (token) {
  return { owner: null, tags: [], data: new Uint8Array(0), ...token }
}

function nothing () {}

/** The functions, with refusals and mistakes told apart. Tests see what was thrown, as it was. */
function guarded (functions) {
  if (Symbol.for('trellis-plugin stand-in') in globalThis) return functions
  const guard = call => (...given) => {
    try {
      return call(...given)
    } catch (thrown) {
      // The interface knows the thrown text as a refusal.
      if (thrown instanceof Refusal) throw thrown.message
      throw fault(thrown)
    }
  }
  return Object.fromEntries(Object.entries(functions).map(([name, call]) => [name, guard(call)]))
}

/** Tells the host where what went wrong; what is thrown then is nothing the interface has a form for, so that the component stops. */
function fault (thrown) {
  const stack = thrown instanceof Error ? thrown.stack.trim().split(/\s*\n\s*/) : []
  const frames = stack.filter(frame => !frame.includes('/trellis-plugin/src/')).map(frame => frame.replace(/^at /, ''))
  // How the host knows the line for what it is.
  log.error(`panicked at ${frames.join(', ') || 'a place unknown'}: ${thrown}`)
  return { fault: String(thrown) }
}
