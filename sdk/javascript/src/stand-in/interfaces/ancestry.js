// `ancestry` of the stand-in.

import { hex } from '../../bytes.js'
import { host } from '../host.js'

export default {
  transaction: txid => host.ancestors.get(hex(txid))?.raw ?? null,
  atomicBeef: txid => host.ancestors.get(hex(txid))?.atomicBeef ?? null
}
