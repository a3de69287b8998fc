// `log` of the stand-in.

import { host } from '../host.js'

export default {
  write: (level, message) => { host.log.push({ level, message }) }
}
