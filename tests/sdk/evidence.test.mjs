// Who stands behind a submission, made and checked with the unmodified @bsv/sdk: node evidence.test.mjs <url> <headers file> <door>
// FEDERATIONS names the federations file of the host; CERTIFIER is the private key of the certifier in it.

import assert from 'node:assert/strict'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { MasterCertificate, PrivateKey, ProtoWallet, Utils, VerifiableCertificate } from '@bsv/sdk'
import { Person } from './tokens.mjs'
import { HeadersWorld } from './worlds.mjs'

const [url, headers, door] = process.argv.slice(2)
const { FEDERATIONS, CERTIFIER } = process.env
const TYPE = Utils.toBase64(new Array(32).fill(7))
const TOPIC = 'tm_orders'
const world = new HeadersWorld(url, headers)
const anyone = new ProtoWallet('anyone')

class Party {
  constructor (key = PrivateKey.fromRandom()) {
    this.wallet = new ProtoWallet(key)
    this.key = key.toPublicKey().toString()
  }

  async signs (txid, topic = TOPIC) {
    const { signature } = await this.wallet.createSignature({
      protocolID: [2, 'overlay submission'],
      keyID: '1',
      counterparty: 'anyone',
      data: [...Utils.toArray(txid, 'hex'), ...Utils.toArray(topic, 'utf8')]
    })
    return { identityKey: this.key, topic, signature: Utils.toHex(signature) }
  }

  // A certificate that `certifier` issues, as this party shows it to anyone.
  async certificate (certifier, role, revocation) {
    const master = await MasterCertificate.issueCertificateForSubject(
      certifier.wallet, this.key, { role, phone: '555 0100' }, TYPE, async () => revocation)
    const keyring = await MasterCertificate.createKeyringForVerifier(
      this.wallet, certifier.key, 'anyone', master.fields, ['role'], master.masterKeyring, master.serialNumber)
    const { type, serialNumber, subject, revocationOutpoint, fields, signature } = master
    return { type, serialNumber, subject, certifier: certifier.key, revocationOutpoint, fields, signature, keyring }
  }
}

const certifier = new Party(PrivateKey.fromHex(CERTIFIER))
const person = new Person()
const buyer = new Party()

async function transaction () {
  return await person.spend([await person.coin(world)], [person.script()])
}

function varInt (number) {
  const writer = new Utils.Writer()
  writer.writeVarIntNum(number)
  return writer.toArray()
}

async function submit (tx, evidence, topics = [TOPIC], route = '/v1/submit') {
  const json = evidence === undefined ? [] : Utils.toArray(JSON.stringify(evidence), 'utf8')
  const body = evidence === undefined ? tx.toBEEF() : [...varInt(json.length), ...json, ...tx.toBEEF()]
  const response = await fetch(`${url}${route}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/octet-stream',
      'x-topics': JSON.stringify(topics),
      ...(evidence === undefined ? {} : { 'x-bsv-includes-evidence': 'true' })
    },
    body: new Uint8Array(body)
  })
  return { status: response.status, body: await response.json() }
}

async function takenBy (tx, evidence) {
  const { status, body } = await submit(tx, evidence)
  assert.equal(status, 200, JSON.stringify(body))
  return body.topics[TOPIC]
}

async function evidenceOf (tx) {
  const response = await fetch(`${url}/v1/transactions/${tx.id('hex')}/evidence`)
  assert.equal(response.status, 200)
  return await response.json()
}

// The output whose spending revokes: a transaction that the certifier submits to the revocation topic.
const registry = await person.spend([await person.coin(world)], [person.script()])
const { body: registered } = await submit(registry, undefined, ['tm_certificate_revocation'])
assert.deepEqual(registered.topics.tm_certificate_revocation.outputsToAdmit.includes(0), true)
const revocation = `${registry.id('hex')}.0`
const certificate = await buyer.certificate(certifier, 'buyer', revocation)

async function order (certificates = [certificate]) {
  const tx = await transaction()
  return { tx, evidence: { signatures: [await buyer.signs(tx.id('hex'))], certificates } }
}

async function restart () {
  await new Promise((resolve, reject) => {
    const socket = connect(Number(door), '127.0.0.1', () => socket.write('again'))
    socket.on('data', () => { socket.end(); resolve() }).on('error', reject)
  })
}

// What the host says of its federations file; other things may be degraded.
async function federations () {
  const { checks } = await (await fetch(`${url}/health`)).json()
  return checks.find(({ name }) => name === 'federations').status
}

function write (text) {
  writeFileSync(`${FEDERATIONS}.new`, text)
  renameSync(`${FEDERATIONS}.new`, FEDERATIONS)
}

let kept

test('what nobody certified signed is refused, and the refusal says what to bring', async () => {
  const { refusal, outputsToAdmit } = await takenBy(await transaction())
  assert.deepEqual(outputsToAdmit, [])
  assert.match(refusal, /topic `tm_orders` takes what somebody signed who has a certificate of type .* federation `trade`/)
  assert.match(refusal, /nobody signed the transaction for this topic/)
  const { tx, evidence } = await order([])
  assert.match((await takenBy(tx, evidence)).refusal, /no certificate about a signer came with it/)
  const own = await order([await buyer.certificate(buyer, 'buyer', revocation)])
  assert.match((await takenBy(own.tx, own.evidence)).refusal, /belongs to no organisation that federation `trade` trusts/)
})

test('what a certified party signed is taken, and anyone can check with the SDK why', async () => {
  const { tx, evidence } = await order()
  assert.deepEqual((await takenBy(tx, evidence)).outputsToAdmit, [0, 1])
  kept = tx
  const { signatures, certificates } = await evidenceOf(tx)
  assert.deepEqual(signatures, evidence.signatures)
  const [{ certificate: shown, revealed, vouchedBy }] = certificates
  assert.deepEqual(revealed, { role: 'buyer' })
  assert.deepEqual(vouchedBy, [{
    federation: 'trade', organisation: 'acme', fields: ['role'], revocationTopic: 'tm_certificate_revocation', tracked: true
  }])
  const verifiable = VerifiableCertificate.fromCertificate(shown, shown.keyring)
  assert.equal(await verifiable.verify(), true)
  assert.deepEqual(await verifiable.decryptFields(anyone), { role: 'buyer' })
  const { valid } = await anyone.verifySignature({
    protocolID: [2, 'overlay submission'],
    keyID: '1',
    counterparty: signatures[0].identityKey,
    data: [...Utils.toArray(tx.id('hex'), 'hex'), ...Utils.toArray(TOPIC, 'utf8')],
    signature: Utils.toArray(signatures[0].signature, 'hex')
  })
  assert.equal(valid, true)
})

test('the routes of the SDK take evidence as well, and batches do', async () => {
  const { tx, evidence } = await order()
  const { status, body } = await submit(tx, evidence, [TOPIC], '/submit')
  assert.deepEqual([status, body[TOPIC].outputsToAdmit], [200, [0, 1]])
  const member = await order()
  const response = await fetch(`${url}/v1/submit/batch?atomic=true`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      submissions: [{ beef: Utils.toHex(member.tx.toBEEF()), topics: [TOPIC], evidence: member.evidence, requireAll: true }]
    })
  })
  assert.equal(response.status, 200, await response.text())
})

test('evidence that proves nothing is a bad request that says which part of it', async () => {
  const { tx, evidence } = await order()
  const other = await order()
  const forged = { ...certificate, certifier: buyer.key }
  const locked = { ...certificate, keyring: { role: certificate.fields.phone } }
  for (const [wrong, words] of [
    [other.evidence, /is not one over this transaction: sign the 32 bytes of txid/],
    [{ ...evidence, certificates: [forged] }, /is not the one of its certifier/],
    [{ ...evidence, certificates: [locked] }, /does not decrypt/],
    [{ ...evidence, certificates: [certificate, certificate] }, /comes twice/],
    [{ ...evidence, certificates: [await new Party().certificate(certifier, 'buyer', revocation)] }, /who signed this transaction for no topic/],
    [{ ...evidence, signatures: [] }, /the evidence has no signature/],
    [{ ...evidence, signatures: [{ ...evidence.signatures[0], identityKey: '02' + '00'.repeat(31) + '05' }] }, /signature 0 of the evidence: its `identityKey`/],
    [{ ...evidence, signatures: [{ ...evidence.signatures[0], signature: 'zz' }] }, /its `signature` is not hexadecimal/],
    [{ ...evidence, certificates: [{ ...certificate, serialNumber: 'AA==' }] }, /certificate 0 of the evidence: the serial number/],
    [{ signature: [] }, /evidence is \{"signatures"/]
  ]) {
    const { status, body } = await submit(tx, wrong)
    assert.deepEqual([status, body.code], [400, 'ERR_EVIDENCE'], body.message)
    assert.match(body.message, words)
  }
})

test('what was taken stays after kill -9, with its evidence, and comes again without it', async () => {
  const before = await evidenceOf(kept)
  await restart()
  assert.deepEqual(await evidenceOf(kept), before)
  const { status, body } = await submit(kept)
  assert.deepEqual([status, body.repeated, body.topics[TOPIC].outputsToAdmit], [200, true, [0, 1]])
})

test('whom the operator trusts can change while the host runs, and a file that is wrong changes nothing', async () => {
  const trusted = readFileSync(FEDERATIONS, 'utf8')
  write('[federation.trade]\norganisations = ["nobody"]\nrevocation = "best-effort"\n')
  while (await federations() !== 'degraded') await sleep(100)
  const still = await order()
  assert.deepEqual((await takenBy(still.tx, still.evidence)).outputsToAdmit, [0, 1])
  write('[federation.trade]\norganisations = []\nrevocation = "best-effort"\n')
  while (await federations() !== 'ok') await sleep(100)
  const { tx, evidence } = await order()
  assert.match((await takenBy(tx, evidence)).refusal, /belongs to no organisation that federation `trade` trusts/)
  assert.deepEqual((await submit(kept)).body.topics[TOPIC].outputsToAdmit, [0, 1])
  write(trusted)
  let again
  do {
    await sleep(100)
    again = await takenBy(tx, evidence)
  } while (again.outputsToAdmit.length === 0)
})

test('once its outpoint is spent in the revocation topic a certificate is dead', async () => {
  const spent = await person.spend([{ transaction: registry, vout: 0 }, await person.coin(world)], [person.script()])
  assert.equal((await submit(spent, undefined, ['tm_certificate_revocation'])).status, 200)
  const { tx, evidence } = await order()
  assert.match((await takenBy(tx, evidence)).refusal, /it is revoked: topic `tm_certificate_revocation` holds its revocation outpoint/)
  const unknown = await order([await buyer.certificate(certifier, 'buyer', `${kept.id('hex')}.0`)])
  assert.match((await takenBy(unknown.tx, unknown.evidence)).refusal, /does not hold its revocation outpoint/)
})
