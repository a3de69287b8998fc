// What the language has and a plugin has not. In a component it would stop the call without a word, or be the same in every
// call; here it says so. `console` writes to the operator's log.

import * as log from './log.js'

if (!(Symbol.for('trellis-plugin stand-in') in globalThis)) {
  Date.now = absent('there is no clock in a plugin; what a lookup service needs of time is in `admittedAt` and `spentAt`')
  globalThis.Date = new Proxy(Date, {
    construct: (target, given, made) => given.length === 0 ? Date.now() : Reflect.construct(target, given, made),
    apply: () => Date.now()
  })
  Math.random = absent('there is no randomness in a plugin: the same submission must get the same verdict on every host')
  const line = write => (...values) => write(values.map(String).join(' '))
  globalThis.console = { debug: line(log.debug), log: line(log.info), info: line(log.info), warn: line(log.warn), error: line(log.error) }
}

function absent (reason) {
  return () => { throw new Error(reason) }
}
