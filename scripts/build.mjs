// Builds dist/ with tsc, then does the two things tsc does not: removes outputs whose source is gone
// (incremental builds leave them behind), and makes the command executable.
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readdirSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = join(root, 'dist')
const buildInfo = join(dist, '.tsbuildinfo')
const command = join(dist, 'cli', 'main.js')
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')

// tsc trusts its notes about what it wrote; without the outputs they would make it write nothing.
if (process.argv.includes('--clean') || !existsSync(join(dist, 'index.js'))) {
  rmSync(dist, { recursive: true, force: true })
}

const compiled = spawnSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.json')], {
  cwd: root,
  stdio: 'inherit',
})
if (compiled.status !== 0) process.exit(compiled.status ?? 1)

for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue
  const path = join(entry.parentPath, entry.name)
  if (path === buildInfo) continue
  const output = relative(dist, path)
  const source = output.replace(/\.d\.ts$|\.js$|\.js\.map$/, '.ts')
  if (!existsSync(join(root, source))) rmSync(path)
}

if (existsSync(command)) chmodSync(command, 0o755)
