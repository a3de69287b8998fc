// Prints as JSON what the unmodified @bsv/sdk derives, signs, encrypts and certifies: the vectors
// of host/spv/tests/identity.rs and host/spv/tests/certificate.
//
// To renew them, after `npm ci` at the top of the repository:
//   node tests/sdk/identity-vectors.mjs > host/spv/tests/vectors/identity.json
//
// Chance is replaced by a count, so the same SDK prints the same bytes: a difference is a difference of the SDK.

let count = 0
globalThis.crypto.getRandomValues = bytes => {
  for (let i = 0; i < bytes.length; i++) bytes[i] = (Math.imul(++count, 0x9e3779b1) >>> 24)
  return bytes
}

const { Certificate, KeyDeriver, MasterCertificate, PrivateKey, ProtoWallet, SymmetricKey, Utils, VerifiableCertificate } =
  await import('@bsv/sdk')

const hex = bytes => Utils.toHex(Array.from(bytes))
const utf8 = text => Utils.toArray(text, 'utf8')
const key = number => new PrivateKey(number.repeat(32), 'hex')
const [alice, bob, carol] = ['11', 'c3', '5a'].map(key)
const publicHex = key => key.toPublicKey().toString()
const keyHex = key => key.toHex().padStart(64, '0')
const counterparties = { anyone: 'anyone', self: 'self', key: publicHex(bob) }

// BRC-43: what becomes of protocols and key ids; null where the SDK refuses.
function protocols () {
  const long = 'specific linkage revelation 2 '
  const cases = [
    [0, 'hello world', '1'], [1, 'Hello World', '1'], [2, '  Trimmed Name\t', 'key id-1'], [2, '\ufeff\u00a0trimmed too\u3000', '1'],
    [2, '\u0085next line\u0085', '1'], [2, '\u212aelvin', '1'], [3, 'hello world', '1'], [0, 'four', '1'], [0, 'five5', '1'],
    [0, 'a'.repeat(400), '1'], [0, 'a'.repeat(401), '1'], [0, long + 'a'.repeat(400), '1'], [0, long + 'a'.repeat(401), '1'],
    [0, 'two  spaces', '1'], [0, 'with-hyphen', '1'], [0, 'ümlaut', '1'], [0, 'my protocol', '1'], [0, 'myprotocol', '1'],
    [0, ' protocol', '1'], [0, 'hello world', ''], [0, 'hello world', 'k'.repeat(800)], [0, 'hello world', 'k'.repeat(801)],
    [0, 'hello world', '\u{1f511}'.repeat(400)], [0, 'hello world', '\u{1f511}'.repeat(400) + 'k'], [0, 'hello world', ' ü '],
    [0, 'line\nbreak', '1'], [0, 'line break\n', '1'], [0, '', '1'], [2, 'server hmac', 'a-b-c']
  ]
  return cases.map(([level, name, keyId]) => {
    let invoiceNumber = null
    try { invoiceNumber = new KeyDeriver(alice).computeInvoiceNumber([level, name], keyId) } catch {}
    return { level, name, keyId, invoiceNumber }
  })
}

// BRC-42 and 43: children of both sides.
function children () {
  const cases = []
  for (const holder of [alice, new PrivateKey(1)]) {
    for (const [kind, counterparty] of Object.entries(counterparties)) {
      for (const keyId of ['1', 'Ü 2']) {
        const args = [[2, 'child keys'], keyId, counterparty]
        const deriver = new KeyDeriver(holder)
        cases.push({
          holder: keyHex(holder),
          counterparty: kind,
          counterpartyKey: counterparties.key,
          invoiceNumber: `2-child keys-${keyId}`,
          sharedSecret: hex(holder.deriveSharedSecret(deriver.normalizeCounterparty(counterparty)).encode(true)),
          childPublicKey: deriver.derivePublicKey(...args).toString(),
          ownChildPublicKey: deriver.derivePublicKey(...args, true).toString(),
          childPrivateKey: keyHex(deriver.derivePrivateKey(...args))
        })
      }
    }
  }
  return cases
}

// BRC-3, 2 and 56: signatures, messages and HMACs. Some of the shared keys begin with a zero byte, which the SDK leaves
// out of the key of an HMAC.
async function messages () {
  const cases = []
  for (const [kind, counterparty] of Object.entries(counterparties)) {
    const deriver = new KeyDeriver(alice)
    const short = Array.from({ length: 5000 }, (_, i) => `short ${i}`)
      .find(keyID => deriver.deriveSymmetricKey([2, 'messages'], keyID, counterparty).toArray().length < 32)
    for (const [keyID, text] of [['1', 'a message'], ['2', 'é'.repeat(100)], [short, 'zero first']]) {
      const wallet = new ProtoWallet(alice)
      const args = { protocolID: [2, 'messages'], keyID, counterparty }
      const data = utf8(text)
      cases.push({
        holder: keyHex(alice),
        counterparty: kind,
        counterpartyPrivateKey: keyHex(bob),
        invoiceNumber: `2-messages-${keyID}`,
        text,
        symmetricKey: hex(deriver.deriveSymmetricKey([2, 'messages'], keyID, counterparty).toArray()),
        signature: hex((await wallet.createSignature({ ...args, data })).signature),
        hmac: hex((await wallet.createHmac({ ...args, data })).hmac),
        encrypted: hex((await wallet.encrypt({ ...args, plaintext: data })).ciphertext)
      })
    }
  }
  return cases
}

const base64 = byte => Utils.toBase64(new Array(32).fill(byte))

// BRC-52: certificates as a subject shows them to a verifier, with the keys of some of their fields.
async function certificate ({ label, certifier = bob, subject = alice, fields, reveal, verifier = carol, outpoint }) {
  const certifierWallet = new ProtoWallet(certifier)
  const subjectWallet = new ProtoWallet(subject)
  const selfSigned = certifier === subject
  const args = [certifierWallet, selfSigned ? 'self' : publicHex(subject), fields, base64(label.length)]
  const revocation = outpoint === undefined ? undefined : async () => outpoint
  const master = await MasterCertificate.issueCertificateForSubject(...args, revocation, base64(0xf0 ^ label.length))
  const { type, serialNumber, revocationOutpoint, signature } = master
  const other = verifier === 'anyone' ? 'anyone' : publicHex(verifier)
  const keyring = await MasterCertificate.createKeyringForVerifier(
    subjectWallet, selfSigned ? 'self' : publicHex(certifier), other, master.fields, reveal, master.masterKeyring, serialNumber
  )
  const shown = new VerifiableCertificate(
    type, serialNumber, master.subject, master.certifier, revocationOutpoint, master.fields, keyring, signature
  )
  if (!await shown.verify()) throw new Error(`${label} does not verify`)
  const revealed = reveal.length === 0 ? {} : await shown.decryptFields(new ProtoWallet(verifier))
  return {
    label,
    certificate: { type, serialNumber, subject: shown.subject, certifier: shown.certifier, revocationOutpoint, fields: shown.fields, signature },
    keyring,
    verifier: verifier === 'anyone' ? null : keyHex(verifier),
    selfSigned,
    signed: hex(shown.toBinary()),
    unsigned: hex(shown.toBinary(false)),
    revealed
  }
}

// A certificate whose field has a key with leading zeros: one in 256 has.
async function shortFieldKey () {
  const fieldKey = new SymmetricKey(0x1234)
  const fields = { name: Utils.toBase64(fieldKey.encrypt(utf8('Alice'))) }
  const made = new Certificate(base64(1), base64(2), publicHex(alice), publicHex(bob), `${'ab'.repeat(32)}.65536`, fields)
  await made.sign(new ProtoWallet(bob))
  const { ciphertext } = await new ProtoWallet(alice).encrypt({
    plaintext: fieldKey.toArray(),
    ...Certificate.getCertificateFieldEncryptionDetails('name', made.serialNumber),
    counterparty: publicHex(carol)
  })
  const keyring = { name: Utils.toBase64(ciphertext) }
  const shown = VerifiableCertificate.fromCertificate(made, keyring)
  return {
    label: 'short key of a field',
    certificate: { ...made },
    keyring,
    verifier: keyHex(carol),
    selfSigned: false,
    signed: hex(made.toBinary()),
    unsigned: hex(made.toBinary(false)),
    revealed: await shown.decryptFields(new ProtoWallet(carol))
  }
}

async function certificates () {
  const outpoint = `${'0123456789abcdef'.repeat(4)}.7`
  const person = { firstName: 'Alice', LastName: 'Übel', email: 'alice@example.org', Email: '-', e_mail: '-', 'e-mail': '-', a0: '0', a: '1' }
  return [
    await certificate({ label: 'certified', fields: person, reveal: ['firstName', 'LastName'], outpoint }),
    await certificate({ label: 'certified by oneself', certifier: alice, fields: person, reveal: ['email'], outpoint }),
    await certificate({ label: 'shown to anyone', fields: person, reveal: Object.keys(person), verifier: 'anyone', outpoint }),
    await certificate({ label: 'of oneself, shown to anyone', certifier: alice, fields: { name: 'A' }, reveal: ['name'], verifier: 'anyone', outpoint: `${'00'.repeat(32)}.0` }),
    await certificate({ label: 'without an outpoint', fields: { name: 'Alice' }, reveal: ['name'] }),
    await certificate({ label: 'without fields', fields: {}, reveal: [], outpoint }),
    await certificate({ label: 'nothing shown', fields: { name: 'Alice' }, reveal: [], outpoint }),
    await shortFieldKey()
  ]
}

// The order the SDK signs fields in.
function order () {
  const printable = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i))
  const names = [...printable]
  for (const first of 'aAb_-0 ') for (const second of 'aAbBz_9 ~') names.push(first + second, first + second + 'A', `x${first}${second}`)
  const made = new Certificate(base64(1), base64(2), publicHex(alice), publicHex(bob), `${'00'.repeat(32)}.0`,
    Object.fromEntries([...new Set(names)].map(name => [name, ''])))
  const reader = new Utils.Reader(made.toBinary().slice(32 + 32 + 33 + 33 + 32 + 1))
  return Array.from({ length: reader.readVarIntNum() }, () => {
    const name = Utils.toUTF8(reader.read(reader.readVarIntNum()))
    reader.read(reader.readVarIntNum())
    return name
  })
}

console.log(JSON.stringify({
  protocols: protocols(),
  children: children(),
  messages: await messages(),
  certificates: await certificates(),
  order: order()
}, null, 1))
