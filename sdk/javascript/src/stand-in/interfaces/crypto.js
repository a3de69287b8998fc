// `crypto` of the stand-in: what the host computes natively, by `@bsv/sdk`.

import { BigNumber, ECDSA, Hash, PrivateKey, PublicKey, Signature } from '@bsv/sdk'

/** Whose private key everybody knows (BRC-42). */
const ANYONE = new PrivateKey(1)

const bytes = array => Uint8Array.from(array)
const or = (otherwise, compute) => {
  // Foreign bytes: what cannot be read verifies as nothing.
  try { return compute() } catch { return otherwise }
}

function verifyEcdsa (digest, signature, publicKey) {
  return or(false, () =>
    ECDSA.verify(new BigNumber([...digest]), Signature.fromDER([...signature]), PublicKey.fromDER([...publicKey])))
}

function derivePublicKey (publicKey, invoiceNumber) {
  return or(null, () => bytes(PublicKey.fromDER([...publicKey]).deriveChild(ANYONE, invoiceNumber).toDER()))
}

export default {
  sha256: data => bytes(Hash.sha256([...data])),
  hash256: data => bytes(Hash.hash256([...data])),
  ripemd160: data => bytes(Hash.ripemd160([...data])),
  hash160: data => bytes(Hash.hash160([...data])),
  hmacSha256: (key, data) => bytes(Hash.sha256hmac([...key], [...data])),
  verifyEcdsa,
  derivePublicKey,
  verifySignature: (data, signature, signer, invoiceNumber) => {
    const child = derivePublicKey(signer, invoiceNumber)
    return child !== null && verifyEcdsa(Hash.sha256([...data]), signature, child)
  }
}
