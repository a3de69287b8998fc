// A plugin's considered "no". Everything else that is thrown is a fault: a mistake in the plugin.

/** Why a plugin says no, in words for the person who asked. */
export class Refusal extends Error {
  /** @param {string} text */
  constructor (text) {
    super(text)
    this.name = 'Refusal'
  }
}

/** Says no. @param {string} text @returns {never} */
export function refuse (text) {
  throw new Refusal(text)
}
