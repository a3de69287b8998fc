/** From tokens a host chose to a signed transaction. */
import { Beef, SatoshisPerKilobyte, Transaction } from '@bsv/sdk'
import type { TransactionInput, TransactionOutput } from '@bsv/sdk'
import { bytesOf } from './bytes.js'
import type { Organised, Taken, Token } from './types.js'

/** How one input is unlocked, as `P2PKH.unlock` and `PushDrop.unlock` of `@bsv/sdk` make it. */
export type UnlockingTemplate = NonNullable<TransactionInput['unlockingScriptTemplate']>

/** What `LivePolicy` of `@bsv/sdk` falls back on. It would ask a service of its own choice first; this asks nobody. */
const SATOSHIS_PER_KILOBYTE = 100

export interface SpendOptions {
  /** How each token is unlocked. */
  unlock: (token: Token) => UnlockingTemplate | Promise<UnlockingTemplate>
  /** What the transaction pays, in order. Those with `change: true` share what is left. */
  outputs: TransactionOutput[]
  /** Inputs besides the tokens: coins that pay the fee, somebody else's side of a trade. They come behind the tokens. */
  inputs?: TransactionInput[]
  /** What the miners are left where there is change: satoshis, or a fee model of `@bsv/sdk`. Else 100 satoshis per kilobyte. */
  fee?: Parameters<Transaction['fee']>[0]
}

/**
 * A transaction that spends all tokens of an answer of `organise` or `take`, basket by basket and in the order of the answer,
 * signed as far as the templates sign.
 */
export async function spend (answer: Organised | Taken, options: SpendOptions): Promise<Transaction> {
  const transaction = new Transaction()
  const tokens = 'tokens' in answer ? answer.tokens : Object.values(answer.baskets).flat()
  const beef = Beef.fromBinary(bytesOf(answer.beef))
  for (const token of tokens) {
    const sourceTransaction = beef.findAtomicTransaction(token.txid)
    if (sourceTransaction === undefined) throw new Error(`the answer has token ${token.txid}.${token.outputIndex}, but its BEEF does not`)
    const unlockingScriptTemplate = await options.unlock(token)
    transaction.addInput({ sourceTransaction, sourceOutputIndex: token.outputIndex, unlockingScriptTemplate })
  }
  for (const input of options.inputs ?? []) transaction.addInput(input)
  for (const output of options.outputs) transaction.addOutput(output)
  if (options.outputs.some(output => output.change === true)) {
    await transaction.fee(options.fee ?? new SatoshisPerKilobyte(SATOSHIS_PER_KILOBYTE))
  }
  await transaction.sign()
  return transaction
}
