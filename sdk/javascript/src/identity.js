// Who stands behind the submission a topic manager judges: evidence that came with it and that the host checked. For
// `identifyAdmissibleOutputs` only, but for `verifyCertificate`.

import identity from 'bsv:overlay/identity@0.1.0'
import { Refusal } from './refusal.js'

/**
 * @typedef {object} Certificate A certificate whose certifier's signature is right.
 * @property {Uint8Array} certificateType @property {Uint8Array} serialNumber 32 bytes each.
 * @property {Uint8Array} subject @property {Uint8Array} certifier Keys, 33 bytes each.
 * @property {import('./outpoint.js').Outpoint | null} revocation The output that is spent to revoke it.
 * @property {{ name: string, value: string }[]} revealed Decrypted fields.
 * @property {{ federation: string, organisation: string, fields: string[] }[]} vouchedBy Who vouches for which of them.
 */

/** The keys, 33 bytes each, that signed this transaction for this topic (BRC-3). The first is the submitter. @returns {Uint8Array[]} */
export function signers () {
  return identity.signers()
}

/** The certificates that came with the submission, each about one of the signers. @returns {Certificate[]} */
export function certificates () {
  return identity.certificates()
}

/** Checks a certificate as applications write it (texts of its JSON, `fields` and `keyring` as lists of names and values); refused with the reason where it is wrong. @returns {Certificate} */
export function verifyCertificate (certificate) {
  try {
    return identity.verifyCertificate(certificate)
  } catch (reason) {
    throw new Refusal(reason instanceof Error ? reason.message : String(reason))
  }
}
