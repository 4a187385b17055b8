import { copyFileSync, existsSync, readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { counter, Workspace } from './orrery.ts'

const work = new Workspace()
copyFileSync(counter, work.path('counter.ts'))

beforeAll(() => {
  work.orrery(['run', 'counter.ts', '--set', 'loss=0.4', '--trace', 'run.jsonl'])
})

const exported = (...args: readonly string[]) => work.orrery(['export', 'run.jsonl', ...args])

describe('orrery export', () => {
  it.each([
    ['perfetto', '{"displayTimeUnit":"ms",'],
    ['shiviz', '(?<host>\\S*) (?<clock>{.*})\\n(?<event>.*)\n\n'],
    ['mermaid', '%% counter, seed 1, 0s to '],
    ['svg', '<svg xmlns="http://www.w3.org/2000/svg" '],
  ])('writes %s, the same bytes to the terminal and to a file', (format, start) => {
    const printed = exported('--format', format)
    expect(printed.stderr).toBe('')
    expect(printed.code).toBe(0)
    expect(printed.stdout.startsWith(start)).toBe(true)
    const written = exported('--format', format, '-o', 'out.file')
    expect(written.stdout).toBe(`${format} of run.jsonl written to out.file\n`)
    expect(readFileSync(work.path('out.file'), 'utf8')).toBe(printed.stdout)
    expect(exported('--format', format, '--out=again.file').code).toBe(0)
    expect(readFileSync(work.path('again.file'), 'utf8')).toBe(printed.stdout)
  })

  it('cuts by time and nodes', () => {
    const { stdout } = exported('--format', 'shiviz', '--from', '20ms', '--to', '60ms', '--nodes', 'client')
    const times = [...stdout.matchAll(/^#\d+ ([\d.]+)ms /gm)].map(([, time]) => Number(time))
    expect(times.length).toBeGreaterThan(2)
    expect(times.every((time) => time >= 20 && time <= 60)).toBe(true)
    expect(stdout).not.toMatch(/^counter /m)
    expect(stdout).toMatch(/^client\[0\] /m)
  })

  it.each([
    [
      ['--format', 'perfeto'],
      "--format: unknown format 'perfeto'; expected one of perfetto, shiviz, mermaid, svg; did you mean 'perfetto'?",
    ],
    [[], '--format is missing; expected one of perfetto, shiviz, mermaid, svg'],
    [['--format', 'svg', '--from', '1h'], "--from: '1h' is after the end of the run; expected at most"],
    [['--format', 'svg', '--to', '9s'], "--to: '9s' is after the end of the run; expected at most"],
    [['--format', 'svg', '--from', '50ms', '--to', '40ms'], '--from 50ms is after --to 40ms'],
    [['--format', 'svg', '--from', 'soon'], "--from: 'soon' is not a duration"],
    [
      ['--format', 'svg', '--nodes', 'client,cuonter'],
      "--nodes: no node of the trace is called 'cuonter'; expected nodes of counter, client; did you mean 'counter'?",
    ],
    [['--format', 'svg', '--nodes', 'client[7]'], "--nodes: no node of the trace is called 'client[7]'"],
    [
      ['--format', 'svg', '--nodes', 'role:primary'],
      "--nodes: 'role:primary' selects other nodes at other times",
    ],
    [['--format', 'svg', '--nodes', ','], "--nodes: '' is not a selector"],
    [['--format', 'svg', '-o', 'run.jsonl'], "--out: 'run.jsonl' is the trace itself"],
    [['--format', 'svg', '-o', 'no/where.svg'], 'cannot write no/where.svg: no such file or folder'],
    [['--format', 'svg', '-o'], '--out has no value'],
    [['--format', 'svg', '-q', 'x'], "unknown option of 'orrery export' '-q'"],
  ] as const)('refuses %j in one line', (args, message) => {
    const { code, stdout, stderr } = exported(...args)
    expect(stderr).toContain(message)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
    expect(stdout).toBe('')
    expect(code).toBe(2)
  })

  it.each(['perfetto', 'shiviz', 'mermaid', 'svg'])(
    'refuses a truncated or an edited trace for %s, and writes nothing',
    (format) => {
      const text = readFileSync(work.path('run.jsonl'), 'utf8')
      work.write('short.jsonl', text.slice(0, text.length / 2))
      work.write('edited.jsonl', text.replace(/"t":25000,/, '"t":25001,'))
      for (const [name, message] of [
        ['short.jsonl', 'the trace is truncated'],
        ['edited.jsonl', 'does not fit its checksum'],
        ['counter.ts', 'not a trace'],
        ['missing.jsonl', "cannot read 'missing.jsonl'"],
      ] as const) {
        const { code, stdout, stderr } = work.orrery(['export', name, '--format', format, '-o', 'never.out'])
        expect(stderr).toContain(message)
        expect([code, stdout, existsSync(work.path('never.out'))]).toEqual([2, '', false])
      }
    },
  )

  it('leaves no half file behind when a format refuses in the middle', () => {
    work.orrery(['run', 'quorum', '--trace', 'long.jsonl'])
    const { code, stderr } = work.orrery(['export', 'long.jsonl', '--format', 'shiviz', '-o', 'long.log'])
    expect(stderr).toContain('more than 20000 events, which ShiViz cannot draw')
    expect([code, existsSync(work.path('long.log'))]).toEqual([2, false])
  })
})
