// Keys, coins and signed transactions, made with the SDK as an app makes them.

import { P2PKH, PrivateKey, ProtoWallet, PushDrop, Transaction, Utils } from '@bsv/sdk'

export const FEE = 50

const PROTOCOL = [0, 'hello world tests']

// Somebody with a key: plain coins are P2PKH, messages are PushDrop tokens.
export class Person {
  constructor () {
    this.key = PrivateKey.fromRandom()
    this.wallet = new ProtoWallet(this.key)
  }

  script () {
    return new P2PKH().lock(this.key.toAddress())
  }

  async coin (world, satoshis = 10_000) {
    return await world.coin(this.script(), satoshis, this.key.toPublicKey())
  }

  // A message tm_helloworld admits.
  async message (text) {
    return await new PushDrop(this.wallet).lock([Utils.toArray(text, 'utf8')], PROTOCOL, '1', 'self')
  }

  // A token of the shop: so much of an asset, in a basket.
  async token (basket, asset, amount, tags = []) {
    const fields = ['shop', basket, asset, `${amount}`, tags.join(',')].map(field => Utils.toArray(field, 'utf8'))
    return await new PushDrop(this.wallet).lock(fields, PROTOCOL, '1', 'self', true, false)
  }

  // The key that locks this person's tokens: the owner that baskets show.
  async owner () {
    return PushDrop.decode(await this.token('any', 'any', 1)).lockingPublicKey.toString()
  }

  // Unlocks messages and tokens.
  unlockMessage () {
    return new PushDrop(this.wallet).unlock(PROTOCOL, '1', 'self')
  }

  // Spends coins into these scripts, one satoshi each, and change.
  async spend (coins, scripts) {
    const inputs = coins.map(({ transaction, vout, unlock }) => ({
      sourceTransaction: transaction,
      sourceOutputIndex: vout,
      sequence: 0xffffffff,
      unlockingScriptTemplate: unlock ?? new P2PKH().unlock(this.key)
    }))
    const input = coins.reduce((sum, { transaction, vout }) => sum + transaction.outputs[vout].satoshis, 0)
    const outputs = scripts.map(lockingScript => ({ lockingScript, satoshis: 1 }))
    outputs.push({ lockingScript: this.script(), satoshis: input - scripts.length - FEE })
    const transaction = new Transaction(1, inputs, outputs, 0)
    await transaction.sign()
    return transaction
  }

  // Spends a fresh coin into one message.
  async hello (world, text) {
    return await this.spend([await this.coin(world)], [await this.message(text)])
  }
}
