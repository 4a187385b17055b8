import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { packageRoot, quietEnv, Workspace } from './orrery.ts'

const work = new Workspace()

beforeAll(() => {
  // What `npm install` of the packed library and of vitest would leave.
  mkdirSync(work.path('node_modules'))
  symlinkSync(packageRoot, work.path('node_modules', 'orrery-sim'))
  for (const name of ['vitest', 'typescript']) {
    symlinkSync(join(packageRoot, 'node_modules', name), work.path('node_modules', name))
  }
})

const node = (folder: string, ...args: readonly string[]) =>
  spawnSync(process.execPath, args, { cwd: folder, env: quietEnv(), encoding: 'utf8' })

describe('orrery new', () => {
  it('makes a scenario whose test passes, whose types are right and which runs', () => {
    const { code, stdout } = work.orrery(['new', 'lost-update'])
    expect(code).toBe(0)
    expect(stdout).toMatchInlineSnapshot(`
      "made
        lost-update/lost-update.ts
        lost-update/lost-update.test.ts
        lost-update/package.json
        lost-update/tsconfig.json

      next
        cd lost-update
        npx vitest run
        npx orrery run lost-update.ts
        npx orrery run lost-update.ts --set loss=0.2
      "
    `)
    const folder = work.path('lost-update')
    const test = node(folder, work.path('node_modules', 'vitest', 'vitest.mjs'), 'run')
    expect(test.stdout).toContain('3 passed')
    expect(test.status).toBe(0)
    const types = node(folder, work.path('node_modules', 'typescript', 'bin', 'tsc'), '-p', '.')
    expect(types.stdout).toBe('')
    expect(work.orrery(['run', 'lost-update/lost-update.ts']).code).toBe(0)
    expect(work.orrery(['run', 'lost-update/lost-update.ts', '--set', 'loss=0.2']).code).toBe(1)
  })

  it('overwrites nothing, and then writes nothing', () => {
    mkdirSync(work.path('taken'))
    work.write('taken/taken.test.ts', 'mine')
    const { code, stderr } = work.orrery(['new', 'taken'])
    expect(stderr).toBe(
      'orrery: taken/taken.test.ts exists already; expected a name that is not taken; nothing was written\n',
    )
    expect(code).toBe(2)
    expect(readdirSync(work.path('taken'))).toEqual(['taken.test.ts'])
    expect(readFileSync(work.path('taken', 'taken.test.ts'), 'utf8')).toBe('mine')
  })

  it('adds to the project of the current folder without touching its package.json', () => {
    work.write('package.json', '{}')
    const { stdout } = work.orrery(['new', 'second-try', '--here'])
    expect(stdout).toContain('made\n  second-try.ts\n  second-try.test.ts\n')
    expect(stdout).not.toContain('npm install')
    expect(readFileSync(work.path('package.json'), 'utf8')).toBe('{}')
    expect(existsSync(work.path('tsconfig.json'))).toBe(false)
  })
})
