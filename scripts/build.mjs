// Builds dist/ with tsc, then does what tsc does not: removes outputs whose source is gone (incremental builds
// leave them behind), bundles the pages of the HTML reports, each one script and one style sheet, and makes the
// command executable.
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readdirSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = join(root, 'dist')
const buildInfo = join(dist, '.tsbuildinfo')
const command = join(dist, 'cli', 'main.js')
// One folder a page, each with a main.tsx.
const pages = join(root, 'reports', 'html', 'pages')
const bundles = join(dist, 'reports', 'html', 'pages')
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
  if (!entry.isFile() || entry.parentPath === bundles) continue
  const path = join(entry.parentPath, entry.name)
  if (path === buildInfo) continue
  const output = relative(dist, path)
  const source = output.replace(/\.d\.ts$|\.js$|\.js\.map$/, '.ts')
  if (!existsSync(join(root, source))) rmSync(path)
}

rmSync(bundles, { recursive: true, force: true })
const names = readdirSync(pages).filter((name) => existsSync(join(pages, name, 'main.tsx')))
await build({
  entryPoints: Object.fromEntries(names.map((name) => [name, join(pages, name, 'main.tsx')])),
  outdir: bundles,
  bundle: true,
  minify: true,
  format: 'iife',
  // What browsers of the last years understand; a report has no server that could send another version.
  target: ['es2022'],
  charset: 'utf8',
  legalComments: 'inline',
  tsconfig: join(root, 'reports', 'html', 'tsconfig.json'),
  logLevel: 'warning',
})

// The public API as one module, for pages without a bundler.
await build({
  entryPoints: { orrery: join(dist, 'integrations', 'browser.js') },
  outdir: join(dist, 'browser'),
  bundle: true,
  minify: true,
  format: 'esm',
  platform: 'browser',
  target: ['es2022'],
  charset: 'utf8',
  legalComments: 'inline',
  logLevel: 'warning',
})

if (existsSync(command)) chmodSync(command, 0o755)
