/** Who stands behind a submission: signatures and certificates that anyone can check later. */
import type { WalletInterface } from '@bsv/sdk'
import { bytesOf, hexOf } from './bytes.js'

/** Somebody's signature over a transaction, for one topic (BRC-3). */
export interface SubmissionSignature {
  identityKey: string
  topic: string
  /** DER, hexadecimal. */
  signature: string
}

/** A certificate as `@bsv/sdk` has it, and the keys of the fields it reveals. */
export interface RevealedCertificate {
  type: string
  serialNumber: string
  subject: string
  certifier: string
  revocationOutpoint: string
  fields: Record<string, string>
  /** Encrypted for `anyone`: what `proveCertificate` of a wallet answers. Without it the certificate reveals nothing. */
  keyring?: Record<string, string>
  signature?: string
}

/** What goes with a submission. The first who signed is the submitter. */
export interface Evidence {
  signatures: SubmissionSignature[]
  certificates?: RevealedCertificate[]
}

/** Somebody whom the host's operator trusts, and who vouches for what a certificate says. */
export interface Vouching {
  /** By the operator's name. */
  federation: string
  /** Whose certifier signed the certificate. */
  organisation: string
  /** The fields it vouches for. */
  fields: string[]
  /** The topic that tells of revocations, if there is one. */
  revocationTopic?: string
  /** That topic must hold the revocation outpoint for the certificate to count. */
  tracked: boolean
}

/** A certificate that was kept. */
export interface KeptCertificate {
  /** As it came. */
  certificate: RevealedCertificate
  /** What it reveals to anyone. */
  revealed: Record<string, string>
  /** Who vouched for it when it came. */
  vouchedBy: Vouching[]
}

/** Who stood behind a transaction, for anyone to check. */
export interface KeptEvidence {
  txid: string
  signatures: SubmissionSignature[]
  certificates: KeptCertificate[]
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
    certificates: parties.flatMap(({ certificates = [] }) => certificates)
  }
}
