// `config` of the stand-in.

import { host } from '../host.js'

export default {
  get: key => host.config.get(key) ?? null
}
