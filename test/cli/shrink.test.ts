import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

import type { Outcome } from './orrery.ts'
import { counter, Workspace } from './orrery.ts'

const space = new Workspace()

interface BundleJson {
  readonly fingerprint: string
  readonly signature: { readonly subject: string }
  readonly spec: {
    readonly plan: unknown[]
    readonly workload: unknown[]
    readonly params: Record<string, unknown>
  }
  readonly shrunk: { readonly spent: { readonly runs: number }; readonly before: unknown }
  readonly story: readonly string[]
}

const read = (name: string): BundleJson => JSON.parse(readFileSync(space.path(name), 'utf8')) as BundleJson

const failing = ['--set', 'r=1', '--set', 'w=1']
const shrinkQuorum = (...more: string[]): Outcome => space.orrery(['shrink', 'quorum', ...failing, ...more])

describe('orrery shrink', () => {
  it('writes a bundle that replays in a process of its own, with its fingerprint', () => {
    const { code, stdout, stderr } = shrinkQuorum('--seed', '3', '--out', 'quorum.json')
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
    expect(stdout).toContain('written to quorum.json')
    expect(stdout).toContain('orrery replay quorum.json')
    const { fingerprint, story, spec } = read('quorum.json')
    expect(stdout).toContain(story.join('\n'))
    expect(spec.workload.length).toBeLessThanOrEqual(4)

    const replay = space.orrery(['replay', 'quorum.json'])
    expect(replay.code).toBe(1)
    expect(replay.stdout).toContain('STILL FAILS  no stale read (by key)')
    expect(replay.stdout).toContain(`fingerprint ${fingerprint}: the same run`)
    expect(replay.stdout).toContain(story.join('\n'))
  })

  it('prints the same bytes and writes the same bundle each time', () => {
    const first = shrinkQuorum('--out', 'a.json')
    const bytes = readFileSync(space.path('a.json'), 'utf8')
    const second = shrinkQuorum('--out', 'a.json')
    expect(second).toEqual(first)
    expect(readFileSync(space.path('a.json'), 'utf8')).toBe(bytes)
  })

  it('prints the bundle and nothing else with --json', () => {
    const { code, stdout } = shrinkQuorum('--json', '--out', 'json.json')
    expect(code).toBe(1)
    const { out, ...bundle } = JSON.parse(stdout) as BundleJson & { readonly out: string }
    expect(out).toBe('json.json')
    expect(bundle).toEqual(read('json.json'))
  })

  it('shrinks a bundle further, counting from where the failure was found', () => {
    shrinkQuorum('--budget', '6', '--out', 'rough.json')
    const rough = read('rough.json')
    expect(rough.shrunk.spent.runs).toBeLessThanOrEqual(6)
    const { code, stdout } = space.orrery(['shrink', 'rough.json', '--out', 'fine.json'])
    expect(code).toBe(1)
    expect(stdout).toContain('nothing more can be left out')
    const fine = read('fine.json')
    expect(fine.spec.workload.length).toBeLessThan(rough.spec.workload.length)
    expect(fine.shrunk.before).toEqual(rough.shrunk.before)
    expect(fine.shrunk.spent.runs).toBeGreaterThan(rough.shrunk.spent.runs)
  })

  it('keeps parameters that it is told to keep', () => {
    shrinkQuorum('--keep', 'n', '--keep', 'clients', '--out', 'kept.json')
    expect(read('kept.json').spec.params).toMatchObject({ n: 3, clients: 6 })
  })

  it('says that a seed does not fail, and writes nothing', () => {
    const { code, stdout, stderr } = space.orrery(['shrink', 'quorum', '--seed', '5', '--out', 'none.json'])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^orrery: quorum does not fail with seed 5: its verdict is 'held'.*\n$/)
    expect(existsSync(space.path('none.json'))).toBe(false)
  })

  it.each([
    [['shrink', 'quorum', '--budget', '3'], "--budget: '3'; expected a whole number, at least 4"],
    [['shrink', 'quorum', '--keep', 'm'], "unknown parameter 'm'"],
    [['shrink', 'quorun'], "did you mean 'quorum'?"],
    [['shrink', 'quorum', '--scenario', 'x.ts'], '--scenario stands beside a scenario'],
    [['shrink', 'broken.json'], 'broken.json: '],
    [['shrink', 'bundle.json', '--seed', '3'], '--seed stands beside a bundle'],
  ])('refuses %j', (args, message) => {
    writeFileSync(space.path('broken.json'), '{"orrery": "failure", ')
    if (!existsSync(space.path('bundle.json'))) shrinkQuorum('--budget', '4', '--out', 'bundle.json')
    const { code, stderr } = space.orrery(args)
    expect(code).toBe(2)
    expect(stderr).toContain(message)
    expect(stderr.trim().split('\n')).toHaveLength(1)
  })
})

describe('a bundle of a scenario that changes', () => {
  const source = readFileSync(counter, 'utf8')
  space.write('counter.ts', source)
  const made = space.orrery(['shrink', 'counter.ts', '--set', 'loss=0.4', '--out', 'counter.json'])
  const replay = (text: string): Outcome => {
    space.write('counter.ts', text)
    return space.orrery(['replay', 'counter.json'])
  }

  it('is made of a file', () => {
    expect(made.code).toBe(1)
    expect(read('counter.json')).toMatchObject({ source: 'counter.ts' })
  })

  it('still fails after a refactoring, and says that the fingerprint changed', () => {
    const { code, stdout } = replay(source.replaceAll('amount', 'delta'))
    expect(code).toBe(1)
    expect(stdout).toContain('STILL FAILS')
    expect(stdout).toContain('fingerprint changed')
    expect(stdout).toContain('the failure is still there')
  })

  it('no longer fails when the bug is gone, and says so', () => {
    const fixed = source.replace('node.state.total += amount', 'node.state.total = Math.max(0, amount - 1)')
    const { code, stdout } = replay(fixed)
    expect(code).toBe(0)
    expect(stdout).toContain('NO LONGER FAILS')
    const again = space.orrery(['shrink', 'counter.json'])
    expect(again.code).toBe(0)
    expect(again.stdout).toContain('NO LONGER FAILS')
  })

  it('fails otherwise when something else is broken, and says so', () => {
    const other = source.replace('node.state.total += amount', "throw new RangeError('no more')")
    const { code, stdout } = replay(other)
    expect(code).toBe(1)
    expect(stdout).toContain('FAILS OTHERWISE  threw: counter on.add')
  })

  it('leaves out a parameter that is gone, with a warning', () => {
    const without = source.replace(/ *mode: choice.*\n/, '').replace('choice, ', '')
    const { code, stderr } = replay(without)
    expect(code).toBe(1)
    expect(stderr).toContain("no parameter 'mode' any more")
  })

  it('is replayed as JSON', () => {
    space.write('counter.ts', source)
    const { code, stdout } = space.orrery(['replay', 'counter.json', '--json'])
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({
      fails: true,
      sameFailure: true,
      sameRun: true,
      verdict: 'violated',
    })
  })
})
