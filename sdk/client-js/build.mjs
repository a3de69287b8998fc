// Installs the packages that all JavaScript of this repository uses, and compiles the client: node sdk/client-js/build.mjs
//
// Any number of processes may do so at once, or be killed on the way: each works in a folder of its own and moves what is whole
// into place. What is there already is left alone.

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const client = dirname(fileURLToPath(import.meta.url))
const repository = dirname(dirname(client))

// Notes of what is there was made from.
const PACKAGES = join(repository, 'node_modules', '.made-from')
const COMPILED = join(client, 'dist', '.made-from')

export function build () {
  const place = join(client, `.build-${process.pid}`)
  try {
    install(place)
    compile(place)
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}

function install (place) {
  const { workspaces } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'))
  const files = ['package.json', 'package-lock.json', ...workspaces.map(folder => `${folder}/package.json`)]
  const wanted = digest(files.map(file => join(repository, file)))
  if (isThere(PACKAGES, wanted)) return
  for (const file of files) cpSync(join(repository, file), join(place, file))
  run(place, 'npm', 'ci', '--no-audit', '--no-fund')
  const packages = join(place, 'node_modules')
  writeFileSync(join(packages, '.made-from'), wanted)
  const installed = dirname(PACKAGES)
  try {
    renameSync(packages, installed)
  } catch (error) {
    // Somebody else was faster; or these are the packages of another lock file.
    if (isThere(PACKAGES, wanted)) return
    if (!['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(error.code)) throw error
    renameSync(installed, join(place, 'old'))
    renameSync(packages, installed)
  }
}

function compile (place) {
  const sources = readdirSync(join(client, 'src')).sort().map(file => join(client, 'src', file))
  const wanted = digest([...sources, join(client, 'tsconfig.json'), join(repository, 'package-lock.json')])
  if (isThere(COMPILED, wanted)) return
  const compiled = join(place, 'dist')
  const compiler = join(repository, 'node_modules', 'typescript', 'bin', 'tsc')
  run(client, process.execPath, compiler, '--project', client, '--outDir', compiled)
  mkdirSync(dirname(COMPILED), { recursive: true })
  // File by file: who reads them meanwhile finds each whole. The note comes last.
  for (const file of readdirSync(compiled)) renameSync(join(compiled, file), join(client, 'dist', file))
  writeFileSync(join(place, 'made-from'), wanted)
  renameSync(join(place, 'made-from'), COMPILED)
}

function isThere (note, wanted) {
  try {
    return readFileSync(note, 'utf8') === wanted
  } catch {
    return false
  }
}

function digest (files) {
  const hash = createHash('sha256')
  for (const file of files) hash.update(`${file}\n`).update(readFileSync(file))
  return hash.digest('hex')
}

// Says nothing where all goes well.
function run (folder, command, ...args) {
  const { status, error, stdout, stderr } = spawnSync(command, args, { cwd: folder, encoding: 'utf8', shell: process.platform === 'win32' })
  if (status === 0) return
  throw new Error(`${command} ${args.join(' ')}: ${error ?? `exit code ${status}`}\n${stdout}${stderr}`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) build()
