// What a message is.

import { readPushDrop } from 'trellis-plugin'

/** Fewer bytes are no message. */
const TEXT_LEAST = 2

/**
 * The message in a locking script, or the reason why it is none. The signature is not checked here: that costs most, and who
 * reads what the topic has admitted need not do it again.
 * @param {Uint8Array} lockingScript
 * @returns {{ token: import('trellis-plugin').PushDrop, text: Uint8Array } | { reason: string }}
 */
export function readMessage (lockingScript) {
  const token = readPushDrop(lockingScript)
  if (token?.lockPosition !== 'before') return { reason: 'not a PushDrop token with the lock before the data' }
  if (token.fields.length !== 2) return { reason: 'a message has two fields, the text and a signature over it' }
  const [text] = token.fields
  return text.length < TEXT_LEAST ? { reason: 'the text is shorter than 2 bytes' } : { token, text }
}
