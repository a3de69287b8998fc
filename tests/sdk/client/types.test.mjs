// The types, as the compiler sees them: node client/types.test.mjs

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const file = path => fileURLToPath(new URL(path, import.meta.url))

test('a strict application compiles against the client, and its mistakes do not', () => {
  const compiler = file('../../../node_modules/typescript/bin/tsc')
  const { status, stdout } = spawnSync(process.execPath, [compiler, '--project', file('types')], { encoding: 'utf8' })
  assert.equal(status, 0, stdout)
})
