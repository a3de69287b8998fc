// The lookup service: keeps the index and answers from it.

import { defineLookupService, outpointText, outputList } from 'trellis-plugin'
import * as log from 'trellis-plugin/log'
import { find, insert, remove } from './index.js'
import { readMessage } from './message.js'
import { parseQuery } from './query.js'

export const lookupService = defineLookupService({
  outputAdmitted ({ topic, outpoint, lockingScript, admittedAt }) {
    const { text, reason } = readMessage(lockingScript)
    if (reason === undefined) insert(topic, outpoint, text, admittedAt)
    // Some other topic's output: not findable here, and no reason to fail the submission it came with.
    else log.debug(`${outpointText(outpoint)} is not listed: ${reason}`)
  },

  outputSpent: ({ topic, outpoint }) => remove(topic, outpoint),

  outputEvicted: (topic, outpoint) => remove(topic, outpoint),

  lookup: ({ query }) => outputList(find(parseQuery(query)))
})
