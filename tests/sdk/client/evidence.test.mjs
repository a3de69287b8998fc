// Who stands behind a submission, as wallets sign it: node client/evidence.test.mjs

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PrivateKey, ProtoWallet, Utils } from '@bsv/sdk'
import { jointEvidence, signSubmission } from 'trellis-client'

const TXID = '0123456789abcdef'.repeat(4)

const party = () => new ProtoWallet(PrivateKey.fromRandom())

// Whether anyone who has the evidence finds it true of this transaction.
async function verifies ({ identityKey, topic, signature }, txid) {
  const data = [...Utils.toArray(txid, 'hex'), ...Utils.toArray(topic, 'utf8')]
  const asked = { data, signature: Utils.toArray(signature, 'hex'), protocolID: [2, 'overlay submission'], keyID: '1', counterparty: identityKey }
  return await new ProtoWallet('anyone').verifySignature(asked).then(({ valid }) => valid, () => false)
}

test('everybody can check who signed, for which transaction and topic', async () => {
  const wallet = party()
  const { signatures } = await signSubmission(wallet, TXID, ['tm_deeds', 'tm_money'])
  assert.deepEqual(signatures.map(({ topic }) => topic), ['tm_deeds', 'tm_money'])
  const { publicKey } = await wallet.getPublicKey({ identityKey: true })
  for (const signature of signatures) {
    assert.equal(signature.identityKey, publicKey)
    assert.ok(await verifies(signature, TXID))
    assert.ok(!await verifies(signature, 'ff'.repeat(32)))
    assert.ok(!await verifies({ ...signature, topic: 'tm_other' }, TXID))
  }
})

test('of several parties the first is the submitter, and nothing is lost', async () => {
  const certificates = ['a', 'b'].map(serialNumber => ({ serialNumber }))
  const [buyer, seller] = await Promise.all(certificates.map(async one => await signSubmission(party(), TXID, ['tm_deeds'], [one])))
  assert.deepEqual(jointEvidence(seller, buyer), {
    signatures: [...seller.signatures, ...buyer.signatures],
    certificates: [certificates[1], certificates[0]]
  })
})

test('what is no txid is not signed', async () => {
  await assert.rejects(signSubmission(party(), 'nothing', ['tm_deeds']), /hexadecimal/)
})
