// Which transactions concern the topic, for submitters that name none: those with an output in the form of a message.

import { defineTopicRelevance } from 'trellis-plugin'
import { readMessage } from './message.js'

export const topicRelevance = defineTopicRelevance({
  isRelevant: (topic, transaction) => transaction.outputs.some(output => readMessage(output.lockingScript).token !== undefined)
})
