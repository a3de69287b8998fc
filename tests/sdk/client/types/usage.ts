// What an application may write, and what the compiler must stop it from writing. Compiled, never run.

import { P2PKH, PrivateKey, PushDrop, Transaction } from '@bsv/sdk'
import type { LockingScript, WalletInterface } from '@bsv/sdk'
import { BatchRefused, InsufficientInventory, Subscription, TrellisClient, TrellisError, jointEvidence, signSubmission, spend } from 'trellis-client'
import type { Balance, BatchMember, Evidence, Receipt, Requirement, Shortage, Token, TokenFilter, TrellisEvent } from 'trellis-client'

declare const key: PrivateKey
declare const wallet: WalletInterface
declare const lockingScript: LockingScript
declare const payment: Transaction

/** Gives a value a type and says no more. */
function is<T> (_: T): void {}

const host = new TrellisClient('https://host.example', { token: 'open sesame' })

export async function buy (): Promise<Receipt> {
  const requirements: Requirement[] = [{ basket: 'shop/tickets', filter: { asset: 'seat' }, count: 2 }]
  const organised = await host.organise(requirements)
  const tickets: Token[] | undefined = organised.baskets['shop/tickets']
  is<number | undefined>(tickets?.[0]?.amount)
  const transaction: Transaction = await spend(organised, {
    unlock: token => token.asset === 'gold' ? new P2PKH().unlock(key) : new PushDrop(wallet).unlock([0, 'tickets'], '1', 'self'),
    inputs: [{ sourceTransaction: payment, sourceOutputIndex: 0, unlockingScriptTemplate: new P2PKH().unlock(key) }],
    outputs: [{ lockingScript, satoshis: 1 }, { lockingScript, change: true }],
    fee: 20
  })
  await host.submit(transaction.toHexBEEF(), { topics: ['tm_tickets'], requireAll: true, offChainValues: [1, 2, 3] })
  return await host.submit(transaction, { topics: 'auto' })
}

export async function agree (other: Evidence): Promise<Receipt> {
  const [certificate] = (await wallet.listCertificates({ certifiers: [], types: [] })).certificates
  const mine = await signSubmission(wallet, payment.id('hex'), ['tm_deeds'], certificate === undefined ? [] : [{ ...certificate, keyring: {} }])
  // @ts-expect-error: a signature is for topics.
  await signSubmission(wallet, payment.id('hex'))
  return await host.submit(payment, { topics: ['tm_deeds'], evidence: jointEvidence(mine, other) })
}

export async function sell (): Promise<Shortage | undefined> {
  try {
    const { reservation, tokens: [token] } = await host.take('shop/tickets', { count: 1, reserveSeconds: 60 })
    is<string | undefined>(token?.txid)
    // @ts-expect-error: there is none where none was asked for.
    await host.release(reservation.id)
    if (reservation !== undefined) await host.release(reservation.id)
  } catch (error) {
    if (error instanceof InsufficientInventory) return error.requirements[0]
    if (error instanceof TrellisError && error.passes) is<number | undefined>(error.retryAfter)
  }
  return undefined
}

export async function batch (): Promise<void> {
  try {
    const batch: BatchMember[] = [{ transaction: payment, topics: 'auto' }, { transaction: '0100beef', topics: ['tm_a'] }]
    const { members } = await host.submitBatch(batch, { atomic: true })
    for (const member of members) {
      if ('code' in member) is<string>(member.message)
      else is<number[] | undefined>(member.topics['tm_a']?.outputsToAdmit)
    }
  } catch (error) {
    if (error instanceof BatchRefused) is<[number, string | undefined]>([error.member, error.txid])
  }
}

export async function read (): Promise<void> {
  const filter: TokenFilter = { tagsAll: ['balcony'], minAmount: 5 }
  for await (const token of host.tokens('shop/tickets', filter, { limit: 10, at: 7 })) is<Token>(token)
  for await (const balance of host.balances('shop/tickets')) is<Balance>(balance)
  for await (const { spentBy } of host.outputs('tm_a', { spent: true })) is<string | undefined>(spentBy)
  is<string>((await host.basket('shop/tickets')).amount)
  is<Array<{ key: string, value: string }>>((await host.state('tm_a', { prefix: '00', at: 7 })).rows)
  const { status, network } = await host.transaction('00'.repeat(32))
  if (status === 'rejected') is<string | undefined>(network?.message)
  const answer = await host.lookup('ls_a', { any: ['json'] }, { minimumStatus: 'mined' })
  if (answer.type === 'freeform') is<unknown>(answer.result)
  else is<number | undefined>(answer.outputs[0]?.outputIndex)
  is<string>((await host.ef(payment)).extendedFormat)
  is<string | undefined>((await host.broadcast(payment)).extendedFormat)
  for (const told of await host.broadcastBatch([payment, '00'])) is<string>('code' in told ? told.message : told.txid)
}

export function follow (told: (event: TrellisEvent) => Promise<void>): Subscription {
  host.subscribe('tm_a', told)
  return host.subscribe({ topics: ['tm_a'], baskets: ['shop/tickets'], after: 7 }, event => {
    switch (event.event) {
      case 'applied': return is<string[] | undefined>(event.transactions[0]?.topics[0]?.admitted)
      case 'status': return is<number | undefined>(event.blockHeight)
      case 'proven':
      case 'orphaned': return is<number | undefined>(event.transactions[0]?.blockHeight)
      case 'evicted': return is<string | undefined>(event.baskets[0]?.removed[0])
      case 'reverted': return is<string[]>(event.judgedAgain)
      default: return is<never>(event)
    }
  })
}

export async function wrong (): Promise<void> {
  // @ts-expect-error: topics are named, or 'auto'.
  await host.submit(payment, {})
  // @ts-expect-error: no other text than 'auto'.
  await host.submit(payment, { topics: 'all' })
  // @ts-expect-error: whether a batch is atomic is not left open.
  await host.submitBatch([])
  // @ts-expect-error: amounts are numbers, not big ones.
  await host.take('shop/tickets', { amount: 10n })
  // @ts-expect-error: no filter knows colours.
  host.tokens('shop/tickets', { colour: 'red' })
  // @ts-expect-error: sums are texts.
  is<number>((await host.basket('shop/tickets')).amount)
  // @ts-expect-error: a transaction is not mined because it was admitted.
  await host.lookup('ls_a', {}, { minimumStatus: 'rejected' })
}
