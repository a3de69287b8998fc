/** Who stands behind a submission: signatures and certificates that anyone can check later. */
import type { WalletCertificate, WalletInterface } from '@bsv/sdk'
import { bytesOf, hexOf } from './bytes.js'

/** Somebody's signature over a transaction, for one topic (BRC-3). */
export interface SubmissionSignature {
  identityKey: string
  topic: string
  /** DER, hexadecimal. */
  signature: string
}

/** A certificate and the keys of the fields it reveals, encrypted for `anyone`: what `proveCertificate` of a wallet answers. */
export type RevealedCertificate = WalletCertificate & { keyring?: Record<string, string> }

/** What goes with a submission. The first who signed is the submitter. */
export interface Evidence {
  signatures: SubmissionSignature[]
  certificates: RevealedCertificate[]
}

/** As much of a wallet as signing takes. */
export type Signer = Pick<WalletInterface, 'getPublicKey' | 'createSignature'>

/** What wallets sign submissions with: their users are asked once for each application. */
const KEY = { protocolID: [2, 'overlay submission'], keyID: '1', counterparty: 'anyone' } satisfies Parameters<Signer['createSignature']>[0]

/**
 * Signs a transaction for topics, with the wallet's identity, and adds certificates about it. The transaction is final: its txid is what is
 * signed.
 */
export async function signSubmission (
  wallet: Signer, txid: string, topics: readonly string[], certificates: readonly RevealedCertificate[] = []
): Promise<Evidence> {
  const { publicKey: identityKey } = await wallet.getPublicKey({ identityKey: true })
  const signatures = await Promise.all(topics.map(async topic => {
    const data = [...bytesOf(txid), ...new TextEncoder().encode(topic)]
    const { signature } = await wallet.createSignature({ ...KEY, data })
    return { identityKey, topic, signature: hexOf(Uint8Array.from(signature)) }
  }))
  return { signatures, certificates: [...certificates] }
}

/** The evidence of several parties as one. Who signed first submits. */
export function jointEvidence (...parties: readonly Evidence[]): Evidence {
  return {
    signatures: parties.flatMap(({ signatures }) => signatures),
    certificates: parties.flatMap(({ certificates }) => certificates)
  }
}
