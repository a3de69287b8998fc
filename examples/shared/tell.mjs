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

// A submission that is taken. Answers its receipt.
export async function taken (text, submission) {
  const receipt = await submission
  console.log(`  ✓ ${text}`)
  return receipt
}

// A submission that is not, and the words it is refused with.
export async function refused (text, submission, expectedStatus, words) {
  const { status, message } = await submission.then(() => assert.fail(`${text}: it was taken`), error => error)
  assert.equal(status, expectedStatus, `${text}: ${message}`)
  assert.ok(message.includes(words), `${text}: ${message}`)
  console.log(`  ✓ ${text}: ${expectedStatus}, ${words}`)
}
