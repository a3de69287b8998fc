// People with wallets: as much of a wallet as IdentityClient needs, over the chain of the test.

import {
  LockingScript, LookupResolver, MasterCertificate, P2PKH, PrivateKey, ProtoWallet, PushDrop, Transaction, UnlockingScript, Utils,
  VerifiableCertificate
} from '@bsv/sdk'
import { FEE } from './tokens.mjs'

// None of those the SDK knows by name: it shows the names it finds in the fields.
export const TYPE = Utils.toBase64(Array.from({ length: 32 }, () => 7))

// The identity key of everybody and nobody.
const ANYONE = new PrivateKey(1).toPublicKey().toString()

// A certificate by one citizen about another, with the keys that its subject needs.
export async function issue (certifier, subject, fields, serialNumber, outpoint = `${'00'.repeat(32)}.0`) {
  const counterparty = certifier === subject ? 'self' : subject.identityKey
  const made = await MasterCertificate.issueCertificateForSubject(certifier, counterparty, fields, TYPE, async () => outpoint, serialNumber)
  const { type, serialNumber: serial, certifier: by, revocationOutpoint, signature, fields: encrypted, masterKeyring } = made
  subject.keyrings.set(signature, masterKeyring)
  return { type, serialNumber: serial, subject: subject.identityKey, certifier: by, revocationOutpoint, fields: encrypted, signature }
}

export class Citizen extends ProtoWallet {
  constructor (world, trusted = [], key = PrivateKey.fromRandom()) {
    super(key)
    this.key = key
    this.world = world
    this.identityKey = key.toPublicKey().toString()
    // Whose certificates this wallet believes.
    this.trusted = trusted.map(({ identityKey }) => identityKey)
    this.keyrings = new Map()
    this.unsigned = new Map()
  }

  async getNetwork () {
    return { network: 'local' }
  }

  script () {
    return new P2PKH().lock(this.key.toAddress())
  }

  // A signed transaction with these inputs and outputs, a coin that pays for them, and change.
  async pay (outputs, inputs = []) {
    const { transaction, vout } = await this.world.coin(this.script(), 10_000)
    const coin = {
      sourceTransaction: transaction,
      sourceOutputIndex: vout,
      sequence: 0xffffffff,
      unlockingScriptTemplate: new P2PKH().unlock(this.key)
    }
    const spent = outputs.reduce((sum, { satoshis }) => sum + satoshis, FEE)
    const change = { lockingScript: this.script(), satoshis: 10_000 - spent }
    const paid = new Transaction(1, [...inputs, coin], [...outputs, change], 0)
    await paid.sign()
    return paid
  }

  async createAction ({ outputs = [], inputs = [], inputBEEF }) {
    const scripts = outputs.map(({ lockingScript, satoshis }) => ({ lockingScript: LockingScript.fromHex(lockingScript), satoshis }))
    const spends = inputs.map(({ outpoint }) => {
      const [txid, vout] = outpoint.split('.')
      return {
        sourceTransaction: Transaction.fromBEEF(inputBEEF, txid),
        sourceOutputIndex: Number(vout),
        sequence: 0xffffffff,
        // Whoever asked for the action signs it.
        unlockingScript: new UnlockingScript()
      }
    })
    const transaction = await this.pay(scripts, spends)
    if (inputs.length === 0) return { txid: transaction.id('hex'), tx: transaction.toAtomicBEEF() }
    const reference = `${this.unsigned.size}`
    this.unsigned.set(reference, transaction)
    return { signableTransaction: { tx: transaction.toAtomicBEEF(), reference } }
  }

  async signAction ({ reference, spends }) {
    const { version, inputs, outputs, lockTime } = this.unsigned.get(reference)
    // A new one: the SDK remembers the bytes of a transaction it has written once.
    const transaction = new Transaction(version, inputs, outputs, lockTime)
    for (const [index, { unlockingScript }] of Object.entries(spends)) {
      transaction.inputs[index].unlockingScript = UnlockingScript.fromHex(unlockingScript)
    }
    return { txid: transaction.id('hex'), tx: transaction.toAtomicBEEF() }
  }

  async proveCertificate ({ certificate, fieldsToReveal, verifier }) {
    const certifier = certificate.certifier === this.identityKey ? 'self' : certificate.certifier
    const master = this.keyrings.get(certificate.signature)
    const keyringForVerifier = await MasterCertificate.createKeyringForVerifier(
      this, certifier, verifier, certificate.fields, fieldsToReveal, master, certificate.serialNumber
    )
    return { keyringForVerifier }
  }

  // The certificate as it is shown to anyone, with these fields.
  async reveal (certificate, fieldsToReveal) {
    const { keyringForVerifier } = await this.proveCertificate({ certificate, fieldsToReveal, verifier: ANYONE })
    return { ...certificate, keyring: keyringForVerifier }
  }

  async discoverByIdentityKey ({ identityKey }) {
    return await this.discover({ identityKey, certifiers: this.trusted })
  }

  async discoverByAttributes ({ attributes }) {
    return await this.discover({ attributes, certifiers: this.trusted })
  }

  // As a wallet does: asks the overlay, and believes nothing that it has not verified.
  async discover (query) {
    const resolver = new LookupResolver({ networkPreset: (await this.getNetwork()).network })
    const { outputs } = await resolver.query({ service: 'ls_identity', query })
    const certificates = []
    for (const { beef, outputIndex } of outputs) {
      const { fields } = PushDrop.decode(Transaction.fromBEEF(beef).outputs[outputIndex].lockingScript)
      const json = JSON.parse(Utils.toUTF8(fields[0]))
      const certificate = new VerifiableCertificate(
        json.type, json.serialNumber, json.subject, json.certifier, json.revocationOutpoint, json.fields, json.keyring, json.signature
      )
      const decryptedFields = await certificate.decryptFields(new ProtoWallet('anyone'))
      await certificate.verify()
      certificates.push({ ...json, decryptedFields, certifierInfo: { name: 'a certifier', iconUrl: '', trust: 5 } })
    }
    return { totalCertificates: certificates.length, certificates }
  }
}
