// Builds what an example needs: the host, the example's plugin as a component, and the client with the packages its scripts use.

import { spawnSync } from 'node:child_process'
import { copyFileSync, renameSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build as buildClient } from '../../sdk/client-js/build.mjs'

const examples = dirname(dirname(fileURLToPath(import.meta.url)))
const repository = dirname(examples)

function run (folder, command, ...args) {
  const shown = { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] }
  const { status, error } = spawnSync(command, args, shown)
  if (error !== undefined || status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error ?? `exit code ${status}`}`)
}

function targetFolder () {
  const args = ['metadata', '--no-deps', '--format-version', '1']
  const { status, stdout } = spawnSync('cargo', args, { cwd: repository, maxBuffer: 1 << 26 })
  if (status !== 0) throw new Error('cargo metadata failed: install Rust from https://rustup.rs')
  return JSON.parse(stdout).target_directory
}

// Answers the path of the host's binary. TRELLIS names one that is there already.
export function build (name) {
  buildClient()
  const target = targetFolder()
  let trellis = process.env.TRELLIS
  if (trellis === undefined) {
    run(repository, 'cargo', 'build', '--release')
    trellis = join(target, 'release', 'trellis')
  }
  run(repository, 'cargo', 'plugin', '--quiet', '--package', `trellis-example-${name}`)
  const component = `trellis_example_${name.replaceAll('-', '_')}.wasm`
  // Beside trellis.toml, which names it. Renamed into place, so that nobody reads half of it.
  const place = join(examples, name, `${name}.wasm`)
  copyFileSync(join(target, 'wasm32-unknown-unknown', 'plugin', component), `${place}.${process.pid}`)
  renameSync(`${place}.${process.pid}`, place)
  return trellis
}
