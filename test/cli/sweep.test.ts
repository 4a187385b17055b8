import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { DATA_ID } from '../../reports/html/page.ts'
import { unpack } from '../../reports/html/pack.ts'
import type { SweepData } from '../../reports/html/sweep/data.ts'
import { counter, main, quietEnv, Workspace } from './orrery.ts'

const work = new Workspace()
copyFileSync(counter, work.path('counter.ts'))
copyFileSync(fileURLToPath(new URL('../fixtures/flaky.ts', import.meta.url)), work.path('flaky.ts'))

const lossy = ['sweep', 'counter.ts', '--set', 'loss=0.4', '--seeds', '60']

interface SweepDocument {
  readonly runs: number
  readonly verdict: string
  readonly verified: number
  readonly verdicts: Readonly<Record<string, number>>
  readonly unreached: readonly string[]
  readonly failures: readonly {
    readonly signature: { readonly kind: string; readonly subject: string; readonly detail?: string }
    readonly runs: number
    readonly cheapest: { readonly seed: number; readonly events: number; readonly fingerprint: string }
    readonly replay: string
    readonly shrink: string
  }[]
  readonly lost: readonly { readonly reason: string; readonly runs: number }[]
  readonly faults: readonly { readonly kind: string; readonly planned: number; readonly touched: number }[]
}

const documentOf = (stdout: string): SweepDocument => JSON.parse(stdout) as SweepDocument

describe('orrery sweep', () => {
  it('says what failed how often, and how to replay and shrink the cheapest run of it', () => {
    const { code, stdout, stderr } = work.orrery([...lossy, '--verify', '0.1'])
    expect(stderr).toBe('')
    expect(code).toBe(1)
    expect(stdout).toMatchInlineSnapshot(`
      "sweep of counter, seeds 1..60
      clients=2 additions=5 loss=0.4 pause=20ms mode=plain

        HELD      0
        VIOLATED  60
        UNDECIDED 0

        check                                                 violated  undecided  reached  observed in
        the total never exceeds what was asked for  VIOLATED        60          0                    60

        fault  planned  fired  touched  runs
        pause       60     60       60    60

        metric         mean  min  max  runs
        acknowledged     10   10   10    60
        retries       14.88    4   29    60

      60 runs: 29.999401s of virtual time, 2758 events
      5 runs repeated by another thread, with the same result

      FAILED  60 runs: the total never exceeds what was asked for
        cheapest  seed 37, 33 events, virtual time 236.408ms
        expected  the total never exceeds what was asked for
        observed  the total is 11, only 10 were asked for
        replay    orrery run counter.ts --seed 37 --set loss=0.4
        shrink    orrery shrink counter.ts --seed 37 --set loss=0.4
      "
    `)
  })

  it('prints the same bytes whatever the number of threads', () => {
    const [one, two, five] = ['1', '2', '5'].map((jobs) => work.orrery([...lossy, '--jobs', jobs, '--json']))
    expect(two).toEqual(one)
    expect(five).toEqual(one)
    expect(documentOf(one!.stdout).runs).toBe(60)
  })

  it('names a command that gives the very run that it counted', () => {
    for (const more of [[], ['--swarm'], ['--random-faults', '--until', '1s', '--ties', 'shuffled']]) {
      const { failures } = documentOf(work.orrery([...lossy, ...more, '--json']).stdout)
      expect(failures.length).toBeGreaterThan(0)
      for (const { cheapest, replay } of failures) {
        const { code, stdout } = work.orrery([...replay.split(' ').slice(1), '--json'])
        expect(code).toBe(1)
        expect(JSON.parse(stdout)).toMatchObject({ fingerprint: cheapest.fingerprint })
      }
    }
  })

  it('gives each seed faults of its own with --swarm, as a mix says', () => {
    work.write('mix.yaml', 'faults:\n  pause: true\n')
    const { stdout, code } = work.orrery([
      'sweep',
      'counter.ts',
      '--swarm',
      '--mix',
      'mix.yaml',
      '--seeds',
      '40',
      '--json',
    ])
    const { faults } = documentOf(stdout)
    expect(code).toBe(0)
    expect(faults.map(({ kind }) => kind)).toEqual(['pause'])
    expect(faults[0]?.planned).toBeGreaterThan(0)
  })

  it('ends at the first failure with --bail, and calls no run beyond it', () => {
    const [one, four] = ['1', '4'].map((jobs) => work.orrery([...lossy, '--bail', '--jobs', jobs]))
    expect(four).toEqual(one)
    const whole = documentOf(work.orrery([...lossy, '--json']).stdout)
    const bailed = documentOf(work.orrery([...lossy, '--bail', '--json']).stdout)
    expect(bailed.failures[0]?.runs).toBe(1)
    expect(bailed.runs).toBe(bailed.failures[0]?.cheapest.seed)
    expect(bailed.runs).toBeLessThan(whole.runs)
  })

  it('stops when its time is over and says what there was time for', () => {
    const { code, stdout } = work.orrery(['sweep', 'counter.ts', '--time', '2s', '--jobs', '1'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^sweep of counter, seeds 1\.\.\n/)
    expect(Number(/^(\d+) runs: /m.exec(stdout)?.[1])).toBeGreaterThan(0)
  })

  it('is held when some run reaches what some run must, and violated when none does', () => {
    expect(work.orrery(['sweep', 'flaky.ts', '--seeds', '60']).code).toBe(0)
    const { code, stdout } = work.orrery(['sweep', 'flaky.ts', '--seeds', '1..3'])
    expect(code).toBe(1)
    expect(stdout).toContain('NEVER REACHED')
    expect(stdout).toContain('FAILED  in no run: a zero is drawn')
  })

  it('counts vacuity only with --strict', () => {
    work.write('late.yaml', '- { at: 1h, kind: crash, node: counter }\n')
    const args = ['sweep', 'counter.ts', '--seeds', '5', '--plan', 'late.yaml']
    const { code, stdout } = work.orrery(args)
    expect(code).toBe(0)
    expect(stdout).toContain("warning faults of kind 'crash' never fired")
    expect(work.orrery([...args, '--strict']).code).toBe(4)
  })

  it('counts runs that never end as failures of their own kind', () => {
    const events = [
      'sweep',
      'flaky.ts',
      '--set',
      'mode=never-ends',
      '--max-events',
      '2000',
      '--seeds',
      '60',
      '--json',
    ]
    const [endless] = documentOf(work.orrery(events).stdout).failures
    expect(endless?.signature.kind).toBe('event-limit')
    expect(endless?.replay).toMatch(/--max-events 2000$/)
    expect(work.orrery(endless!.replay.split(' ').slice(1)).code).toBe(1)
    const looping = ['sweep', 'flaky.ts', '--set', 'mode=loops', '--seeds', '60', '--json']
    expect(documentOf(work.orrery(looping).stdout).failures[0]?.signature.kind).toBe('instant-limit')
  })

  it('takes what differs by numbers only for one failure', () => {
    const { failures } = documentOf(
      work.orrery(['sweep', 'flaky.ts', '--set', 'mode=throws', '--seeds', '90', '--json']).stdout,
    )
    expect(failures.length).toBe(1)
    expect(failures[0]).toMatchObject({ signature: { kind: 'threw', detail: 'TypeError: drew #' } })
    expect(failures[0]?.runs).toBeGreaterThan(1)
  })

  it.each([
    [['--seeds', '9..3'], "--seeds: '9..3' ends before it begins; did you mean 3..9?"],
    [['--seeds', '0'], "--seeds: '0' is no run at all"],
    [['--shard', '3/2'], "--shard: '3/2'; expected a part from 1/2 to 2/2"],
    [['--jobs', '0'], "--jobs: '0'; expected a whole number, 1 or more"],
    [['--verify', '2'], "--verify: '2'; expected a share from 0"],
    [['--time', '0s'], "--time: '0s'; expected a time such as 60s"],
    [['--resume'], '--resume says to go on, but not with what'],
    [['--plan', 'late.yaml', '--swarm'], '--plan and random faults exclude each other'],
    [['--mix', 'nowhere.yaml'], "cannot read 'nowhere.yaml': no such file or folder"],
    [['--seed', '3'], "unknown option of 'orrery sweep' '--seed'"],
  ])('refuses %j in one line', (args, message) => {
    const { code, stdout, stderr } = work.orrery(['sweep', 'counter.ts', ...args])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(message)
    expect(stderr.trimEnd().split('\n').length).toBe(1)
  })

  it('names the place in its file of a plan that does not fit, before it runs anything', () => {
    work.write('wrong.yaml', '- { at: 1s, kind: crash, node: nobody }\n')
    const { code, stderr } = work.orrery(['sweep', 'counter.ts', '--plan', 'wrong.yaml', '--jobs', '2'])
    expect(code).toBe(2)
    expect(stderr).toContain('wrong.yaml:1:')
  })
})

describe('a worker that dies', () => {
  it('costs its batch a retry and nothing else', () => {
    rmSync(work.path('died'), { force: true })
    const { code, stdout, stderr } = work.orrery([
      'sweep',
      'flaky.ts',
      '--set',
      'mode=dies-once',
      '--seeds',
      '80',
      '--jobs',
      '2',
      '--json',
    ])
    expect(existsSync(work.path('died'))).toBe(true)
    expect(stderr).toBe('orrery: warning: a run was tried again: its worker exited with code 9\n')
    expect(code).toBe(0)
    expect(documentOf(stdout).verdicts).toEqual({ held: 80, violated: 0, undecided: 0, lost: 0 })
  })

  it('of the same runs each time loses those, and only those', () => {
    const args = ['sweep', 'flaky.ts', '--set', 'mode=dies', '--seeds', '30', '--json']
    const { code, stdout } = work.orrery([...args, '--jobs', '2'])
    const { verdicts, lost } = documentOf(stdout)
    expect(code).toBe(1)
    expect(lost.map(({ reason }) => reason)).toEqual(['its worker exited with code 9'])
    expect(lost[0]?.runs).toBe(verdicts.lost)
    expect(verdicts.lost).toBeGreaterThan(0)
    expect(verdicts.held! + verdicts.lost!).toBe(30)
    expect(work.orrery([...args, '--jobs', '3']).stdout).toBe(stdout)
  })
})

describe('verification', () => {
  it.each(['1', '2'])('finds state that is kept between runs, with %s threads', (jobs) => {
    const { code, stdout } = work.orrery([
      ...['sweep', 'flaky.ts', '--set', 'mode=remembers', '--seeds', '60', '--verify', '50%', '--jobs', jobs],
    ])
    expect(code).toBe(3)
    expect(stdout).toMatch(/^NOT DETERMINISTIC {2}scenario flaky, seed \d+\n/)
    expect(stdout).toMatch(/the first difference is record \d+/)
    expect(stdout).toContain('role      late')
  })

  it('counts what was repeated, and repeats nothing when it is off', () => {
    const verified = (share: string): number =>
      documentOf(work.orrery(['sweep', 'counter.ts', '--seeds', '40', '--verify', share, '--json']).stdout)
        .verified
    expect(verified('1')).toBe(40)
    expect(verified('0')).toBe(0)
  })
})

describe('a folder of outcomes', () => {
  const args = [
    'sweep',
    'counter.ts',
    '--set',
    'loss=0.4',
    '--set',
    'clients=9',
    '--seeds',
    '400',
    '--verify',
    '0.1',
  ]
  const whole = work.orrery(args)

  it('is gone on with after a kill, without a run lost or made twice, as often as it takes', async () => {
    const outcomes = work.path('killed', 'outcomes.jsonl')
    for (let session = 0; session < 3; session++) {
      const before = existsSync(outcomes) ? readFileSync(outcomes, 'utf8').length : 0
      const child = spawn(process.execPath, [main, ...args, '--out', 'killed', '--resume'], {
        cwd: work.folder,
        env: quietEnv(),
        stdio: 'ignore',
      })
      const over = once(child, 'exit')
      // As soon as this session has written something; it may also be done before that is seen.
      while (
        child.exitCode === null &&
        (!existsSync(outcomes) || readFileSync(outcomes, 'utf8').length <= before)
      ) {
        await new Promise((resolve) => setImmediate(resolve))
      }
      child.kill('SIGKILL')
      await over
      // What a write that was cut short looks like.
      appendFileSync(outcomes, '{"seed":400,"verdict":"hel')
    }
    const resumed = work.orrery([...args, '--out', 'killed', '--resume'])
    expect(resumed).toEqual(whole)
    const seeds = readFileSync(outcomes, 'utf8')
      .trimEnd()
      .split('\n')
      .flatMap((line) => /^\{"seed":(\d+)/.exec(line)?.[1] ?? [])
      .map(Number)
    expect(seeds.sort((a, b) => a - b)).toEqual(Array.from({ length: 400 }, (_, index) => index + 1))
    expect(work.orrery([...args, '--out', 'killed', '--resume']).stdout).toBe(whole.stdout)
  })

  it('is refused unless it is to be gone on with, by the same sweep', () => {
    const run = (...more: readonly string[]): { readonly code: number | null; readonly stderr: string } =>
      work.orrery(['sweep', 'counter.ts', '--seeds', '5', '--out', 'kept', ...more])
    expect(run().code).toBe(0)
    expect(run().stderr).toContain("'kept' already holds a sweep; expected --resume")
    expect(run('--resume').code).toBe(0)
    expect(run('--resume', '--set', 'loss=0.1').stderr).toContain(
      'kept holds a sweep with parameter loss = 0, this has 0.1',
    )
    expect(run('--resume', '--shard', '1/2').stderr).toContain('kept holds a sweep of shard 1/1, this is 1/2')
    expect(run('--resume', '--swarm').stderr).toContain('kept holds a sweep with no random faults')
    const other = work.orrery(['sweep', 'flaky.ts', '--out', 'kept', '--resume'])
    expect(other.stderr).toContain("kept holds a sweep of scenario 'counter', this is one of 'flaky'")
    const manifest = readFileSync(work.path('kept', 'manifest.json'), 'utf8')
    work.write('kept/manifest.json', manifest.replace(/"version": "[^"]*"/, '"version": "0.0.1"'))
    expect(run('--resume').stderr).toContain('kept holds a sweep by version 0.0.1, this is by ')
    work.write('kept/manifest.json', manifest)
    const source = readFileSync(work.path('counter.ts'), 'utf8')
    writeFileSync(
      work.path('counter.ts'),
      source.replace("'100ms'", "'99ms'").replace('amount: 1 }', 'amount: 2 }'),
    )
    expect(run('--resume').stderr).toContain("kept holds a sweep of another state of 'counter.ts'")
    writeFileSync(work.path('counter.ts'), source)
    mkdirSync(work.path('other'))
    work.write('other/notes.txt', 'mine')
    expect(work.orrery(['sweep', 'counter.ts', '--out', 'other']).stderr).toContain(
      'is not empty and holds no sweep',
    )
  })

  it('with a broken line in the middle is refused by that line', () => {
    work.orrery(['sweep', 'counter.ts', '--seeds', '5', '--out', 'broken'])
    const lines = readFileSync(work.path('broken', 'outcomes.jsonl'), 'utf8').split('\n')
    work.write('broken/outcomes.jsonl', [lines[0], '{"seed":', ...lines.slice(2)].join('\n'))
    const { code, stderr } = work.orrery(['merge', 'broken'])
    expect(code).toBe(2)
    expect(stderr).toContain('broken/outcomes.jsonl:2 is no outcome')
  })
})

describe('orrery merge', () => {
  const shards = [1, 2, 3].map((index) => `shard-${index}`)
  const args = [...lossy, '--verify', '0.2']
  shards.forEach((folder, index) => work.orrery([...args, '--shard', `${index + 1}/3`, '--out', folder]))

  it.each([[[]], [['--json']]])('prints what the unsharded sweep prints, with %j', (more) => {
    const { code, stdout } = work.orrery(['merge', ...[...shards].reverse(), ...more])
    expect({ code, stdout }).toMatchObject({ code: 1, stdout: work.orrery([...args, ...more]).stdout })
  })

  it('writes the JUnit report of the unsharded sweep', () => {
    work.orrery(['merge', ...shards, '--junit', 'merged.xml'])
    work.orrery([...args, '--junit', 'whole.xml'])
    const report = readFileSync(work.path('merged.xml'), 'utf8')
    expect(report).toContain(
      '<testcase name="the total never exceeds what was asked for" classname="counter" time="0">',
    )
    expect(report).toBe(readFileSync(work.path('whole.xml'), 'utf8'))
  })

  it('writes the page of the unsharded sweep, without pages of single runs', () => {
    const data = (file: string): SweepData => {
      const text = readFileSync(work.path(file), 'utf8')
      const [, packed = ''] = new RegExp(`id="${DATA_ID}">([^<]*)<`).exec(text) ?? []
      return unpack(packed) as SweepData
    }
    const { code, stdout } = work.orrery(['merge', ...shards, '--report', 'merged.html'])
    expect({ code, stdout }).toMatchObject({ code: 1, stdout: work.orrery(args).stdout })
    work.orrery([...args, '--report', 'whole.html'])
    const [merged, whole] = [data('merged.html'), data('whole.html')]
    const { failures, ...rest } = whole
    expect(merged).toEqual({
      ...rest,
      command: `orrery merge ${shards.join(' ')}`,
      failures: failures.map(({ report: _, ...failure }) => failure),
    })
    expect(failures.every(({ report }) => report !== undefined)).toBe(true)
  })

  it('judges what some run must reach by all shards together', () => {
    const parts = ['1/2', '2/2'].map((shard, index) => {
      const folder = `reach-${index}`
      expect(
        work.orrery(['sweep', 'flaky.ts', '--seeds', '60', '--shard', shard, '--out', folder]).code,
      ).toBe(0)
      return folder
    })
    expect(work.orrery(['merge', ...parts]).code).toBe(0)
  })

  it('joins shards that ended at their first failures to what ends at the first of all', () => {
    const parts = ['1/2', '2/2'].map((shard, index) => {
      work.orrery([...lossy, '--bail', '--shard', shard, '--out', `bail-${index}`])
      return `bail-${index}`
    })
    expect(work.orrery(['merge', ...parts]).stdout).toBe(work.orrery([...lossy, '--bail']).stdout)
  })

  it('refuses shards that are missing, given twice, unfinished, or of another sweep', () => {
    const merge = (...folders: readonly string[]): string => {
      const { code, stdout, stderr } = work.orrery(['merge', ...folders])
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
      return stderr
    }
    expect(merge('shard-1', 'shard-3')).toContain('shard 2/3 missing; expected all 3 shards')
    expect(merge('shard-1', 'shard-2', 'shard-1')).toContain('shard-1 and shard-1 both hold shard 1/3')
    work.orrery(['sweep', 'counter.ts', '--seeds', '60', '--shard', '2/3', '--out', 'held-2'])
    expect(merge('shard-1', 'held-2', 'shard-3')).toContain(
      'with parameter loss = 0, the one in shard-1 has 0.4',
    )
    expect(merge('nowhere')).toContain("'nowhere' holds no sweep")
    mkdirSync(work.path('cut'))
    copyFileSync(work.path('shard-2', 'manifest.json'), work.path('cut', 'manifest.json'))
    const lines = readFileSync(work.path('shard-2', 'outcomes.jsonl'), 'utf8').split('\n')
    work.write(
      'cut/outcomes.jsonl',
      lines
        .filter((line) => line.startsWith('{"seed"'))
        .slice(0, 15)
        .join('\n'),
    )
    expect(merge('shard-1', 'cut', 'shard-3')).toContain(
      'cut is not finished: 6 of its 20 runs are missing; finish it with --resume',
    )
  })
})

describe('a promise that nobody waits for', () => {
  it.each(['1', '2'])('ends the sweep where it rejects, with %s threads', (jobs) => {
    work.write(
      'floating.ts',
      `import { defineNode, scenario } from 'orrery-sim'
const node = defineNode()({
  kind: 'node',
  start(self) {
    self.after('100ms', () => {
      void (async () => { throw new Error('out of luck') })()
    })
  },
})
export default scenario({
  name: 'floating', summary: 'lets go of a promise', cluster: ({ addOne }) => void addOne(node), checks: [], until: '1s',
})
`,
    )
    const { code, stdout, stderr } = work.orrery(['sweep', 'floating.ts', '--seeds', '3', '--jobs', jobs])
    expect(stderr).toContain('orrery: floating.ts:6:')
    expect(stderr).toContain('Error: out of luck')
    expect([code, stdout]).toEqual([2, ''])
  })
})

describe('exploration hooks', () => {
  it('are counted by sweeps, and by merges of their shards', () => {
    work.write(
      'hooked.ts',
      `import { defineNode, scenario } from 'orrery-sim'
const node = defineNode()({
  kind: 'node',
  start(self) {
    self.every('100ms', (one) => {
      one.maybe('rarely', 0.2)
      one.maybe('never', 0)
    })
  },
})
export default scenario({
  name: 'hooked', summary: 'asks', cluster: ({ addOne }) => void addOne(node), checks: [], until: '2s',
})
`,
    )
    const sweep = (...more: readonly string[]) =>
      work.orrery(['sweep', 'hooked.ts', '--hooks', '--seeds', '20', '--jobs', '1', ...more])
    const whole = sweep()
    expect(whole.stdout).toMatch(
      /hook +visits +hits +live in +fired in +runs\n +never +400 +0 +\d+ +0 +20 +vacuous\n/,
    )
    expect(whole.stdout).toContain("warning hook 'never' is vacuous: it fired in no run\n")
    sweep('--shard', '1/2', '--out', 'hooked-1')
    sweep('--shard', '2/2', '--out', 'hooked-2')
    expect(work.orrery(['merge', 'hooked-1', 'hooked-2']).stdout).toBe(whole.stdout)
  })
})

describe('checks that are stated for the own faults of a scenario', () => {
  const sweep = (...more: readonly string[]) =>
    work.orrery(['sweep', 'split-brain', '--seeds', '1..4', '--jobs', '1', ...more])

  it('are judged under those', () => {
    expect(sweep().stdout).toMatch(/two nodes believe that they lead +REACHED/)
  })

  it('are not judged under random ones, which the table, merges and the screen of a run say', () => {
    const { code, stdout } = sweep('--swarm')
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/two nodes believe that they lead +not judged +0 +0/),
    ])
    sweep('--swarm', '--shard', '1/2', '--out', 'split-1')
    sweep('--swarm', '--shard', '2/2', '--out', 'split-2')
    expect(work.orrery(['merge', 'split-1', 'split-2']).stdout).toBe(stdout)
    expect(work.orrery(['run', 'split-brain', '--swarm']).stdout).toMatch(
      /MEASURED {2}two nodes believe that they lead \(not judged: the faults are random\)/,
    )
  })

  it('leave a warning where nothing else is judged', () => {
    const { stdout } = work.orrery(['sweep', 'failure-detection', '--swarm', '--seeds', '1', '--jobs', '1'])
    expect(stdout).toContain(
      "warning no check judged anything: all are stated for the scenario's own faults\n",
    )
  })
})
