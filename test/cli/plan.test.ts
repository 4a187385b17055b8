// `orrery plan`, and runs with random faults and hooks, as a user meets them.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { parsePlanFile } from '../../faults/plan-schema.ts'
import { Workspace } from './orrery.ts'

const workspace = new Workspace()
const orrery = (...args: readonly string[]) => workspace.orrery(args)

interface RunDocument {
  readonly fingerprint: string
  readonly spec: { readonly plan: readonly unknown[]; readonly profile: object }
}

const runJson = (...args: readonly string[]): RunDocument =>
  JSON.parse(orrery('run', ...args, '--json').stdout) as RunDocument

describe('orrery plan', () => {
  it('prints the plan of a seed, the same bytes each time, as a plan file', () => {
    const { code, stdout, stderr } = orrery('plan', 'quorum', '--seed', '7')
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^# \d+ faults, as drawn by: orrery run quorum --seed 7 --random-faults\n/)
    const { plan } = parsePlanFile(parse(stdout))
    expect(plan.length).toBeGreaterThan(10)
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .filter((line) => line.startsWith('- {')),
    ).toHaveLength(plan.length)
    expect(orrery('plan', 'quorum', '--seed', '7').stdout).toBe(stdout)
    expect(orrery('plan', 'quorum', '--seed', '8').stdout).not.toBe(stdout)
  })

  it('prints JSON as well', () => {
    const yaml = parse(orrery('plan', 'quorum', '--seed', '3', '--yaml').stdout) as unknown
    expect(JSON.parse(orrery('plan', 'quorum', '--seed', '3', '--json').stdout)).toEqual(yaml)
  })

  it('writes a file whose run is the run with random faults', () => {
    const { code, stdout } = orrery('plan', 'quorum', '--seed', '5', '--swarm', '--out', 'plan.yaml')
    expect([code, stdout]).toEqual([0, ''])
    const drawn = runJson('quorum', '--seed', '5', '--swarm')
    const read = runJson('quorum', '--seed', '5', '--plan', 'plan.yaml')
    expect(read.spec.plan).toEqual(drawn.spec.plan)
    expect(read.fingerprint).toBe(drawn.fingerprint)
    expect(readFileSync(workspace.path('plan.yaml'), 'utf8')).toMatch(/--seed 5 --swarm\n/)
  })

  it('depends on parameters, end and description', () => {
    workspace.write('mix.yaml', 'quiet: 50s\nmaxDown: 2\nfaults:\n  crash: { every: 1s, role: 0 }\n')
    const { stdout } = orrery('plan', 'quorum', '--set', 'n=5', '--until', '55s', '--mix', 'mix.yaml')
    const { plan } = parsePlanFile(parse(stdout))
    expect(new Set(plan.map(({ kind }) => kind))).toEqual(new Set(['crash']))
    expect(orrery('plan', 'quorum', '--set', 'n=7', '--until', '55s', '--mix', 'mix.yaml').stdout).not.toBe(
      stdout,
    )
  })

  it('prints an empty plan as one', () => {
    workspace.write('none.yaml', 'faults: {}\n')
    expect(parse(orrery('plan', 'quorum', '--mix', 'none.yaml').stdout)).toEqual([])
  })

  it.each([
    [['--json', '--yaml'], /--json and --yaml exclude each other/],
    [['--mix', 'missing.yaml'], /missing\.yaml/],
    [['--mix', 'wrong.yaml'], /wrong\.yaml.*faults\.crash\.every: 'daily' is not a duration/],
    [['--mix', 'impossible.yaml'], /impossible\.yaml.*faults\.cpu-slow: none of the nodes has a CPU model/],
    [['--mix', 'late.yaml'], /quiet: no time is left for faults/],
    [['--plan', 'x.yaml'], /unknown option of 'orrery plan' '--plan'/],
  ])('refuses %j in one line', (args, message) => {
    workspace.write('wrong.yaml', 'faults:\n  crash:\n    every: daily\n')
    workspace.write('impossible.yaml', 'faults: { cpu-slow: true }\n')
    workspace.write('late.yaml', 'quiet: 2m\n')
    const { code, stdout, stderr } = orrery('plan', 'quorum', ...args)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(message)
    expect(stderr.trimEnd()).not.toContain('\n')
  })
})

describe('orrery run --random-faults', () => {
  it('replays from its trace, since the plan is in the run spec', () => {
    orrery('run', 'quorum', '--random-faults', '--seed', '4', '--trace', 'random.jsonl')
    const { code, stdout } = orrery('replay', 'random.jsonl')
    expect(code).toBe(0)
    expect(stdout).toContain('REPRODUCED')
  })
})

describe('orrery run --hooks', () => {
  it('is part of the run spec, and replays', () => {
    workspace.write(
      'hooked.ts',
      `import { defineNode, scenario } from 'orrery-sim'
const node = defineNode<{ hop(): void }>()({
  kind: 'hopper',
  start: (self) => void self.every('10ms', (one) => {
    for (let i = 0; i < 20; i++) if (one.maybe(\`site \${i}\`, 0.1)) one.send(one.self, 'hop')
  }),
  on: { hop: () => undefined },
})
export default scenario({
  name: 'hooked', summary: 'hooks', cluster: ({ add }) => void add(node, 1), checks: [], until: '1s',
})
`,
    )
    const off = runJson('./hooked.ts')
    const on = runJson('./hooked.ts', '--hooks')
    expect(off.spec.profile).toEqual({ ties: 'serial' })
    expect(on.spec.profile).toEqual({ ties: 'serial', hooks: true })
    expect(on.fingerprint).not.toBe(off.fingerprint)
    orrery('run', './hooked.ts', '--hooks', '--trace', 'hooked.jsonl')
    expect(orrery('replay', 'hooked.jsonl').stdout).toContain('REPRODUCED')
  })
})
