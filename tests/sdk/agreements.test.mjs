// Agreements of several parties, as a topic manager judges them with the helpers of the Rust SDK: node agreements.test.mjs <url> <headers file>
//
// `tm_told` does what the off-chain values say: here it demands the consent of parties that the federation `trade` knows.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PrivateKey, Utils } from '@bsv/sdk'
import { TrellisClient, jointEvidence, signSubmission } from 'trellis-client'
import { HeadersWorld } from './worlds.mjs'
import { Person } from './tokens.mjs'
import { Citizen, TYPE, issue } from './citizens.mjs'

const [url, headersFile] = process.argv.slice(2)
const world = new HeadersWorld(url, headersFile)
const host = new TrellisClient(url)

// The certifier that the federation's file names.
const chamber = new Citizen(world, [], new PrivateKey('07'.repeat(32), 'hex'))
const stranger = new Citizen(world)
const [buyer, seller] = [new Citizen(world), new Citizen(world)]
const FIRM = { name: 'A firm', registration: 'CHE-1', turnover: 'a lot' }
const FIELDS = ['name', 'registration']
const TOPICS = ['tm_told']

// The outputs that revoke the chamber's certificates: one for each party.
const registrar = new Person()
const revocations = await registrar.spend([await registrar.coin(world)], [registrar.script(), registrar.script()])
await host.submit(revocations, { topics: ['tm_certificate_revocation'] })

async function certificate (certifier, subject, vout, fields = FIELDS) {
  const outpoint = `${revocations.id('hex')}.${vout}`
  return await subject.reveal(await issue(certifier, subject, FIRM, undefined, outpoint), fields)
}
const buyersCertificate = await certificate(chamber, buyer, 0)
const sellersCertificate = await certificate(chamber, seller, 1)

// A transaction with terms, submitted with what each party gives of itself: its certificates, or nothing at all.
async function agree (buyerShows, sellerShows) {
  const terms = await buyer.pay([{ lockingScript: buyer.script(), satoshis: 1 }])
  const shown = [[buyer, buyerShows], [seller, sellerShows]].filter(([, certificates]) => certificates !== undefined)
  const signed = shown.map(async ([party, certificates]) => await signSubmission(party, terms.id('hex'), TOPICS, certificates))
  const consent = `consent:trade ${TYPE} ${FIELDS.join()} ${buyer.identityKey},${seller.identityKey}`
  const evidence = jointEvidence(...await Promise.all(signed))
  const receipt = await host.submit(terms, { topics: TOPICS, offChainValues: Utils.toArray(consent, 'utf8'), evidence })
  return receipt.topics.tm_told
}

const missing = what => new RegExp(`^not every party agreed as it must: missing is of ${seller.identityKey} ${what}$`)
const CERTIFICATE = `a certificate of type ${TYPE} that reveals "name", "registration"`
const WORD = 'the word of the federation "trade" for "name", "registration"'

test('terms that all parties signed, each known to the federation, are admitted', async () => {
  assert.deepEqual((await agree([buyersCertificate], [sellersCertificate])).outputsToAdmit, [0, 1])
})

test('a party that did not sign is named, with all that is missing of it', async () => {
  assert.match((await agree([buyersCertificate], undefined)).refusal, missing(`its signature and ${CERTIFICATE}`))
})

test('a party that shows no certificate, or not enough of it, is named', async () => {
  assert.match((await agree([buyersCertificate], [])).refusal, missing(CERTIFICATE))
  const less = await certificate(chamber, seller, 1, ['name'])
  assert.match((await agree([buyersCertificate], [less])).refusal, missing(CERTIFICATE))
})

test('the word of somebody whom the federation does not know is not its word', async () => {
  const bought = await certificate(stranger, seller, 1)
  assert.match((await agree([buyersCertificate], [bought])).refusal, missing(WORD))
  const ownWord = await certificate(seller, seller, 1)
  assert.match((await agree([buyersCertificate], [ownWord])).refusal, missing(WORD))
})

test('a certificate whose revocation outpoint was spent counts no more, one whose was not goes on', async () => {
  const revokes = await registrar.spend([{ transaction: revocations, vout: 1 }, { transaction: revocations, vout: 2 }], [])
  const { topics } = await host.submit(revokes, { topics: ['tm_certificate_revocation'] })
  assert.deepEqual(topics.tm_certificate_revocation.coinsToRetain, [0, 1])
  assert.match((await agree([buyersCertificate], [sellersCertificate])).refusal, missing(WORD))
})
