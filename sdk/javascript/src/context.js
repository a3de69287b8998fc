// The transaction a call is about.

import context from 'bsv:overlay/context@0.1.0'

/** Its raw bytes. A fault in calls that are about none: `describe`, `documentation`, `lookup`, `outputEvicted`. @returns {Uint8Array} */
export function rawTransaction () {
  return context.rawTransaction()
}
