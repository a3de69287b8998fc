// Runs one scenario against a running host: node run.mjs <scenario> <url> <headers file | address of a faucet>
//
// The end of a scenario is the line "ok <scenario>"; anything else that comes to an end is a failure.

import { FaucetWorld, HeadersWorld } from './worlds.mjs'
import * as scenarios from './scenarios.mjs'

const [name, url, source] = process.argv.slice(2)
const scenario = scenarios[name]
if (scenario === undefined) {
  throw new Error(`no scenario is called ${name}; there are ${Object.keys(scenarios).join(', ')}`)
}
const world = source.startsWith('http:') ? new FaucetWorld(url, source) : new HeadersWorld(url, source)
await scenario(world)
console.log(`ok ${name}`)
