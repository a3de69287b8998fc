// `state` of the stand-in.

import { host } from '../host.js'

export default {
  get: key => host.rows.get(key),
  set: (key, value) => host.rows.set(key, value),
  remove: key => host.rows.remove(key),
  scan: (start, end, limit, reverse) => host.rows.scan(start, end, limit, reverse)
}
