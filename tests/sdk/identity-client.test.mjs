// Identity with the unmodified IdentityClient, and revocation: node identity-client.test.mjs <url> <headers file> <door>
//
// IdentityClient asks its wallet for the network, and `local` is port 8080. The SDK takes `fetch` from its surroundings: here it leads
// to the host under test.

import assert from 'node:assert/strict'
import { test } from 'node:test'

const [url, headersFile] = process.argv.slice(2)
const plainFetch = globalThis.fetch
globalThis.fetch = async (address, options) => await plainFetch(String(address).replace('http://localhost:8080', url), options)

const { IdentityClient, LookupResolver, PushDrop, Random, Transaction, Utils } = await import('@bsv/sdk')
const { HeadersWorld } = await import('./worlds.mjs')
const { Person } = await import('./tokens.mjs')
const { Citizen, issue } = await import('./citizens.mjs')
const { TrellisClient } = await import('trellis-client')

const world = new HeadersWorld(url, headersFile)
const host = new TrellisClient(url)
const resolver = new LookupResolver({ networkPreset: 'local' })

const certifier = new Citizen(world)
const otherCertifier = new Citizen(world)
const alice = new Citizen(world, [certifier])
const bob = new Citizen(world, [certifier])
const mallory = new Citizen(world, [certifier])

const ALICE = { firstName: 'Alice', lastName: 'Aldous', email: 'alice@example.org' }

// Outpoints that ls_identity finds.
async function found (query) {
  const { outputs } = await resolver.query({ service: 'ls_identity', query })
  return outputs.map(({ beef, outputIndex }) => `${Transaction.fromBEEF(beef).id('hex')}.${outputIndex}`)
}

const published = {}

test('a certificate is published, and found by identity key, attributes and serial number', async () => {
  published.first = await issue(certifier, alice, ALICE)
  const reply = await new IdentityClient(alice).publiclyRevealAttributes(published.first, ['firstName', 'lastName'])
  assert.equal(reply.status, 'success', JSON.stringify(reply))

  const asks = new IdentityClient(bob)
  const [byKey, ...others] = await asks.resolveByIdentityKey({ identityKey: alice.identityKey }, false)
  assert.equal(byKey.name, 'Alice Aldous')
  assert.equal(byKey.identityKey, alice.identityKey)
  assert.deepEqual(others, [])
  for (const attributes of [{ firstName: 'alice' }, { any: 'aldous ALICE' }, { lastName: 'Aldous', firstName: 'Alice' }]) {
    const names = (await asks.resolveByAttributes({ attributes }, false)).map(({ name }) => name)
    assert.deepEqual(names, ['Alice Aldous'], JSON.stringify(attributes))
  }
  const one = [`${reply.txid}.0`]
  assert.deepEqual(await found({ serialNumber: published.first.serialNumber }), one)
  assert.deepEqual(await found({ identityKey: alice.identityKey, certificateTypes: [published.first.type] }), one)
  assert.deepEqual(await found({ certifiers: [certifier.identityKey] }), one)
})

test('what is not revealed, and the word of others, is not found', async () => {
  assert.deepEqual(await found({ attributes: { any: 'example' } }), [])
  const trusts = new Citizen(world, [otherCertifier])
  assert.deepEqual(await new IdentityClient(trusts).resolveByIdentityKey({ identityKey: alice.identityKey }, false), [])
  assert.deepEqual(await new IdentityClient(trusts).resolveByAttributes({ attributes: { any: 'alice' } }, false), [])
})

test('two certificates of one serial number are both found, newest first', async () => {
  const { serialNumber } = published.first
  published.second = await issue(otherCertifier, alice, { firstName: 'Alice', city: 'Basel' }, serialNumber)
  const reply = await new IdentityClient(alice).publiclyRevealAttributes(published.second, ['city'])
  assert.equal(reply.status, 'success', JSON.stringify(reply))
  const both = await found({ serialNumber })
  assert.equal(both.length, 2)
  assert.equal(both[0], `${reply.txid}.0`)
  assert.deepEqual(await found({ serialNumber, limit: 1, skip: 1 }), [both[1]])
  assert.deepEqual(await found({ attributes: { city: 'basel' }, certifiers: [otherCertifier.identityKey] }), [both[0]])
})

test('what somebody says of himself is published as his own word', async () => {
  const certificate = await issue(bob, bob, { firstName: 'Alice' })
  const reply = await new IdentityClient(bob).publiclyRevealAttributes(certificate, ['firstName'])
  assert.equal(reply.status, 'success', JSON.stringify(reply))
  assert.deepEqual(await found({ identityKey: bob.identityKey, certifiers: [bob.identityKey] }), [`${reply.txid}.0`])
  const names = await new IdentityClient(mallory).resolveByAttributes({ attributes: { any: 'alice' } }, false)
  assert.deepEqual(names.map(({ identityKey }) => identityKey), [alice.identityKey], 'who trusts the certifier is not misled')
})

// Submits a token that holds this JSON, and answers why the topic refused it.
async function refusal (holder, json) {
  const fields = [Utils.toArray(JSON.stringify(json), 'utf8')]
  const script = await new PushDrop(holder).lock(fields, [1, 'identity'], '1', 'anyone', true, true)
  const transaction = await holder.pay([{ lockingScript: script, satoshis: 1 }])
  const { topics } = await host.submit(transaction, { topics: ['tm_identity'] })
  assert.deepEqual(topics.tm_identity.outputsToAdmit, [])
  return topics.tm_identity.refusal
}

test('whatever is wrong with a token is refused with what it is', async () => {
  const certificate = await issue(certifier, alice, ALICE)
  const good = await alice.reveal(certificate, ['firstName', 'email'])
  const { keyring } = good
  const forBob = await alice.proveCertificate({ certificate, fieldsToReveal: ['firstName'], verifier: bob.identityKey })
  const cases = [
    ['forged', alice, { ...good, serialNumber: Utils.toBase64(Random(32)) }, /signature is not the one of its certifier/],
    ['with a field exchanged', alice, { ...good, fields: { ...good.fields, firstName: good.fields.email } }, /signature is not the one of/],
    ['of somebody else', mallory, good, /is not locked by the certificate's subject/],
    ['made one\'s own', mallory, { ...good, subject: mallory.identityKey }, /signature is not the one of its certifier/],
    ['signed by oneself for another', mallory, { ...await issue(mallory, mallory, ALICE), subject: alice.identityKey, keyring }, /not locked by/],
    ['for Bob\'s eyes only', alice, { ...good, keyring: forBob.keyringForVerifier }, /`firstName` does not decrypt/],
    ['with keys exchanged', alice, { ...good, keyring: { email: keyring.firstName } }, /`email` does not decrypt/],
    ['without anything revealed', alice, { ...good, keyring: {} }, /reveals no field/],
    ['without a signature', alice, { ...good, signature: undefined }, /"signature" is not there/],
    ['without a certificate', alice, [], /not the JSON of a certificate/]
  ]
  for (const [what, holder, json, says] of cases) assert.match(await refusal(holder, json), says, what)
  assert.deepEqual(await found({ serialNumber: certificate.serialNumber }), [])
})

test('what is revoked is gone, and nothing else is', async () => {
  const { serialNumber } = published.first
  const [newest, oldest] = await found({ serialNumber })
  await new IdentityClient(alice).revokeCertificateRevelation(serialNumber)
  assert.deepEqual(await found({ serialNumber }), [oldest], 'the newest is the one that IdentityClient takes back')
  await new IdentityClient(alice).revokeCertificateRevelation(serialNumber)
  assert.deepEqual(await found({ serialNumber }), [])
  assert.deepEqual(await found({ identityKey: alice.identityKey }), [])
  assert.deepEqual(await new IdentityClient(bob).resolveByIdentityKey({ identityKey: alice.identityKey }, false), [])
  assert.notEqual(newest, oldest)
  assert.equal((await found({ identityKey: bob.identityKey })).length, 1)
})

// What ls_certificate_revocation says of outpoints.
async function standing (...outpoints) {
  const { result } = await world.lookupJson('ls_certificate_revocation', { outpoints })
  return outpoints.map(outpoint => result[outpoint])
}

test('an outpoint is unknown, then unrevoked, then revoked by whatever spends it', async () => {
  const issuer = new Person()
  const made = await issuer.spend([await issuer.coin(world)], [issuer.script(), issuer.script(), issuer.script()])
  const outpoints = [0, 1, 2].map(vout => `${made.id('hex')}.${vout}`)
  assert.deepEqual(await standing(...outpoints), ['unknown', 'unknown', 'unknown'])
  const offChainValues = Utils.toArray('[0, 1]', 'utf8')
  const kept = await host.submit(made, { topics: ['tm_certificate_revocation'], offChainValues })
  assert.deepEqual(kept.topics.tm_certificate_revocation.outputsToAdmit, [0, 1])
  assert.deepEqual(await standing(...outpoints), ['unrevoked', 'unrevoked', 'unknown'])

  const revokes = await issuer.spend([{ transaction: made, vout: 0 }, { transaction: made, vout: 3 }], [])
  const receipt = await host.submit(revokes, { topics: ['tm_certificate_revocation'] })
  assert.deepEqual(receipt.topics.tm_certificate_revocation.coinsToRetain, [0])
  assert.deepEqual(await standing(...outpoints), ['revoked', 'unrevoked', 'unknown'])

  // A spend is a spend, whatever topic hears of it.
  const elsewhere = await issuer.spend([{ transaction: made, vout: 1 }, { transaction: revokes, vout: 0 }], [])
  await host.submit(elsewhere, { topics: ['tm_anytx'] })
  assert.deepEqual(await standing(...outpoints), ['revoked', 'revoked', 'unknown'])
})
