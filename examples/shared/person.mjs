// People and their tokens, with the SDK: plain coins are P2PKH, tokens are PushDrop.

import { Hash, OP, P2PKH, PrivateKey, ProtoWallet, PushDrop, Transaction, Utils } from '@bsv/sdk'

// Satoshis a transaction leaves for the miners: far more than the least, so that no example has to count bytes.
export const FEE = 20

// Under which name token keys are derived (BRC-43). The counterparty is "anyone": who knows an identity knows where to send.
const PROTOCOL = [0, 'trellis examples']
const KEY_ID = '1'

const anyone = new ProtoWallet('anyone')

export class Person {
  // The keys of people with a name are known to everybody, because the examples' configurations name them. Others are random.
  constructor (name) {
    this.name = name
    this.key = name === undefined
      ? PrivateKey.fromRandom()
      : new PrivateKey(Hash.sha256(Utils.toArray(`trellis example: ${name}`, 'utf8')))
    this.identity = this.key.toPublicKey().toString()
    this.wallet = new ProtoWallet(this.key)
  }

  // The key that locks this person's tokens.
  async tokenKey () {
    return await tokenKey(this.identity)
  }

  unlock (lockingScript) {
    return lockingScript.toHex() === coinScript(this).toHex() ? new P2PKH().unlock(this.key) : this.unlockToken()
  }

  unlockToken () {
    return new PushDrop(this.wallet).unlock(PROTOCOL, KEY_ID, 'anyone')
  }
}

export function coinScript (person) {
  return new P2PKH().lock(person.key.toAddress())
}

export async function tokenKey (identity) {
  const { publicKey } = await anyone.getPublicKey({ protocolID: PROTOCOL, keyID: KEY_ID, counterparty: identity })
  return publicKey
}

// A token for whoever has this identity: its fields are texts.
export async function token (identity, fields) {
  const bytes = fields.map(field => Utils.toArray(`${field}`, 'utf8'))
  return await new PushDrop(anyone).lock(bytes, PROTOCOL, KEY_ID, identity, false, false)
}

// The token in an output: { owner, fields }; undefined where it is none.
export function read (output) {
  if (output.lockingScript.chunks[1]?.op !== OP.OP_CHECKSIG) return undefined
  const { lockingPublicKey, fields } = PushDrop.decode(output.lockingScript)
  return { owner: lockingPublicKey.toString(), fields: fields.map(field => Utils.toUTF8(field)) }
}

// Signs a transaction that spends `inputs` ({ transaction, outputIndex, by }) into `outputs` ({ lockingScript, satoshis }). What
// remains of the satoshis goes to `change`, if somebody wants it, and to the miners otherwise.
export async function spend (inputs, outputs, change) {
  const transaction = new Transaction(1, inputs.map(input), outputs.map(output => ({ ...output })), 0)
  if (change !== undefined) {
    const total = list => list.reduce((sum, satoshis) => sum + satoshis, 0)
    const satoshis = total(inputs.map(({ transaction, outputIndex }) => transaction.outputs[outputIndex].satoshis)) -
      total(outputs.map(({ satoshis }) => satoshis)) - FEE
    transaction.addOutput({ lockingScript: coinScript(change), satoshis })
  }
  await transaction.sign()
  return transaction
}

function input ({ transaction, outputIndex, by }) {
  return {
    sourceTransaction: transaction,
    sourceOutputIndex: outputIndex,
    sequence: 0xffffffff,
    unlockingScriptTemplate: by.unlock(transaction.outputs[outputIndex].lockingScript)
  }
}
