// The topic manager: which outputs are messages.
//
// An output that is no message is skipped, not refused: change and payments travel in the same transaction. Only where
// nothing is left to say yes to does the refusal explain, output by output, what was wrong.

import { admit, defineTopicManager, refuse } from 'trellis-plugin'
import { isSigned } from 'trellis-plugin/crypto'
import { readMessage } from './message.js'

/** A refusal explains so many outputs and counts the others. */
const EXPLAINED_MOST = 8

export const topicManager = defineTopicManager({
  identifyAdmissibleOutputs ({ transaction, previousCoins }) {
    const reasons = transaction.outputs.map(reasonAgainst)
    const admitted = [...reasons.keys()].filter(index => reasons[index] === null)
    // A transaction that only spends messages is welcome: it takes them out of the topic.
    if (admitted.length === 0 && previousCoins.length === 0) refuse(explain(reasons))
    return admit(admitted)
  }
})

/** Why an output is no message, if it is none. */
function reasonAgainst ({ lockingScript }) {
  const { token, reason } = readMessage(lockingScript)
  if (reason !== undefined) return reason
  return isSigned(token) ? null : 'the signature over the text is not by the key that locks the token'
}

function explain (reasons) {
  const explained = reasons.slice(0, EXPLAINED_MOST).map((reason, index) => `; output ${index}: ${reason}`)
  const others = reasons.length - explained.length
  return `no output is a message${explained.join('')}${others > 0 ? `; and ${others} more` : ''}`
}
