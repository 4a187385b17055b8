import { spawn } from 'node:child_process'
import { copyFileSync, existsSync, readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { counter, main, quietEnv, Workspace } from './orrery.ts'

const work = new Workspace()
copyFileSync(counter, work.path('counter.ts'))

describe('orrery run', () => {
  it('shows on one screen what was run, what happened, what held and what to try next', () => {
    const { code, stdout, stderr } = work.orrery(['run', 'counter.ts'])
    expect(stderr).toBe('')
    expect(code).toBe(0)
    expect(stdout.replace(/[0-9a-f]{16}/, '<fingerprint>')).toMatchInlineSnapshot(`
      "counter: Clients that repeat unanswered requests are counted twice when a reply
      is lost
      seed 1 clients=2 additions=5 loss=0 pause=20ms mode=plain

        time            0s              10ms             20ms                 36.641ms
        pause                   [=================================] counter
        counter         PPPPPPPP~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~PPPPPPPPPPPPPPPPPPPP
                        P primary   ~ paused

        HELD      the total never exceeds what was asked for (looked 27 times)

        metric        count  mean  p50  p90  p99  max
        acknowledged     10

      36.641ms of virtual time, 27 events, 48 records
      fingerprint <fingerprint>  (the same command gives the same one)

      try next
        orrery run counter.ts --set loss=0.4
            a lost reply is counted twice (expected: violated)
        orrery run counter.ts --seed 1 --follow
            see every record as it happens
        orrery run counter.ts --seed 2
            the same with another seed
      "
    `)
  })

  it('ends a failed run with what failed and the command that replays it', () => {
    const { code, stdout } = work.orrery([
      'run',
      'counter.ts',
      '--set',
      'loss=0.4',
      '--seed',
      '3',
      '--until',
      '1s',
    ])
    expect(code).toBe(1)
    expect(stdout.slice(stdout.indexOf('FAILED'))).toMatchInlineSnapshot(`
      "FAILED  scenario counter, seed 3, virtual time 208.521ms
        invariant the total never exceeds what was asked for
        expected  the total never exceeds what was asked for
        observed  the total is 11, only 10 were asked for
        record    66
        replay    orrery run counter.ts --seed 3 --set loss=0.4 --until 1s
        why       orrery why counter.ts --seed 3 --set loss=0.4 --until 1s
      "
    `)
  })

  it('prints the same bytes for the same command, and other ones for another seed', () => {
    const first = work.orrery(['run', 'counter.ts', '--seed', '5', '--follow'])
    expect(work.orrery(['run', 'counter.ts', '--seed', '5', '--follow'])).toEqual(first)
    expect(work.orrery(['run', 'counter.ts', '--seed', '6', '--follow']).stdout).not.toBe(first.stdout)
  })

  it('prints one JSON document with --json, the same bytes each time', () => {
    const { code, stdout } = work.orrery(['run', 'counter.ts', '--json', '--set', 'loss=0.4'])
    expect(code).toBe(1)
    const result = JSON.parse(stdout) as Record<string, unknown>
    expect(Object.keys(result)).toEqual([
      'spec',
      'verdict',
      'checks',
      'failures',
      'metrics',
      'fingerprint',
      'records',
      'events',
      'endedAt',
      'faults',
      'warnings',
    ])
    expect(result).toMatchObject({
      spec: { scenario: 'counter', seed: 1, params: { loss: 0.4 }, until: 2_000_000 },
      verdict: 'violated',
      metrics: { acknowledged: { kind: 'counter', total: 10 } },
    })
    expect(stdout.endsWith('}\n')).toBe(true)
    expect(work.orrery(['run', 'counter.ts', '--json', '--set', 'loss=0.4']).stdout).toBe(stdout)
  })

  it('gives the same fingerprint with and without a trace, followed or not', () => {
    const fingerprint = (...more: string[]): string | undefined =>
      /fingerprint (\w{16})/.exec(work.orrery(['run', 'counter.ts', ...more]).stdout)?.[1]
    const plain = fingerprint()
    expect(plain).toBeDefined()
    expect(fingerprint('--follow')).toBe(plain)
    expect(fingerprint('--trace', 'same.jsonl')).toBe(plain)
  })

  it('follows a run in lines of at most 80 columns', () => {
    const { stdout } = work.orrery(['run', 'counter.ts', '--follow'])
    const lines = stdout.slice(0, stdout.indexOf('\n\n')).split('\n')
    expect(lines.length).toBeGreaterThan(40)
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80)
    expect(lines[0]).toBe('   0.000000s counter        start     {incarnation:1}')
  })

  it('is plain when piped or when NO_COLOR is set, and coloured when colour is forced', () => {
    const escape = '\u001b['
    expect(work.orrery(['run', 'counter.ts', '--follow']).stdout).not.toContain(escape)
    const forced = { FORCE_COLOR: '1' }
    expect(work.orrery(['run', 'counter.ts', '--follow'], { ...forced, NO_COLOR: '1' }).stdout).not.toContain(
      escape,
    )
    expect(work.orrery(['run', 'counter.ts', '--follow'], forced).stdout).toContain(escape)
  })

  it('says the same in colour as without', () => {
    const plain = work.orrery(['run', 'counter.ts', '--follow', '--set', 'loss=0.4']).stdout
    const coloured = work.orrery(['run', 'counter.ts', '--follow', '--set', 'loss=0.4'], {
      FORCE_COLOR: '1',
    }).stdout
    // eslint-disable-next-line no-control-regex -- the codes of colours begin with a control character
    const stripped = coloured.replace(/\u001b\[\d+m/g, '')
    const words = (text: string): readonly string[] => text.split(/\s+/)
    expect(words(stripped)).toEqual(words(plain))
  })

  it('calls a vacuous fault by its name, and is undecided about it with --strict', () => {
    work.write('late.yaml', '- { at: 5s, kind: pause, node: role:nobody, for: 1ms }\n')
    const loose = work.orrery(['run', 'counter.ts', '--plan', 'late.yaml'])
    expect(loose.code).toBe(0)
    expect(loose.stdout).toContain('warning plan[0] (pause) never fired: the run ended before its time')
    const strict = work.orrery(['run', 'counter.ts', '--plan', 'late.yaml', '--strict'])
    expect(strict.code).toBe(4)
    expect(strict.stdout).toContain('UNDECIDED because of --strict')
  })

  it('puts the faults of a plan file in place of the own ones, or on top of them', () => {
    const faults = (plan: string): unknown => {
      const { stdout } = work.orrery(['run', 'counter.ts', '--json', '--plan', work.write('plan.yaml', plan)])
      return (JSON.parse(stdout) as { spec: { plan: { kind: string }[] } }).spec.plan.map(({ kind }) => kind)
    }
    const list = '- { at: 30ms, kind: crash, node: counter, for: 5ms }\n'
    expect(faults(list)).toEqual(['crash'])
    expect(faults(`plan:\n  ${list}`)).toEqual(['crash'])
    expect(faults(`mode: add\nplan:\n  ${list}`)).toEqual(['pause', 'crash'])
  })

  it('runs on when the reader of its output goes away', async () => {
    const child = spawn(process.execPath, [main, 'run', 'counter.ts', '--trace', 'unheard.jsonl'], {
      cwd: work.folder,
      env: quietEnv(),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child.stdout.destroy()
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    const code = await new Promise((resolve) => child.on('close', resolve))
    expect(stderr).toBe('')
    expect(code).toBe(0)
    expect(existsSync(work.path('unheard.jsonl'))).toBe(true)
  })

  it('leaves no half-written file behind when it is interrupted', async () => {
    work.write(
      'endless.ts',
      `import { defineNode, scenario } from 'orrery-sim'
      const node = defineNode()({ kind: 'node', async start(node) { for (;;) await node.sleep(1) } })
      export default scenario({
        name: 'endless', summary: 'never ends', cluster: ({ addOne }) => void addOne(node), checks: [], until: '1000h',
      })`,
    )
    const child = spawn(
      process.execPath,
      [main, 'run', 'endless.ts', '--follow', '--trace', 'endless.jsonl'],
      {
        cwd: work.folder,
        env: quietEnv(),
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    // The first output means that the run, and with it the trace, has begun.
    child.stdout.once('data', () => {
      expect(readdirSync(work.folder).some((name) => name.startsWith('.endless.jsonl'))).toBe(true)
      child.kill('SIGINT')
      child.stdout.resume()
    })
    const code = await new Promise((resolve) => child.on('close', resolve))
    expect(code).toBe(130)
    expect(readdirSync(work.folder).filter((name) => name.includes('endless.jsonl'))).toEqual([])
  })
})

describe('orrery list', () => {
  it('shows the built-in scenarios with parameters and examples', () => {
    const { code, stdout } = work.orrery(['list'])
    expect(code).toBe(0)
    expect(stdout).toContain('quorum\n')
    expect(stdout).toMatch(/orrery run quorum --set r=1 --set w=1 +violated/)
  })

  it('shows one scenario in full, a file as well', () => {
    const { stdout } = work.orrery(['list', 'counter.ts'])
    expect(stdout).toMatchInlineSnapshot(`
      "counter
      Clients that repeat unanswered requests are counted twice when a reply is lost

      parameters
        clients    how many clients add; an integer from 1 to 9 (default 2)
        additions  an integer, at least 1 (default 5)
        loss       a number from 0 to 0.9 (default 0)
        pause      how long the counter is paused; a duration such as '150ms' or '2s'
                   (default 20ms)
        mode       one of plain, quiet (default plain)

      ends after 2s

      examples
        orrery run counter.ts
            held: nothing is lost
        orrery run counter.ts --set loss=0.4
            violated: a lost reply is counted twice
      "
    `)
  })

  it('gives the same as JSON', () => {
    const all = JSON.parse(work.orrery(['list', '--json']).stdout) as readonly { readonly name: string }[]
    expect(all.map(({ name }) => name)).toContain('quorum')
    const one = JSON.parse(work.orrery(['list', 'counter.ts', '--json']).stdout) as unknown
    expect(one).toMatchObject({
      name: 'counter',
      params: { clients: { kind: 'integer', default: 2, expected: 'an integer from 1 to 9' } },
      examples: [{ expect: 'held' }, { set: { loss: 0.4 }, expect: 'violated' }],
    })
  })
})

describe('help', () => {
  it.each([[['--help']], [['-h']], [['help']], [[]]])('lists the commands for %j', (args) => {
    const { code, stdout } = work.orrery(args)
    expect(code).toBe(0)
    for (const command of ['list', 'run', 'replay', 'diff', 'new'])
      expect(stdout).toContain(`orrery ${command}`)
  })

  it.each(['list', 'run', 'replay', 'diff', 'new'])('of %s has its usage and examples', (command) => {
    const { code, stdout } = work.orrery([command, '--help'])
    expect(code).toBe(0)
    expect(stdout).toMatch(new RegExp(`^orrery ${command}`))
    expect(stdout).toContain('Examples:')
    expect(work.orrery(['help', command]).stdout).toBe(stdout)
  })
})
