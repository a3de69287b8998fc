// Builds an example, runs it against a development host of its own, and stops everything: node examples/run.mjs <name>
//
// Ends with exit code 0 only if every claim of the example's story holds.

import { build } from './shared/build.mjs'

const NAMES = ['tickets', 'marketplace', 'supply-chain', 'ledger', 'federation']

const [name, ...rest] = process.argv.slice(2)
if (!NAMES.includes(name)) {
  console.error(`node examples/run.mjs <name>, with one of ${NAMES.join(', ')}`)
  process.exit(2)
}
// What a story is told with, in numbers: --seats 10 --buyers 50
const options = {}
for (let i = 0; i < rest.length; i += 2) options[rest[i].replace(/^--/, '')] = Number(rest[i + 1])

const trellis = build(name)
// Only now: the packages they need may have been installed by the build.
const { Host } = await import('./shared/host.mjs')
const { story } = await import(`./${name}/story.mjs`)
const host = await Host.start(trellis, name)
try {
  await story(host, options)
  console.log(`\nok ${name}: everything it claims holds.`)
} catch (error) {
  console.error(host.log())
  throw error
} finally {
  await host.stop()
}
