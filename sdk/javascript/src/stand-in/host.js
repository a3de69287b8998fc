// What the stand-in holds.

import { Rows } from './rows.js'

export const host = {
  topic (name) {
    if (!this.topics.has(name)) this.topics.set(name, { outputs: new Map(), rows: new Rows() })
    return this.topics.get(name)
  }
}

/** Forgets everything. */
export function reset () {
  Object.assign(host, {
    rawTransaction: new Uint8Array(0),
    ancestors: new Map(),
    config: new Map(),
    rows: new Rows(),
    topics: new Map(),
    signers: [],
    certificates: [],
    log: []
  })
}

reset()
