/** From tokens a host chose to a signed transaction. */
import { Transaction } from '@bsv/sdk'
import type { TransactionInput, TransactionOutput } from '@bsv/sdk'
import type { Organised, Taken, Token } from './types.js'

/** How one input is unlocked, as `P2PKH.unlock` and `PushDrop.unlock` of `@bsv/sdk` make it. */
export type UnlockingTemplate = NonNullable<TransactionInput['unlockingScriptTemplate']>

export interface SpendOptions {
  /** How each token is unlocked. */
  unlock: (token: Token) => UnlockingTemplate | Promise<UnlockingTemplate>
  /** What the transaction pays, in order. One may be `change: true`. */
  outputs: TransactionOutput[]
  /** Inputs besides the tokens: coins that pay the fee, somebody else's side of a trade. They come behind the tokens. */
  inputs?: TransactionInput[]
}

/**
 * A transaction that spends all tokens of an answer of `organise` or `take`, in the order of the answer, signed as far as
 * the templates sign.
 */
export async function spend (answer: Organised | Taken, options: SpendOptions): Promise<Transaction> {
  const transaction = new Transaction()
  const tokens = 'tokens' in answer ? answer.tokens : Object.values(answer.baskets).flat()
  const beef = Uint8Array.from(answer.beef.match(/../g) ?? [], digits => parseInt(digits, 16))
  for (const token of tokens) {
    transaction.addInput({
      sourceTransaction: Transaction.fromBEEF(Array.from(beef), token.txid),
      sourceOutputIndex: token.outputIndex,
      unlockingScriptTemplate: await options.unlock(token)
    })
  }
  for (const input of options.inputs ?? []) transaction.addInput(input)
  for (const output of options.outputs) transaction.addOutput(output)
  if (options.outputs.some(output => output.change === true)) await transaction.fee()
  await transaction.sign()
  return transaction
}
