// `context` of the stand-in.

import { host } from '../host.js'

export default {
  rawTransaction: () => host.rawTransaction
}
