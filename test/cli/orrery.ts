// Runs the built command as users do: as a process of its own, in a folder of its own.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

export const main = join(root, 'dist', 'cli', 'main.js')
export const counter = join(root, 'test', 'fixtures', 'counter.ts')
export const packageRoot = root

if (!existsSync(main)) throw new Error('dist/ is missing: run npm run build before these tests')

export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

// What a terminal or npm around the tests says about itself must not reach the command.
const AMBIENT = /^(npm_|NO_COLOR$|FORCE_COLOR$|NODE_OPTIONS$|VITEST)/

export const quietEnv = (more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !AMBIENT.test(name))),
  ...more,
})

/** A temporary folder in which commands run; removed after the file's tests. */
export class Workspace {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'orrery-test-')))

  constructor() {
    afterAll(() => {
      rmSync(this.folder, { recursive: true, force: true })
    })
  }

  path(...names: readonly string[]): string {
    return join(this.folder, ...names)
  }

  write(name: string, text: string): string {
    writeFileSync(this.path(name), text)
    return name
  }

  orrery(args: readonly string[], env: Readonly<Record<string, string>> = {}): Outcome {
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
      cwd: this.folder,
      env: quietEnv(env),
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    })
    return { code: status, stdout, stderr }
  }
}
