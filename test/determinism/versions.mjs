// Runs the built-in scenarios in processes of their own under several major versions of Node, and from the packed
// package installed in an empty folder. All must give the same document, byte for byte, and the committed
// fingerprints. A trace written under the oldest must replay under the newest. Needs dist/ (npm ci builds it).
//
// The binaries come from the npm package `node`, kept in node_modules/.cache. Only a registry that cannot be reached
// is a reason to skip; then the version at hand is still checked.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const SCENARIOS = ['leader-election', 'herd-effect', 'quorum', 'load-balancing']
const SEEDS = [1, 7]
const MAJORS = [20, 22, 24]

const root = fileURLToPath(new URL('../..', import.meta.url))
const command = join(root, 'dist', 'cli', 'main.js')
const goldenFile = join(root, 'test', 'golden', 'fingerprints.json')
const cache = join(root, 'node_modules', '.cache', 'node-versions')
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
const npx = process.platform === 'win32' ? 'npx.cmd' : 'npx'

const UNREACHABLE =
  /\b(ENOTFOUND|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH|ECONNRESET|ENOTCACHED)\b/
/** A run that ended as runs may: held, violated, undecided. */
const ENDED = [0, 1, 4]

class Unreachable extends Error {}

function execute(program, args, cwd = root) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout, stderr }))
  })
}

async function npmInstall(folder, ...packages) {
  mkdirSync(folder, { recursive: true })
  const flags = ['--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--prefer-offline']
  const { code, stderr } = await execute(npm, ['install', '--prefix', folder, ...flags, ...packages], folder)
  if (code === 0) return
  if (UNREACHABLE.test(stderr))
    throw new Unreachable(`npm install ${packages.join(' ')}: the registry cannot be reached`)
  throw new Error(`npm install ${packages.join(' ')} failed:\n${stderr}`)
}

/** The binary of a major version, installed if need be. */
async function nodeBinary(major) {
  const folder = join(cache, String(major))
  const packages = join(folder, 'node_modules')
  const platformPackage = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
  const places = () =>
    ['node', platformPackage].flatMap((name) =>
      ['bin/node', 'bin/node.exe'].map((path) => join(packages, name, path)),
    )
  const found = () => places().find((path) => existsSync(path))
  if (found() === undefined) await npmInstall(folder, `node@${major}`)
  // The package fetches its binary in an install script, which npm may have been told not to run.
  if (found() === undefined) {
    const { version } = JSON.parse(readFileSync(join(packages, 'node', 'package.json'), 'utf8'))
    await npmInstall(folder, `${platformPackage}@${version}`)
  }
  const binary = found()
  if (binary === undefined) throw new Error(`node@${major} has no binary in ${packages}`)
  const { stdout } = await execute(binary, ['--version'])
  if (!stdout.startsWith(`v${major}.`)) throw new Error(`${binary} is ${stdout.trim()}, expected v${major}`)
  return { binary, version: stdout.trim() }
}

let failures = 0

function fail(text) {
  failures++
  console.log(`  FAILED ${text}`)
}

/** Document of each run, by scenario and seed. */
async function documents(label, program, args, cwd) {
  const out = new Map()
  for (const scenario of SCENARIOS) {
    for (const seed of SEEDS) {
      const { code, stdout, stderr } = await execute(
        program,
        [...args, 'run', scenario, '--seed', String(seed), '--json'],
        cwd,
      )
      if (ENDED.includes(code)) out.set(`${scenario} seed ${seed}`, stdout)
      else fail(`${label}: ${scenario} seed ${seed}: exit code ${code}\n${stderr}`)
    }
  }
  return out
}

function fingerprintOf(document) {
  return JSON.parse(document).fingerprint
}

function compare(label, found, expected) {
  let differing = 0
  for (const [run, document] of expected) {
    const other = found.get(run)
    if (other === document) continue
    differing++
    if (other === undefined) continue
    const [a, b] = [fingerprintOf(document), fingerprintOf(other)]
    fail(
      a === b
        ? `${label}: ${run}: the document differs`
        : `${label}: ${run}: fingerprint ${b}, expected ${a}`,
    )
  }
  if (differing === 0) console.log(`  ${label}: ${expected.size} runs are the same, byte for byte`)
}

function compareGolden(found) {
  if (!existsSync(goldenFile)) {
    console.log('  no committed fingerprints yet')
    return
  }
  const golden = JSON.parse(readFileSync(goldenFile, 'utf8'))
  let same = 0
  for (const scenario of SCENARIOS) {
    for (const seed of SEEDS) {
      const expected = golden[scenario]?.[seed]
      const document = found.get(`${scenario} seed ${seed}`)
      if (expected === undefined || document === undefined) continue
      const fingerprint = fingerprintOf(document)
      if (fingerprint === expected) same++
      else fail(`${scenario} seed ${seed}: fingerprint ${fingerprint}, committed is ${expected}`)
    }
  }
  console.log(`  ${same} fingerprints are as committed`)
}

async function replayElsewhere(writer, reader) {
  const folder = mkdtempSync(join(tmpdir(), 'orrery-trace-'))
  try {
    const file = join(folder, 'trace.jsonl')
    const written = await execute(writer.binary, [command, 'run', 'quorum', '--seed', '7', '--trace', file])
    if (!ENDED.includes(written.code)) {
      fail(`a trace could not be written under ${writer.version}:\n${written.stderr}`)
      return
    }
    const replayed = await execute(reader.binary, [command, 'replay', file])
    if (replayed.code === 0) console.log(`  a trace of ${writer.version} replays under ${reader.version}`)
    else
      fail(
        `a trace of ${writer.version} does not replay under ${reader.version}:\n${replayed.stdout}${replayed.stderr}`,
      )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The package as a user gets it: packed, and installed where nothing else is. */
async function fromTarball(expected) {
  const folder = mkdtempSync(join(tmpdir(), 'orrery-package-'))
  try {
    // Scripts are off: what was built and tested is what is packed.
    const packed = await execute(npm, ['pack', '--ignore-scripts', '--json', '--pack-destination', folder])
    if (packed.code !== 0) throw new Error(`npm pack failed:\n${packed.stderr}`)
    const listed = JSON.parse(packed.stdout)
    const [{ filename }] = Array.isArray(listed) ? listed : Object.values(listed)
    const home = join(folder, 'home')
    await npmInstall(home, join(folder, filename))
    compare('packed', await documents('packed', npx, ['--no-install', 'orrery'], home), expected)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function unlessUnreachable(what, run) {
  try {
    return await run()
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error
    console.log(`  skipped ${what}: ${error.message}`)
    return undefined
  }
}

if (!existsSync(command)) {
  console.error(`${command} is missing: run npm run build first`)
  process.exit(1)
}

console.log(`determinism: ${SCENARIOS.length} scenarios, seeds ${SEEDS.join(', ')}`)
const expected = await documents(process.version, process.execPath, [command])
console.log(`  ${process.version}: ${expected.size} runs in ${expected.size} processes`)
compareGolden(expected)
compare(`${process.version} again`, await documents(process.version, process.execPath, [command]), expected)

const versions = []
for (const major of MAJORS) {
  const node = await unlessUnreachable(`Node ${major}`, () => nodeBinary(major))
  if (node === undefined) continue
  versions.push(node)
  compare(node.version, await documents(node.version, node.binary, [command]), expected)
}
if (versions.length > 1) await replayElsewhere(versions[0], versions.at(-1))
await unlessUnreachable('the packed package', () => fromTarball(expected))

console.log(failures === 0 ? 'determinism: all the same' : `determinism: ${failures} failures`)
process.exitCode = failures === 0 ? 0 : 1
