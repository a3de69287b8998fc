// `topics` of the stand-in.

import { outpointText } from '../../outpoint.js'
import { host } from '../host.js'

export default {
  output: (topic, outpoint) => host.topic(topic).outputs.get(outpointText(outpoint)) ?? null,
  stateGet: (topic, key) => host.topic(topic).rows.get(key),
  stateScan: (topic, start, end, limit, reverse) => host.topic(topic).rows.scan(start, end, limit, reverse)
}
