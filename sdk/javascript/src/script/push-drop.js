// PushDrop tokens: data fields in a locking script, dropped again, and a key that locks the output.
//
//   lock before:  <key> OP_CHECKSIG <field> ... <field> OP_2DROP ... OP_DROP
//   lock after:   <field> ... <field> OP_2DROP ... OP_DROP <key> OP_CHECKSIG
//
// A script is a token only if it has exactly this form, so whatever is read is indeed locked by its key.

import { OP, operationAt, pushed } from './operations.js'

/** @typedef {{ lockingPublicKey: Uint8Array, fields: Uint8Array[], lockPosition: 'before' | 'after' }} PushDrop */

/** The token in a locking script; `null` where it is none. @param {Uint8Array} script @returns {PushDrop | null} */
export function readPushDrop (script) {
  return lockBefore(script) ?? lockAfter(script)
}

function lockBefore (script) {
  const lock = lockAt(script, 0)
  const dropped = lock && droppedFieldsAt(script, lock.next)
  return dropped?.next === script.length ? token(lock, dropped, 'before') : null
}

function lockAfter (script) {
  const dropped = droppedFieldsAt(script, 0)
  const lock = dropped && lockAt(script, dropped.next)
  return lock?.next === script.length ? token(lock, dropped, 'after') : null
}

function token ({ key }, { fields }, lockPosition) {
  return hasTheFormOfAPublicKey(key) ? { lockingPublicKey: key, fields, lockPosition } : null
}

/** A key and its check. */
function lockAt (script, at) {
  const key = operationAt(script, at)
  const check = key?.data ? operationAt(script, key.next) : null
  return check?.code === OP.CHECKSIG ? { key: key.data, next: check.next } : null
}

/** Fields and as many drops. */
function droppedFieldsAt (script, at) {
  const fields = []
  let operation = operationAt(script, at)
  for (; operation !== null; operation = operationAt(script, operation.next)) {
    const field = pushed(operation)
    if (field === null) break
    fields.push(field)
  }
  let dropped = 0
  let next = at
  while (dropped < fields.length) {
    if (operation?.code === OP.DROP) dropped += 1
    else if (operation?.code === OP.TWO_DROP) dropped += 2
    else return null
    next = operation.next
    operation = operationAt(script, next)
  }
  return dropped === fields.length && dropped > 0 ? { fields, next } : null
}

/** That it is on the curve is not checked; a key that is not verifies no signature. */
function hasTheFormOfAPublicKey (key) {
  return (key.length === 33 && (key[0] === 2 || key[0] === 3)) || (key.length === 65 && key[0] === 4)
}
