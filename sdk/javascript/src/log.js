// Lines for the operator's log. The host escapes and caps them and names plugin and topic.

import log from 'bsv:overlay/log@0.1.0'

/** For the plugin's author. @param {string} message */
export function debug (message) {
  log.write('debug', message)
}

/** Worth knowing. @param {string} message */
export function info (message) {
  log.write('info', message)
}

/** Worth a look. @param {string} message */
export function warn (message) {
  log.write('warn', message)
}

/** Something is wrong. The host takes the last such line of a call that breaks for the fault's text. @param {string} message */
export function error (message) {
  log.write('error', message)
}
