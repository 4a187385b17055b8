import { copyFileSync, mkdirSync, readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { counter, Workspace } from './orrery.ts'

const work = new Workspace()
copyFileSync(counter, work.path('counter.ts'))
mkdirSync(work.path('elsewhere'))

let lines: readonly string[]
let fingerprint: string

beforeAll(() => {
  const run = work.orrery(['run', 'counter.ts', '--set', 'loss=0.4', '--trace', 'run.jsonl', '--json'])
  expect(run.code).toBe(1)
  fingerprint = (JSON.parse(run.stdout) as { readonly fingerprint: string }).fingerprint
  lines = readFileSync(work.path('run.jsonl'), 'utf8').trimEnd().split('\n')
})

const lineOf = (id: number): number => lines.findIndex((line) => line.startsWith(`{"id":${id},`))
const changed = (name: string, index: number, from: string | RegExp, to: string): string => {
  const line = lines[index] ?? ''
  expect(line.replace(from, to)).not.toBe(line)
  const text = lines.map((one, at) => (at === index ? one.replace(from, to) : one)).join('\n')
  return work.write(name, `${text}\n`)
}

describe('a trace', () => {
  it('begins with the run spec and ends with verdict and fingerprint', () => {
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      orrery: 'trace',
      format: 1,
      source: 'counter.ts',
      spec: {
        scenario: 'counter',
        seed: 1,
        params: { loss: 0.4 },
        profile: { ties: 'serial' },
        until: 2_000_000,
      },
    })
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ verdict: 'violated', fingerprint })
  })

  it('is the same to the byte when it is written again', () => {
    work.orrery(['run', 'counter.ts', '--set', 'loss=0.4', '--trace', 'again.jsonl'])
    expect(readFileSync(work.path('again.jsonl'), 'utf8')).toBe(readFileSync(work.path('run.jsonl'), 'utf8'))
  })
})

describe('orrery replay', () => {
  it('reproduces a trace, in another process', () => {
    const { code, stdout, stderr } = work.orrery(['replay', 'run.jsonl'])
    expect(stderr).toBe('')
    expect(stdout).toMatch(/^REPRODUCED {2}counter\.ts, seed 1: \d+ records, verdict violated\n/)
    expect(stdout).toContain(`fingerprint ${fingerprint}\n`)
    expect(code).toBe(0)
    const { reproduced } = JSON.parse(work.orrery(['replay', 'run.jsonl', '--json']).stdout) as {
      reproduced: boolean
    }
    expect(reproduced).toBe(true)
  })

  it('reproduces a run with shuffled ties, another end and a plan', () => {
    work.write('plan.yaml', 'mode: add\nplan:\n  - { at: 100ms, kind: crash, node: counter, for: 20ms }\n')
    const options = ['--ties', 'shuffled', '--until', '300ms', '--plan', 'plan.yaml', '--set', 'loss=0.5']
    work.orrery(['run', 'counter.ts', ...options, '--trace', 'special.jsonl'])
    const { code, stdout } = work.orrery(['replay', 'special.jsonl'])
    expect(stdout).toContain('REPRODUCED')
    expect(code).toBe(0)
  })

  it('finds the scenario beside the trace, or where it is told', () => {
    copyFileSync(counter, work.path('elsewhere', 'counter.ts'))
    work.write('elsewhere/moved.jsonl', `${lines.join('\n')}\n`)
    expect(work.orrery(['replay', 'elsewhere/moved.jsonl']).code).toBe(0)
    const gone = work.write('gone.jsonl', lines.join('\n'))
    expect(work.orrery(['replay', gone, '--scenario', 'elsewhere/counter.ts']).code).toBe(0)
    const other = work.orrery(['replay', gone, '--scenario', 'quorum'])
    expect(other.code).toBe(2)
    expect(other.stderr).toContain(
      "the scenario is 'quorum'; expected 'counter', of which gone.jsonl is a trace",
    )
  })

  it('says where it first differs when the scenario has changed', () => {
    const source = readFileSync(counter, 'utf8')
    work.write(
      'elsewhere/other.ts',
      source.replace('node.state.total += amount', 'node.state.total += 2 * amount'),
    )
    const { code, stdout } = work.orrery(['replay', 'run.jsonl', '--scenario', 'elsewhere/other.ts'])
    expect(code).toBe(3)
    expect(stdout).toMatch(/^NOT REPRODUCED {2}counter\.ts, seed 1\n\nthe first difference is record \d+\n/)
    expect(stdout).toMatch(/data:\n {2}run\.jsonl {2}1\n {2}this run {3}2\n/)
    expect(stdout).toContain(`fingerprint: ${fingerprint} in the trace, `)
  })

  it('takes no offence at other logs, and says so', () => {
    const source = readFileSync(counter, 'utf8')
    work.write('elsewhere/logs.ts', source.replace("node.log.info('added'", "node.log.info('plus'"))
    const { code, stdout } = work.orrery(['replay', 'run.jsonl', '--scenario', 'elsewhere/logs.ts'])
    expect(stdout).toContain('logs or metrics differ; they are no part of the fingerprint')
    expect(code).toBe(0)
  })

  it('refuses an edited trace at the edited record, before it runs anything', () => {
    const index = lineOf(8)
    const { code, stdout, stderr } = work.orrery([
      'replay',
      changed('edited.jsonl', index, /"t":\d+/, '"t":1'),
    ])
    expect(stderr).toContain(`edited.jsonl:${index + 1}: record 8 does not fit its checksum`)
    expect(stdout).toBe('')
    expect(code).toBe(2)
  })

  it('refuses an edited header and footer', () => {
    const header = work.orrery(['replay', changed('header.jsonl', 0, '"seed":1', '"seed":2')])
    expect(header.stderr).toContain('header.jsonl:1: the header does not fit its checksum')
    const footer = work.orrery(['replay', changed('footer.jsonl', lines.length - 1, 'violated', 'held')])
    expect(footer.stderr).toContain(`footer.jsonl:${lines.length}: the footer does not fit its checksum`)
    expect([header.code, footer.code]).toEqual([2, 2])
  })

  it('refuses a truncated trace', () => {
    const index = lineOf(20)
    const name = work.write('short.jsonl', `${lines.slice(0, index + 1).join('\n')}\n`)
    const { code, stderr } = work.orrery(['replay', name])
    expect(stderr).toContain(
      `the trace is truncated: it ends after line ${index + 1}, the last whole record is 20`,
    )
    expect(code).toBe(2)
    const half = work.write('half.jsonl', lines.join('\n').slice(0, 2000))
    expect(work.orrery(['replay', half]).stderr).toMatch(/truncated: it ends in the middle of line \d+/)
  })

  it('refuses a trace of another format', () => {
    const { code, stderr } = work.orrery(['replay', changed('format.jsonl', 0, '"format":1', '"format":2')])
    expect(stderr).toContain('format.jsonl:1: trace format 2; expected format 1')
    expect(code).toBe(2)
  })
})

describe('orrery diff', () => {
  it('finds no difference between a trace and itself', () => {
    const { code, stdout } = work.orrery(['diff', 'run.jsonl', 'run.jsonl'])
    expect(stdout).toMatch(/^the traces are the same: \d+ records, fingerprint /)
    expect(code).toBe(0)
  })

  it('shows the first differing record with what came before, and how the run specs differ', () => {
    work.orrery(['run', 'counter.ts', '--set', 'loss=0.4', '--seed', '2', '--trace', 'seed-2.jsonl'])
    const { code, stdout } = work.orrery(['diff', 'run.jsonl', 'seed-2.jsonl'])
    expect(stdout).toMatchInlineSnapshot(`
      "seed: 1 | 2

      the first difference is record 15

        #12    0.025000s counter        resume
        #13    0.050000s client[0]      timeout   add
        #14    0.050000s client[0]      request   add -> counter {amount:1}
      < #15    0.050000s client[1]      timeout   add
      > #15    0.050000s client[0]      drop      loss -> counter

      node:
        run.jsonl     client[1]
        seed-2.jsonl  client[0]
      kind:
        run.jsonl     timeout
        seed-2.jsonl  drop
      cause:
        run.jsonl     7
        seed-2.jsonl  14
      to:
        run.jsonl     (none)
        seed-2.jsonl  counter
      type:
        run.jsonl     add
        seed-2.jsonl  loss

      states after these records
      client[1]  the same in both
      client[0]  the same in both
      the states of all other nodes are the same in both
      "
    `)
    expect(code).toBe(1)
  })

  it('gives the same as JSON', () => {
    work.orrery(['run', 'counter.ts', '--set', 'loss=0.3', '--trace', 'loss.jsonl'])
    const { code, stdout } = work.orrery(['diff', 'run.jsonl', 'loss.jsonl', '--json'])
    expect(JSON.parse(stdout)).toMatchObject({
      same: false,
      spec: [{ field: 'params.loss', a: '0.4', b: '0.3' }],
      a: { fingerprint },
    })
    expect(code).toBe(1)
  })

  it('shows a trace that ends earlier', () => {
    work.orrery(['run', 'counter.ts', '--set', 'loss=0.4', '--until', '100ms', '--trace', 'early.jsonl'])
    const { code, stdout } = work.orrery(['diff', 'run.jsonl', 'early.jsonl'])
    expect(stdout).toContain('until: 2000000 | 100000\n')
    expect(stdout).toContain('early.jsonl ends here\n')
    expect(code).toBe(1)
  })
})
