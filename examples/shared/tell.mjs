// Telling a story whose every claim is checked.

import assert from 'node:assert/strict'

export function chapter (text) {
  console.log(`\n${text}`)
}

// Something that is so, or the example has failed.
export function claim (text, actual, expected = true) {
  assert.deepEqual(actual, expected, `it is not so that ${text}`)
  console.log(`  ✓ ${text}`)
}

// A submission that was taken. Answers its receipt.
export function taken (text, { status, body }) {
  assert.equal(status, 200, `${text}: ${status} ${body.message}`)
  console.log(`  ✓ ${text}`)
  return body
}

// A submission that was not, and the words it was refused with.
export function refused (text, { status, body }, expectedStatus, words) {
  assert.equal(status, expectedStatus, `${text}: ${status} ${JSON.stringify(body)}`)
  assert.ok(body.message.includes(words), `${text}: ${body.message}`)
  console.log(`  ✓ ${text}: ${status}, ${words}`)
}
