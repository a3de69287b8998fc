// Three organisations that trust different certifiers: two sign a supply contract, the third audits it, and a member is revoked.

import { MasterCertificate, ProtoWallet, VerifiableCertificate, Utils } from '@bsv/sdk'
import { jointEvidence, signSubmission } from 'trellis-client'
import { FEE, Person, coinScript, read, spend, token } from '../shared/person.mjs'
import { chapter, claim, refused, taken } from '../shared/tell.mjs'

const TYPE = 'CAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg='
const CONTRACTS = 'tm_contracts'
const AUDITS = 'tm_audits'
const REVOCATION = 'tm_certificate_revocation'

// Satoshis a contract carries to pay for its way.
const SATOSHIS = 1000

const ID = 'flour 2026'
const TERMS = '10 t of flour a month at 600 a ton'

const anyone = new ProtoWallet('anyone')

// Somebody who certifies members: each certificate names an output that is spent to revoke it.
class Certifier extends Person {
  async certify (host, member, company) {
    const transaction = await spend([await host.coin(this)], [{ lockingScript: coinScript(this), satoshis: SATOSHIS }], this)
    // Output 0 is the one; the change is for the next certificate.
    await host.client.submit(transaction, { topics: [REVOCATION], requireAll: true, offChainValues: Utils.toArray('[0]', 'utf8') })
    this.revocation = { transaction, outputIndex: 0, by: this }
    const master = await MasterCertificate.issueCertificateForSubject(
      this.wallet, member.identity, { company, phone: '555 0100' }, TYPE, async () => `${transaction.id('hex')}.0`)
    // What the member shows to anyone: its company, and not its phone.
    const keyring = await MasterCertificate.createKeyringForVerifier(
      member.wallet, this.identity, 'anyone', master.fields, ['company'], master.masterKeyring, master.serialNumber)
    const { type, serialNumber, subject, certifier, revocationOutpoint, fields, signature } = master
    return { type, serialNumber, subject, certifier, revocationOutpoint, fields, signature, keyring }
  }

  // Spends what the certificate names.
  async revoke (host) {
    const transaction = await spend([this.revocation], [{ lockingScript: coinScript(this), satoshis: SATOSHIS - FEE }])
    return await host.client.submit(transaction, { topics: [REVOCATION], requireAll: true })
  }
}

export async function story (host) {
  const [grower, baker, auditor] = ['grower', 'baker', 'auditor'].map(name => new Person(name))
  const [registry, guild, office] = ['growers registry', 'bakers guild', 'audit office'].map(name => new Certifier(name))

  // A step of the contract, signed by whoever is there.
  const step = async (from, what, by, terms = TERMS) => {
    const fields = ['contract', ID, terms, grower.identity, baker.identity, what]
    const lockingScript = await token(grower.identity, fields)
    const inputs = from === undefined ? [await host.coin(grower)] : [{ transaction: from, outputIndex: 0, by: grower }]
    const satoshis = from === undefined ? SATOSHIS : from.outputs[0].satoshis - FEE
    const transaction = await spend(inputs, [{ lockingScript, satoshis }])
    const evidence = await signed(transaction, CONTRACTS, by)
    return { transaction, evidence }
  }
  const submit = async ({ transaction, evidence }, topic = CONTRACTS) =>
    await host.client.submit(transaction, { topics: [topic], requireAll: true, evidence })

  chapter('Three organisations, each with a certifier of its own. Certifiers say in a topic what can be revoked.')
  grower.certificate = await registry.certify(host, grower, 'Sunny Fields')
  baker.certificate = await guild.certify(host, baker, 'Crusts & Co')
  auditor.certificate = await office.certify(host, auditor, 'Ledger Eyes')
  claim('the grower shows its company, and not its phone', Object.keys(grower.certificate.keyring), ['company'])

  chapter('Grower and baker agree: both sign the transaction that carries the terms.')
  await refused('a contract that only the grower signed', submit(await step(undefined, 'agreed', [grower])), 422,
    `missing is of ${baker.identity} its signature`)
  const bare = await step(undefined, 'agreed', [grower, baker])
  bare.evidence.certificates = [grower.certificate]
  await refused('a contract of somebody whom nobody knows', submit(bare), 422, `missing is of ${baker.identity} a certificate`)
  const agreed = await step(undefined, 'agreed', [grower, baker])
  await taken('what both signed is taken', submit(agreed))
  const delivered = await step(agreed.transaction, 'delivered in January', [baker, grower])
  await taken('so is the first delivery', submit(delivered))
  await refused('other terms behind the same signatures',
    submit(await step(delivered.transaction, 'delivered in February', [grower, baker], '10 t at 900 a ton')), 422, 'its own terms')

  chapter('The auditor, who trusts nobody\'s word, checks all of it with what the host hands to anyone.')
  const checked = await audit(host)
  claim('every step was signed by both', checked.map(({ step, signers }) => [step, signers]), [
    ['delivered in January', [grower.identity, baker.identity].sort()],
    ['agreed', [grower.identity, baker.identity].sort()]
  ])
  claim('who they are was certified by two different certifiers', checked[0].companies, {
    [grower.identity]: ['Sunny Fields', registry.identity],
    [baker.identity]: ['Crusts & Co', guild.identity]
  })
  const report = await spend([await host.coin(auditor)], [{ lockingScript: coinScript(auditor), satoshis: SATOSHIS }], auditor)
  await refused('an audit that nobody signed', host.client.submit(report, { topics: [AUDITS], requireAll: true }), 422,
    'nobody signed the transaction for this topic')
  await taken('the audit that the auditor signed', submit({ transaction: report, evidence: await signed(report, AUDITS, [auditor]) }, AUDITS))

  chapter('The guild revokes the baker.')
  await taken('the output that its certificate names is spent', guild.revoke(host))
  const late = await step(delivered.transaction, 'delivered in February', [grower, baker])
  await refused('the next delivery', submit(late), 422, `missing is of ${baker.identity} the word of the federation "supply"`)
  const self = await spend([await host.coin(baker)], [{ lockingScript: coinScript(baker), satoshis: SATOSHIS }], baker)
  await refused('an audit by the baker', submit({ transaction: self, evidence: await signed(self, AUDITS, [baker]) }, AUDITS), 422,
    'it is revoked')
  claim('what was agreed before stays', (await audit(host)).map(({ step }) => step), ['delivered in January', 'agreed'])

  chapter('The guild certifies the baker anew, and business goes on.')
  baker.certificate = await guild.certify(host, baker, 'Crusts & Co')
  await taken('the delivery of February', submit(await step(delivered.transaction, 'delivered in February', [grower, baker])))
}

// What several people sign for a topic, each with its certificate.
async function signed (transaction, topic, people) {
  const parts = people.map(person => signSubmission(person.wallet, transaction.id('hex'), [topic], [person.certificate]))
  return jointEvidence(...await Promise.all(parts))
}

// Looks a contract up and checks every step of it: the transactions from one answer, the signatures and certificates from the evidence that
// was kept. Nothing is believed that the SDK does not verify here.
async function audit (host) {
  const [{ transaction }] = await host.lookup('ls_contracts', { contract: ID })
  claim('every script of every transaction of the answer is right', await transaction.verify('scripts only'))
  const steps = []
  for (let at = transaction; at !== undefined; at = before(at)) {
    const { signatures, certificates } = await host.client.evidence(at.id('hex'))
    const signers = []
    for (const { identityKey, topic, signature } of signatures) {
      await anyone.verifySignature({
        protocolID: [2, 'overlay submission'],
        keyID: '1',
        counterparty: identityKey,
        data: [...Utils.toArray(at.id('hex'), 'hex'), ...Utils.toArray(topic, 'utf8')],
        signature: Utils.toArray(signature, 'hex')
      })
      signers.push(identityKey)
    }
    const companies = {}
    for (const { certificate } of certificates) {
      const verifiable = VerifiableCertificate.fromCertificate(certificate, certificate.keyring)
      if (!await verifiable.verify()) throw new Error(`${certificate.certifier} did not sign ${certificate.serialNumber}`)
      const { company } = await verifiable.decryptFields(anyone)
      companies[certificate.subject] = [company, certificate.certifier]
    }
    steps.push({ step: read(at.outputs[0]).fields[5], signers: signers.sort(), companies })
  }
  return steps
}

// The transaction a step of the contract took it from; undefined where it began.
function before (transaction) {
  const sources = transaction.inputs.map(({ sourceTransaction, sourceOutputIndex }) => ({ sourceTransaction, sourceOutputIndex }))
  const isStep = ({ sourceTransaction, sourceOutputIndex }) =>
    sourceTransaction !== undefined && read(sourceTransaction.outputs[sourceOutputIndex])?.fields[1] === ID
  return sources.find(isStep)?.sourceTransaction
}
